"""A real database with a little of everything, and warehouses on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from proxy.warehouses.postgres.warehouse import Postgres
from tests.postgres import Database, Server, new_database

SCHEMA = """
CREATE TABLE people AS SELECT i AS id, 'name ' || i AS name, i % 7 AS team FROM generate_series(0, 999) AS i;
CREATE TYPE mood AS ENUM ('calm', 'secretmood');
CREATE DOMAIN short AS varchar(20) NOT NULL;
CREATE DOMAIN shorter AS short;
CREATE SCHEMA hr;
CREATE TYPE hr.pair AS (a integer, b text);
CREATE TABLE hr."Odd Name" (
    "A b" integer NOT NULL, mood mood, d numeric(10, 2), l integer[], p hr.pair, s short, ss shorter, u uuid,
    ts timestamptz, t3 timestamp(3), j jsonb, b bytea, bits bit(3), iv interval, f real, dt date, t time, o boolean,
    moods mood[], r int4range, n numeric, c char(4)
);
INSERT INTO hr."Odd Name" ("A b", mood, s, ss, moods) VALUES (1, 'calm', 'x', 'y', '{calm, NULL}');
CREATE TABLE hr.odd_name (only_this integer);
CREATE VIEW team_one AS SELECT id, name FROM people WHERE team = 1;
CREATE MATERIALIZED VIEW teams AS SELECT team, count(*) AS members FROM people GROUP BY team;
CREATE TABLE parted (id integer, at date) PARTITION BY RANGE (at);
CREATE TABLE parted_2024 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE SCHEMA secret;
CREATE TABLE secret.vault (v text);
INSERT INTO secret.vault VALUES ('VAULT');
"""

Connected = Callable[..., Postgres]


@pytest.fixture(scope="module")
def shop(postgres_server: Server) -> Iterator[Database]:
    """The database of one module's tests, set up for the gateway. Tests that change it use `postgres`."""
    database = new_database(postgres_server)
    database.sql(SCHEMA)
    database.setup(["public", "hr"])
    yield database
    database.drop()


@pytest.fixture
async def connected() -> AsyncIterator[Connected]:
    """Makes warehouses on a database that was set up, and closes them."""
    made: list[Postgres] = []

    def make_one(database: Database, **settings: Any) -> Postgres:
        made.append(database.warehouse("shop", **settings))
        return made[-1]

    yield make_one
    for one in made:
        await one.close()


@pytest.fixture
def warehouse(shop: Database, connected: Connected) -> Postgres:
    return connected(shop, schemas=["public", "hr"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(shop: Database) -> AsyncIterator[Postgres]:
    """One warehouse for all tests of a module that run in its loop: @pytest.mark.asyncio(loop_scope="module")."""
    made = shop.warehouse("shop", schemas=["public", "hr"])
    yield made
    await made.close()
