"""A real database file with a little of everything, and a warehouse on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import duckdb
import pytest

from proxy.warehouses.duckdb import Settings, connect
from proxy.warehouses.duckdb.warehouse import DuckDb

SCHEMA = """
CREATE TABLE people AS SELECT i AS id, 'name ' || i AS name, i % 7 AS team FROM range(1000) r(i);
CREATE TYPE mood AS ENUM ('calm', 'secretmood');
CREATE SCHEMA hr;
CREATE TABLE hr."Odd Name" (
    "A b" INTEGER NOT NULL, mood mood, d DECIMAL(10, 2), l INTEGER[],
    st STRUCT(a INTEGER, m mood), m MAP(VARCHAR, mood),
    u UUID, ts TIMESTAMPTZ, j JSON, b BLOB, bit BIT, uh UHUGEINT, iv INTERVAL, f FLOAT, dt DATE, t TIME, o BOOLEAN,
    arr mood[2], li mood[]
);
INSERT INTO hr."Odd Name" ("A b", mood, st, m, arr, li)
    VALUES (1, 'calm', {'a': 1, 'm': 'calm'}, MAP {'k': 'calm'}, ['calm', NULL], ['calm']);
CREATE VIEW team_one AS SELECT id, name FROM people WHERE team = 1;
CREATE MACRO shout(x) AS upper(x) || '!';
CREATE SEQUENCE counter;
"""


def make(path: Path, sql: str = SCHEMA) -> Path:
    """A database file at `path` made by `sql`."""
    with duckdb.connect(path) as connection:
        connection.execute(sql)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return make(tmp_path / "shop.duckdb")


@pytest.fixture
async def warehouse(file: Path) -> AsyncIterator[DuckDb]:
    made = connect("shop", Settings(path=file, threads=2, memory_limit="1GiB"))
    yield made
    await made.close()


@pytest.fixture
async def connected() -> AsyncIterator[Callable[..., DuckDb]]:
    """Makes warehouses with settings of a test's own, and closes them."""
    made: list[DuckDb] = []

    def make_one(path: Path, **settings: object) -> DuckDb:
        made.append(connect("shop", Settings.model_validate({"path": path, "threads": 2, **settings})))
        return made[-1]

    yield make_one
    for one in made:
        await one.close()
