"""Samples of a real warehouse: what is counted, what is skipped, and that no value leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from proxy.classify.evidence import OFF, Evidence, Sampled, Sampler, asking, is_prose
from proxy.errors import ScanError
from proxy.scan import column
from proxy.scan.column import Job, Scanned, scan_columns
from proxy.scan.leaves import Unreadable
from proxy.scan.rules import ScanRules
from proxy.scan.settings import PHONE_REGIONS, Mode
from proxy.values import Table, TableId
from proxy.warehouses import duckdb as kind
from proxy.warehouses.duckdb.warehouse import DuckDb
from proxy.workers import Workers
from tests.postgres import Database

ROWS = """
CREATE TABLE people AS SELECT i AS id, 'p' || i || '@example.com' AS mail, DATE '2000-01-01' AS born,
    CASE WHEN i % 4 = 0 THEN 'Wrote to p' || i || '@example.com about the late delivery' END AS note,
    {'phone': '212-646-' || CAST(1000 + i AS VARCHAR)} AS parts, 'p' || i || '@example.com' AS other
FROM range(500) r(i);
CREATE TABLE nothing (x VARCHAR);
"""


@pytest.fixture(scope="module", autouse=True)
def _started() -> Iterator[None]:
    column.start(Mode.PATTERNS, PHONE_REGIONS)
    yield
    column._analyzer = None


@pytest.fixture
async def warehouse(tmp_path: Path) -> AsyncIterator[DuckDb]:
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute(ROWS)
    made = kind.connect("w", kind.Settings(path=tmp_path / "w.duckdb"))
    yield made
    await made.close()


async def here(jobs: Sequence[Job]) -> list[Scanned | Unreadable]:
    return scan_columns(jobs)


async def read(warehouse: DuckDb, rows: int = 1000, rules: ScanRules | None = None) -> dict[str, Sampled]:
    catalog = await warehouse.catalog()
    sampler = Sampler(here, rules or ScanRules(), Mode.PATTERNS, rows, 30.0)
    return {s.table.name: s async for s in sampler.read(warehouse, catalog, list(catalog.tables.values()))}


def columns(sampled: Sampled) -> dict[str, Evidence]:
    return {one.column: one for one in sampled.columns}


async def test_cells_and_hits_are_counted(warehouse: DuckDb) -> None:
    found = columns((await read(warehouse))["people"])
    assert found["mail"] == Evidence("mail", 500, 500, {"EMAIL_ADDRESS": 500})
    assert found["note"] == Evidence("note", 500, 125, {"EMAIL_ADDRESS": 125}, prose=True)
    assert found["parts"] == Evidence("parts", 500, 500, {"PHONE_NUMBER": 500}, prose=True)
    assert found["id"] == Evidence("id", 500, 500)
    assert found["note"].share("EMAIL_ADDRESS") == 1
    assert found["note"].share("US_SSN") == 0


async def test_a_server_is_sampled_as_well(postgres: Database) -> None:
    postgres.sql(
        "CREATE TABLE people AS SELECT i AS id, 'p' || i || '@example.com' AS mail, "
        """jsonb_build_object('mail', 'p' || i || '@example.com') AS doc, '10.0.0.' || i % 250 AS "Odd ""Name" """
        "FROM generate_series(1, 500) AS i"
    )
    postgres.setup(["public"])
    made = postgres.warehouse("w")
    try:
        catalog = await made.catalog()
        sampler = Sampler(here, ScanRules(), Mode.PATTERNS, 100, 30.0)
        (sampled,) = [s async for s in sampler.read(made, catalog, list(catalog.tables.values()))]
    finally:
        await made.close()
    assert columns(sampled) == {
        "id": Evidence("id", 100, 100),
        "mail": Evidence("mail", 100, 100, {"EMAIL_ADDRESS": 100}),
        "doc": Evidence("doc", 100, 100, {"EMAIL_ADDRESS": 100}, prose=True),
        'Odd "Name': Evidence('Odd "Name', 100, 100, {"IP_ADDRESS": 100}),
    }


async def test_so_many_rows_and_no_more(warehouse: DuckDb) -> None:
    found = columns((await read(warehouse, rows=20))["people"])
    assert {one.cells for one in found.values()} == {20}


async def test_what_is_not_read_says_why(warehouse: DuckDb) -> None:
    rules = ScanRules(columns=("w.main.people.other",))
    sampled = await read(warehouse, rules=rules)
    found = columns(sampled["people"])
    assert found["other"] == Evidence("other", skipped=OFF)
    assert found["born"].skipped == "not read: date32[day]"
    assert columns(sampled["nothing"])["x"] == Evidence("x")


async def test_a_table_that_cannot_be_read_does_not_end_the_run(warehouse: DuckDb) -> None:
    catalog = await warehouse.catalog()
    (people,) = (t for t in catalog.tables.values() if t.id.name == "people")
    gone = Table(TableId("w", "main", "gone"), people.columns)
    sampler = Sampler(here, ScanRules(), Mode.PATTERNS, 10, 30.0)
    failed, read_ = [s async for s in sampler.read(warehouse, catalog, [gone, people])]
    assert failed.failed
    assert failed.columns == ()
    assert "example.com" not in failed.failed
    assert read_.columns


async def test_a_scan_that_fails_ends_the_run(warehouse: DuckDb) -> None:
    workers = Workers(scan_columns, 1, 5.0)  # never started: no process answers
    catalog = await warehouse.catalog()
    sampler = Sampler(asking(workers), ScanRules(), Mode.PATTERNS, 10, 30.0)
    with pytest.raises(ScanError):
        [s async for s in sampler.read(warehouse, catalog, list(catalog.tables.values()))]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array(["one two three four five six", "one", "a b c d e f g"]), True),
        (pa.array(["one two three", "one", None]), False),
        (pa.array(['{"a": 1}', '{"a": 2}', "x"]), True),
        (pa.array([1, 2]), False),
        (pa.array([], pa.string()), False),
        (pa.array([["a"]]), True),
    ],
)
def test_prose(array: pa.Array, expected: bool) -> None:
    assert is_prose(array) is expected
