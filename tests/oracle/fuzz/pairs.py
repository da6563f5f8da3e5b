"""The sides of a world: two of them behind whole gateways, and the quick way to ask all.

Rule kept here: a statement is planned once, by the gateway's own parts, because all sides have one schema and one
policy; the proven SQL then runs on each side through the warehouse's own execution, which maps its errors. `ask` goes
the whole way through one gateway.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from proxy.errors import GatewayError
from proxy.gateway import Request, visible
from proxy.query.bind import DEFAULT_CAPS, names_of, read
from proxy.values import Caller, Plan
from proxy.warehouses.duckdb import Settings
from proxy.warehouses.duckdb.session import Session
from tests import postgres
from tests.oracle import postgres_world
from tests.oracle.fuzz.functions import Signature, signatures
from tests.oracle.fuzz.values import quoted
from tests.oracle.fuzz.worlds import WHO, World
from tests.oracle.harness import CONTEXT, Harness
from tests.oracle.world import KEY, write_policy

SIDES = 4
"""Databases of one world: the first is held against each other one."""
TIMEOUT_S = 4.0
MOST_ROWS = 20_000
GIVEN = (
    "1",
    "boom",
    "0",
    None,
    "7",
    "-2147483648",
    "",
    "1.5",
    "2020-01-02",
    "\\",
    "12",
    "infinity",
    "EU",
    "%a",
    "t",
    "2147483647",
)
"""What the caller gives for parameters of the statements: texts, as over a wire."""
VARIANTS = 3
"""How many times a statement with parameters is asked, each with other values."""
DUCKDB_CALLS = """
SELECT function_name, parameter_types, coalesce(return_type, '') FROM duckdb_functions()
WHERE function_type = 'scalar' ORDER BY ALL
"""
# What is volatile (random(), array_shuffle(), ..) answers otherwise each time.
POSTGRES_CALLS = """
SELECT proname, array_to_string(proargtypes::regtype[], ';'), prorettype::regtype FROM pg_proc
WHERE prokind = 'f' AND NOT proretset AND provariadic = 0 AND provolatile <> 'v'
  AND pronamespace = 'pg_catalog'::regnamespace
ORDER BY oid
"""


@dataclass(frozen=True, slots=True)
class Told:
    """All that a caller is told by one side: a result, or an error in all its parts."""

    error: tuple[Any, ...] | None
    table: pa.Table | None = None

    @property
    def outcome(self) -> str:
        """For the count: `answered`, or the error's SQLSTATE."""
        return "answered" if self.error is None else str(self.error[-1])

    def same(self, other: Told) -> bool:
        """Whether nothing tells the two apart; rows up to their order, doubles up to that of a sum."""
        if self.table is None or other.table is None:
            return self.error == other.error and self.table is other.table
        if self.table.schema != other.table.schema:
            return False
        return bool(self.table.equals(other.table)) or self.rows() == other.rows()

    def rows(self) -> Counter[str]:
        """Rows, each as a text."""
        assert self.table is not None
        columns = [_cells(column) for column in self.table.columns]
        return Counter(map(repr, zip(*columns, strict=True)))

    def __str__(self) -> str:
        if self.table is None:
            return str(self.error)
        return (
            f"{self.table.schema.names} {[str(t) for t in self.table.schema.types]} {sorted(self.rows().items())[:20]}"
        )


def _cells(column: pa.ChunkedArray) -> list[object]:
    """A column's values; dates and times as numbers, since Python's own end with the year 9999."""
    if pa.types.is_date32(column.type) or pa.types.is_time32(column.type):
        column = column.cast(pa.int32())
    elif pa.types.is_temporal(column.type) and column.type.bit_width == 64:
        column = column.cast(pa.int64())
    try:
        return [_rounded(value) for value in column.to_pylist()]
    except (OverflowError, ValueError):
        return [chunk.to_string(window=MOST_ROWS) for chunk in [column.combine_chunks()]] * len(column)


def _rounded(value: object) -> object:
    return float(f"{value:.9g}") if isinstance(value, float) else value


def failed(error: GatewayError) -> Told:
    """What an error tells."""
    return Told((error.code, error.detail, error.reasons, error.span, error.sqlstate))


class Pair(Protocol):
    """The sides of one world on one engine."""

    version: str
    calls: Mapping[str, list[Signature]]
    harnesses: tuple[Harness, Harness]

    def told(self, plan: Plan, variant: int = 0, sides: Sequence[int] | None = None) -> list[Told]:
        """What each side (or each of these) says to a plan, with one choice of values for the caller's own
        parameters."""

    def raised(self, sql: str, given: Mapping[str, Any]) -> set[str]:
        """The SQLSTATEs in which a statement ends over only what the caller sees, in any order of computing."""

    def close(self) -> None:
        """End everything and remove it."""


class Planner:
    """Plans as the gateway of the first side does, in this process."""

    def __init__(self, harnesses: tuple[Harness, Harness]) -> None:
        sys.setrecursionlimit(10_000)
        self._of = [self._parts(harness) for harness in harnesses]

    @staticmethod
    def _parts(harness: Harness) -> tuple[Any, ...]:
        gateway = harness.app.gateway
        caller = harness.caller(WHO, ["readers"], {"who": WHO})
        catalog = harness.run(gateway._warehouses["shop"].catalog())
        view = gateway._policy.view(caller, catalog)
        shown = visible(catalog, view)
        return gateway, caller, view, shown, names_of(shown)

    def plan(self, sql: str, side: int = 0) -> Plan:
        """The SQL that may run, or what the gateway refuses with (`GatewayError`)."""
        gateway, caller, view, shown, names = self._of[side]
        query = read(sql, shown, DEFAULT_CAPS, names)
        plan: Plan = gateway._rewriter.rewrite(query, gateway._policy.decide(view, caller, query))
        return plan

    def values(self, plan: Plan, variant: int) -> list[Any]:
        """What is bound to a plan's slots."""
        gateway, caller, *_ = self._of[0]
        values: list[Any] = gateway._bind(plan, caller, given(plan, variant))
        return values

    def caller(self, side: int) -> Caller:
        """The caller, as each side knows them."""
        caller: Caller = self._of[side][1]
        return caller


def given(plan: Plan, variant: int = 0) -> dict[str, Any]:
    """What the caller binds to a statement's own parameters."""
    rng = random.Random(f"{variant} {plan.query.sql}")
    return {name: rng.choice(GIVEN) for name in plan.query.parameters}


def ask(harness: Harness, caller: Caller, plan: Plan) -> Told:
    """The whole way through one gateway."""
    try:
        answer = harness.run(_table(harness, caller, plan.query.sql, given(plan)))
    except GatewayError as error:
        return failed(error)
    return Told(None, answer)


class Watch:
    """Stops what runs too long: one thread for all statements of a process."""

    def __init__(self) -> None:
        self._running: tuple[float, Any] | None = None
        threading.Thread(target=self._look, daemon=True).start()

    def over(self, execution: Any) -> None:
        """Look after an execution; None for none."""
        self._running = None if execution is None else (time.monotonic() + TIMEOUT_S, execution)

    def _look(self) -> None:
        while True:
            time.sleep(0.5)
            running = self._running
            if running is not None and time.monotonic() > running[0]:
                running[1].stop()


class OnDuckdb:
    """Every side as a DuckDB file."""

    PLANS = (
        "",
        "build_side_probe_side",
        "join_order,build_side_probe_side",
        "join_order,build_side_probe_side,filter_pushdown,statistics_propagation,empty_result_pullup",
    )

    def __init__(self, world: World, sides: int = SIDES) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="usher-fuzz-"))
        self.version = f"duckdb {duckdb.__version__}"
        self._world = world
        self.sides = sides
        made = []
        self._sessions = []
        for side in range(sides):
            folder = self.folder / str(side)
            folder.mkdir()
            world.build(folder / "raw.duckdb", side)
            settings = {
                "kind": "duckdb",
                "path": str(folder / "raw.duckdb"),
                "search_path": ["wide"],
                "threads": 1,
                "memory_limit": "512MiB",
                "refresh_s": 1e9,
            }
            if side > 1:
                self._sessions.append(Session("shop", Settings.model_validate(settings)))
                continue
            policy = write_policy(folder / "policies", world.policy())
            made.append(
                Harness(folder, settings, policy, key=KEY, attributes=("who",), parser={"timeout_s": 20, "workers": 1})
            )
        self.harnesses = made[0], made[1]
        self.planner = Planner(self.harnesses)
        whole: list[Any] = [harness.app.gateway._warehouses["shop"] for harness in made]
        self._sessions[:0] = [warehouse._session for warehouse in whole]
        self._watch = Watch()
        with duckdb.connect() as connection:
            rows = connection.execute(DUCKDB_CALLS).fetchall()
        self.calls = signatures(rows, made[0].app.gateway._warehouses["shop"].dialect.functions)
        self._visible: duckdb.DuckDBPyConnection | None = None

    def told(self, plan: Plan, variant: int = 0, sides: Sequence[int] | None = None) -> list[Told]:
        """See `Pair`."""
        values = self.planner.values(plan, variant)
        return [self._run(side, plan.sql, values) for side in (range(self.sides) if sides is None else sides)]

    def _run(self, side: int, sql: str, values: Sequence[Any]) -> Told:
        execution = self._sessions[side].execution()
        self._watch.over(execution)
        try:
            schema = execution.start(sql, values)
            batches, rows = [], 0
            while (batch := execution.next()) is not None and rows < MOST_ROWS:
                batches.append(batch)
                rows += batch.num_rows
            if rows >= MOST_ROWS:
                return Told(("too-large", "", (), None, "rows"))
            return Told(None, pa.Table.from_batches(batches, schema=schema))
        except GatewayError as error:
            return failed(error)
        finally:
            self._watch.over(None)
            execution.close()
            self._sessions[side].release()

    def raised(self, sql: str, given: Mapping[str, Any]) -> set[str]:
        """See `Pair`."""
        sql = _written_out(sql, given)
        if self._visible is None:
            self._visible = self._copy()
        found = set()
        for left_out in self.PLANS:
            self._visible.execute(f"SET disabled_optimizers = '{left_out}'")
            try:
                self._visible.execute(sql).fetchmany(MOST_ROWS)
            except duckdb.Error as error:
                from proxy.warehouses.duckdb.errors import mapped

                found.add(str(mapped(error).sqlstate))
        return found

    def _copy(self) -> duckdb.DuckDBPyConnection:
        path = self.folder / "visible.duckdb"
        copy_visible(self._world, self.harnesses[0], self.planner.caller(0), path)
        connection = duckdb.connect()
        connection.execute(f"ATTACH '{path}' AS shop (READ_ONLY); USE shop.wide; SET threads = 1")
        return connection

    def close(self) -> None:
        """End everything and remove it."""
        for session in self._sessions[2:]:
            session.retire()
        for harness in self.harnesses:
            harness.close()
        if self._visible is not None:
            self._visible.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _written_out(sql: str, given: Mapping[str, Any]) -> str:
    """A statement with texts in the place of its parameters, for the copy that no gateway stands before."""
    for name, value in sorted(given.items(), reverse=True):
        sql = sql.replace(f"${name}", "NULL" if value is None else quoted(value))
    return sql


def copy_visible(world: World, harness: Harness, caller: Caller, path: Path) -> None:
    """A DuckDB file with what the caller sees, as tables of their own."""
    with duckdb.connect(str(path)) as connection:
        for schema in world.tables:
            connection.execute(f"CREATE SCHEMA {schema}")
        for one in world.governed:
            names = ", ".join(f'"{c.name}" {c.type}' for c in one.table.columns)
            connection.execute(f"CREATE TABLE {one.table.full} ({names})")
            rows = harness.run(_table(harness, caller, f"SELECT * FROM {one.table.full}", {}))
            connection.register("seen", rows)
            connection.execute(f"INSERT INTO {one.table.full} FROM seen")
            connection.unregister("seen")


async def _table(harness: Harness, caller: Caller, sql: str, parameters: Mapping[str, Any]) -> pa.Table:
    answer = await harness.app.gateway.run(caller, Request(sql, parameters=parameters), CONTEXT)
    return pa.Table.from_batches([b async for b in answer.batches], schema=answer.schema)


class OnPostgres:
    """Every side as a database of one server."""

    SETTINGS = (
        "",
        "enable_hashjoin",
        "enable_hashjoin,enable_mergejoin",
        "enable_nestloop",
        "enable_seqscan",
        "enable_hashagg,enable_sort",
        "enable_hashagg",
        "enable_sort",
    )
    GROUPS = (0, 100, 1_000, 100_000)
    """How many groups the planner is made to expect of each column; 0: as many as there are."""
    INDEXES = 3
    """Every so many'th table has indexes and extended statistics."""

    def __init__(self, world: World, server: postgres.Server, sides: int = SIDES) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="usher-fuzz-"))
        self.folder.chmod(0o755)
        self.version = "postgresql " + server.query("postgres", "SHOW server_version")[0][0]
        self._world = world
        self.sides = sides
        self._server = server
        self._schemas = [*world.tables, "acl"]
        made = []
        self.databases = []
        self._runner = asyncio.Runner()
        for side in range(sides):
            folder = self.folder / str(side)
            folder.mkdir()
            folder.chmod(0o755)
            world.build(folder / "raw.duckdb", side)
            self.databases.append(self._loaded(folder / "raw.duckdb", folder / "csv", ", owner_"))
            if side > 1:
                self.databases[-1].setup(self._schemas)
                continue
            made.append(
                postgres_world.harness(
                    self.databases[-1],
                    folder,
                    world.policy(),
                    self._schemas,
                    ("who",),
                    parser={"timeout_s": 20, "workers": 1},
                )
            )
        self.harnesses = made[0], made[1]
        self.planner = Planner(self.harnesses)
        self._warehouses = [self._runner.run(self._opened(d)) for d in self.databases]
        self._versions = [self._runner.run(w.catalog()).version for w in self._warehouses]
        rows = [(n, t.split(";") if t else [], g) for n, t, g in server.query("postgres", POSTGRES_CALLS)]
        self.calls = signatures(rows, made[0].app.gateway._warehouses["shop"].dialect.functions)
        self._visible: list[Any] = []

    def _loaded(self, path: Path, folder: Path, more: str = "") -> postgres.Database:
        database = postgres.new_database(self._server)
        postgres_world.load(database, path, folder)
        made = []
        for one in self._world.governed[:: self.INDEXES]:
            names = [c.name for c in one.table.columns if c.kind in ("int", "bigint", "text", "date")][:6]
            made += [f'CREATE INDEX ON {one.table.full} ("{name}");' for name in names if name != "notes"]
            if len(names) > 1:
                listed = ", ".join(f'"{name}"' for name in names[:4])
                name = f"{one.table.schema}.st_{one.table.name}"
                made.append(f"CREATE STATISTICS {name} ON {listed}{more} FROM {one.table.full};")
        database.sql("\n".join([*made, "ANALYZE;"]))
        return database

    async def _opened(self, database: postgres.Database) -> Any:
        return database.warehouse("shop", schemas=self._schemas, refresh_s=1e9)

    def told(self, plan: Plan, variant: int = 0, sides: Sequence[int] | None = None) -> list[Told]:
        """See `Pair`."""
        sides = range(self.sides) if sides is None else sides
        return self._runner.run(self._told(plan, self.planner.values(plan, variant), sides))

    async def _told(self, plan: Plan, values: Sequence[Any], sides: Sequence[int]) -> list[Told]:
        return await asyncio.gather(*(self._run(side, plan.sql, values) for side in sides))

    async def _run(self, side: int, sql: str, values: Sequence[Any]) -> Told:
        try:
            result = await self._warehouses[side].execute(sql, values, TIMEOUT_S, self._versions[side])
            batches, rows = [], 0
            async for batch in result.batches:
                batches.append(batch)
                rows += batch.num_rows
                if rows >= MOST_ROWS:
                    await result.batches.aclose()
                    return Told(("too-large", "", (), None, "rows"))
            return Told(None, pa.Table.from_batches(batches, schema=result.schema))
        except GatewayError as error:
            return failed(error)

    def raised(self, sql: str, given: Mapping[str, Any]) -> set[str]:
        """See `Pair`."""
        return self._runner.run(self._raised(_written_out(sql, given)))

    async def _raised(self, sql: str) -> set[str]:
        import asyncpg

        from proxy.warehouses.postgres.errors import mapped

        if not self._visible:
            await self._copy()
        found = set()
        for copy, turned_off in itertools.product(self._visible, self.SETTINGS):
            await copy.execute("RESET ALL; SET search_path = wide; SET statement_timeout = '4s'")
            await copy.execute("SET DateStyle = 'ISO'; SET TimeZone = 'UTC'; SET jit = off")
            for name in filter(None, turned_off.split(",")):
                await copy.execute(f"SET {name} = off")
            try:
                await copy.fetch(sql.replace("shop.", ""))
            except asyncpg.PostgresError as error:
                found.add(str(mapped(error, sql).sqlstate))
        return found

    async def _copy(self) -> None:
        """What the caller sees, as databases of their own; in all but one the planner expects other numbers of groups,
        by which the order of hashed groups goes."""
        import asyncpg

        path = self.folder / "visible.duckdb"
        copy_visible(self._world, self.harnesses[0], self.planner.caller(0), path)
        for groups in self.GROUPS:
            database = self._loaded(path, self.folder / f"visible{groups}")
            self.databases.append(database)
            if groups:
                altered = [
                    f'ALTER TABLE {one.table.full} ALTER COLUMN "{column.name}" SET (n_distinct = {groups});'
                    for one in self._world.governed
                    for column in one.table.columns
                ]
                database.sql("\n".join([*altered, "ANALYZE;"]))
            self._visible.append(await asyncpg.connect(database.owner_url, timeout=20))

    def close(self) -> None:
        """End everything and remove it."""
        for warehouse in self._warehouses:
            self._runner.run(warehouse.close())
        for copy in self._visible:
            self._runner.run(copy.close(timeout=5))
        self._runner.close()
        for harness in self.harnesses:
            harness.close()
        for database in self.databases:
            database.drop()
        shutil.rmtree(self.folder, ignore_errors=True)
