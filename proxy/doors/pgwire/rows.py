"""Arrow batches as DataRow messages.

Rule kept here: rows are made column by column, never row by row in Python, except where there are so few of them that
this is faster. The bytes of a piece are whole messages, and memory does not grow with the batch: it comes in pieces.

    encoder = RowEncoder(answer.schema, bind.result_formats)     # raises Ungovernable: a type that cannot be sent
    encoder.columns                                              # RowDescription: name, WireType, format of each
    for piece in encoder.encode(batch):                          # bytes or memoryview, of whole DataRow messages
        transport.write(piece)

How: each column becomes values and their lengths in big-endian bytes, and one element-wise join of all of them behind
the head of each message makes rows: the bytes of the joined column are the bytes on the wire.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from proxy.doors.pgwire import scalars
from proxy.doors.pgwire.binaries import binaries, fixed_binaries
from proxy.doors.pgwire.columns import EMPTY, Array, Numbers, big_endian, binary, fixed, flat, lengths, pc
from proxy.doors.pgwire.texts import FORMS, fitting, texts
from proxy.doors.pgwire.types import WireType, of_field
from proxy.errors import InvalidSql, TooLarge
from proxy.values import ReasonCode

TEXT_FORMAT, BINARY_FORMAT = 0, 1
FEW_ROWS = 30
"""Up to here, rows one by one are faster."""
PIECE_BYTES = 4 * 2**20
"""About how much of a batch is encoded at once."""
MOST_BYTES = 2**30 - 1
"""A message's length, as the server limits it (MaxAllocSize)."""
Piece: TypeAlias = bytes | memoryview

_NARROW = 64
_LENGTH = struct.Struct("!i").pack
_HEAD = struct.Struct("!cih").pack
_NULL = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column as RowDescription states it; `format` is 0 for text and 1 for binary."""

    name: str
    type: WireType
    format: int


def result_columns(schema: pa.Schema, formats: Sequence[int] = ()) -> tuple[ResultColumn, ...]:
    """The columns of a result. `formats` is as Bind gives it: none (all text), one for all, or one for each.
    Raises `Ungovernable` for types that cannot be sent, `InvalidSql` for formats that do not fit."""
    count = len(schema)
    spread = list(formats) * count if len(formats) == 1 else list(formats) or [TEXT_FORMAT] * count
    if len(spread) != count or not set(spread) <= {TEXT_FORMAT, BINARY_FORMAT}:
        text = f"The result has {count} columns; give no format, one, or one for each, of 0 (text) or 1 (binary)."
        raise InvalidSql(text, ReasonCode.PARAMETERS, sqlstate="08P01")
    return tuple(ResultColumn(f.name, of_field(f), form) for f, form in zip(schema, spread, strict=True))


class RowEncoder:
    """Encodes the batches of one result. It holds no state, and may be used from any thread."""

    def __init__(self, schema: pa.Schema, formats: Sequence[int] = ()) -> None:
        """Raises as `result_columns` does."""
        self.columns = result_columns(schema, formats)
        self._ways = [_way(f.type, c) for f, c in zip(schema, self.columns, strict=True)]

    def encode(self, batch: pa.RecordBatch) -> Iterator[Piece]:
        """The rows of a batch as DataRow messages, in pieces of whole messages. Raises `QueryFailed`, `TooLarge`."""
        for piece in pieces(batch):
            yield self._few(piece) if piece.num_rows <= FEW_ROWS else self._many(piece)

    def _few(self, batch: pa.RecordBatch) -> bytes:
        cells = [way(array) for way, array in zip(self._ways, batch.columns, strict=True)]
        made, count = [], len(cells)
        for row in zip(*cells, strict=True) if cells else [()] * batch.num_rows:
            body = b"".join([_NULL if v is None else _LENGTH(len(v)) + v for v in row])
            if len(body) > MOST_BYTES:
                raise _too_large()
            made.append(_HEAD(b"D", len(body) + 6, count) + body)
        return b"".join(made)

    def _many(self, batch: pa.RecordBatch) -> memoryview:
        count, rows = len(self.columns), batch.num_rows
        parts = Parts(rows)
        head = parts.wide(7)
        for array, column in zip(batch.columns, self.columns, strict=True):
            add(parts, array, column)
        head[:, 0] = ord("D")
        head[:, 1:5] = big_endian(parts.sizes - 1, ">i4")
        head[:, 5:7] = (count >> 8, count & 255)
        return parts.rows()


class Parts:
    """The parts of rows, from left to right: bytes of one width stand together as long as they can."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._parts: list[list[Numbers] | Array] = []
        self.sizes = np.zeros(rows, np.int64)

    def wide(self, width: int) -> Numbers:
        """Room for bytes of one width (n, width), that may be filled in later."""
        cells = np.empty((self._rows, width), np.uint8)
        if not self._parts or not isinstance(self._parts[-1], list):
            self._parts.append([])
        self._parts[-1].append(cells)
        self.sizes += width
        return cells

    def values(self, values: Array, sizes: Numbers) -> None:
        """Values of any length; NULL takes no bytes."""
        self._parts.append(pc.fill_null(values, EMPTY) if values.null_count else values)
        self.sizes += np.maximum(sizes, 0)

    def rows(self) -> memoryview:
        """All rows' bytes."""
        if int(self.sizes.max(initial=0)) > MOST_BYTES:
            raise _too_large()
        done = [fixed(np.concatenate(p, axis=1)) if isinstance(p, list) else p for p in self._parts]
        made = done[0] if len(done) == 1 else pc.binary_join_element_wise(*done, EMPTY)
        return memoryview(flat(made))


def add(parts: Parts, array: Array, column: ResultColumn) -> None:
    """The lengths and the values of a column."""
    array = fitting(array, column.type)
    if column.format == BINARY_FORMAT and not array.null_count:
        cells = fixed_binaries(array, column.type)
        if cells is not None:
            width = cells.shape[1]
            room = parts.wide(4 + width)
            room[:, :4] = (0, 0, 0, width)
            room[:, 4:] = cells
            return
    values = binary(texts(array) if column.format == TEXT_FORMAT else binaries(array, column.type))
    sizes = lengths(values)
    width = int(sizes[0])
    if 0 <= width <= _NARROW and (sizes == width).all():  # of one width after all
        room = parts.wide(4 + width)
        room[:, :4] = (0, 0, 0, width)
        room[:, 4:] = flat(values).reshape(len(sizes), width)
        return
    parts.wide(4)[:] = big_endian(sizes, ">i4")
    parts.values(values, sizes)


def pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Parts of a batch that are encoded at once: small enough for Arrow's offsets whatever form their values take."""
    count = batch.num_rows
    if count <= 1 or batch.nbytes <= PIECE_BYTES:
        if count:
            yield batch
        return
    rows = min(max(1, PIECE_BYTES * count // batch.nbytes), -(-count // 2))
    for start in range(0, count, rows):
        part = batch.slice(start, rows)
        if part.nbytes <= 2 * PIECE_BYTES:
            yield part
        else:
            yield from pieces(part)


def _way(kind: pa.DataType, column: ResultColumn) -> scalars.Way:
    text = column.format == TEXT_FORMAT
    way = scalars.text_way(kind) if text else scalars.binary_way(kind, column.type)
    return (lambda array: way(fitting(array, column.type))) if column.type.name in FORMS else way


def _too_large() -> TooLarge:
    return TooLarge("A row of the result is larger than 1 GB. Ask for fewer columns, or for parts of them.")
