"""Functions in FROM that read what was not granted."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "query": ("SELECT * FROM query('SELECT * FROM vault')", "function"),
    "query_of_the_whole_name": ("SELECT * FROM query('SELECT * FROM shop.main.vault')", "function"),
    "query_table": ("SELECT * FROM query_table('vault')", "function"),
    "query_table_of_a_list": ("SELECT * FROM query_table(['vault'])", "function"),
    "query_table_of_the_whole_name": ("SELECT * FROM query_table('shop.main.vault')", "function"),
    "seq_scan": ("SELECT * FROM seq_scan('vault')", "function"),
    "arrow_scan": ("SELECT * FROM arrow_scan(1, 1, 1)", "function"),
    "pandas_scan": ("SELECT * FROM pandas_scan(1)", "function"),
    "python_map": ("SELECT * FROM python_map_function(1, 1)", "function"),
    "duckdb_tables": ("SELECT * FROM duckdb_tables()", "function"),
    "duckdb_columns": ("SELECT * FROM duckdb_columns()", "function"),
    "duckdb_views": ("SELECT sql FROM duckdb_views()", "function"),
    "duckdb_databases": ("SELECT path FROM duckdb_databases()", "function"),
    "duckdb_settings": ("SELECT * FROM duckdb_settings()", "function"),
    "duckdb_secrets": ("SELECT * FROM duckdb_secrets()", "function"),
    "duckdb_logs": ("SELECT * FROM duckdb_logs()", "function"),
    "duckdb_functions": ("SELECT * FROM duckdb_functions()", "function"),
    "duckdb_memory": ("SELECT * FROM duckdb_memory()", "function"),
    "duckdb_types": ("SELECT * FROM duckdb_types()", "function"),
    "duckdb_prepared_statements": ("SELECT * FROM duckdb_prepared_statements()", "function"),
    "duckdb_temporary_files": ("SELECT * FROM duckdb_temporary_files()", "function"),
    "pragma_table_info": ("SELECT * FROM pragma_table_info('vault')", "function"),
    "pragma_storage_info": ("SELECT * FROM pragma_storage_info('vault')", "function"),
    "pragma_show": ("SELECT * FROM pragma_show('vault')", "function"),
    "pragma_database_size": ("SELECT * FROM pragma_database_size()", "function"),
    "pragma_metadata_info": ("SELECT * FROM pragma_metadata_info()", "function"),
    "which_secret": ("SELECT * FROM which_secret('a', 'b')", "function"),
    "checkpoint": ("SELECT * FROM checkpoint()", "function"),
    "force_checkpoint": ("SELECT * FROM force_checkpoint()", "function"),
    "repeat_row": ("SELECT * FROM repeat_row(1, num_rows := 2)", "function"),
    "test_all_types": ("SELECT * FROM test_all_types()", "function"),
    "sql_auto_complete": ("SELECT * FROM sql_auto_complete('SELECT * FROM v')", "function"),
    "macro_of_the_warehouse": ("SELECT * FROM vault_rows()", "function"),
    "macro_by_its_whole_name": ("SELECT * FROM shop.main.vault_rows()", "function"),
    "scalar_macro_of_the_warehouse": ("SELECT vault_macro()", "function"),
    "scalar_macro_by_its_whole_name": ("SELECT shop.main.vault_macro()", "function"),
    "scalar_macro_by_schema": ("SELECT main.vault_macro()", "function"),
    "macro_by_method": ("SELECT (1).vault_macro()", "function"),
    "a_table_as_a_function": ("SELECT * FROM vault()", "function"),
    "parse_duckdb_log_message": ("SELECT parse_duckdb_log_message('a', 'b')", "function"),
    "summary": ("SELECT * FROM summary((SELECT * FROM customers))", "function"),
    "read_duckdb": ("SELECT * FROM read_duckdb('x.duckdb')", "function"),
    "histogram_values": ("SELECT * FROM histogram_values(customers, credit)", "function"),
    "histogram": ("SELECT * FROM histogram('vault', 'v')", "function"),
    "create_external_resource": ("SELECT * FROM create_external_resource('a')", "function"),
    "unnest_is_allowed": ("SELECT * FROM unnest([1, 2])", SAME),
    "range_is_allowed": ("SELECT * FROM range(3)", SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_table_functions_in_from(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
