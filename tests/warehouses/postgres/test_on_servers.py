"""What was proven on text, on real servers: each rewrite answers as its statement does on tables masked by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from proxy.values import Always, Cell, SlotKind
from tests.postgres import Database, Server, new_database
from tests.warehouses.postgres.shop import GOVERNED, mask, planned, row_filter, view
from tests.warehouses.postgres.test_rewriting import HONEST

TABLES = """
CREATE SCHEMA sales; CREATE SCHEMA people;
CREATE TYPE sales.address AS (city text, zip text);
CREATE TABLE sales.customers (id integer, name text, email character varying(20), region text, born date,
    credit numeric(10,2), seen timestamptz, data jsonb, address sales.address, marks integer[]);
CREATE TABLE sales.orders (id integer, customer_id integer, amount numeric(10,2), note text);
CREATE TABLE sales."Line Items" ("Order" bigint, "order" bigint, "Item" text);
CREATE TABLE sales."line items" (x bigint);
CREATE TABLE people.employees (id integer, name text, salary bigint);
INSERT INTO sales.customers SELECT i, 'Name' || i, 'e' || i || '@x.com',
    CASE i % 3 WHEN 0 THEN 'EU' WHEN 1 THEN 'US' END, date '2020-01-01' + i, i * 1.5,
    timestamptz '2020-01-01 00:00+00' + i * interval '1 day',
    jsonb_build_object('a', i, 'b', 't' || i), ROW('c' || i, 'z')::sales.address, ARRAY[i, i + 1]
    FROM generate_series(1, 30) i;
INSERT INTO sales.orders SELECT i, i % 12, i * 2.25, 'note' || i FROM generate_series(1, 40) i;
INSERT INTO sales."Line Items" SELECT i, 10 - i, 'it' || i FROM generate_series(1, 10) i;
INSERT INTO sales."line items" SELECT generate_series(1, 5);
INSERT INTO people.employees SELECT i, 'e' || i, i * 100 FROM generate_series(1, 20) i;
"""
MASKED = """
DELETE FROM sales.customers WHERE region IS DISTINCT FROM 'EU';
UPDATE sales.customers SET name = '***', credit = CASE WHEN id = 1 THEN credit END;
DELETE FROM sales."Line Items" WHERE NOT "Order" > 3;
DELETE FROM people.employees WHERE NOT salary < 1000;
"""
VIEWS = (
    view(
        rows=row_filter("region = :region"),
        cells={"name": [Cell(Always(), mask("redact", "name"))], "credit": [Cell(row_filter("id = 1"), None)]},
    ),
    *GOVERNED[1:],
)
CLIENT = {"1": 1, "2": "x"}
UNSTEADY = ("random()", "now()", "current_")
"""What makes two runs of one statement differ."""
SINCE = {"JSON_VALUE": 17, "IS JSON": 16}
"""Words of newer servers."""
ELSEWHERE = ("shop.sales",)
"""The warehouse's name before a schema, which is the gateway's own addition."""


@pytest.fixture(scope="module")
def databases(postgres_server: Server) -> Iterator[tuple[Database, Database]]:
    raw, masked = new_database(postgres_server), new_database(postgres_server)
    raw.sql(TABLES)
    masked.sql(TABLES + MASKED)
    yield raw, masked
    raw.drop()
    masked.drop()


@asynccontextmanager
async def connected(database: Database, search_path: str = "") -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner_url, server_settings={"search_path": search_path})
    try:
        yield connection
    finally:
        await connection.close()


async def answer(connection: asyncpg.Connection, sql: str, values: Sequence[Any]) -> tuple[list[str], list[str]]:
    """The names of the result's columns, and its rows sorted; a whole row counts by its values."""
    statement = await connection.prepare(sql)
    rows = [tuple(plain(value) for value in row.values()) for row in await statement.fetch(*values)]
    return [column.name for column in statement.get_attributes()], sorted(map(repr, rows))


def plain(value: Any) -> Any:
    if isinstance(value, asyncpg.Record | tuple):
        return tuple(plain(v) for v in (value.values() if isinstance(value, asyncpg.Record) else value))
    return value


def steady(sql: str) -> bool:
    return not any(word in sql for word in (*UNSTEADY, *ELSEWHERE))


def known(server: Server) -> list[str]:
    """The honest statements that two runs answer alike, and that this server knows."""
    unknown = [word for word, major in SINCE.items() if server.major < major]
    return [sql for sql in HONEST if steady(sql) and not any(word in sql for word in unknown)]


async def test_every_honest_statement_answers_as_on_tables_masked_by_hand(
    databases: tuple[Database, Database], postgres_server: Server
) -> None:
    wrong = []
    async with connected(databases[0]) as governed, connected(databases[1], "sales") as truth:
        for sql in known(postgres_server):
            plan = planned(sql, VIEWS)
            values = [CLIENT[s.name] if s.kind is SlotKind.CLIENT else "EU" for s in plan.slots]
            got = await answer(governed, plan.sql, values)
            if got != await answer(truth, sql, [CLIENT[p] for p in plan.query.parameters]):
                wrong.append(sql)
    assert wrong == []


async def test_names_that_the_engine_makes_up_are_those_that_were_foreseen(
    databases: tuple[Database, Database], postgres_server: Server
) -> None:
    wrong = []
    async with connected(databases[1], "sales") as connection:
        for sql in known(postgres_server):
            query = planned(sql, VIEWS).query
            if query.outputs is None or any(o.star is not None for o in query.outputs):
                continue
            names, _ = await answer(connection, sql, [CLIENT[p] for p in query.parameters])
            wrong += [(sql, o.name, n) for o, n in zip(query.outputs, names, strict=True) if o.name not in (None, n)]
    # sqlglot drops a plus sign, so that a column under one seems to be the column itself; its values are the same
    assert [(name, made) for _, name, made in wrong] == [("id", "?column?")]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT x.abs FROM generate_series(-1, -1) x",
        "SELECT ('abc'::text).upper",
        "SELECT ('sales.customers'::text).regclass",
        "SELECT x.pg_sleep FROM generate_series(0, 0) x",
        "SELECT q.count FROM (SELECT 1 AS a) q",
    ],
)
async def test_the_engine_calls_functions_by_the_names_of_fields(
    databases: tuple[Database, Database], sql: str
) -> None:
    """Why such names are looked at: were this to fail, the engine would have become stricter."""
    async with connected(databases[0]) as connection:
        _, rows = await answer(connection, sql, [])
    assert len(rows) == 1


@pytest.mark.parametrize("name", ["ÄÖ", "\u212a", "\u0130"])
async def test_the_engine_folds_letters_of_ascii_only(databases: tuple[Database, Database], name: str) -> None:
    async with connected(databases[0]) as connection:
        names, _ = await answer(connection, f"SELECT 1 AS {name}, 2 AS A{name}", [])
    assert names == [name, f"a{name}"]
