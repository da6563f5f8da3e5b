"""The protocol as a pure state machine: bytes in, events out, no socket and no clock.

Rule kept here: a table says which message is legal in which phase, and how many bytes it may claim there; anything else
ends the connection. A claimed length is judged before its message is buffered. Nothing that stands behind a request for
encryption is read: bytes that came before the handshake refuse the connection.

    OPENING --SSLRequest--> HANDSHAKE --encrypted()/declined()--> OPENING --Startup--> LOGIN
    LOGIN --logged_in()--> READY --failed() in a group--> SKIPPING --Sync--> READY
    any --end()--> ENDED
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import Enum

from proxy.doors.pgwire import messages
from proxy.doors.pgwire.messages import (
    CancelRequest,
    Event,
    GssRequest,
    Message,
    SslRequest,
    Startup,
    Sync,
    Terminate,
    Violation,
)

MOST_STARTUP = 16_384
"""Bytes of a start-up packet: a token of 8 KB may stand in its options."""
MOST_LOGIN = 32_768
"""Bytes of a password, or of a step of SASL."""
_SMALL = 1024
_LENGTH = struct.Struct("!I").unpack_from


class Phase(Enum):
    """How far a connection is."""

    OPENING = "opening"
    HANDSHAKE = "handshake"
    LOGIN = "login"
    READY = "ready"
    SKIPPING = "skipping"
    ENDED = "ended"


_GROUP = frozenset(b"PBDECHF")
"""Messages whose failure has the rest of their group skipped, up to Sync."""
_WORK = frozenset(b"QPBDECHSFXdcf")
LEGAL: Mapping[Phase, frozenset[int]] = {
    Phase.OPENING: frozenset(),
    Phase.HANDSHAKE: frozenset(),
    Phase.LOGIN: frozenset(b"pX"),
    Phase.READY: _WORK,
    Phase.SKIPPING: _WORK,
    Phase.ENDED: frozenset(),
}
"""The messages, by type, that are legal in each phase; the packets of OPENING have no type."""
_UNBOUNDED = frozenset(b"QPBFd")
"""Messages that may be as long as the settings allow; all others are short."""


class Session:
    """One connection's protocol. `feed` bytes, then ask for `next()` until it gives None."""

    def __init__(self, most_bytes: int) -> None:
        self.phase = Phase.OPENING
        self._most = most_bytes
        self._data = bytearray()
        self._at = 0
        self._asked: set[type[SslRequest | GssRequest]] = set()
        self._group = False

    @property
    def waiting(self) -> int:
        """Bytes that came and were not read yet."""
        return len(self._data) - self._at

    def feed(self, data: bytes) -> None:
        """Bytes came. Raises `Violation` for bytes that may not come now."""
        if self.phase is Phase.HANDSHAKE:
            raise Violation("Bytes came before the handshake.")
        if self.phase is not Phase.ENDED:
            self._data += data

    def next(self) -> Event | None:
        """The next event, or None where more bytes are needed. Raises `Violation`."""
        while True:
            if self.phase is Phase.OPENING:
                return self._opening()
            if self.phase in (Phase.HANDSHAKE, Phase.ENDED):
                return None
            found = self._message()
            if found is None or not isinstance(found, bool):
                return found

    # ------------------------------------------------------------------------------------------------ what we decide
    def encrypted(self) -> None:
        """TLS is up: the client starts again."""
        self._move(Phase.HANDSHAKE, Phase.OPENING)

    def declined(self) -> None:
        """The client was told that there is no encryption; it may go on without."""
        self._move(Phase.HANDSHAKE, Phase.OPENING)

    def logged_in(self) -> None:
        """The client may ask now."""
        self._move(Phase.LOGIN, Phase.READY)

    def failed(self) -> None:
        """The message at hand failed: skip to Sync where it is one of a group."""
        if self.phase is Phase.READY and self._group:
            self.phase = Phase.SKIPPING

    def end(self) -> None:
        """Nothing more is read."""
        self.phase = Phase.ENDED
        self._data.clear()
        self._at = 0

    # ---------------------------------------------------------------------------------------------------- one step each
    def _move(self, before: Phase, after: Phase) -> None:
        if self.phase is not before:
            raise Violation(f"A connection in {self.phase.value} cannot go on to {after.value}.")
        self.phase = after

    def _opening(self) -> Event | None:
        data = self._framed(0, MOST_STARTUP, least=8)
        if data is None:
            return None
        event = messages.opening(data)
        if isinstance(event, SslRequest | GssRequest):
            if type(event) in self._asked or (SslRequest in self._asked and isinstance(event, GssRequest)):
                raise Violation("Encryption is asked for twice.")
            if self.waiting:
                raise Violation("Bytes came before the handshake.")
            self._asked.add(type(event))
            self.phase = Phase.HANDSHAKE
        elif isinstance(event, Startup):
            self.phase = Phase.LOGIN
        elif isinstance(event, CancelRequest):
            self.end()
        return event

    def _message(self) -> Message | bool | None:
        """The next message; True for one that is skipped, None where it is not whole."""
        if self.waiting < 1:
            return None
        kind = self._data[self._at]
        if kind not in LEGAL[self.phase]:
            raise Violation(f"A message that is not expected here came, in {self.phase.value}.")
        most = MOST_LOGIN if self.phase is Phase.LOGIN else self._most if kind in _UNBOUNDED else _SMALL
        data = self._framed(1, most, least=4)
        if data is None:
            return None
        if self.phase is Phase.SKIPPING and kind not in b"SX":
            return True
        event = messages.message(bytes((kind,)), data)
        if isinstance(event, Sync):
            self.phase = Phase.READY
        elif isinstance(event, Terminate):
            self.end()
        self._group = kind in _GROUP
        return event

    def _framed(self, head: int, most: int, least: int) -> bytes | None:
        """The body of the packet at hand, once it is whole; its claimed length is judged at once."""
        start = self._at + head
        if len(self._data) - start < 4:
            return None
        length: int = _LENGTH(self._data, start)[0]
        if not least <= length <= most:
            raise Violation(f"A message claims {length} bytes; here it may have {least} to {most}.", "54000")
        if len(self._data) - start < length:
            return None
        body = bytes(memoryview(self._data)[start + 4 : start + length])
        self._at = start + length
        if self._at == len(self._data):
            self._data.clear()
            self._at = 0
        elif self._at > 65_536:
            del self._data[: self._at]
            self._at = 0
        return body
