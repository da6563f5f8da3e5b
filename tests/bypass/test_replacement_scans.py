"""FROM names that DuckDB would look for outside of the database: files and Python's variables."""

from __future__ import annotations

import pytest

from tests.bypass.asking import Door, Served, hold

CASES = {
    "csv_file": ("SELECT * FROM '/etc/passwd.csv'", "unknown-table"),
    "csv_file_quoted": ('SELECT * FROM "/etc/passwd.csv"', "unknown-table"),
    "parquet_file": ("SELECT * FROM 'x.parquet'", "unknown-table"),
    "json_file": ("SELECT * FROM 'x.json'", "unknown-table"),
    "database_file": ("SELECT * FROM 'raw.duckdb'", "unknown-table"),
    "url": ("SELECT * FROM 'https://example.com/x.csv'", "unknown-table"),
    "list_of_files": ("SELECT * FROM ['a.csv', 'b.csv']", "syntax"),
    "glob_of_files": ("SELECT * FROM '/tmp/*.csv'", "unknown-table"),
    "python_variable": ("SELECT * FROM policies_df", "unknown-table"),
    "python_self": ("SELECT * FROM self", "unknown-table"),
    "python_parameters": ("SELECT * FROM parameters", "unknown-table"),
    "python_batch": ("SELECT * FROM batch", "unknown-table"),
    "python_reader": ("SELECT * FROM reader", "unknown-table"),
    "python_relation": ("SELECT * FROM relation", "unknown-table"),
    "dotted_file": ("SELECT * FROM x.csv", "unknown-table"),
    "file_in_a_cte": ("WITH a AS (SELECT * FROM 'x.csv') SELECT * FROM a", "unknown-table"),
    "file_as_a_column_prefix": ('SELECT "x.csv".a FROM orders', "unknown-column"),
    "variable_with_an_alias": ("SELECT v.* FROM view AS v", "unknown-table"),
}


@pytest.mark.parametrize("case", CASES)
def test_replacement_scans(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
