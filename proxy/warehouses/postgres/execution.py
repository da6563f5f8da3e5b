"""One statement in a transaction of its own: prepared, held against the schema, read batch by batch, stopped.

Rule kept here: the server reads the statement before the schema is looked at, so that its locks keep the tables as the
look found them; a statement that was proven for another schema does not run. Rows are fetched when they are asked for,
never before, and about as many as fill a batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

import pyarrow as pa

from proxy.errors import GatewayError, InvalidSql, Ungovernable
from proxy.values import Described, ReasonCode
from proxy.warehouses.postgres.catalog import Stamps, stamps_of
from proxy.warehouses.postgres.errors import DISCONNECTED, DRIVER, breaks, mapped
from proxy.warehouses.postgres.parameters import converted
from proxy.warehouses.postgres.pool import Pool
from proxy.warehouses.postgres.session import Portal, Session
from proxy.warehouses.postgres.syntax import statements
from proxy.warehouses.postgres.types import Column, column, field

FIRST_ROWS = 64
MANY_ROWS = 1000
"""So many rows become Arrow in a thread, so that other statements are served meanwhile."""
STATEMENTS = 1024
"""Texts whose tables are kept."""
KEPT_CHARACTERS = 8_192
"""Longer texts are read anew each time, so that what is kept stays small."""
BATCH_BYTES = 8 * 2**20
"""Bytes of Arrow memory that a batch should not pass by much, whatever its rows hold."""
COLUMNLESS = "The result has no columns: select at least one."
UNBOUND = "A parameter cannot be bound: give texts, numbers, booleans, dates, or lists of one type."


class Outdated(Exception):
    """A table of the statement is not as it was proven; `stamps` are those of the schema it was proven for."""

    def __init__(self, stamped: Stamps) -> None:
        super().__init__()
        self.stamps = stamped


class Execution:
    """A statement, from its start to its close. One task at a time works with it; `close` may come after a cancel."""

    def __init__(self, pool: Pool, batch_rows: int) -> None:
        self._pool = pool
        self._most = batch_rows
        self._rows = min(FIRST_ROWS, batch_rows)
        self._session: Session | None = None
        self._sql = ""
        self._portal: Portal | None = None
        self._columns: list[Column] = []
        self._schema: pa.Schema | None = None
        self._first: pa.RecordBatch | None = None
        self._last = False

    async def start(self, sql: str, parameters: Sequence[Any], schemas: Sequence[str], stamped: Stamps) -> pa.Schema:
        """Run until the first rows are ready, on the governed schemas as their stamps say. Raises `QueryFailed`,
        `InvalidSql`, `WarehouseUnavailable`."""
        tables = _tables_of(sql)
        self._session = session = await self._pool.session()
        self._sql = sql
        statement, described = await self._prepared(session, sql, [t for t in tables if t[0] in schemas], stamped)
        if not described:
            raise InvalidSql(COLUMNLESS, ReasonCode.SYNTAX)
        oids = [t.oid for t in statement.get_parameters()]
        values = converted(parameters, oids, session.elements)
        self._portal = Portal(statement, values)
        self._columns = [column(oid, typmod, session.elements) for _, oid, typmod in described]
        try:
            values_of = self._cells(await self._fetched())
        except DISCONNECTED as error:
            if values and session.alive:  # the driver cannot write a value; its words would quote it
                raise InvalidSql(UNBOUND, ReasonCode.PARAMETERS) from None
            raise self._told(error) from error
        except DRIVER as error:
            raise self._told(error) from error
        for made, cells in zip(self._columns, values_of, strict=True):
            made.settle(cells)
        named = zip(described, self._columns, strict=True)
        self._schema = pa.schema([field(name, oid, made) for (name, oid, _), made in named])
        self._first = self._batch(values_of)
        return self._schema

    async def describe(self, sql: str, schemas: Sequence[str], stamped: Stamps) -> Described:
        """What a statement gives and takes, as the server tells when it prepares it. Raises as `start` does."""
        tables = _tables_of(sql)
        self._session = session = await self._pool.session()
        self._sql = sql
        statement, described = await self._prepared(session, sql, [t for t in tables if t[0] in schemas], stamped)
        if not described:
            raise InvalidSql(COLUMNLESS, ReasonCode.SYNTAX)
        taken = tuple(
            field("", oid, column(oid, -1, session.elements)) for oid in (t.oid for t in statement.get_parameters())
        )
        given = (field(name, oid, column(oid, typmod, session.elements)) for name, oid, typmod in described)
        return Described(pa.schema(list(given)), taken)

    async def next(self) -> pa.RecordBatch | None:
        """The next batch with rows in it, or None at the end. Raises as `start` does."""
        if self._first is not None:
            batch, self._first = self._first, None
        elif self._last or self._portal is None:
            return None
        else:
            try:
                records = await self._fetched()
            except DRIVER as error:
                raise self._told(error) from error
            made = partial(self._batch_of, records)
            batch = await asyncio.to_thread(made) if len(records) >= MANY_ROWS else made()
        return batch if batch.num_rows else None

    async def close(self) -> None:
        """Give the session back, or close it where it is in doubt. May be called twice."""
        session, self._session, self._portal = self._session, None, None
        if session is not None:
            await self._pool.give_back(session)

    # ---------------------------------------------------------------------------------------------------- one step each
    async def _prepared(self, session: Session, sql: str, tables: Collection[tuple[str, str]], stamped: Stamps) -> Any:
        """Prepared on the schema it was proven for. An error of the server counts only on that schema, too."""
        failure: BaseException | None = None
        prepared: Any = None
        try:
            prepared = await session.prepare(sql)
        except DRIVER as error:
            failure = error
            if not session.alive or breaks(error):
                raise self._told(error) from error
            await self._again(session)
        try:
            now = await stamps_of(session, tables) if tables else {}
        except DRIVER as error:
            raise self._told(error) from error
        if any(now.get(table) != stamped.get(table) for table in tables):
            raise Outdated(stamped) from failure
        if failure is not None:
            raise self._told(failure) from failure
        return prepared

    async def _again(self, session: Session) -> None:
        """A failed transaction answers nothing more: another one."""
        try:
            await session.end()
            await session.begin()
        except DRIVER as error:
            raise self._told(error) from error

    async def _fetched(self) -> Sequence[Any]:
        """The next rows. Raises the driver's errors."""
        if self._portal is None:
            return []
        records = await self._portal.fetch(self._rows)
        self._last = len(records) < self._rows
        return records

    def _cells(self, records: Sequence[Any]) -> list[list[Any]]:
        """The cells of rows, by column."""
        return [[record[i] for record in records] for i in range(len(self._columns))]

    def _batch_of(self, records: Sequence[Any]) -> pa.RecordBatch:
        return self._batch(self._cells(records))

    def _batch(self, cells: list[list[Any]]) -> pa.RecordBatch:
        columns = [made.build(values) for made, values in zip(self._columns, cells, strict=True)]
        batch = pa.RecordBatch.from_arrays(columns, schema=self._schema)
        if batch.num_rows:
            fitting = BATCH_BYTES * batch.num_rows // max(batch.nbytes, 1)
            self._rows = max(1, min(self._most, fitting, 4 * self._rows))
        return batch

    def _told(self, error: BaseException) -> GatewayError:
        if breaks(error):
            self._kill()
        return mapped(error, self._sql)

    def _kill(self) -> None:
        if self._session is not None:
            self._session.kill()


def _tables_of(sql: str) -> frozenset[tuple[str, str]]:
    """The full names of a statement's tables, read once for as long as it is asked again and is not long. Raises
    `Ungovernable` for what is not one SELECT."""
    return _tables_kept(sql) if len(sql) <= KEPT_CHARACTERS else frozenset(_tables(_only_select(sql)))


@lru_cache(STATEMENTS)
def _tables_kept(sql: str) -> frozenset[tuple[str, str]]:
    return frozenset(_tables(_only_select(sql)))


def _only_select(sql: str) -> Any:
    """One SELECT that makes nothing and locks nothing, as a tree: nothing else is sent to the server."""
    found = [s["stmt"] for s in statements(sql)]
    select = found[0].get("SelectStmt") if len(found) == 1 else None
    if select is None or "intoClause" in select or "lockingClause" in select:
        raise Ungovernable("Only one SELECT statement can be run.", ReasonCode.STATEMENT_KIND)
    return select


def _tables(tree: Any) -> Iterator[tuple[str, str]]:
    """The full names of tables in a tree; what has none is a WITH query, or found nowhere."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            table = node.get("RangeVar")
            if isinstance(table, dict) and "schemaname" in table:
                yield table["schemaname"], table["relname"]
