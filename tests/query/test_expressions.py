"""Expressions: nothing of them is overlooked, and their types are known where that saves a guard."""

from __future__ import annotations

import pytest

from proxy.warehouses.duckdb.syntax import nodes, one_statement
from tests.query.samples import ask, guarded, touched

EVERY_KIND = [
    "name || email, name ^@ 'a', id ** 2, id // 2, id % 2, id & 1, ~id, -id, +id, @id",
    "struct_pack(a := id), {'a': id, b: name}, MAP {name: id}, row(id, name), (id, name), [id, score]",
    "INTERVAL (id) DAY, born + INTERVAL (id) MONTH, extract(year FROM born), date_part('year', born)",
    "marks[id:2], marks[1], marks[id], address['city'], address.city, (address).city, name[1:id], name[id:]",
    "position('a' IN name), substring(name FROM 1 FOR id), trim(both 'x' FROM name)",
    "string_agg(name, ',' ORDER BY id DESC NULLS LAST), list(DISTINCT name), count(id) FILTER (WHERE name = 'x')",
    "sum(id) OVER (PARTITION BY region ORDER BY born ROWS BETWEEN id PRECEDING AND 1 FOLLOWING)",
    "lag(id, 1, id) OVER (ORDER BY name NULLS FIRST)",
    "id IS DISTINCT FROM score, id IS NOT NULL, active IS TRUE, name COLLATE NOCASE, id BETWEEN 1 AND score",
    "id::VARCHAR, CAST(id AS DECIMAL(10,2)), TRY_CAST(name AS INTEGER), TRY(id / 0)",
    "CASE id WHEN 1 THEN name ELSE email END, if(active, id, 2), coalesce(name, email)",
    "nullif(id, 2), ifnull(name, email)",
    "name LIKE email, name SIMILAR TO email, name ~ email, name !~ email, name GLOB email",
    "name NOT LIKE email ESCAPE '$'",
    "quantile_cont(id, 0.5), percentile_disc(0.5) WITHIN GROUP (ORDER BY id DESC)",
    "arg_max(name, id), first(name ORDER BY id)",
    "seen AT TIME ZONE name, date_diff('day', born, seen), strftime(seen, '%Y'), name->'$.a', name->>'a'",
    "(id, name) IN (SELECT id, note FROM orders), (SELECT email), EXISTS (SELECT region), id IN (1, score)",
    'union_value(k := id), unnest(marks), a: id, "id" "x y", customers."name"',
]


@pytest.mark.parametrize("items", EVERY_KIND)
@pytest.mark.parametrize("sql", ["SELECT {} FROM customers", "SELECT 1 FROM (SELECT {} FROM customers) d"])
def test_every_column_that_the_engine_sees_is_noted_at_its_place(items: str, sql: str) -> None:
    query = ask(sql.replace("{}", items))
    noted = {use.span.start for use in query.columns}
    seen = {n["query_location"] for n in nodes(one_statement(query.sql)) if n.get("type") == "COLUMN_REF"}
    assert seen
    assert seen <= noted


@pytest.mark.parametrize("word", ["+", "||", "AND id = 1 AND", "OR id = 2 OR"])
def test_long_chains_are_read_without_recursion(word: str) -> None:
    chain = f" {word} ".join(["name"] + ["active"] * 60)
    assert {"customers.name", "customers.active"} <= set(touched(ask(f"SELECT 1 FROM customers WHERE {chain}")))


def test_count_reads_no_column() -> None:
    assert touched(ask("SELECT count(*) FROM customers")) == []


def test_a_type_and_a_part_of_a_date_are_no_columns() -> None:
    sql = "SELECT CAST(name AS DATE), extract(year FROM born), INTERVAL 1 day FROM customers"
    assert touched(ask(sql)) == ["customers.born", "customers.name"]


@pytest.mark.parametrize(
    "condition",
    [
        "lower(name) = 'x'",
        "upper(name) = lower(region)",
        "(name) = region",
        "CAST(id AS VARCHAR) = name",
    ],
)
def test_known_types_save_guards(condition: str) -> None:
    assert guarded(f"SELECT 1 FROM customers WHERE {condition}") == []


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ("id", "id"),
        ("id AS x", "x"),
        ('id AS "X y"', "X y"),
        ("c.id", "id"),
        ("c.address.city", "city"),
        ("id + 1", None),
    ],
)
def test_a_result_column_has_its_own_name_or_none(item: str, name: str | None) -> None:
    outs = ask(f"SELECT {item} FROM customers c").outputs
    assert outs is not None
    assert [o.name for o in outs] == [name]
