"""Rows on their way to a client, as fast as it takes them.

Rule kept here: what was described is what comes: rows of another type are sent only where every value is the same in
the described one. Large batches are encoded in a thread, so that other clients are served meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import anyio.to_thread
import pyarrow as pa
import pyarrow.types as at

from proxy.doors.pgwire import replies
from proxy.doors.pgwire.connection import Connection
from proxy.doors.pgwire.copy import CopyEncoder, copy_options
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.rows import Piece, RowEncoder
from proxy.doors.pgwire.sources import Answered, Source
from proxy.doors.pgwire.types import of_field

LARGE = 1000
"""Rows from which a batch is encoded in a thread."""


class Sending:
    """Sends rows over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(self, source: Source, encoder: RowEncoder, most: int | None) -> tuple[int, bool]:
        """Rows as DataRow messages, at most so many; how many there were, and whether there may be more."""
        count = 0
        while most is None or count < most:
            batch = await source.next(None if most is None else most - count)
            if batch is None:
                return count, False
            count += batch.num_rows
            await self._pieces(encoder.encode(batch), batch.num_rows)
        return count, True

    async def copy(self, source: Source, options: Mapping[str, str | list[str] | None]) -> int:
        """Rows as COPY sends them; how many there were."""
        encoder = CopyEncoder(source.schema, copy_options(options))
        self._connection.write(replies.copy_out(encoder.format, encoder.count))
        self._connection.write(encoder.begin())
        count = 0
        while (batch := await source.next(None)) is not None:
            count += batch.num_rows
            await self._pieces(encoder.encode(batch), batch.num_rows)
        self._connection.write(encoder.end())
        self._connection.write(replies.COPY_DONE)
        return count

    async def dropped(self, source: Source) -> int:
        """Rows that nobody wants; how many there were."""
        count = 0
        while (batch := await source.next(None)) is not None:
            count += batch.num_rows
        return count

    def as_described(self, source: Source, schema: pa.Schema) -> Source:
        """Rows in the types that were described. Raises `Refused` where they are others."""
        if [of_field(f).oid for f in source.schema] == [of_field(f).oid for f in schema]:
            return source
        return _Widened(source, schema)

    async def _pieces(self, pieces: Iterator[Piece], rows: int) -> None:
        while True:
            piece = await anyio.to_thread.run_sync(next, pieces, None) if rows >= LARGE else next(pieces, None)
            if piece is None:
                return
            await self._connection.send(piece)


class _Widened:
    """Rows of whole numbers that were described as wider ones."""

    def __init__(self, source: Source, schema: pa.Schema) -> None:
        self._source = source
        if len(source.schema) != len(schema):
            raise _changed()
        fields = []
        for given, told in zip(source.schema, schema, strict=True):
            same = of_field(given).oid == of_field(told).oid
            if not same and not _widens(given.type, told.type):
                raise _changed()
            fields.append(given if same else told)
        self.schema = pa.schema(fields)

    @property
    def answered(self) -> Answered | None:
        """The answer that the rows are of."""
        return self._source.answered

    async def next(self, most: int | None) -> pa.RecordBatch | None:
        """Some rows, at most so many; None at the end."""
        batch = await self._source.next(most)
        if batch is None:
            return None
        columns = [c.cast(f.type) for c, f in zip(batch.columns, self.schema, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    async def close(self) -> None:
        """No more rows are wanted."""
        await self._source.close()


def _widens(given: pa.DataType, told: pa.DataType) -> bool:
    """Whether every value of one type is one of the other."""
    if at.is_null(given):
        return True
    return at.is_signed_integer(given) and at.is_signed_integer(told) and given.bit_width <= told.bit_width


def _changed() -> Refused:
    text = "cached plan must not change result type"
    return Refused("0A000", text, "Prepare the statement again, and name its parameters' types by casts.")
