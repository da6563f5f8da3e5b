"""PostgreSQL: what is hidden is told as what does not exist, asked and planned."""

from __future__ import annotations

import pytest

from tests.bypass.asking import Door, GatewayDoor, HttpDoor
from tests.bypass.postgres_shop import ServedOnPostgres
from tests.bypass.test_existence_oracles import COLUMNS, HIDDEN_COLUMN, HIDDEN_TABLE, NO_COLUMN, NO_TABLE, TABLES, told

MORE_COLUMNS = {
    "functional_notation": "SELECT {c}(c) FROM customers c",
    "field_of_the_row": "SELECT (c).{c} FROM customers c",
    "field_of_a_derived_row": "SELECT (q.c).{c} FROM (SELECT c FROM customers c) q",
    "distinct_on": "SELECT DISTINCT ON ({c}) id FROM customers",
    "within_group": "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY {c}) FROM customers",
    "named_window": "SELECT count(*) OVER w FROM customers WINDOW w AS (PARTITION BY {c})",
    "values": "SELECT (VALUES ({c})) FROM customers",
    "cast": "SELECT {c}::text FROM customers",
    "full_join_using": "SELECT count(*) FROM customers FULL JOIN (SELECT 'a'::text AS {c}) z USING ({c})",
    "natural_text": "SELECT count(*) FROM customers NATURAL LEFT JOIN (SELECT 'a'::text AS {c}) z",
}
MORE_TABLES = {
    "regclass": "SELECT '{t}'::regclass",
    "row_type": "SELECT NULL::public.{t}",
    "array_of_rows": "SELECT NULL::{t}[]",
    "only": "SELECT * FROM ONLY {t}",
    "children": "SELECT * FROM {t} *",
    "row": "SELECT {t} FROM {t}",
    "table_in_from": "SELECT * FROM (TABLE {t}) q",
    "lock": "SELECT * FROM {t} FOR UPDATE",
    "definition": "SELECT * FROM json_to_record('{{}}') AS x(a {t})",
    "collation": 'SELECT name COLLATE "{t}" FROM customers',
    "operator": "SELECT 1 OPERATOR({t}.+) 1",
    "schema": "SELECT * FROM {t}.customers",
    "function_of_a_schema": "SELECT {t}.lower('a')",
}


@pytest.mark.parametrize("case", [*COLUMNS, *MORE_COLUMNS])
def test_a_hidden_column_is_told_as_one_that_is_not_there(on_postgres: ServedOnPostgres, case: str) -> None:
    sql = {**COLUMNS, **MORE_COLUMNS}[case]
    for ask in (HttpDoor(on_postgres).ask, GatewayDoor(on_postgres).plan):
        hidden, missing = (ask(sql.format(c=name)) for name in (HIDDEN_COLUMN, NO_COLUMN))
        assert told(hidden, HIDDEN_COLUMN) == told(missing, NO_COLUMN)


@pytest.mark.parametrize("case", [*TABLES, *MORE_TABLES])
def test_a_table_without_a_grant_is_told_as_one_that_is_not_there(on_postgres: ServedOnPostgres, case: str) -> None:
    sql = {**TABLES, **MORE_TABLES}[case]
    for ask in (HttpDoor(on_postgres).ask, GatewayDoor(on_postgres).plan):
        hidden, missing = (ask(sql.format(t=name)) for name in (HIDDEN_TABLE, NO_TABLE))
        assert told(hidden, HIDDEN_TABLE) == told(missing, NO_TABLE)


@pytest.mark.parametrize(
    "name", ["outside.papers", "hr.salaries", "vault_view", "customers_old", "numbers", "pg_stats"]
)
def test_what_lies_around_is_told_as_what_is_not_there(postgres_door: Door, name: str) -> None:
    missing = f"{name[:-1]}q"
    for ask in (postgres_door.ask, postgres_door.plan):
        assert told(ask(f"SELECT * FROM {name}"), name) == told(ask(f"SELECT * FROM {missing}"), missing)


@pytest.mark.parametrize(("there", "missing"), [("vault_text()", "vault_texq()"), ("peek(c)", "peeq(c)")])
def test_a_function_of_the_warehouse_is_told_as_one_that_is_not_there(
    postgres_door: Door, there: str, missing: str
) -> None:
    one, other = (postgres_door.ask(f"SELECT {call} FROM customers c") for call in (there, missing))
    assert told(one, there.partition("(")[0]) == told(other, missing.partition("(")[0])
