"""Non-interference by brute force: databases that differ only in what the caller may not see, and very many statements.

    python -m tests.oracle.fuzz --engine duckdb --count 100000 --seed 1

Rule kept here: a run is a function of its seed and count. Rows (up to their order), names, types, errors and SQLSTATEs
must be the same on both sides; whatever is not is a finding, except where it is recognised as something that the threat
model names, and then it is counted and written down.
"""
