"""Answers on their way: whole, refused, cut, or left by their client; and never anything in between."""

from __future__ import annotations

import asyncio
import json
import struct

import httpx
import pyarrow as pa
import pytest

from proxy.errors import AuditError, QueryFailed, TooLarge
from proxy.values import Outcome, ReasonCode
from tests.doors.http.conftest import Door, Open
from tests.fakes import SQL, Boom, Fakes, audit_down, many, until

FORMATS = ["application/json", "application/x-ndjson", "application/vnd.apache.arrow.stream", "text/csv"]
CUT = [f for f in FORMATS if f != "application/x-ndjson"]
ERRORS = [QueryFailed("x"), TooLarge("x"), AuditError("x"), Boom()]
LARGE = 4000
"""Rows of a batch that is larger than what is held back."""


def request(accept: str, body: bytes | None = None) -> bytes:
    body = json.dumps({"sql": SQL}).encode() if body is None else body
    head = (
        f"POST /v1/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-ana\r\nAccept: {accept}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def failing(error: Exception, batches: int = 2, rows: int = LARGE) -> Fakes:
    fakes = Fakes()
    fakes.warehouse.batches = many(batches, rows, error)
    return fakes


async def collect(response: httpx.Response, received: bytearray) -> None:
    async for chunk in response.aiter_bytes():
        received += chunk


# ------------------------------------------------------------------------------------------------------------- whole
@pytest.mark.parametrize("accept", FORMATS)
async def test_answer_is_whole_and_names_its_decision(door: Door, accept: str) -> None:
    response = await door.query(accept)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == accept
    assert response.headers["usher-decision-id"] == door.fakes.audit.records[-1]["id"]
    assert response.headers["transfer-encoding"] == "chunked"
    assert door.fakes.outcomes() == [Outcome.COMPLETED]


@pytest.mark.parametrize("accept", FORMATS)
async def test_answer_without_rows_is_whole(opened: Open, accept: str) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(0, 0)
    door = await opened(fakes)
    response = await door.query(accept)
    assert response.status_code == 200
    assert {
        "application/json": lambda r: r.json()["rows"] == [] and r.json()["row_count"] == 0,
        "application/x-ndjson": lambda r: "end" in json.loads(r.text.splitlines()[1]),
        "application/vnd.apache.arrow.stream": lambda r: pa.ipc.open_stream(r.content).read_all().num_rows == 0,
        "text/csv": lambda r: r.text == '"id","name","email"\n',
    }[accept](response)


@pytest.mark.parametrize("accept", FORMATS)
async def test_many_batches_are_all_there(opened: Open, accept: str) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(7, 3000)
    door = await opened(fakes)
    response = await door.query(accept)
    expected = list(range(21_000))
    if accept == "application/json":
        assert [r[0] for r in response.json()["rows"]] == expected
    elif accept == "application/x-ndjson":
        assert [json.loads(line)[0] for line in response.text.splitlines()[1:-1]] == expected
    elif accept == "text/csv":
        assert [int(line.split(",")[0]) for line in response.text.splitlines()[1:]] == expected
    else:
        assert pa.ipc.open_stream(response.content).read_all()["id"].to_pylist() == expected


# ----------------------------------------------------------------------------------------------------------- refused
@pytest.mark.parametrize("accept", FORMATS)
async def test_error_before_the_first_row_is_a_problem_with_its_status(opened: Open, accept: str) -> None:
    door = await opened(failing(QueryFailed("Division by zero.", ReasonCode.DIVISION_BY_ZERO), batches=0))
    response = await door.query(accept)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "query-failed"
    assert response.json()["decision_id"] == response.headers["usher-decision-id"]


@pytest.mark.parametrize("accept", CUT)
async def test_error_within_a_small_answer_is_a_problem_with_its_status(opened: Open, accept: str) -> None:
    door = await opened(failing(QueryFailed("x"), batches=3, rows=5))
    response = await door.query(accept)
    assert (response.status_code, response.json()["code"]) == (400, "query-failed")


@pytest.mark.parametrize("accept", CUT)
async def test_small_answer_whose_outcome_cannot_be_recorded_does_not_leave(opened: Open, accept: str) -> None:
    fakes = Fakes()
    fakes.world.fails["entry.closed"] = audit_down()
    door = await opened(fakes)
    response = await door.query(accept)
    assert (response.status_code, response.json()["code"]) == (503, "audit")
    assert "Ana" not in response.text


async def test_no_record_no_rows(opened: Open) -> None:
    fakes = Fakes()
    fakes.world.fails["entry.planned"] = audit_down()
    door = await opened(fakes)
    response = await door.query()
    assert (response.status_code, response.json()["code"]) == (503, "audit")
    assert fakes.warehouse.executed == []


async def test_unexpected_error_is_500_with_its_decision_and_without_its_text(opened: Open, logged) -> None:
    fakes = Fakes()
    fakes.world.fails["execute"] = Boom()
    door = await opened(fakes)
    response = await door.query()
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert response.json()["decision_id"] == fakes.audit.of("outcome")[0]["id"]
    assert "4711" not in response.text + logged.text
    assert "Boom at " in logged.text


# --------------------------------------------------------------------------------------------------------------- cut
@pytest.mark.parametrize("accept", CUT)
@pytest.mark.parametrize(
    "error", [QueryFailed("x"), TooLarge("x"), AuditError("x"), Boom()], ids=lambda e: type(e).__name__
)
async def test_error_in_the_middle_cuts_the_connection(opened: Open, accept: str, error: Exception) -> None:
    door = await opened(failing(error))
    received = bytearray()
    async with door.client.stream("POST", "/v1/query", json={"sql": SQL}, headers={"Accept": accept}) as response:
        assert response.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await collect(response, received)
    assert len(received) > 64 * 1024
    if accept == "application/json":
        with pytest.raises(ValueError, match="Expecting"):
            json.loads(received)
    assert door.fakes.outcomes() == [Outcome.FAILED]
    assert door.fakes.nothing_held()


@pytest.mark.parametrize("rows", [1, LARGE])
async def test_error_in_the_middle_of_ndjson_is_its_last_line(opened: Open, rows: int) -> None:
    door = await opened(failing(QueryFailed("The query failed.", ReasonCode.ENGINE_ERROR), rows=rows))
    response = await door.query("application/x-ndjson")
    first, *middle, last = [json.loads(line) for line in response.text.splitlines()]
    assert set(first) == {"columns", "decision", "withheld"}
    assert len(middle) == 2 * rows
    assert last["error"]["code"] == "query-failed"
    assert last["error"]["decision_id"] == response.headers["usher-decision-id"]


async def test_unexpected_error_in_the_middle_of_ndjson_tells_nothing(opened: Open, logged) -> None:
    door = await opened(failing(Boom(), rows=10))
    response = await door.query("application/x-ndjson")
    last = json.loads(response.text.splitlines()[-1])
    assert last["error"]["code"] == "internal"
    assert "4711" not in response.text + logged.text


async def test_outcome_that_cannot_be_recorded_cuts_a_large_answer(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(2, LARGE)
    fakes.world.fails["entry.closed"] = audit_down()
    door = await opened(fakes)
    with pytest.raises(httpx.RemoteProtocolError):
        await door.query("text/csv")


async def test_server_goes_on_after_a_cut(opened: Open) -> None:
    door = await opened(failing(QueryFailed("x")))
    with pytest.raises(httpx.RemoteProtocolError):
        await door.query()
    door.fakes.warehouse.batches = many(1, 1)
    assert (await door.query()).status_code == 200


# ----------------------------------------------------------------------------------------------------------- hang-up
@pytest.mark.parametrize("step", ["catalog", "read", "entry.planned", "execute", "scan"])
async def test_client_that_leaves_before_the_first_row_is_recorded(opened: Open, step: str) -> None:
    fakes = Fakes()
    fakes.world.waits[step] = asyncio.Event()
    door = await opened(fakes)
    _, writer = await door.raw(request("application/json"))
    await until(lambda: step in fakes.trace)
    writer.close()
    if step == "entry.planned":
        await asyncio.sleep(0.1)
        fakes.world.waits[step].set()
    await until(lambda: bool(fakes.audit.of("refused") or fakes.outcomes()))
    if fakes.trace.count("execute"):
        assert fakes.outcomes() == [Outcome.ABANDONED]
    await until(fakes.nothing_held)


@pytest.mark.parametrize("accept", FORMATS)
async def test_client_that_leaves_in_the_middle_is_recorded_as_abandoned(opened: Open, accept: str) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(10_000, LARGE, pause_s=0.001)
    door = await opened(fakes)
    reader, writer = await door.raw(request(accept))
    await reader.readexactly(100_000)
    writer.close()
    await until(lambda: fakes.outcomes() == [Outcome.ABANDONED])
    await until(fakes.nothing_held)
    assert fakes.warehouse.stopped == 1
    assert fakes.audit.of("outcome")[0]["rows"] >= LARGE


async def test_client_that_resets_the_connection_is_recorded_as_abandoned(opened: Open) -> None:
    import socket

    fakes = Fakes()
    fakes.warehouse.batches = many(10_000, LARGE, pause_s=0.001)
    door = await opened(fakes)
    reader, writer = await door.raw(request("text/csv"))
    await reader.readexactly(100_000)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
    await until(lambda: fakes.outcomes() == [Outcome.ABANDONED])


async def test_client_that_leaves_while_the_warehouse_is_silent_is_noticed(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(10, LARGE, pause_s=30)
    door = await opened(fakes)
    _, writer = await door.raw(request("application/x-ndjson"))
    await until(lambda: "execute" in fakes.trace)
    writer.close()
    await until(lambda: fakes.outcomes() == [Outcome.ABANDONED])


async def test_hang_up_that_cannot_be_recorded_harms_nobody_else(opened: Open, logged) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(10_000, LARGE, pause_s=0.001)
    fakes.world.fails["entry.closed"] = audit_down()
    door = await opened(fakes)
    reader, writer = await door.raw(request("text/csv"))
    await reader.readexactly(100_000)
    writer.close()
    await until(lambda: "entry.closed" in fakes.trace)
    await until(fakes.nothing_held)
    assert (await door.client.get("/healthz")).status_code == 200
    assert "Traceback" not in logged.text


async def test_slow_client_holds_back_the_warehouse(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(10_000, LARGE)
    door = await opened(fakes)
    reader, writer = await door.raw(request("text/csv"))
    await reader.readexactly(1000)
    made = -1
    async with asyncio.timeout(10):
        while made != (made := fakes.trace.count("batch")):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    assert made < 200, "no more is made than sockets buffer"
    writer.close()
    await until(lambda: fakes.outcomes() == [Outcome.ABANDONED])


async def test_client_that_stops_reading_is_cut_and_recorded(opened: Open, logged) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(10_000, LARGE)
    door = await opened(fakes, write_timeout_s=0.3)
    reader, writer = await door.raw(request("text/csv"))
    await reader.readexactly(1000)
    await until(lambda: fakes.outcomes() == [Outcome.ABANDONED], within_s=10)
    await until(lambda: "stopped reading" in logged.text)
    await asyncio.wait_for(reader.read(), 10)
    writer.close()


async def test_answers_do_not_wait_for_each_other(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(40, LARGE, pause_s=0.01)
    door = await opened(fakes)
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(door.query())
        await until(lambda: "batch" in fakes.trace)
        for _ in range(3):
            assert (await door.client.get("/healthz")).status_code == 200
        assert not slow.done()
