"""A PostgreSQL server's own bytes: what it sends for a statement, message by message.

The client here is forty lines of protocol 3.0 over the server's socket, so that nothing decodes what tests compare.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Sequence
from types import TracebackType

from tests.postgres import Database

Parameter = tuple[int, int, bytes | None]
"""The number of its type, its format, its bytes."""


class Refused(Exception):
    """The server's error, as SQLSTATE."""


class Raw:
    """One session, trusted because it comes through the socket in the server's own folder."""

    def __init__(self, database: Database) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(str(database.server.folder / f".s.PGSQL.{database.server.port}"))
        words = b"user\0postgres\0database\0" + database.name.encode() + b"\0TimeZone\0UTC\0client_encoding\0UTF8\0\0"
        self._socket.sendall(struct.pack("!ii", len(words) + 8, 196608) + words)
        self._file = self._socket.makefile("rb")
        list(self._until_ready())

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._file.close()
        self._socket.close()

    def rows(self, sql: str, parameters: Sequence[Parameter] = (), formats: Sequence[int] = ()) -> list[bytes]:
        """DataRow messages of one statement, whole."""
        oids = b"".join(struct.pack("!i", p[0]) for p in parameters)
        parse = b"\0" + sql.encode() + b"\0" + struct.pack("!h", len(parameters)) + oids
        kinds = b"".join(struct.pack("!h", p[1]) for p in parameters)
        values = b"".join(b"\xff" * 4 if v is None else struct.pack("!i", len(v)) + v for _, _, v in parameters)
        count = struct.pack("!h", len(parameters))
        asked = struct.pack(f"!h{len(formats)}h", len(formats), *formats)
        self._send(b"P", parse)
        self._send(b"B", b"\0\0" + count + kinds + count + values + asked)
        self._send(b"E", b"\0" + bytes(4))
        self._send(b"S", b"")
        return [m for m in self._until_ready() if m[:1] == b"D"]

    def run(self, sql: str, kind: bytes = b"D") -> list[bytes]:
        """Messages of a kind (`d`: CopyData) that a simple query is answered with, whole."""
        self._send(b"Q", sql.encode() + b"\0")
        return [m for m in self._until_ready() if m[:1] == kind]

    def _send(self, kind: bytes, body: bytes) -> None:
        self._socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def _until_ready(self) -> Iterator[bytes]:
        failed = None
        while True:
            head = self._file.read(5)
            message = head + self._file.read(struct.unpack("!i", head[1:])[0] - 4)
            if message[:1] == b"E":
                fields = {f[:1]: f[1:].decode() for f in message[5:].split(b"\0") if f}
                failed = failed or Refused(f"{fields[b'C']} {fields[b'M']}")
            if message[:1] == b"Z":
                if failed is not None:
                    raise failed
                return
            yield message


def cells(row: bytes) -> list[bytes | None]:
    """The values of a DataRow message."""
    found: list[bytes | None] = []
    at = 7
    for _ in range(struct.unpack("!h", row[5:7])[0]):
        (length,) = struct.unpack("!i", row[at : at + 4])
        found.append(None if length < 0 else row[at + 4 : at + 4 + length])
        at += 4 + max(length, 0)
    return found
