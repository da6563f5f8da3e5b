"""The attacked shop of `shop`, said for PostgreSQL: raw tables, what lies around them, and the copies made by hand.

Around the tables stands what only this engine has: schemas that are not governed, functions that run with their owner's
rights, a function that can be spelt as a column, tables that inherit, operators, types and a large object. All of it is
spelt with canaries, and the statistics of every column are taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.bypass import shop
from tests.bypass.asking import (
    PEOPLE,
    SAME,
    SESSION,
    VIRTUAL,
    Door,
    PgwireDoor,
    Served,
    canaries_in,
    hold_virtual,
    spelt,
)
from tests.oracle.harness import Harness
from tests.oracle.world import write_policy
from tests.postgres import Database, Server, new_database

SCHEMAS = ("public", "hr")
FAILURES = ("conversion", "division-by-zero", "out-of-range", "engine-error")
TABLES = """
CREATE SCHEMA hr; CREATE SCHEMA outside; CREATE SCHEMA evil;
CREATE TABLE customers AS SELECT i AS id,
    CASE WHEN i % 2 = 0 THEN 'name' || i ELSE 'HIDDEN-CANARY-' || i END AS name,
    CASE WHEN i % 2 = 0 THEN 'MASK-CANARY-' || i ELSE 'HIDDEN-CANARY-' || i END || '@example.com' AS email,
    CASE WHEN i % 2 = 0 THEN 'EU' ELSE 'US' END AS region,
    CASE WHEN i % 2 = 0 THEN i * 10 ELSE 7838001 END AS credit,
    'SSN-CANARY-' || i AS ssn, CASE WHEN i % 2 = 0 THEN 'likes tea' ELSE 'HIDDEN-CANARY' END AS notes,
    DATE '1980-01-01' + i AS born
FROM generate_series(1, 40) i;
CREATE TABLE orders AS SELECT i AS id, i % 40 + 1 AS customer_id, i * 7 % 100 AS amount,
    (ARRAY['open', 'paid'])[1 + i % 2] AS status FROM generate_series(1, 100) i;
CREATE TABLE tickets AS SELECT i AS id, i % 8 + 1 AS customer_id,
    CASE WHEN i % 4 = 1 THEN 'sam' ELSE 'HIDDEN-CANARY' END AS assigned_to, 'HIDDEN-CANARY body' AS body
FROM generate_series(1, 32) i;
CREATE TABLE vault AS SELECT i AS k, 'VAULT-CANARY-' || i AS v, 9120077 AS n FROM generate_series(1, 3) i;
CREATE TABLE hr.salaries AS SELECT i AS id, 9120077 AS salary FROM generate_series(1, 3) i;
CREATE TABLE outside.papers AS SELECT i AS id, 'VAULT-CANARY-' || i AS v FROM generate_series(1, 3) i;
"""
AROUND = """
CREATE TABLE customers_old () INHERITS (customers);
INSERT INTO customers_old SELECT 100 + i, 'HIDDEN-CANARY-old', 'HIDDEN-CANARY-old', 'US', 7838001, 'SSN-CANARY', '',
    NULL FROM generate_series(1, 5) i;
CREATE INDEX ON customers (id); CREATE INDEX ON customers (lower(name)); CREATE INDEX ON customers (credit);
CREATE STATISTICS customers_1 ON name, credit, region FROM customers;
CREATE STATISTICS customers_2 ON (credit + 1), (name || '') FROM customers;
CREATE VIEW vault_view AS SELECT * FROM vault;
CREATE MATERIALIZED VIEW vault_kept AS SELECT * FROM vault;
CREATE SEQUENCE numbers START 9120077;
CREATE TYPE secret_mood AS ENUM ('VAULT-CANARY-mood');
CREATE DOMAIN secret_text AS text DEFAULT 'VAULT-CANARY' CHECK (VALUE <> 'VAULT-CANARY-check');
CREATE FUNCTION vault_text() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT max(v) FROM public.vault';
CREATE FUNCTION vault_rows() RETURNS SETOF vault LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT * FROM public.vault';
CREATE FUNCTION peek(customers) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT ssn FROM public.customers WHERE id = $1.id';
CREATE FUNCTION vault_like(text, text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT EXISTS (SELECT FROM public.vault WHERE v = $1 OR v = $2)';
CREATE OPERATOR public.=== (FUNCTION = vault_like, LEFTARG = text, RIGHTARG = text);
CREATE AGGREGATE vault_agg (text) (SFUNC = textcat, STYPE = text, INITCOND = 'VAULT-CANARY');
CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''eu''::text';
CREATE FUNCTION evil.split_part(text, text, integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
SELECT lo_from_bytea(4711, 'VAULT-CANARY-object'::bytea);
COMMENT ON TABLE customers IS 'VAULT-CANARY-comment';
ANALYZE;
"""
POLICY = {
    name: text.replace("shop.main", "shop.public").replace("FROM tickets", "FROM shop.public.tickets")
    for name, text in shop.POLICY.items()
}
COLUMNS = "id, name, '***@example.com' AS email, region, credit, notes, born"
SEEN: Mapping[str, str] = {
    "ana": "CREATE TABLE seen AS SELECT * FROM customers WHERE region = 'EU'; {orders}",
    "sam": "CREATE TABLE seen AS SELECT * FROM customers WHERE id IN (2, 6); {no_orders}",
}
"""What Ana (an analyst of the EU) and Sam (who holds the tickets of two customers) may see, made by hand."""


def _copied(database: Database, who: str) -> None:
    """Leaves in a database, which is empty, what one of the callers may see, and nothing else."""
    orders = {"orders": "", "no_orders": "DROP TABLE orders;"}
    database.sql(
        f"{TABLES} {SEEN[who].format(**orders)} DROP TABLE customers, tickets, vault; DROP SCHEMA hr, outside CASCADE;"
        f"CREATE TABLE customers AS SELECT {COLUMNS} FROM seen; DROP TABLE seen; ANALYZE;"
    )


class ServedOnPostgres(Served):
    """The shop's gateway on a PostgreSQL server, with its HTTP door open."""

    def __init__(self, server: Server, folder: Path) -> None:  # the parent's makes another engine's shop
        self.raw = new_database(server)
        self.raw.sql(TABLES + AROUND)
        self._copies = {who: new_database(server) for who in SEEN}
        for who, database in self._copies.items():
            _copied(database, who)
        limits = {"statement_timeout_s": 10, "concurrent_per_caller": 4}
        self.raw.setup(SCHEMAS)
        (folder / "url").write_text(self.raw.url)
        settings = {"kind": "postgres", "url": f"file:{folder / 'url'}", "schemas": list(SCHEMAS)}
        policies = write_policy(folder / "policies", POLICY)
        self.harness = Harness(folder, settings, policies, key=shop.KEY, attributes=["region"], limits=limits)
        self.callers = {name: self.harness.caller(name, **self._spelt(name)) for name in PEOPLE}
        self.tokens = {name: self.harness.issuer.mint(subject=name, **PEOPLE[name]) for name in PEOPLE}
        self.url, self._stop, self._served = self._open()
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self._connections: dict[str, Any] = {}

    def close(self) -> None:
        """End the door and the gateway, and forget the databases."""
        for connection in self._connections.values():
            self.harness.call(connection.terminate)
        self.close_pgwire()
        self.client.close()
        self.harness.call(self._stop.set)
        self._served.result(30)
        self.harness.close()
        for database in (self.raw, *self._copies.values()):
            database.drop()

    def expected(self, sql: str, parameters: Any = (), who: str = "ana") -> list[tuple[Any, ...]]:
        """What a database with a caller's view alone answers."""
        return self.asked(sql, parameters, who)[1]

    def asked(self, sql: str, parameters: Any = (), who: str = "ana") -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names and rows that a database with a caller's view alone answers. Raises what the driver raises."""
        if who not in self._connections or self._connections[who].is_closed():  # an attack may end its own connection
            self._connections[who] = self.harness.run(self._connected(self._copies[who].owner_url))
        return self.harness.run(asyncio.wait_for(self._fetched(self._connections[who], sql, parameters), 30))

    @staticmethod
    async def _connected(url: str) -> Any:
        return await asyncpg.connect(url, timeout=30, server_settings={"search_path": "public", "timezone": "UTC"})

    @staticmethod
    async def _fetched(connection: Any, sql: str, parameters: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
        prepared = await connection.prepare(sql)
        rows = await prepared.fetch(*parameters)
        return [column.name for column in prepared.get_attributes()], [tuple(row.values()) for row in rows]


def hold(served: ServedOnPostgres, door: Door, sql: str, outcome: str, who: str = "ana") -> None:
    """Asks, and holds what came of it to `outcome`: SAME for the answer of the caller's copy, VIRTUAL for one of the
    virtual catalog, else the first reason of the refusal. What fails on the server must fail on the copy too."""
    seen = door.ask(sql, who=who)
    if outcome == VIRTUAL:
        hold_virtual(door, sql, seen)
        return
    if outcome == SAME:
        assert not seen.refused, (seen.reasons, seen.detail)
        names, rows = served.asked(sql, who=who)
        assert seen.names == names
        assert sorted(map(spelt, seen.rows)) == sorted(map(spelt, rows))
        if not canaries_in(sql.encode()):  # a plan shows the caller's own words again
            door.plan(sql, who)
        return
    assert seen.refused, seen.rows[:3]
    allowed = {outcome, SESSION}
    if isinstance(door, PgwireDoor) and outcome == "statement-kind":
        allowed.add("unknown-table")  # COPY and DECLARE are taken there, and what they ask is governed
    assert seen.reasons[0].split(":")[0] in allowed, seen.reasons
    if outcome in FAILURES:
        with pytest.raises(asyncpg.PostgresError):
            served.asked(sql, who=who)
