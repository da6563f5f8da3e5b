"""One client of the PostgreSQL protocol that sends more than it should: others are served meanwhile, and what it does
not read is not kept for it."""

from __future__ import annotations

import asyncio

import pytest

from tests.bypass.asking import Served
from tests.doors.pgwire.conftest import SYNC, Client, bind, close, describe, parse, query

MESSAGES = 8_000
EVERY = 20
"""Others have their turn at least once in so many of one client's messages, or of the statements of one text."""
WIDE = "SELECT " + ", ".join(f"1 AS a_column_with_a_long_name_{i}" for i in range(200))
FLOODS = {
    "empty_queries": query("") * MESSAGES,
    "ends_of_groups": SYNC * MESSAGES,
    "names_to_forget": close("S", "nobody") * MESSAGES + SYNC,
    "statements": parse("SELECT 1") * MESSAGES + SYNC,
    "a_long_value": parse("SELECT $1", "long", 1007) + bind(b"{" + b"1," * 50_000 + b"1}", statement="long") + SYNC,
    "settings_in_one_text": query("SET jit = off;" * 1000) * (MESSAGES // 1000),
}


async def _logged_in(port: int, token: str) -> Client:
    made = Client(*await asyncio.open_connection("127.0.0.1", port))
    await made.log_in(token, database="shop")
    return made


async def _turns_of_others(port: int, token: str, flood: bytes) -> int:
    """How often others had their turn until a flood was answered."""
    client, turns = await _logged_in(port, token), 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    waiting = asyncio.create_task(others())
    client.writer.write(flood + query("SHOW server_version"))
    end = b""
    async with asyncio.timeout(30):
        while b"server_version" not in end:
            end = end[-100:] + await client.reader.read(65_536)
    waiting.cancel()
    client.writer.transport.abort()
    return turns


@pytest.mark.parametrize("flood", FLOODS)
def test_others_are_served_while_a_client_floods(served: Served, flood: str) -> None:
    turns = served.harness.run(_turns_of_others(served.pgwire.port, served.tokens["ana"], FLOODS[flood]))
    assert turns > MESSAGES / EVERY


async def _described_and_not_ended(port: int, token: str) -> int:
    """Bytes that come of a group of messages that is never ended, nor flushed."""
    client = await _logged_in(port, token)
    client.writer.write(parse(WIDE, "wide") + describe("S", "wide") * 50)
    async with asyncio.timeout(10):
        found = len(await client.reader.readexactly(100_000))
    client.writer.transport.abort()
    return found


def test_answers_that_nobody_asked_to_have_yet_are_not_gathered(served: Served) -> None:
    port, token = served.pgwire.port, served.tokens["ana"]
    assert served.harness.run(_described_and_not_ended(port, token)) == 100_000
