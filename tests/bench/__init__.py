"""Benchmarks: what is claimed of speed and memory comes from here, as ratios taken side by side in one run.

`python -m tests.bench` runs all of them and prints a table; `python -m tests.bench plan tpch` runs some. Results are
kept in `results/`, one file each, with the machine named. Nothing here is a test, and no test measures time.
"""
