"""The socket and the server under the door."""

from __future__ import annotations

import asyncio
import re

import pytest

from proxy.doors.http import server
from tests.doors.http.conftest import Door, Open
from tests.fakes import SQL, Fakes, many


async def test_server_does_not_name_itself(door: Door) -> None:
    assert "server" not in (await door.client.get("/healthz")).headers


async def test_request_that_is_not_http_is_refused_and_harms_nobody(door: Door) -> None:
    reader, writer = await door.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 400")
    writer.close()
    assert (await door.query()).status_code == 200


async def test_endless_header_is_refused(door: Door) -> None:
    reader, writer = await door.raw(b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000)
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 400")
    writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n"])
async def test_head_that_does_not_arrive_ends_the_connection(
    opened: Open, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(server, "HEAD_TIMEOUT_S", 0.2)
    door = await opened()
    reader, writer = await door.raw(sent)
    assert await asyncio.wait_for(reader.read(), 3) == b""
    writer.close()


async def test_head_of_a_second_request_must_arrive_too(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_TIMEOUT_S", 0.2)
    door = await opened()
    reader, writer = await door.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b'{"status":"ok"}')
    writer.write(b"GET")
    assert await asyncio.wait_for(reader.read(), 3) == b""
    writer.close()


async def test_deadline_of_the_head_does_not_end_an_answer(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_TIMEOUT_S", 0.1)
    fakes = Fakes()
    fakes.warehouse.batches = many(3, 1, pause_s=0.2)
    door = await opened(fakes)
    assert (await door.query()).json()["row_count"] == 3


async def test_two_lengths_are_refused(door: Door) -> None:
    reader, writer = await door.raw(
        b"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"
    )
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 400")
    writer.close()
    assert door.fakes.trace == []


async def test_connection_is_kept_for_the_next_request(door: Door) -> None:
    for _ in range(3):
        await door.query()
    assert len(door.client._transport._pool.connections) == 1


async def test_requests_in_one_packet_are_answered_in_order(door: Door) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    reader, writer = await door.raw(one + one + last)
    answer = await asyncio.wait_for(reader.read(), 10)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200", b"404"]
    writer.close()


async def test_many_clients_at_once(opened: Open) -> None:
    door = await opened()
    answers = await asyncio.gather(*(door.query(sql=f"{SQL} -- {n % 7}") for n in range(8)))
    assert [a.status_code for a in answers] == [200] * 8
    assert door.fakes.nothing_held()
