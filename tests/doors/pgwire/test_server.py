"""All connections together: cancelling, stopping, limits, hang-ups."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest

from proxy.doors.pgwire.server import certificate
from proxy.doors.pgwire.settings import Settings
from proxy.errors import ConfigError
from tests.doors.pgwire.conftest import Client, Door, Open, fields, query
from tests.fakes import SQL, Fakes, many


def endless() -> Fakes:
    fakes = Fakes()
    fakes.warehouse.batches = many(100_000, 1, pause_s=0.005)
    return fakes


async def running(door: Door, client: Client) -> None:
    """A query of which a row has come."""
    await client.send(query(SQL))
    while (await client.one())[0] != "D":
        pass


async def outcome(door: Door) -> str:
    for _ in range(1000):
        if door.fakes.audit.of("outcome"):
            break
        await asyncio.sleep(0.01)
    value: str = door.fakes.audit.of("outcome")[0]["outcome"].value
    return value


async def cancel(door: Door, process: int, key: bytes) -> None:
    client = await door.raw()
    await client.send(struct.pack("!III", 12 + len(key), 80_877_102, process) + key)
    async with asyncio.timeout(10):
        assert await client.reader.read() == b""


@pytest.mark.parametrize("minor", [0, 2])
async def test_the_key_stops_a_query_and_not_its_session(opened: Open, minor: int) -> None:
    door = await opened(endless())
    client = await door.client(minor=minor)
    await running(door, client)
    await cancel(door, client.process, client.key)
    told = await client.heard()
    error = next(fields(body) for kind, body in told if kind == "E")
    assert (error["C"], error["M"]) == ("57014", "canceling statement due to user request")
    assert await outcome(door) == "abandoned"
    assert await client.rows("SHOW jit") == [["off"]]


STOPS = (
    ("SELECT pg_cancel_backend({})", False),
    ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid='{}'", True),
)


@pytest.mark.parametrize(("sql", "ends"), STOPS)
async def test_a_caller_stops_what_another_connection_of_theirs_runs(opened: Open, sql: str, ends: bool) -> None:
    door = await opened(endless())
    busy, other = await door.client(), await door.client()
    await running(door, busy)
    assert await other.rows(sql.format(busy.process)) == [["t"]]
    told = await busy.heard()
    assert next(fields(body)["C"] for kind, body in told if kind == "E") == "57014"
    assert await outcome(door) == "abandoned"
    if ends:
        assert fields((await busy.one())[1])["C"] == "57P01"
        assert await busy.one() == ("", b"")
    else:
        assert await busy.rows("SHOW jit") == [["off"]]


@pytest.mark.parametrize(("sql", "ends"), STOPS)
async def test_nobody_stops_what_others_run(opened: Open, sql: str, ends: bool) -> None:
    door = await opened(endless())
    busy, other = await door.client(), await door.client("token-bo")
    await running(door, busy)
    assert await other.rows(sql.format(busy.process)) == [["f"]]
    assert await other.rows(sql.format(1)) == [["f"]], "as where there is no such connection"
    assert [(await busy.one())[0] for _ in range(3)] == ["D", "D", "D"]
    assert not ends or await other.rows("SHOW jit") == [["off"]]


async def test_another_key_stops_nothing_and_is_told_nothing(opened: Open) -> None:
    door = await opened(endless())
    client = await door.client()
    await running(door, client)
    for process, key in (
        (client.process, b"none"),
        (client.process, client.key + b"0"),
        (client.process + 1, client.key),
    ):
        await cancel(door, process, key)
    assert [(await client.one())[0] for _ in range(3)] == ["D", "D", "D"]


async def test_a_late_cancel_stops_nothing(door: Door) -> None:
    client = await door.client()
    await cancel(door, client.process, client.key)
    assert len(await client.rows(SQL)) == 2


async def test_a_hang_up_ends_what_runs(opened: Open) -> None:
    door = await opened(endless())
    client = await door.client()
    await running(door, client)
    client.writer.transport.abort()
    assert await outcome(door) == "abandoned"


async def test_a_client_that_does_not_read_stalls_and_is_cut(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(10_000, 1000)
    door = await opened(fakes, write_timeout_s=0.3)
    client = await door.client()
    other = await door.client()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await client.send(query(SQL))
    assert await outcome(door) == "abandoned"
    assert fakes.world.trace.count("batch") < 2000
    assert await other.rows("SHOW jit") == [["off"]]


async def test_too_many_clients_are_told(opened: Open) -> None:
    door = await opened(max_connections=1)
    first = await door.client()
    second = await door.raw()
    kind, body = (await second.log_in())[-2]
    assert (kind, fields(body)["C"]) == ("E", "53300")
    first.writer.close()
    await first.writer.wait_closed()
    told = [("", b"")]
    for _ in range(1000):
        told = await (await door.raw()).log_in()
        if told[-1][0] == "Z":
            break
        await asyncio.sleep(0.01)
    assert told[-1][0] == "Z"


async def test_a_stop_ends_idle_clients_at_once_and_others_when_they_are_done(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(20, 1, pause_s=0.02)
    door = await opened(fakes, stop_timeout_s=10)
    idle, busy = await door.client(), await door.client()
    await running(door, busy)
    door.stop.set()
    kind, body = await idle.one()
    assert (kind, fields(body)["C"]) == ("E", "57P01")
    told = await busy.heard()
    assert [kind for kind, _ in told[-2:]] == ["C", "Z"]
    assert fields((await busy.one())[1])["C"] == "57P01"
    async with asyncio.timeout(10):
        await door.serving
    assert await outcome(door) == "completed"


async def test_a_stop_cuts_what_takes_too_long(opened: Open) -> None:
    door = await opened(endless(), stop_timeout_s=0.2)
    client = await door.client()
    await running(door, client)
    door.stop.set()
    told = await client.heard()
    assert told[-1] == ("", b"")
    async with asyncio.timeout(10):
        await door.serving
    assert await outcome(door) == "abandoned"


def test_a_certificate_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("nothing")
    with pytest.raises(ConfigError, match=r"doors\.pgwire\.tls"):
        certificate(Settings(tls={"cert": tmp_path / "cert.pem", "key": tmp_path / "none.pem"}))
