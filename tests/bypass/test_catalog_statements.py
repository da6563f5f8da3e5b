"""Statements about the catalog that look for what is hidden: answered by the virtual catalog, or refused."""

from __future__ import annotations

import pytest

from tests.bypass.asking import HIDDEN_NAMES, VIRTUAL, Door, Served, hold
from tests.bypass.postgres_shop import ServedOnPostgres
from tests.bypass.postgres_shop import hold as hold_on_postgres

GROWS = "SELECT relname || 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa' AS v FROM pg_class LIMIT 1"
for _ in range(6):
    GROWS = f"SELECT replace(v, 'a', v) AS v FROM ({GROWS}) AS t"

CASES = {
    "names_of_tables": ("SELECT relname FROM pg_class ORDER BY 1", VIRTUAL),
    "names_of_columns": ("SELECT attname, attrelid::regclass FROM pg_attribute", VIRTUAL),
    "names_of_schemas": ("SELECT nspname FROM pg_namespace", VIRTUAL),
    "names_of_indexes": ("SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index", VIRTUAL),
    "text_of_constraints": ("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint", VIRTUAL),
    "text_of_views": ("SELECT viewname, definition FROM pg_views", VIRTUAL),
    "text_of_view_columns": ("SELECT pg_get_viewdef(oid, true) FROM pg_class", VIRTUAL),
    "text_of_functions": ("SELECT proname, prosrc, pg_get_functiondef(oid) FROM pg_proc", VIRTUAL),
    "comments": ("SELECT description FROM pg_description", VIRTUAL),
    "every_comment": ("SELECT obj_description(n), col_description(n, 1) FROM generate_series(1, 20000) n", VIRTUAL),
    "every_name_by_number": ("SELECT n::regclass, n::regtype FROM generate_series(1, 20000) n", VIRTUAL),
    "every_owner": ("SELECT pg_get_userbyid(n) FROM generate_series(1, 20000) n", VIRTUAL),
    "roles": ("SELECT rolname FROM pg_roles", VIRTUAL),
    "databases": ("SELECT datname FROM pg_database", VIRTUAL),
    "labels_of_types": ("SELECT enumlabel FROM pg_enum", VIRTUAL),
    "texts_of_statements": ("SELECT query FROM pg_stat_activity", VIRTUAL),
    "text_of_policies": ("SELECT polname, pg_get_expr(polqual, polrelid) FROM pg_policy", VIRTUAL),
    "privileges": ("SELECT table_name, grantee FROM information_schema.table_privileges", VIRTUAL),
    "routines": ("SELECT routine_name, routine_definition FROM information_schema.routines", VIRTUAL),
    "triggers": ("SELECT trigger_name, action_statement FROM information_schema.triggers", VIRTUAL),
    "probe_by_privilege": (
        "SELECT has_table_privilege('va' || 'ult', 'select'), has_column_privilege('customers', 'ss' || 'n', 'select')",
        VIRTUAL,
    ),
    "probe_by_name": ("SELECT to_regclass('va' || 'ult'), to_regclass('hr.sal' || 'aries')", VIRTUAL),
    "probe_by_cast": ("SELECT ('va' || 'ult')::regclass", "unknown-table"),
    "helpers_of_the_engine": ("SELECT * FROM pgc._named", "unknown-table"),
    "helpers_beside_a_relation": ("SELECT * FROM pg_class, pgc._named", "construct"),
    "names_of_the_helpers": ("SELECT 1 AS u__name FROM pg_class", "construct"),
    "catalog_of_the_engine": ("SELECT * FROM pg_class, duckdb_settings()", "function"),
    "variables_of_the_session": ("SELECT getvariable('usher_user') FROM pg_class", "function"),
    "files": ("SELECT * FROM pg_class, read_text('/etc/passwd')", "function"),
    "files_by_name": ("SELECT * FROM pg_class, '/etc/passwd'", "construct"),
    "sql_in_text": ("SELECT query_to_xml('SELECT 1', true, true, '') FROM pg_class", "function"),
    "message_of_an_error": ("SELECT relname::int FROM pg_class", "conversion"),
    "table_in_a_sub_query": ("SELECT relname, (SELECT max(name) FROM customers) FROM pg_class", "construct"),
    "table_in_exists": ("SELECT 1 FROM pg_class WHERE EXISTS (SELECT 1 FROM vault)", "construct"),
    "table_under_a_catalog_name": ("WITH pg_class AS (SELECT * FROM vault) SELECT * FROM pg_class", "unknown-table"),
    "catalog_under_a_table_name": ("WITH vault AS (SELECT relname FROM pg_class) SELECT * FROM vault", VIRTUAL),
    "set_role": ("SELECT set_config('role', 'postgres', false)", "function"),
    "settings_of_the_server": ("SELECT current_setting('data_directory')", "function"),
    "statistics": ("SELECT most_common_vals FROM pg_stats", "unknown-table"),
    "texts_that_grow": (f"SELECT length(v) FROM ({GROWS}) AS t", "too-complex"),
    "hash_of_a_password": ("SELECT rolpassword FROM pg_authid", VIRTUAL),
}


@pytest.mark.parametrize("case", CASES)
def test_catalog_statements(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_catalog_statements_on_postgres(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold_on_postgres(on_postgres, postgres_door, *CASES[case])


def test_each_door_shows_the_callers_own_tables(door: Door) -> None:
    sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1"
    assert door.ask(sql).rows == [("customers",), ("orders",)]
    assert door.ask(sql, who="sam").rows == [("customers",)]
    assert door.ask(sql, who="bot").rows == [("orders",)]
    assert door.ask(sql, who="nobody").rows == []


def test_hidden_names_are_names_of_the_shop(served: Served) -> None:
    there = served.harness.run(served.harness.app.catalogs())[0]
    names = repr(there.tables)
    assert {"vault", "salaries", "salary", "ssn", "tickets", "assigned_to"} <= {n for n in HIDDEN_NAMES if n in names}
