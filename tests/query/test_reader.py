"""Reading in worker processes: whatever a text does to the parser, its caller gets an answer in time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace

import pytest
import pytest_asyncio

from proxy.errors import GatewayError
from proxy.query import reader as module
from proxy.query.bind import read
from proxy.query.reader import _SENT, Reader, prepare_worker, read_in_worker
from proxy.query.text import Caps
from proxy.values import Catalog, Query, ReasonCode
from proxy.workers import Workers
from tests.query.samples import CATALOG, table, tables

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMEOUT_S = 10.0


def read_or_misbehave(sql: str, key: tuple[str, str, str], catalog: Catalog | None, caps: Caps) -> Query | None:
    """What a worker runs, and two texts on which it comes to grief as a faulty parser would."""
    if sql == "SELECT 'die'":
        os.kill(os.getpid(), signal.SIGKILL)
    if sql == "SELECT 'hang'":
        time.sleep(60)
    return read_in_worker(sql, key, catalog, caps)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workers() -> AsyncIterator[Workers]:
    made = Workers(read_in_worker, 1, TIMEOUT_S, initializer=prepare_worker, initargs=("duckdb",))
    await made.start()
    try:
        yield made
    finally:
        await made.close()


NASTY: dict[str, tuple[str, set[ReasonCode]]] = {
    "100,000 nested parentheses": (
        "SELECT " + "(" * 100_000 + "1" + ")" * 100_000,
        {ReasonCode.TOO_DEEP, ReasonCode.TOO_COMPLEX},
    ),
    "a thousand nested parentheses": ("SELECT " + "(" * 1_000 + "1" + ")" * 1_000, {ReasonCode.TOO_DEEP}),
    "parentheses that are not closed": ("SELECT " + "(" * 50_000, {ReasonCode.TOO_DEEP}),
    "parentheses that were not opened": ("SELECT 1" + ")" * 50_000, {ReasonCode.SYNTAX}),
    "nested lists": ("SELECT " + "[" * 5_000 + "1" + "]" * 5_000, {ReasonCode.TOO_DEEP}),
    "nested sub-queries": ("SELECT " + "(SELECT " * 500 + "1" + ")" * 500, {ReasonCode.TOO_DEEP}),
    "nested derived tables": (
        "SELECT * FROM " + "(SELECT * FROM " * 500 + "customers" + ") x" * 500,
        {ReasonCode.TOO_DEEP},
    ),
    "an IN list of a megabyte": (
        "SELECT id FROM customers WHERE id IN (" + ", ".join(str(n) for n in range(130_000)) + ")",
        {ReasonCode.TOO_LONG},
    ),
    "an IN list of 29,000": (
        "SELECT id FROM customers WHERE id IN (" + ",".join("7" for _ in range(59_000)) + ")",
        {ReasonCode.TOO_COMPLEX},
    ),
    "10,000 CTEs": (
        "WITH " + ", ".join(f"c{n} AS (SELECT 1)" for n in range(10_000)) + " SELECT 1",
        {ReasonCode.TOO_COMPLEX, ReasonCode.TOO_LONG},
    ),
    "a chain of 1,000 CTEs": (
        "WITH c0 AS (SELECT 1), "
        + ", ".join(f"c{n} AS (SELECT * FROM c{n - 1})" for n in range(1, 1_000))
        + " SELECT 1",
        {ReasonCode.TOO_COMPLEX},
    ),
    "10,000 ANDs": (
        "SELECT id FROM customers WHERE " + " AND ".join("id = 1" for _ in range(10_000)),
        {ReasonCode.TOO_COMPLEX, ReasonCode.TOO_DEEP},
    ),
    "10,000 additions": (
        "SELECT " + "+".join("1" for _ in range(10_000)),
        {ReasonCode.TOO_COMPLEX, ReasonCode.TOO_DEEP},
    ),
    "10,000 concatenations": (
        "SELECT " + "||".join("'a'" for _ in range(10_000)),
        {ReasonCode.TOO_COMPLEX, ReasonCode.TOO_DEEP},
    ),
    "20,000 NOTs": ("SELECT " + "NOT " * 20_000 + "true", {ReasonCode.TOO_DEEP, ReasonCode.TOO_COMPLEX}),
    "20,000 minus signs": ("SELECT " + "- " * 20_000 + "1", {ReasonCode.TOO_DEEP, ReasonCode.TOO_COMPLEX}),
    "20,000 casts": ("SELECT 1" + "::INT" * 20_000, {ReasonCode.TOO_DEEP, ReasonCode.TOO_COMPLEX}),
    "10,000 array indices": ("SELECT a" + "[1]" * 10_000, {ReasonCode.TOO_DEEP}),
    "100 array indices": ("SELECT a" + "[1]" * 100, {ReasonCode.TOO_DEEP}),
    "array indices in brackets": ("SELECT a" + "[(b[1])].c" * 1_000, {ReasonCode.TOO_DEEP}),
    "10,000 dots": ("SELECT a" + ".a" * 10_000, {ReasonCode.TOO_DEEP, ReasonCode.TOO_COMPLEX}),
    "1,000 UNIONs": (
        " UNION ALL ".join("SELECT 1" for _ in range(1_000)),
        {ReasonCode.TOO_COMPLEX, ReasonCode.TOO_DEEP},
    ),
    "1,000 joins": (
        "SELECT 1 FROM customers" + " JOIN orders USING (id)" * 1_000,
        {ReasonCode.TOO_COMPLEX, ReasonCode.TOO_DEEP},
    ),
    "CASE in CASE": (
        "SELECT " + "CASE WHEN true THEN " * 2_000 + "1" + " END" * 2_000,
        {ReasonCode.TOO_DEEP},
    ),
    "a string of a megabyte": ("SELECT '" + "a" * 1_000_000 + "'", {ReasonCode.TOO_LONG}),
    "a name of a megabyte": ('SELECT "' + "a" * 1_000_000 + '"', {ReasonCode.TOO_LONG}),
    "a megabyte of comments": ("SELECT 1 " + "/*" * 500_000, {ReasonCode.TOO_LONG}),
    "comments in comments": ("SELECT 1 " + "/*" * 100_000, {ReasonCode.SYNTAX}),
    "many statements": ("SELECT 1;" * 10_000, {ReasonCode.MULTIPLE_STATEMENTS}),
    "NUL": ("SELECT '\0'", {ReasonCode.SYNTAX}),
    "lone surrogates": ("SELECT '\ud800'", {ReasonCode.SYNTAX}),
    "nothing": ("", {ReasonCode.EMPTY_SQL}),
    "blanks": (" \n" * 50_000, {ReasonCode.EMPTY_SQL}),
    "comments only": ("-- a\n/* b */", {ReasonCode.EMPTY_SQL}),
    "an open quote": ("SELECT '" + "a" * 100_000, {ReasonCode.SYNTAX}),
    "an open dollar quote": ("SELECT $a$ " + "$b$" * 10_000, {ReasonCode.SYNTAX}),
    "a lambda in a lambda": (
        "SELECT " + "list_transform([1], x -> " * 1_000 + "1" + ")" * 1_000,
        {ReasonCode.TOO_DEEP},
    ),
}


# -------------------------------------------------------------------------------------------------- texts as attacks
@pytest.mark.timeout(100)
async def test_every_nasty_text_is_refused_in_time_and_the_process_lives(workers: Workers) -> None:
    reader = Reader(workers)
    wrong = []
    for name, (sql, reasons) in NASTY.items():
        begin = time.monotonic()
        with pytest.raises(GatewayError) as caught:
            await reader.read(sql, CATALOG)
        took = time.monotonic() - begin
        found = [r.code for r in caught.value.reasons]
        if len(found) != 1 or found[0] not in reasons or took > TIMEOUT_S:
            wrong.append((name, found, round(took, 2), str(caught.value)[:80]))
        if len(str(caught.value)) > 600:
            wrong.append((name, found, len(str(caught.value)), "its refusal is too long"))
    assert wrong == []
    assert (await reader.read("SELECT id FROM customers", CATALOG)).kind == "select"


async def test_a_text_that_is_far_too_long_does_not_even_travel() -> None:
    never_started = Workers(read_in_worker, 1, TIMEOUT_S)
    with pytest.raises(GatewayError) as caught:
        await Reader(never_started).read("SELECT 1 -- " + "x" * 10_000_000, CATALOG)
    assert [r.code for r in caught.value.reasons] == [ReasonCode.TOO_LONG]


async def test_large_statements_within_the_limits_are_read(workers: Workers) -> None:
    reader = Reader(workers)
    numbers = ", ".join(str(n) for n in range(10_000))
    assert (await reader.read(f"SELECT id FROM customers WHERE id IN ({numbers})", CATALOG)).references
    chain = " OR ".join(f"id = {n}" for n in range(100))
    assert (await reader.read(f"SELECT id FROM customers WHERE {chain}", CATALOG)).references
    deep = "SELECT " + "(" * 40 + "1" + ")" * 40
    assert (await reader.read(deep, CATALOG)).kind == "select"


# ----------------------------------------------------------------------------------------------------------- answers
async def test_a_worker_reads_what_the_function_reads(workers: Workers) -> None:
    sql = "WITH t AS (SELECT id, sales.customers.name n FROM customers) SELECT n, ? FROM t WHERE CAST(n AS INTEGER) = 1"
    assert await Reader(workers).read(sql, CATALOG) == read(sql, CATALOG)


async def test_a_refusal_comes_back_with_its_reason_its_place_and_its_statement(workers: Workers) -> None:
    sql = "SELECT 'secret' FROM FROM customers"
    with pytest.raises(GatewayError) as caught:
        await Reader(workers).read(sql, CATALOG)
    assert caught.value.code == "invalid-sql"
    assert caught.value.span is not None
    assert caught.value.statement == "SELECT ? FROM FROM customers"


async def test_the_limits_given_hold_in_the_worker(workers: Workers) -> None:
    with pytest.raises(GatewayError) as caught:
        await Reader(workers, Caps(max_references=1)).read("SELECT 1 FROM customers, orders", CATALOG)
    assert [r.code for r in caught.value.reasons] == [ReasonCode.TOO_COMPLEX]


# ---------------------------------------------------------------------------------------------------------- catalogs
async def test_a_new_version_of_the_catalog_reaches_the_workers(workers: Workers) -> None:
    reader = Reader(workers)
    sql = "SELECT x FROM fresh"
    assert tables(await reader.read(sql, CATALOG)) == ["?"]
    fresh = table("sales", "fresh", x="INTEGER")
    changed = replace(CATALOG, version="two", tables={**CATALOG.tables, ("sales", "fresh"): fresh})
    query = await reader.read(sql, changed)
    assert (tables(query), query.catalog_version) == (["sales.fresh"], "two")
    assert tables(await reader.read(sql, CATALOG)) == ["?"]


async def test_each_view_of_a_catalog_is_its_own(workers: Workers) -> None:
    reader = Reader(workers)
    cut = replace(CATALOG, tables={("sales", "orders"): CATALOG.tables["sales", "orders"]}, view="narrow")
    sql = "SELECT id FROM customers"
    assert tables(await reader.read(sql, cut)) == ["?"]
    assert tables(await reader.read(sql, CATALOG)) == ["sales.customers"]
    assert tables(await reader.read(sql, cut)) == ["?"]


async def test_each_warehouse_has_its_own_catalog(workers: Workers) -> None:
    reader = Reader(workers)
    other = replace(CATALOG, warehouse="annex", tables={})
    assert tables(await reader.read("SELECT id FROM customers", CATALOG)) == ["sales.customers"]
    query = await reader.read("SELECT id FROM customers", other)
    assert (tables(query), query.warehouse) == (["?"], "annex")


async def test_more_catalogs_than_a_worker_keeps_are_still_read_rightly(workers: Workers) -> None:
    reader = Reader(workers)
    versions = [replace(CATALOG, version=f"v{n}") for n in range(module._KEPT + 3)]
    for catalog in [*versions, versions[0]]:
        assert (await reader.read("SELECT id FROM customers", catalog)).catalog_version == catalog.version


async def test_a_worker_that_does_not_know_the_catalog_says_so() -> None:
    assert read_in_worker("SELECT 1", ("shop", "never seen", ""), None, Caps()) is None


# ---------------------------------------------------------------------------------------------------------- failures
async def test_a_worker_that_dies_or_hangs_refuses_one_statement_only() -> None:
    workers = Workers(read_or_misbehave, 1, 2.0, initializer=prepare_worker, initargs=("duckdb",))
    await workers.start()
    try:
        reader = Reader(workers)
        for sql in ("SELECT 'die'", "SELECT 'hang'"):
            with pytest.raises(GatewayError) as caught:
                await reader.read(sql, CATALOG)
            assert caught.value.code == "ungovernable"
            assert [r.code for r in caught.value.reasons] == [ReasonCode.PARSE_ABORTED]
            assert "not run" in str(caught.value)
            assert await next_call(reader)
    finally:
        await workers.close()


async def next_call(reader: Reader) -> Query:
    """The next statement's answer, which may have to wait for the process that takes the lost one's place."""
    for _ in range(30):
        with contextlib.suppress(GatewayError):
            return await reader.read("SELECT id FROM customers", CATALOG)
    raise AssertionError("no process came back")


async def test_without_workers_nothing_is_read() -> None:
    closed = Workers(read_in_worker, 1, 1.0)
    with pytest.raises(GatewayError) as caught:
        await Reader(closed).read("SELECT 1", CATALOG)
    assert [r.code for r in caught.value.reasons] == [ReasonCode.PARSE_ABORTED]


async def test_many_readers_share_the_workers(workers: Workers) -> None:
    reader = Reader(workers)
    queries = await asyncio.gather(*(reader.read(f"SELECT {n}, id FROM customers", CATALOG) for n in range(40)))
    assert len({q.fingerprint for q in queries}) == 1


SENT = (
    "WITH t AS (SELECT id FROM customers WHERE name = $1) SELECT sales.customers.name, c.*, count(*) "
    "FROM sales.customers JOIN t ON t.id = sales.customers.id, customers c WHERE 1 / c.id > 0 GROUP BY ALL"
)


def parts_of(value: object) -> Iterator[object]:
    """A value and everything in it."""
    yield value
    if is_dataclass(value):
        for field in fields(value):
            yield from parts_of(getattr(value, field.name))
    elif isinstance(value, tuple | list | frozenset):
        for one in value:
            yield from parts_of(one)
    elif isinstance(value, Mapping):
        yield from parts_of(tuple(value.items()))


async def test_an_answer_is_what_would_have_been_read_here(workers: Workers) -> None:
    assert await Reader(workers).read(SENT, CATALOG) == read(SENT, CATALOG)


async def test_all_that_an_answer_is_made_of_travels_as_calls() -> None:
    for kind in {type(part) for part in parts_of(read(SENT, CATALOG)) if is_dataclass(part)}:
        assert kind in _SENT, f"{kind.__name__} is not in _SENT: pickle takes three times as long for it"
