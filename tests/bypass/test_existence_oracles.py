"""What is hidden is told as what does not exist: by text, code, place, order, plan, and by which name wins."""

from __future__ import annotations

import re

import pytest

from proxy.gateway import Request
from tests.bypass.asking import Door, Seen, Served
from tests.oracle.harness import CONTEXT

HIDDEN_COLUMN, NO_COLUMN = "ssn", "ssx"
HIDDEN_TABLE, NO_TABLE = "vault", "vaulx"

COLUMNS = {
    "named": "SELECT {c} FROM customers",
    "qualified": "SELECT customers.{c} FROM customers",
    "in_where": "SELECT count(*) FROM customers WHERE {c} = 'x'",
    "outer_query_has_it": "SELECT (SELECT max({c}) FROM customers) FROM (SELECT 1 AS {c}) o",
    "outer_derived_table_has_it": "SELECT (SELECT max({c}) FROM customers) FROM orders o, (SELECT 2 AS {c}) z",
    "field_of_a_struct_beside": "SELECT x.{c} FROM customers x, (SELECT {{'{c}': 1}} AS x) y",
    "alias_equals_a_column": "SELECT name.{c} FROM customers name",
    "alias_equals_it": "SELECT {c}.zz FROM customers {c}",
    "alias_equals_it_and_a_column": "SELECT {c}.name FROM customers {c} ORDER BY 1 LIMIT 1",
    "alias_alone": "SELECT {c} FROM customers {c} ORDER BY 1 LIMIT 1",
    "count_of_the_alias": "SELECT count({c}) FROM customers {c}",
    "using": "SELECT customers.name FROM customers JOIN (SELECT 1 AS {c}) z USING ({c})",
    "natural": "SELECT count(*) FROM customers NATURAL JOIN (SELECT 'a' AS {c}) z",
    "natural_beside_another": "SELECT count(*) FROM customers NATURAL JOIN (SELECT '1' AS {c}, 4 AS id) z",
    "exclude": "SELECT * EXCLUDE ({c}) FROM customers",
    "replace": "SELECT * REPLACE (1 AS {c}) FROM customers",
    "rename": "SELECT * RENAME ({c} AS zz) FROM customers",
    "columns_pattern": "SELECT COLUMNS('^{c}$') FROM customers",
    "columns_list": "SELECT COLUMNS(['{c}']) FROM customers",
    "result_name": 'SELECT 1 AS "{c}"',
    "alias_in_order": "SELECT name AS {c} FROM customers ORDER BY {c} LIMIT 1",
    "alias_in_where": "SELECT id AS {c} FROM customers WHERE {c} = 2",
    "alias_in_group": "SELECT id AS {c} FROM customers GROUP BY {c} ORDER BY 1 LIMIT 1",
    "alias_in_having": "SELECT id AS {c}, count(*) FROM customers GROUP BY ALL HAVING {c} = 2",
    "alias_in_qualify": "SELECT id AS {c} FROM customers QUALIFY {c} = 2",
    "alias_beside": "SELECT name AS {c}, {c} || '!' AS t FROM customers ORDER BY id LIMIT 1",
    "field": "SELECT customers.{c}.x FROM customers",
    "field_of_a_column": "SELECT customers.name.{c} FROM customers",
    "schema": "SELECT main.customers.{c} FROM customers",
    "correlated": "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM customers WHERE {c} = orders.status)",
    "correlated_outward": "SELECT name FROM customers e WHERE EXISTS (SELECT 1 FROM orders WHERE orders.{c} = 1)",
    "inner_query_without_it": "SELECT (SELECT {c} FROM orders LIMIT 1) FROM customers",
    "in_query": "SELECT id FROM customers WHERE name IN (SELECT {c} FROM orders)",
    "struct_extract": "SELECT struct_extract(customers, '{c}') FROM customers",
    "subscript": "SELECT customers['{c}'] FROM customers",
    "row_field": "SELECT (customers).{c} FROM customers",
    "json_key": "SELECT to_json(customers)->>'{c}' FROM customers LIMIT 1",
    "derived": "SELECT {c} FROM (SELECT * FROM customers)",
    "cte": "WITH q AS (SELECT * FROM customers) SELECT {c} FROM q",
    "unused_cte": "WITH q AS (SELECT {c} FROM customers) SELECT 1",
    "after_an_unknown_one": "SELECT nosuch1, {c} FROM customers",
    "before_an_unknown_one": "SELECT {c}, nosuch1 FROM customers",
    "beside_an_unknown_table": "SELECT {c} FROM customers, nosuch",
    "beside_a_refused_function": "SELECT read_csv({c}) FROM customers",
    "beside_a_wrong_call": "SELECT lower({c}, 1, 2) FROM customers",
    "beside_a_second_statement": "SELECT {c} FROM customers; SELECT 1",
    "lambda_parameter": "SELECT list_transform([1], lambda {c}: {c} + 1) FROM customers LIMIT 1",
    "comprehension": "SELECT [{c} FOR {c} IN [1, 2]] FROM customers LIMIT 1",
    "lateral": "SELECT count(*) FROM customers, LATERAL (SELECT {c} AS q) z",
    "unpivot": "SELECT * FROM customers UNPIVOT (v FOR n IN (name, {c}))",
    "pivot": "SELECT * FROM (SELECT id, name FROM customers) PIVOT (count(*) FOR {c} IN (1, 2))",
    "grouping_sets": "SELECT 1 FROM customers GROUP BY GROUPING SETS (({c}), ())",
    "semi_join": "SELECT id FROM orders SEMI JOIN customers ON orders.status = customers.{c}",
    "left_join": "SELECT count(*) FROM orders LEFT JOIN customers ON orders.status = {c}",
    "window": "SELECT row_number() OVER (ORDER BY {c}) FROM customers",
    "filter": "SELECT count(*) FILTER (WHERE {c} > 'a') FROM customers",
    "limit": "SELECT id FROM customers LIMIT (SELECT max({c}) FROM customers)",
    "other_source_has_it": "SELECT count(*) FROM customers AS x, (SELECT 1 AS {c}) AS y WHERE {c} = 1",
    "column_list_alias": "SELECT {c} FROM customers q(a, {c}, b) ORDER BY 1 LIMIT 1",
    "column_list_one_too_long": "SELECT a FROM customers q(a, b, c, d, e, f, g, {c}) LIMIT 1",
    "text": "SELECT '{c}' AS a, count(*) FROM customers",
    "struct_literal": "SELECT {{'{c}': 1}}.{c} AS a FROM customers LIMIT 1",
    "set_operation": "SELECT name FROM customers UNION SELECT {c} FROM customers",
    "parameter": "SELECT ${c}",
    "positional_join": "SELECT {c} FROM customers POSITIONAL JOIN (SELECT 7 AS {c}) s LIMIT 1",
}
TABLES = {
    "plainly": "SELECT * FROM {t}",
    "schema": "SELECT 1 FROM main.{t}",
    "warehouse": "SELECT 1 FROM shop.{t}",
    "whole_name": "SELECT 1 FROM shop.main.{t}",
    "other_schema": "SELECT 1 FROM hr.{t}",
    "column_of_it": "SELECT {t}.v FROM customers",
    "column_of_it_with_schema": "SELECT main.{t}.v FROM customers",
    "as_a_column": "SELECT {t} FROM customers",
    "as_an_alias": "SELECT 1 FROM customers {t} LIMIT 1",
    "as_a_cte": "WITH {t} AS (SELECT 1 AS v) SELECT * FROM {t}",
    "cte_and_schema": "WITH {t} AS (SELECT 1 AS v) SELECT * FROM main.{t}",
    "quoted": 'SELECT 1 FROM "{t}"',
    "as_a_string": "SELECT 1 FROM '{t}'",
    "result_name": 'SELECT 1 AS "{t}"',
    "exists": "SELECT 1 FROM customers WHERE EXISTS (FROM {t})",
    "before_an_unknown_one": "SELECT 1 FROM {t}, nosuch",
    "after_an_unknown_one": "SELECT 1 FROM nosuch, {t}",
    "beside_an_unknown_column": "SELECT nosuch FROM customers, {t}",
    "cast": "SELECT NULL::{t}",
    "query_table": "SELECT * FROM query_table('{t}')",
    "function": "SELECT count(*) FROM {t}()",
    "scalar_function": "SELECT {t}()",
    "table": "TABLE {t}",
    "describe": "DESCRIBE {t}",
    "summarize": "SUMMARIZE {t}",
    "show": "SHOW {t}",
    "pivot": "SELECT * FROM {t} PIVOT (count(*) FOR v IN (1))",
    "pivot_statement": "PIVOT {t} ON v",
    "sample": "SELECT * FROM {t} TABLESAMPLE 10%",
    "recursive": "WITH RECURSIVE {t} AS (SELECT * FROM {t}) SELECT * FROM {t}",
    "defined_later": "WITH a AS (SELECT * FROM {t}), {t} AS (SELECT 1) SELECT * FROM a",
    "using": "SELECT * FROM customers JOIN {t} USING (id)",
    "at_version": "FROM {t} AT (VERSION => 1)",
    "lateral_column": "SELECT 1 FROM orders AS {t}, {t}.status",
    "insert": "INSERT INTO {t} VALUES (1)",
    "drop": "DROP TABLE {t}",
    "syntax_error_after": "SELECT * FROM {t} WHERE",
    "refused_function": "SELECT read_text('x') FROM {t}",
    "too_many": "SELECT 1 FROM " + ", ".join(["{t}"] * 201),
}


def told(seen: Seen, name: str) -> str:
    """All that was told, without the name that was asked for."""
    return re.sub(name, "@", repr(seen.told()), flags=re.IGNORECASE)


@pytest.mark.parametrize("case", COLUMNS)
def test_a_hidden_column_is_told_as_one_that_is_not_there(door: Door, case: str) -> None:
    for ask in (door.ask, door.plan):
        hidden, missing = (ask(COLUMNS[case].format(c=name)) for name in (HIDDEN_COLUMN, NO_COLUMN))
        assert told(hidden, HIDDEN_COLUMN) == told(missing, NO_COLUMN)


@pytest.mark.parametrize("case", TABLES)
def test_a_table_without_a_grant_is_told_as_one_that_is_not_there(door: Door, case: str) -> None:
    for ask in (door.ask, door.plan):
        hidden, missing = (ask(TABLES[case].format(t=name)) for name in (HIDDEN_TABLE, NO_TABLE))
        assert told(hidden, HIDDEN_TABLE) == told(missing, NO_TABLE)


@pytest.mark.parametrize("name", [HIDDEN_COLUMN, HIDDEN_TABLE, "hr", "salaries", "salary", "assigned_to", "vault_view"])
def test_the_fingerprint_of_a_plan_does_not_tell_which_quoted_names_exist(served: Served, name: str) -> None:
    gateway, caller = served.harness.app.gateway, served.callers["ana"]

    def fingerprint(quoted: str) -> str:
        request = Request(f'SELECT 1 AS "{quoted}"')
        return served.harness.run(gateway.plan(caller, request, CONTEXT)).plan.query.fingerprint

    assert fingerprint(name) == fingerprint("nosuch1") != fingerprint("region")


def test_a_warehouse_that_is_not_there_is_told_plainly(served: Served, door: Door) -> None:
    seen = door.ask("SELECT * FROM elsewhere.main.vault")
    assert seen.reasons == ("unknown-table:elsewhere.main.vault",)


@pytest.mark.parametrize("who", ["nobody", "sam"])
def test_whoever_has_no_grant_is_told_that_there_is_no_table(door: Door, who: str) -> None:
    refusal = door.ask("SELECT 1 FROM orders", who=who)
    assert told(refusal, "orders") == told(door.ask("SELECT 1 FROM ordars", who=who), "ordars")
