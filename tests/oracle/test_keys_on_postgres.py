"""GROUP BY of a primary key on PostgreSQL, where a table's other columns follow from it: the oracle over real tables.

A policy view has no key, so the gateway names the columns itself. The copies are made by hand in another database and
keep their keys where the principal sees them whole: an answer must be that of the copy, and so must a refusal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.errors import GatewayError
from tests.oracle import postgres_world
from tests.oracle.harness import Harness, Rows, as_rows
from tests.postgres import Database, Server, new_database

TABLES = """
CREATE SCHEMA main;
CREATE TABLE main.people (id integer PRIMARY KEY, name text, region text, tags text[], "Odd Name" text,
    born date);
CREATE TABLE main.orders (buyer integer, nr integer, amount numeric(10,2), note text, PRIMARY KEY (buyer, nr));
CREATE TABLE main.files (id integer PRIMARY KEY, name text, papers json);
CREATE TABLE main.loose (id integer, name text);
CREATE TABLE main.late (id integer PRIMARY KEY DEFERRABLE, name text);
"""
ROWS = """
INSERT INTO main.people SELECT i, 'p' || i % 7, (ARRAY['EU', 'US'])[1 + i % 2], ARRAY['a'], 'o' || i % 3,
    DATE '1980-01-01' + i FROM generate_series(1, 40) AS i;
INSERT INTO main.people VALUES (41, NULL, 'EU', NULL, NULL, NULL);
INSERT INTO main.orders SELECT 1 + i % 41, i, i * 1.5, CASE WHEN i % 3 > 0 THEN 'n' || i % 5 END
    FROM generate_series(1, 160) AS i;
INSERT INTO main.files SELECT i, 'f' || i % 3, '{}' FROM generate_series(1, 9) AS i;
INSERT INTO main.loose SELECT i % 5, 'l' || i % 5 FROM generate_series(1, 20) AS i;
INSERT INTO main.late SELECT i, 'l' || i FROM generate_series(1, 5) AS i;
"""
POLICY = {
    "grants.csv": """
p, role:seller, shop.main, read, allow
p, role:stranger, shop.main, read, allow
p, role:owner, shop, read, allow
p, role:owner, tag:key, unmask, allow
p, role:owner, tag:contact, unmask, allow
g, group:seller, role:seller
g, group:stranger, role:stranger
g, group:owner, role:owner
p, role:seller, tag:key, unmask, allow
""",
    "data/shop.yaml": """
tables:
  shop.main.people:
    columns: {id: [key], name: [contact]}
    rows:
      - {id: region, for: [role:seller, role:stranger], where: "region = 'EU'"}
  shop.main.orders:
    rows:
      - {id: most, for: [role:seller], where: "nr % 4 <> 0"}
  shop.main.files:
    rows:
      - {id: few, for: [role:seller], where: "id < 5"}
""",
    "masks.yaml": """
masks:
  key: {mask: "null"}
  contact: {mask: redact}
""",
}
_NAME = "CASE WHEN name IS NOT NULL THEN '***' END"
COPIES = {
    "seller": f"""
DELETE FROM main.people WHERE region IS DISTINCT FROM 'EU';
UPDATE main.people SET name = {_NAME};
DELETE FROM main.orders WHERE nr % 4 = 0;
DELETE FROM main.files WHERE id >= 5;
""",
    "stranger": f"""
DELETE FROM main.people WHERE region IS DISTINCT FROM 'EU';
ALTER TABLE main.people DROP CONSTRAINT people_pkey, ALTER id DROP NOT NULL;
UPDATE main.people SET name = {_NAME}, id = NULL;
""",
    "owner": "",
}
QUERIES = (
    "SELECT p.id, p.name, count(*) FROM {people} p JOIN {orders} o ON o.buyer = p.id GROUP BY p.id",
    "SELECT p.name, sum(o.amount) FROM {people} AS p LEFT JOIN {orders} AS o ON o.buyer = p.id GROUP BY p.id",
    "SELECT p.*, count(o.nr) FROM {people} p LEFT JOIN {orders} o ON o.buyer = p.id GROUP BY p.id",
    "SELECT id, name, region, born FROM {people} GROUP BY id",
    "SELECT id, name FROM {people} GROUP BY id HAVING region = 'EU' ORDER BY born DESC, id",
    "SELECT id, count(*) FROM {people} GROUP BY id HAVING count(name) > 0 ORDER BY lower(name), id",
    "SELECT people.name FROM {people} GROUP BY people.id",
    'SELECT "Odd Name", p."id" FROM {people} p GROUP BY p."id"',
    "SELECT p.id AS x, p.name FROM {people} p GROUP BY x",
    "SELECT p.id, p.name, o.buyer, o.nr, o.note FROM {people} p JOIN {orders} o ON true GROUP BY p.id, o.buyer, o.nr",
    "SELECT o.note, o.amount FROM {orders} o GROUP BY o.nr, o.buyer",
    "SELECT o.note FROM {orders} o GROUP BY o.nr",
    "SELECT name FROM {loose} GROUP BY id",
    "SELECT name FROM {late} GROUP BY id",
    "SELECT p.name, p.region, count(*) OVER (PARTITION BY p.region) FROM {people} p GROUP BY p.id",
    "SELECT p.region, rank() OVER (ORDER BY p.name), count(*) FROM {people} p GROUP BY p.id, p.region",
    "SELECT p.id, (SELECT max(o.amount) FROM {orders} o WHERE o.buyer = p.id AND p.name <> '') FROM {people} p "
    "GROUP BY p.id",
    "SELECT DISTINCT p.name FROM {people} p JOIN {orders} o ON o.buyer = p.id GROUP BY p.id",
    "WITH q AS (SELECT p.id, p.name, count(*) AS n FROM {people} p GROUP BY p.id) "
    "SELECT name, max(n) FROM q GROUP BY 1",
    "SELECT q.name FROM (SELECT p.name, p.id FROM {people} p) q GROUP BY q.id",
    "SELECT a.name, b.name FROM {people} a JOIN {people} b ON a.id = b.id + 2 GROUP BY a.id, b.id",
    "SELECT a.name, b.name FROM {people} a JOIN {people} b ON a.id = b.id + 2 GROUP BY a.id",
    "SELECT p.name FROM {people} p GROUP BY (p.id)",
    "SELECT p.name FROM {people} p GROUP BY ROLLUP (p.id)",
    "SELECT p.name FROM {people} p GROUP BY p.id, p.region /* kept */ -- and this\n",
    "SELECT p.name FROM {people} p GROUP BY p.id + 0",
    "SELECT p.tags FROM {people} p GROUP BY p.id",
    "SELECT f.name, count(f.papers) FROM {files} f GROUP BY f.id",
    "SELECT name FROM {people} GROUP BY id UNION ALL SELECT note FROM {orders} GROUP BY buyer, nr",
    "SELECT count(*) FILTER (WHERE o.amount > 9) AS n, p.name FROM {people} p JOIN {orders} o ON o.buyer = p.id "
    "GROUP BY p.id ORDER BY n DESC, p.name LIMIT 5",
)
REFUSED = (
    "SELECT f.papers::text, f.id FROM {files} f GROUP BY f.id",
    "SELECT f.*, count(*) FROM {files} f GROUP BY f.id",
    "SELECT p.name FROM {people} p GROUP BY GROUPING SETS ((p.id))",
    "SELECT p.name FROM {people} p GROUP BY (p.id /* not plain */)",
    "SELECT p.id, p.name FROM {people} p GROUP BY 1",
)
"""Harmless, and refused where the table has a policy view: JSON has no equality by which to group, and a key must stand
in a plain GROUP BY under its name."""


def _asked(sql: str) -> str:
    return sql.format(
        people="main.people", orders="main.orders", files="main.files", loose="main.loose", late="main.late"
    )


class World:
    """A gateway on the raw tables, and each principal's own tables."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._databases = [new_database(server)]
        self._databases[0].sql(TABLES + ROWS)
        self.harness = postgres_world.harness(
            self._databases[0], folder, POLICY, schemas=("main",), attributes=(), warehouse="shop"
        )
        self._copies: dict[str, Any] = {}
        for name, changes in COPIES.items():
            database = new_database(server)
            self._databases.append(database)
            database.sql(TABLES + ROWS + changes)
            database.setup(["main"])
            self._copies[name] = self.harness.run(self._opened(database))

    @staticmethod
    async def _opened(database: Database) -> Any:
        return database.warehouse("shop", schemas=["main"])

    def copy(self, name: str, sql: str) -> Rows | GatewayError:
        """The answer of a principal's copy, or how the engine refuses it."""
        try:
            return as_rows(self.harness.run(postgres_world.asked(self._copies[name], sql)))
        except GatewayError as error:
            return error

    def close(self) -> None:
        """Drops everything."""
        for warehouse in self._copies.values():
            self.harness.run(warehouse.close())
        self.harness.close()
        for database in self._databases:
            database.drop()


@pytest.fixture(scope="module")
def world(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(postgres_server, tmp_path_factory.mktemp("keys"))
    yield made
    made.close()


def _answer(harness: Harness, name: str, sql: str) -> Rows | GatewayError:
    try:
        return harness.ask(harness.caller(name, [name]), sql)
    except GatewayError as error:
        return error


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("query", QUERIES)
def test_answers_are_those_of_tables_with_keys(world: World, name: str, query: str) -> None:
    sql = _asked(query)
    actual, expected = _answer(world.harness, name, sql), world.copy(name, sql)
    if isinstance(expected, GatewayError):
        assert isinstance(actual, GatewayError), actual
        assert actual.sqlstate == expected.sqlstate
        return
    assert isinstance(actual, Rows), actual
    assert actual.names == expected.names
    assert actual.types == expected.types
    assert Counter(map(repr, actual.rows)) == Counter(map(repr, expected.rows))


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_not_understood_is_refused_in_the_engine_s_words(world: World, query: str) -> None:
    sql = _asked(query)
    assert isinstance(world.copy("seller", sql), Rows)
    refused = world.harness.refusal(world.harness.caller("seller", ["seller"]), sql)
    assert "must stand in GROUP BY" in str(refused)
    assert isinstance(_answer(world.harness, "owner", sql), Rows)


def test_most_of_them_are_answered(world: World) -> None:
    answered = [q for q in QUERIES if isinstance(_answer(world.harness, "seller", _asked(q)), Rows)]
    assert len(answered) >= 20


def test_a_refusal_names_the_column(world: World) -> None:
    error = world.harness.refusal(world.harness.caller("stranger", ["stranger"]), _asked(QUERIES[0]))
    assert "GROUP BY" in str(error)
