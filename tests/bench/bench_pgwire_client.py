"""The clients of `bench_pgwire` that read many rows, each a process of its own: `fetchall`, `drain` or `slow`, an
address, a statement, and for `slow` the megabytes a second.

`fetchall` is psycopg as programs use it. `drain` and `slow` log in by libpq, and then take the bytes off its socket and
look at none but the last, so that the figure is the server's and not the client's. A line on standard output says how
it went; a `drain` that is told `forever` asks again until it is killed.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time

import psycopg

PIECE = 1 << 18
READY = b"Z\0\0\0\5I"
ERROR = b"E"


def fetchall(address: str, sql: str) -> dict[str, float]:
    """Every row as Python objects."""
    with psycopg.connect(address, autocommit=True) as connection:
        began = time.perf_counter()
        rows = len(connection.execute(sql.encode()).fetchall())
        return {"seconds": time.perf_counter() - began, "rows": rows}


def drain(address: str, sql: str, megabytes_a_second: float | None) -> dict[str, float]:
    """Every byte of the answer, as fast as it comes or slower."""
    with (
        psycopg.connect(address, autocommit=True) as connection,
        socket.socket(fileno=os.dup(connection.pgconn.socket)) as taken,
    ):
        taken.setblocking(True)
        if megabytes_a_second is not None:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        return _drained(taken, sql, megabytes_a_second)


def _drained(taken: socket.socket, sql: str, megabytes_a_second: float | None) -> dict[str, float]:
    text = sql.encode() + b"\0"
    began = time.perf_counter()
    taken.sendall(b"Q" + struct.pack("!I", len(text) + 4) + text)
    buffer, size, end, first = bytearray(PIECE), 0, b"", b""
    while not end.endswith(READY):
        count = taken.recv_into(buffer)
        if not count:
            raise SystemExit("the server hung up")
        size += count
        first = first or bytes(buffer[:1])
        end = (end + bytes(buffer[max(0, count - 64) : count]))[-64:]
        if megabytes_a_second is not None:
            time.sleep(max(0.0, began + size / (megabytes_a_second * 1e6) - time.perf_counter()))
    if first == ERROR or b"SELECT " not in end:
        raise SystemExit("the server refused the statement")
    rows = int(end[end.rindex(b"SELECT ") + 7 : end.rindex(b"\0Z")])
    return {"seconds": time.perf_counter() - began, "bytes": size, "rows": rows}


def main() -> None:
    """Do what the arguments say, and print it."""
    kind, address, sql, *more = sys.argv[1:]
    if kind == "fetchall":
        print(json.dumps(fetchall(address, sql)))
        return
    forever = more == ["forever"]
    speed = float(more[0]) if more and not forever else None
    while True:
        print(json.dumps(drain(address, sql, speed)), flush=True)
        if not forever:
            return


if __name__ == "__main__":
    main()
