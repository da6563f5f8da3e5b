"""One statement on a cursor of its own: started, read batch by batch, and stopped.

Rule kept here: only a single SELECT runs, in a read-only transaction, and its rows stream. The methods block and belong
in a thread, one at a time; `stop` may be called from anywhere at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from proxy.errors import InvalidSql, QueryFailed, QueryTimeout, Ungovernable
from proxy.values import Described, ReasonCode
from proxy.warehouses.duckdb import parameters
from proxy.warehouses.duckdb.errors import mapped

STOP_AGAIN_S = 0.02
SHORT_ROWS = 1024
"""A first batch of fewer rows is looked past at once: most such results end there, and give everything back."""
TYPE_METADATA = b"usher.type"
"""A field's metadata under which it names its own type."""
TEXTUAL: Mapping[str, bytes] = {"JSON": b"json", "UUID": b"uuid", "TIME WITH TIME ZONE": b"timetz"}
WIDEST = "UHUGEINT"
WIDE = "The result holds UHUGEINT numbers that do not fit. Cast them, or what holds them, to VARCHAR."


class Execution:
    """A statement, from its start to its close."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, batch_rows: int) -> None:
        self._cursor = connection.cursor()
        self._batch_rows = batch_rows
        self._reader: pa.RecordBatchReader | None = None
        self._schema: pa.Schema | None = None
        self._unsigned: tuple[int, ...] = ()
        self._first: pa.RecordBatch | None = None
        self._second: pa.RecordBatch | None = None
        self._working = threading.Lock()
        self._stopped = False
        self.done = False
        """Whether the engine has let go of everything: a short result is read to its end in `start`."""

    def start(self, sql: str, parameters: Sequence[Any]) -> pa.Schema:
        """Run until the first rows are there. Raises `QueryFailed`, `InvalidSql`, `WarehouseUnavailable`."""
        with self._working:
            self._refuse_stopped()
            try:
                statement = self._only_select(sql)
                self._cursor.execute("BEGIN TRANSACTION READ ONLY")
                relation = self._cursor.sql(statement, params=list(parameters) or None)
                self._refuse_stopped()
                reader = relation.to_arrow_reader(self._batch_rows)
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                raise mapped(error) from error
            except (TypeError, ValueError, OverflowError) as error:
                text = "A parameter cannot be bound: give texts, numbers, booleans, dates, or lists of one type."
                raise InvalidSql(text, ReasonCode.PARAMETERS) from error
            self._unsigned = _unsigned(relation.types)
            self._reader = reader
            self._schema = _named(reader.schema, relation.types)
            self._first = self._read()
            short = self._first is None or self._first.num_rows < min(self._batch_rows, SHORT_ROWS)
            if short and (self._first is None or self._read_past()):
                self._release()
            return self._schema

    def describe(self, sql: str) -> Described:
        """What a statement gives and takes, with NULL for every parameter and no row read. Raises as `start` does."""
        with self._working:
            self._refuse_stopped()
            try:
                statement = self._only_select(sql)
                self._cursor.execute("BEGIN TRANSACTION READ ONLY")
                names = sorted(statement.named_parameters, key=int)
                known = parameters.types(self._cursor, sql, frozenset(names))
                relation = self._cursor.sql(statement, params=[None] * len(names) or None)
                schema = relation.limit(0).to_arrow_reader(1).schema
                taken = tuple(self._field(known.get(name)) for name in names)
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                raise mapped(error) from error
            return Described(_named(schema, relation.types), taken)

    def _field(self, spelling: str | None) -> pa.Field[Any] | None:
        """The Arrow field of a type of the engine."""
        if spelling is None:
            return None
        relation = self._cursor.sql(f"SELECT CAST(NULL AS {spelling})")
        return _named(relation.to_arrow_reader(1).schema, relation.types).field(0)

    def next(self) -> pa.RecordBatch | None:
        """The next batch with rows in it, or None at the end. Raises as `start` does."""
        with self._working:
            self._refuse_stopped()
            ready = self.ready()
            return self._read() if ready is None else ready

    def ready(self) -> pa.RecordBatch | None:
        """A batch that was read already, without blocking; None where there is none."""
        batch, self._first, self._second = self._first, self._second, None
        return batch

    def _read(self) -> pa.RecordBatch | None:
        while True:
            self._refuse_stopped()
            if self._reader is None or self._schema is None:
                return None
            try:
                batch = self._reader.read_next_batch()
            except StopIteration:
                return None
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                raise mapped(error) from error
            if batch.num_rows:
                _refuse_wrapped(batch, self._unsigned)
                return _decoded(batch, self._schema)

    def _read_past(self) -> bool:
        """Whether a short first batch is the last one, as it nearly always is; another one is kept."""
        self._second = self._read()
        return self._second is None

    def _release(self) -> None:
        """Let go of the engine."""
        with suppress(duckdb.Error, pa.ArrowException, OSError):
            if self._reader is not None:
                self._reader.close()
        self._reader = None
        with suppress(duckdb.Error):
            self._cursor.close()
        self.done = True

    def stop(self) -> None:
        """Interrupt whatever runs; nothing can be started or read after this."""
        self._stopped = True
        with suppress(duckdb.Error):
            self._cursor.interrupt()

    def close(self) -> None:
        """Stop, wait until the engine let go, and give everything back. May be called twice."""
        self.stop()
        while not self._working.acquire(timeout=STOP_AGAIN_S):
            self.stop()  # an interrupt that comes before the engine starts its work is lost
        try:
            self._release()
        finally:
            self._working.release()

    def _only_select(self, sql: str) -> duckdb.Statement:
        statements = self._cursor.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise Ungovernable("Only one SELECT statement can be run.", ReasonCode.STATEMENT_KIND)
        return statements[0]

    def _refuse_stopped(self) -> None:
        if self._stopped:
            raise QueryTimeout("The statement was stopped.", ReasonCode.STATEMENT_TIMEOUT)


def _unsigned(types: Sequence[Any]) -> tuple[int, ...]:
    """Which columns are UHUGEINT: the driver hands them on as signed numbers of 128 bits."""
    if any(WIDEST in str(t) and str(t) != WIDEST for t in types):
        raise QueryFailed(WIDE, ReasonCode.OUT_OF_RANGE)
    return tuple(i for i, t in enumerate(types) if str(t) == WIDEST)


def _refuse_wrapped(batch: pa.RecordBatch, columns: Sequence[int]) -> None:
    """An unsigned number from 2**127 on arrives as a negative one; a wrong number is worse than none."""
    for index in columns:
        least = pc.min(batch.column(index)).as_py()
        if least is not None and least < 0:
            raise QueryFailed(WIDE, ReasonCode.OUT_OF_RANGE)


def _named(schema: pa.Schema, types: Sequence[Any]) -> pa.Schema:
    """The schema of a result; its metadata tells the engine's own name of a type that travels as text."""
    fields = []
    for given, own in zip(schema, types, strict=True):
        name = TEXTUAL.get(str(own).partition("[")[0])
        metadata = None if name is None else {TYPE_METADATA: name}
        fields.append(pa.field(given.name, _plain(given.type), given.nullable, metadata))
    return pa.schema(fields)


def _plain(kind: pa.DataType) -> pa.DataType:
    """A type without dictionaries, which would hold every value that an enumeration has, not only those in the rows."""
    if isinstance(kind, pa.DictionaryType):
        value: pa.DataType = kind.value_type
        return value
    if isinstance(kind, pa.MapType):
        return pa.map_(_plain(kind.key_type), _plain(kind.item_type))
    if isinstance(kind, pa.FixedSizeListType):
        return pa.list_(_plain(kind.value_type), kind.list_size)
    if isinstance(kind, pa.ListType):
        return pa.list_(pa.field(kind.value_field.name, _plain(kind.value_type)))
    if isinstance(kind, pa.StructType):
        return pa.struct([pa.field(f.name, _plain(f.type), f.nullable) for f in kind])
    return kind


def _decoded(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
