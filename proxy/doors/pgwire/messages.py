"""What a client sends, as frozen events: one message in, one event out.

Rule kept here: a message is read whole, by the protocol's own description (PostgreSQL documentation, "Message
Formats"), and nothing may be left over or missing; what does not fit is a `Violation`. Nothing here keeps state.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

PROTOCOL_VIOLATION = "08P01"
MOST_VALUES = 65_535
"""Parameters of one statement: the protocol counts them in two bytes."""

_CANCEL, _SSL, _GSS = 80_877_102, 80_877_103, 80_877_104
_INT = struct.Struct("!i").unpack_from
_SHORT = struct.Struct("!h").unpack_from
_COUNT = struct.Struct("!H").unpack_from


class Violation(Exception):
    """The client broke the protocol, or asked for more than is read; the connection ends."""

    def __init__(self, text: str, sqlstate: str = PROTOCOL_VIOLATION) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


# -------------------------------------------------------------------------------------------------- before the log-in
@dataclass(frozen=True, slots=True)
class SslRequest:
    """The client would like TLS."""


@dataclass(frozen=True, slots=True)
class GssRequest:
    """The client would like GSSAPI encryption."""


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Stop what another connection runs."""

    process: int
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Startup:
    """Who comes, and what for. `minor` is the protocol's minor version; values may hold a token."""

    minor: int
    parameters: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Password:
    """A password, or a step of SASL: the protocol tells them apart by what the server asked for."""

    data: bytes = field(repr=False)


# ---------------------------------------------------------------------------------------------------- after the log-in
@dataclass(frozen=True, slots=True)
class Query:
    """Statements in one text."""

    sql: str


@dataclass(frozen=True, slots=True)
class Parse:
    """A statement to keep; `oids` are the types of its parameters, 0 where the client does not say."""

    name: str
    sql: str
    oids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bind:
    """A kept statement with values; format 0 is text, 1 is binary."""

    portal: str
    statement: str
    formats: tuple[int, ...]
    values: tuple[bytes | None, ...] = field(repr=False)
    results: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Describe:
    """What a statement or a portal gives."""

    portal: bool
    name: str


@dataclass(frozen=True, slots=True)
class Execute:
    """Rows of a portal; 0 means all."""

    portal: str
    most: int


@dataclass(frozen=True, slots=True)
class Close:
    """Forget a statement or a portal."""

    portal: bool
    name: str


@dataclass(frozen=True, slots=True)
class Flush:
    """Send what there is."""


@dataclass(frozen=True, slots=True)
class Sync:
    """The end of a group of messages."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A call past SQL."""


@dataclass(frozen=True, slots=True)
class CopyPart:
    """Data for a COPY that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Terminate:
    """The client leaves."""


Opening: TypeAlias = SslRequest | GssRequest | CancelRequest | Startup
Message: TypeAlias = (
    Query | Parse | Bind | Describe | Execute | Close | Flush | Sync | FunctionCall | CopyPart | Terminate | Password
)
Event: TypeAlias = Opening | Message


# ------------------------------------------------------------------------------------------------------------- reading
class _Body:
    """A message's bytes, read from the front."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._end = len(data)

    def take(self, count: int) -> bytes:
        at = self._at
        if count < 0 or count > self._end - at:
            raise Violation("A message ends too early.")
        self._at = at + count
        return self._data[at : self._at]

    def text(self) -> str:
        """A text that ends with a zero byte."""
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise Violation("A text in a message has no end.")
        raw = self._data[self._at : end]
        self._at = end + 1
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Violation("A text in a message is not UTF-8.", "22021") from None

    def integer(self) -> int:
        value: int = _INT(self.take(4))[0]
        return value

    def count(self) -> int:
        value: int = _COUNT(self.take(2))[0]
        return value

    def formats(self) -> tuple[int, ...]:
        """A counted list of format codes."""
        codes = tuple(_SHORT(self.take(2))[0] for _ in range(self.count()))
        if any(code not in (0, 1) for code in codes):
            raise Violation("A format is neither text (0) nor binary (1).")
        return codes

    def value(self) -> bytes | None:
        length = self.integer()
        return None if length == -1 else self.take(length)

    def end(self) -> None:
        if self._at != self._end:
            raise Violation("A message holds more than it should.")


def opening(data: bytes) -> Opening:
    """The first packet of a connection, which has no type. Raises `Violation`."""
    body = _Body(data)
    code = body.integer()
    if code in (_SSL, _GSS):
        body.end()
        return SslRequest() if code == _SSL else GssRequest()
    if code == _CANCEL:
        process, key = body.integer(), body.take(len(data) - 8)
        if not 4 <= len(key) <= 256:
            raise Violation("The key of a cancel request has 4 to 256 bytes.")
        return CancelRequest(process, key)
    major, minor = code >> 16 & 0xFFFF, code & 0xFFFF
    if major != 3:
        raise Violation("Only version 3 of the protocol is spoken here.", "0A000")
    return Startup(minor, _parameters(body))


def _parameters(body: _Body) -> Mapping[str, str]:
    found: dict[str, str] = {}
    while name := body.text():
        if name in found:
            raise Violation("A start-up parameter is given twice.")
        found[name] = body.text()
    body.end()
    return found


def message(kind: bytes, data: bytes) -> Message:
    """A message by its type. Raises `Violation`."""
    body = _Body(data)
    event = _READERS[kind](body)
    body.end()
    return event


def _parse(body: _Body) -> Parse:
    name, sql = body.text(), body.text()
    return Parse(name, sql, tuple(body.integer() & 0xFFFFFFFF for _ in range(body.count())))


def _bind(body: _Body) -> Bind:
    portal, statement = body.text(), body.text()
    formats = body.formats()
    values = tuple(body.value() for _ in range(body.count()))
    if len(formats) not in (0, 1, len(values)):
        raise Violation("A bind has another number of formats than of values.")
    return Bind(portal, statement, formats, values, body.formats())


def _target(body: _Body) -> tuple[bool, str]:
    kind = body.take(1)
    if kind not in (b"S", b"P"):
        raise Violation("Only statements (S) and portals (P) have a name.")
    return kind == b"P", body.text()


def _rest(body: _Body) -> bytes:
    return body.take(body._end - body._at)


def _skipped(event: FunctionCall | CopyPart) -> Callable[[_Body], Message]:
    def read(body: _Body) -> Message:
        _rest(body)
        return event

    return read


_READERS: Mapping[bytes, Callable[[_Body], Message]] = {
    b"Q": lambda body: Query(body.text()),
    b"P": _parse,
    b"B": _bind,
    b"D": lambda body: Describe(*_target(body)),
    b"E": lambda body: Execute(body.text(), max(0, body.integer())),
    b"C": lambda body: Close(*_target(body)),
    b"H": lambda _: Flush(),
    b"S": lambda _: Sync(),
    b"X": lambda _: Terminate(),
    b"p": lambda body: Password(_rest(body)),
    b"F": _skipped(FunctionCall()),
    b"d": _skipped(CopyPart()),
    b"c": _skipped(CopyPart()),
    b"f": _skipped(CopyPart()),
}
