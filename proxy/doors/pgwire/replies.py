"""What the server says, as bytes: one function a message (PostgreSQL documentation, "Message Formats").

Rule kept here: functions from values to bytes. A text that cannot stand in a message (it holds a zero byte) loses it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from proxy.doors.pgwire.rows import ResultColumn

_LENGTH = struct.Struct("!I").pack
_COUNT = struct.Struct("!H").pack
_COLUMN = struct.Struct("!IhIhih").pack

DECLINED = b"N"
ACCEPTED = b"S"
PARSE_COMPLETE = b"1\0\0\0\4"
BIND_COMPLETE = b"2\0\0\0\4"
CLOSE_COMPLETE = b"3\0\0\0\4"
NO_DATA = b"n\0\0\0\4"
SUSPENDED = b"s\0\0\0\4"
EMPTY_QUERY = b"I\0\0\0\4"
COPY_DONE = b"c\0\0\0\4"
AUTHENTICATED = b"R\0\0\0\x08\0\0\0\0"
CLEARTEXT = b"R\0\0\0\x08\0\0\0\3"
READY = {status: b"Z\0\0\0\5" + status.encode() for status in "ITE"}


@dataclass(frozen=True, slots=True)
class Fields:
    """What an error or a notice tells. `position` counts characters of the user's text, from 1."""

    severity: str
    sqlstate: str
    message: str
    detail: str | None = None
    hint: str | None = None
    position: int | None = None


def text(value: str) -> bytes:
    """A text with its end."""
    return value.replace("\0", "").encode("utf-8", "replace") + b"\0"


def framed(kind: bytes, body: bytes) -> bytes:
    """A message."""
    return kind + _LENGTH(len(body) + 4) + body


def error(fields: Fields) -> bytes:
    """ErrorResponse."""
    return framed(b"E", _fields(fields))


def notice(fields: Fields) -> bytes:
    """NoticeResponse."""
    return framed(b"N", _fields(fields))


def _fields(fields: Fields) -> bytes:
    told = [
        (b"S", fields.severity),
        (b"V", fields.severity),
        (b"C", fields.sqlstate),
        (b"M", fields.message),
        (b"D", fields.detail),
        (b"H", fields.hint),
        (b"P", None if fields.position is None else str(fields.position)),
    ]
    return b"".join(code + text(value) for code, value in told if value is not None) + b"\0"


def parameter(name: str, value: str) -> bytes:
    """ParameterStatus."""
    return framed(b"S", text(name) + text(value))


def key_data(process: int, key: bytes) -> bytes:
    """BackendKeyData."""
    return framed(b"K", _LENGTH(process) + key)


def negotiate(version: int, unknown: Sequence[str]) -> bytes:
    """NegotiateProtocolVersion: the newest version that is spoken here, and the options that are not."""
    return framed(b"v", _LENGTH(version) + _LENGTH(len(unknown)) + b"".join(text(name) for name in unknown))


def sasl(mechanisms: Sequence[str]) -> bytes:
    """AuthenticationSASL."""
    return framed(b"R", _LENGTH(10) + b"".join(text(name) for name in mechanisms) + b"\0")


def sasl_continue(data: bytes) -> bytes:
    """AuthenticationSASLContinue."""
    return framed(b"R", _LENGTH(11) + data)


def complete(tag: str) -> bytes:
    """CommandComplete."""
    return framed(b"C", text(tag))


def parameter_description(oids: Sequence[int]) -> bytes:
    """ParameterDescription."""
    return framed(b"t", _COUNT(len(oids)) + b"".join(_LENGTH(oid) for oid in oids))


def copy_out(form: int, columns: int) -> bytes:
    """CopyOutResponse; format 0 is text, 1 is binary."""
    return framed(b"H", bytes((form,)) + _COUNT(columns) + _COUNT(form) * columns)


def row_description(columns: Sequence[ResultColumn]) -> bytes:
    """RowDescription; no column is told to be one of a table, since policy views are none."""
    fields = [text(c.name) + _COLUMN(0, 0, c.type.oid, c.type.size, c.type.typmod, c.format) for c in columns]
    return framed(b"T", _COUNT(len(columns)) + b"".join(fields))
