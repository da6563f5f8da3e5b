"""Catalogs of the engine, which list what was not granted: the virtual catalog answers in their place, or nobody."""

from __future__ import annotations

import pytest

from tests.bypass.asking import VIRTUAL, Door, Served, hold

CASES = {
    "information_schema_tables": ("SELECT * FROM information_schema.tables", VIRTUAL),
    "information_schema_columns": ("SELECT * FROM information_schema.columns", VIRTUAL),
    "information_schema_whole": ("SELECT * FROM shop.information_schema.tables", VIRTUAL),
    "information_schema_of_system": ("SELECT * FROM system.information_schema.tables", "unknown-table"),
    "sqlite_master": ("SELECT * FROM sqlite_master", "unknown-table"),
    "sqlite_schema": ("SELECT * FROM sqlite_schema", "unknown-table"),
    "pg_catalog_pg_class": ("SELECT * FROM pg_catalog.pg_class", VIRTUAL),
    "pg_class": ("SELECT relname FROM pg_class", VIRTUAL),
    "pg_tables": ("SELECT * FROM pg_tables", VIRTUAL),
    "pg_attribute": ("SELECT * FROM pg_attribute", VIRTUAL),
    "duckdb_tables_view": ("SELECT * FROM duckdb_tables", "unknown-table"),
    "duckdb_columns_view": ("SELECT * FROM duckdb_columns", "unknown-table"),
    "duckdb_schemas_view": ("SELECT * FROM system.main.duckdb_schemas", "unknown-table"),
    "duckdb_constraints": ("SELECT * FROM duckdb_constraints", "unknown-table"),
    "duckdb_logs_view": ("SELECT * FROM duckdb_logs", "unknown-table"),
    "pragma_database_list": ("SELECT * FROM pragma_database_list", "unknown-table"),
    "show_tables": ("SHOW TABLES", "statement-kind"),
    "show_all_tables": ("SHOW ALL TABLES", "statement-kind"),
    "show_databases": ("SHOW DATABASES", "statement-kind"),
    "show_a_table": ("SHOW vault", "statement-kind"),
    "describe": ("DESCRIBE vault", "statement-kind"),
    "describe_a_query": ("DESCRIBE SELECT * FROM vault", "statement-kind"),
    "describe_in_from": ("SELECT * FROM (DESCRIBE vault)", "construct"),
    "show_in_from": ("SELECT * FROM (SHOW ALL TABLES)", "statement-kind"),
    "show_tables_in_from": ("SELECT * FROM (SHOW TABLES)", "statement-kind"),
    "pragma": ("PRAGMA table_info('vault')", "statement-kind"),
    "pragma_show_tables": ("PRAGMA show_tables", "statement-kind"),
    "current_setting": ("SELECT current_setting('memory_limit')", "function"),
    "current_database": ("SELECT current_database()", VIRTUAL),
    "current_catalog": ("SELECT current_catalog()", VIRTUAL),
    "current_schemas": ("SELECT current_schemas(true)", VIRTUAL),
    "current_query": ("SELECT current_query()", "function"),
    "current_user": ("SELECT current_user", VIRTUAL),
    "getvariable": ("SELECT getvariable('a')", "function"),
    "in_search_path": ("SELECT in_search_path('shop', 'main')", "function"),
    "txid_current": ("SELECT txid_current()", VIRTUAL),
    "current_connection_id": ("SELECT current_connection_id()", "function"),
    "col_description": ("SELECT col_description(1, 1)", VIRTUAL),
    "has_table_privilege": ("SELECT has_table_privilege('vault', 'select')", VIRTUAL),
    "pg_get_viewdef": ("SELECT pg_get_viewdef(1)", VIRTUAL),
    "pg_table_is_visible": ("SELECT pg_table_is_visible(1)", VIRTUAL),
    "nextval": ("SELECT nextval('s')", "function"),
    "type_of_the_warehouse": ("SELECT NULL::secret_mood", "construct"),
    "type_by_its_whole_name": ("SELECT NULL::shop.main.secret_mood", "construct"),
    "enum_range": ("SELECT enum_range(NULL::secret_mood)", "construct"),
    "enum_first": ("SELECT enum_first(NULL::main.secret_mood)", "construct"),
    "regclass": ("SELECT 'vault'::regclass", "unknown-table"),
    "row_type": ("SELECT NULL::vault", "construct"),
    "row_type_in_a_struct": ("SELECT NULL::STRUCT(a vault)", "construct"),
    "try_cast_to_a_row_type": ("SELECT TRY_CAST(NULL AS vault)", "construct"),
    "get_type": ("SELECT get_type(1)", "function"),
    "make_type": ("SELECT make_type('vault')", "function"),
}


@pytest.mark.parametrize("case", CASES)
def test_metadata(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
