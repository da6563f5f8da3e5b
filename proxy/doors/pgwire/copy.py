"""COPY (..) TO STDOUT: Arrow batches as CopyData messages, one for each row.

Rule kept here: the bytes are the server's (src/backend/commands/copyto.c) in text, csv and binary; a message holds one
row and no more, since clients read rows by messages; the head of the binary form stands before its first row, as the
server sends it. Options are an allow-list.

    encoder = CopyEncoder(answer.schema, copy_options({"format": "csv", "header": "true"}))
    encoder.format, encoder.count                      # CopyOutResponse: 0 (text, csv) or 1 (binary), and the columns
    begin(), encode(batch) for each batch, end()       # pieces of whole CopyData messages
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from proxy.doors.pgwire.columns import Array, Numbers, big_endian, binary, booleans, joined, lengths, pc
from proxy.doors.pgwire.rows import BINARY_FORMAT, TEXT_FORMAT, Parts, Piece, add, pieces, result_columns
from proxy.doors.pgwire.texts import fitting, texts
from proxy.errors import InvalidSql
from proxy.values import ReasonCode

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""The head of the binary form: no flags, and no extension."""
TRAILER = b"\xff\xff"
_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}
_TRUTHS = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False, None: True}
_NOT_DELIMITERS = "\\.abcdefghijklmnopqrstuvwxyz0123456789"
_HARMLESS = "\t,;|"
"""Delimiters that no number and no time holds."""


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How rows are written. `force_quote` names columns; None is all of them."""

    format: str = "text"
    delimiter: str = "\t"
    null: str = "\\N"
    header: bool = False
    quote: str = '"'
    escape: str = '"'
    force_quote: frozenset[str] | None = frozenset()


# ------------------------------------------------------------------------------------------------------------ options
def copy_options(words: Mapping[str, str | Sequence[str] | None]) -> CopyOptions:
    """The options of COPY .. TO STDOUT WITH (..), by their lower-case names; None is an option without a value.
    Raises `InvalidSql`."""
    form = str(words.get("format", "text")).lower()
    if form not in ("text", "csv", "binary"):
        raise _wrong("COPY has the formats text, csv and binary.", "22023")
    known = {"text": _TEXT_OPTIONS, "csv": _CSV_OPTIONS, "binary": _BINARY_OPTIONS}[form]
    for word in words:
        if word not in known:
            raise _wrong(f"COPY TO STDOUT in the format {form} takes: {', '.join(sorted(known))}.", "0A000")
    if str(words.get("encoding", "utf8")).lower().replace("-", "") not in ("utf8", "unicode"):
        raise _wrong("COPY writes UTF-8 only.", "0A000")
    plain = CopyOptions(form, ",", "") if form == "csv" else CopyOptions(form)
    quote = str(words.get("quote", plain.quote))
    made = CopyOptions(
        form,
        str(words.get("delimiter", plain.delimiter)),
        str(words.get("null", plain.null)),
        _truth(words.get("header", "false")),
        quote,
        str(words.get("escape", quote)),
        _forced(words.get("force_quote", ())),
    )
    _check(made)
    return made


_TEXT_OPTIONS = frozenset({"format", "delimiter", "null", "header", "encoding"})
_CSV_OPTIONS = _TEXT_OPTIONS | {"quote", "escape", "force_quote"}
_BINARY_OPTIONS = frozenset({"format", "encoding"})


def _forced(value: str | Sequence[str] | None) -> frozenset[str] | None:
    if value is None or isinstance(value, str):
        return None if value == "*" else frozenset({value or ""})
    return frozenset(value)


def _truth(value: str | Sequence[str] | None) -> bool:
    found = _TRUTHS.get(value.lower() if isinstance(value, str) else None)
    if found is None:
        raise _wrong("HEADER of COPY TO takes true or false.", "22023")
    return found


def _check(options: CopyOptions) -> None:
    """What the server would refuse too (ProcessCopyOptions)."""
    if any(len(t.encode()) != 1 for t in (options.delimiter, options.quote, options.escape)):
        raise _wrong("DELIMITER, QUOTE and ESCAPE of COPY are one byte each.", "0A000")
    if any(sign in options.delimiter + options.null for sign in "\r\n"):
        raise _wrong("DELIMITER and NULL of COPY hold no line breaks.", "22023")
    if options.format == "text" and options.delimiter in _NOT_DELIMITERS:
        raise _wrong("DELIMITER of COPY in the format text is no letter, digit, point or backslash.", "22023")
    if options.format == "csv" and options.delimiter == options.quote:
        raise _wrong("DELIMITER and QUOTE of COPY differ.", "22023")
    if options.delimiter in options.null or (options.format == "csv" and options.quote in options.null):
        raise _wrong("NULL of COPY holds neither DELIMITER nor QUOTE.", "22023")


def _wrong(text: str, sqlstate: str) -> InvalidSql:
    return InvalidSql(text, ReasonCode.CONSTRUCT, sqlstate=sqlstate)


# ------------------------------------------------------------------------------------------------------------ encoder
class CopyEncoder:
    """Encodes the batches of one result, in order."""

    def __init__(self, schema: pa.Schema, options: CopyOptions) -> None:
        """Raises `Ungovernable` for types that cannot be sent, `InvalidSql` for columns that are not there."""
        self._options = options
        self.format = BINARY_FORMAT if options.format == "binary" else TEXT_FORMAT
        self._columns = result_columns(schema, [self.format])
        self.count = len(self._columns)
        self._forced = [options.force_quote is None or c.name in options.force_quote for c in self._columns]
        if not (options.force_quote or frozenset()) <= {c.name for c in self._columns}:
            raise _wrong("FORCE_QUOTE of COPY names a column that the query does not return.", "42703")
        self._pending = SIGNATURE if self.format == BINARY_FORMAT else b""

    def begin(self) -> bytes:
        """The line of column names, where one was asked for."""
        if not self._options.header:
            return b""
        names = [pa.array([c.name], pa.string()) for c in self._columns]
        if self._options.format == "csv":
            names = [_quoted(n, self._options, forced=False, alone=self.count == 1) for n in names]
        else:
            names = [_escaped(n, self._options) for n in names]
        line = self._options.delimiter.join(n[0].as_py() for n in names).encode() + b"\n"
        return _message(line)

    def encode(self, batch: pa.RecordBatch) -> Iterator[Piece]:
        """The rows of a batch. Raises `QueryFailed`, `TooLarge`."""
        for piece in pieces(batch):
            if self.format == TEXT_FORMAT:
                yield self._lines(piece)
            elif self._pending:
                first = bytes(self._tuples(piece.slice(0, 1)))
                head, self._pending = self._pending, b""
                yield _message(head + first[5:])
                if piece.num_rows > 1:
                    yield self._tuples(piece.slice(1))
            else:
                yield self._tuples(piece)

    def end(self) -> bytes:
        """The trailer of the binary form."""
        return _message(self._pending + TRAILER) if self.format == BINARY_FORMAT else b""

    def _tuples(self, batch: pa.RecordBatch) -> memoryview:
        parts = Parts(batch.num_rows)
        head = parts.wide(7)
        for array, column in zip(batch.columns, self._columns, strict=True):
            add(parts, array, column)
        head[:, 5:7] = (self.count >> 8, self.count & 255)
        return _finished(parts, head)

    def _lines(self, batch: pa.RecordBatch) -> memoryview:
        parts = Parts(batch.num_rows)
        head = parts.wide(5)
        for place, array in enumerate(batch.columns):
            if place:
                parts.wide(1)[:] = ord(self._options.delimiter)
            values = binary(self._cell(array, place))
            parts.values(values, lengths(values))
        parts.wide(1)[:] = ord("\n")
        return _finished(parts, head)

    def _cell(self, array: Array, place: int) -> Array:
        made = texts(fitting(array, self._columns[place].type)).cast(pa.string())
        options = self._options
        harmless = pa.types.is_primitive(array.type) and options.delimiter in _HARMLESS
        if options.format == "text" and not harmless:
            made = _escaped(made, options)
        elif options.format == "csv" and not (harmless and options.quote == '"' and not options.null):
            made = _quoted(made, options, forced=self._forced[place], alone=self.count == 1)
        elif self._forced[place]:
            made = _quoted(made, options, forced=True, alone=False)
        return pc.fill_null(made, options.null)


def _finished(parts: Parts, head: Numbers) -> memoryview:
    head[:, 0] = ord("d")
    head[:, 1:5] = big_endian(parts.sizes - 1, ">i4")
    return parts.rows()


def _message(body: bytes) -> bytes:
    return b"d" + struct.pack("!i", len(body) + 4) + body


def _escaped(made: Array, options: CopyOptions) -> Array:
    """Texts with a backslash before what would end a value or a line (CopyAttributeOutText)."""
    signs = {"\\": "\\", options.delimiter: options.delimiter, **_ESCAPES}
    inside = "".join(f"\\x{{{ord(s):x}}}" for s in signs)
    if not pc.any(pc.match_substring_regex(made, f"[{inside}]")).as_py():
        return made
    for sign, letter in signs.items():
        made = pc.replace_substring(made, sign, f"\\{letter}")
    return made


def _quoted(made: Array, options: CopyOptions, *, forced: bool, alone: bool) -> Array:
    """Texts in quotes where csv needs them (CopyAttributeOutCSV)."""
    special = "".join(f"\\x{{{ord(s):x}}}" for s in {options.delimiter, options.quote, "\n", "\r"})
    needed = pc.or_(pc.match_substring_regex(made, f"[{special}]"), pc.equal(made, options.null))
    if alone:
        needed = pc.or_(needed, pc.equal(made, "\\."))
    if forced:
        needed = booleans(np.ones(len(made), bool))
    if not pc.any(needed).as_py():
        return made
    inner = made
    for sign in dict.fromkeys((options.escape, options.quote)):  # the escapes first, since quotes bring more of them
        inner = pc.replace_substring(inner, sign, options.escape + sign)
    quote = pa.scalar(options.quote)
    return pc.if_else(needed, joined(quote, inner, quote), made)
