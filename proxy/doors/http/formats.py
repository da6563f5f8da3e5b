"""The four forms in which an answer travels: JSON, NDJSON, Arrow IPC stream, CSV.

Rule kept here: a form writes head, rows and tail as pieces of bytes and holds nothing of a batch once it is written. No
answer can look whole that is not: JSON stays open, NDJSON lacks its last line, and for Arrow and CSV the connection is
cut, which is why these two are not sent to clients that cannot see a cut (`shows_cut`).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.csv

from proxy.doors.http.cells import values_of
from proxy.doors.http.documents import ending_json, opening_json
from proxy.gateway import Answer
from proxy.values import Json

_NEWLINE = orjson.OPT_APPEND_NEWLINE


class Form(Protocol):
    """One answer being written in one form."""

    media_type: str
    piece: int
    """Bytes of Arrow memory written at a time."""
    hold: int
    """Bytes kept back before the answer starts: an answer that fits is sent whole, or refused with a status."""
    shows_cut: bool
    """Whether the text itself shows that it is not whole."""
    tells_error: bool
    """Whether a last line can say why it is not whole; the connection is cut otherwise."""

    def __init__(self, answer: Answer) -> None:
        """Begin to write an answer whose batches were not taken yet."""

    def head(self) -> bytes:
        """What stands before the rows."""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """Some rows."""

    def tail(self) -> bytes:
        """What stands after the last row, once the answer's tally is final."""


class JsonForm:
    """One object. Its members after `rows` are known last, and written last."""

    media_type = "application/json"
    piece = 128 * 1024
    hold = 64 * 1024
    shows_cut = True
    tells_error = False

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._before = b""

    def head(self) -> bytes:
        """Everything known before the first row, and the opening of `rows`."""
        return orjson.dumps(opening_json(self._answer))[:-1] + b',"rows":['

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """Rows as lists."""
        if not batch.num_rows:
            return b""
        text = self._before + orjson.dumps(list(_rows(batch)))[1:-1]
        self._before = b","
        return text

    def tail(self) -> bytes:
        """The close of `rows`, and everything known after the last row."""
        return b"]," + orjson.dumps(ending_json(self._answer.tally))[1:]


class NdjsonForm:
    """A line a row, between a first line that names the columns and a last one that says how it ended."""

    media_type = "application/x-ndjson"
    piece = 128 * 1024
    hold = 0
    shows_cut = True
    tells_error = True

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def head(self) -> bytes:
        """`{"columns": .., "decision": .., "withheld": ..}`."""
        return orjson.dumps(opening_json(self._answer), option=_NEWLINE)

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """A list a row."""
        lines = [*map(orjson.dumps, _rows(batch)), b""]
        return b"\n".join(lines)

    def tail(self) -> bytes:
        """`{"end": {..}}`."""
        return orjson.dumps({"end": ending_json(self._answer.tally)}, option=_NEWLINE)


class ArrowForm:
    """Arrow's IPC stream. What the head says stands in the schema's metadata under `usher`; what the end says in the
    metadata of a last, empty batch under `usher.end`."""

    media_type = "application/vnd.apache.arrow.stream"
    piece = 2 * 1024**2
    hold = 64 * 1024
    shows_cut = False
    tells_error = False

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._written = bytearray()
        self._sink = pa.PythonFile(_Sink(self._written), mode="w")
        opening = orjson.dumps(opening_json(answer))
        self._schema = answer.schema.with_metadata({**(answer.schema.metadata or {}), b"usher": opening})
        self._stream: Any = pa.ipc.new_stream(self._sink, self._schema)

    def head(self) -> bytes:
        """The schema."""
        return self._take()

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """A record batch."""
        self._stream.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=self._schema))
        return self._take()

    def tail(self) -> bytes:
        """The last, empty batch and the end-of-stream mark."""
        empty = pa.RecordBatch.from_arrays([pa.array([], f.type) for f in self._schema], schema=self._schema)
        self._stream.write_batch(empty, {b"usher.end": orjson.dumps(ending_json(self._answer.tally))})
        self._stream.close()
        return self._take()

    def _take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


class CsvForm:
    """RFC 4180 with a header row: text in quotes, numbers bare, NULL empty, nested values as JSON text."""

    media_type = "text/csv"
    piece = 128 * 1024
    hold = 64 * 1024
    shows_cut = False
    tells_error = False

    def __init__(self, answer: Answer) -> None:
        self._schema = answer.schema
        self._names = [f"c{i}" for i in range(len(answer.schema))]

    def head(self) -> bytes:
        """The header row."""
        names = ['"' + name.replace('"', '""') + '"' for name in self._schema.names]
        return (",".join(names) + "\n").encode()

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """A line a row."""
        if not batch.num_rows:
            return b""
        columns = [_csv_column(column) for column in batch.columns]
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(
            pa.RecordBatch.from_arrays(columns, names=self._names), sink, pyarrow.csv.WriteOptions(include_header=False)
        )
        return sink.getvalue().to_pybytes()

    def tail(self) -> bytes:
        """Nothing: the end of the transfer is the end."""
        return b""


FORMS: tuple[type[Form], ...] = (
    JsonForm,
    NdjsonForm,
    ArrowForm,
    CsvForm,
)
"""In the order of preference where a client has none."""


def error_line(problem: dict[str, Json]) -> bytes:
    """`{"error": {..}}`, the problem document as the last line of NDJSON."""
    return orjson.dumps({"error": problem}, option=_NEWLINE)


def pieces(batch: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    """The batch in slices of about `size` bytes each, so that no piece takes long to write, or much memory."""
    step = max(1, batch.num_rows * size // max(batch.nbytes, 1))
    for start in range(0, max(batch.num_rows, 1), step):
        yield batch.slice(start, step)


def _rows(batch: pa.RecordBatch) -> Iterable[tuple[Any, ...]]:
    return zip(*(values_of(column) for column in batch.columns), strict=True)


def _csv_column(column: Any) -> Any:
    """The same values as in JSON, as an Arrow column that the CSV writer takes."""
    if pa.types.is_boolean(column.type) or pa.types.is_integer(column.type):
        return column
    values = values_of(column)
    if all(v is None or isinstance(v, float) for v in values):
        return pa.array(values, pa.float64())
    return pa.array([v if v is None or isinstance(v, str) else orjson.dumps(v).decode() for v in values], pa.string())


class _Sink(io.RawIOBase):
    """A file that Arrow writes to and the form empties."""

    def __init__(self, written: bytearray) -> None:
        self._written = written

    def writable(self) -> bool:
        """It takes bytes."""
        return True

    def write(self, data: Any) -> int:
        """Keep the bytes until the form takes them."""
        self._written += memoryview(data)
        return len(data)
