"""Mutated sessions against a real socket, as many as asked for: no crash, no hang, no growth, and the next one works.

    python -m tests.doors.pgwire.fuzz --messages 1000000 [--seed 1]

The suite runs a few hundred of them (`test_dialogue.py`); this is for an evening.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import time
from collections import Counter
from contextlib import suppress

from proxy.doors.pgwire import Settings, serve
from tests.doors.pgwire.conftest import (
    FLUSH,
    SSL_REQUEST,
    SYNC,
    TERMINATE,
    Client,
    bind,
    close,
    describe,
    execute,
    framed,
    parse,
    query,
    startup,
    text,
)
from tests.fakes import SQL, Fakes

WITH_VALUE = "SELECT id, name, email FROM customers WHERE id = $1"
MESSAGES = (
    query(SQL),
    query("SELECT nothing"),
    query("BEGIN"),
    query("ROLLBACK"),
    query(f"BEGIN; DECLARE c CURSOR FOR {SQL}; FETCH 1 FROM c; COMMIT"),
    query("SET application_name = 'x'; SHOW ALL; RESET ALL"),
    query(f"EXPLAIN POLICY {SQL}"),
    query(f"COPY ({SQL}) TO STDOUT (FORMAT csv, HEADER)"),
    parse(WITH_VALUE, "", 23),
    parse(SQL, "s"),
    bind(b"1"),
    bind(b"\0\0\0\1", results=(1,)),
    bind(portal="p", statement="s"),
    describe("S"),
    describe("S", "s"),
    describe("P"),
    execute(),
    execute("p", 1),
    close("P", "p"),
    close("S", "s"),
    framed("F", b"\0\0\0\1"),
    framed("d", b"data"),
    FLUSH,
    SYNC,
    SYNC,
    SYNC,
)
OPENINGS = (b"", b"", b"", SSL_REQUEST)
GROUP = 40
"""Messages of one session, about; the first that breaks the protocol ends it."""


def mutated(choice: random.Random) -> tuple[bytes, int]:
    """A session's bytes after the log-in, and how many messages they were."""
    count = choice.randint(1, 2 * GROUP)
    messages = choice.choices(MESSAGES, k=count)
    for place in range(count):
        if choice.random() < 0.03:
            messages[place] = _changed(choice, bytearray(messages[place]))
    return b"".join(messages) + SYNC + TERMINATE, count


def _changed(choice: random.Random, message: bytearray) -> bytes:
    place, kind = choice.randrange(len(message)), choice.choice((0, 1, 2, 3, 3, 3, 3, 3, 4))
    if kind == 0:
        message[place] = choice.randrange(256)
    elif kind == 1:
        del message[place : place + choice.randint(1, 6)]
    elif kind == 2:
        message[place:place] = choice.randbytes(choice.randint(1, 6))
    elif kind == 3:  # a body that is wrong under a length that is right
        body = bytearray(message[5:]) or bytearray(b"\0")
        body[choice.randrange(len(body))] = choice.randrange(256)
        return framed(chr(message[0]), bytes(body))
    else:
        message[1:5] = choice.randbytes(4)
    return bytes(message)


async def session(port: int, choice: random.Random, ends: Counter[str]) -> int:
    """One session, in chunks of any size; how many messages were sent."""
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    data, count = mutated(choice)
    if choice.random() < 0.1:  # an opening that is broken
        data = _changed(choice, bytearray(startup(user="ana"))) + data
    else:
        data = choice.choice(OPENINGS) + startup(user="ana") + framed("p", text("token-ana")) + data
    with suppress(OSError):
        async with asyncio.timeout(30):
            while data:
                size = choice.choice((1, 7, 64, 1024, len(data)))
                client.writer.write(data[:size])
                data = data[size:]
                if choice.random() < 0.2:
                    await client.writer.drain()
            await asyncio.sleep(0)
            heard = b""
            while chunk := await client.reader.read(65_536):
                heard = chunk
            ends["told" if b"FATAL" in heard else "left"] += 1
    client.writer.transport.abort()
    return count


async def main(total: int, seed: int) -> None:
    """Run sessions until so many messages were sent. Raises `AssertionError` where something is wrong."""
    fakes, stop, addresses = Fakes(), asyncio.Event(), asyncio.Queue[str]()
    settings = Settings(listen="127.0.0.1:0", stop_timeout_s=1, idle_timeout_s=0.2, max_connections=50)
    serving = asyncio.create_task(serve(fakes.gateway, settings, stop=stop, ready=addresses.put_nowait))
    port = int((await addresses.get()).rpartition(":")[2])
    choice, ends, sent, marks = random.Random(seed), Counter[str](), 0, list[int]()
    began = time.monotonic()
    while sent < total:
        sent += sum(await asyncio.gather(*(session(port, choice, ends) for _ in range(8))))
        decisions, outcomes = (len(fakes.audit.of(kind)) for kind in ("decision", "outcome"))
        assert decisions - outcomes <= 8, (decisions, outcomes)
        if decisions == outcomes:
            fakes.audit.records.clear()
            fakes.world.trace.clear()
            fakes.warehouse.executed.clear()
            fakes.limits.tickets.clear()
        if sent * 10 // total > len(marks):
            marks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            print(f"{sent:,} messages, {time.monotonic() - began:.0f} s, {marks[-1]} MB, {dict(ends)}", flush=True)
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    assert (await client.log_in())[-1] == ("Z", b"I")
    assert len(await client.rows(SQL)) == 2
    client.writer.close()
    stop.set()
    await serving
    print(f"{sent:,} messages in {time.monotonic() - began:.0f} s; peak memory {marks[0]} MB then, {marks[-1]} MB now")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    asyncio.run(main(given.messages, given.seed))
