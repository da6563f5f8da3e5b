"""The door as a whole: built, opened, ended."""

from __future__ import annotations

import asyncio
import os
import signal

import httpx
import pytest

from proxy import kinds
from proxy.doors.http import Settings, build, serve
from proxy.errors import ConfigError
from proxy.values import Outcome
from tests.doors.http.conftest import Open
from tests.doors.http.test_sending import LARGE, request
from tests.fakes import SQL, Fakes, many, until


def test_the_door_is_a_kind() -> None:
    assert "http" in kinds.names("doors")
    module = kinds.load("doors", "http")
    assert (module.Settings, module.serve, module.build) == (Settings, serve, build)


async def test_the_application_works_without_a_socket() -> None:
    fakes = Fakes()
    transport = httpx.ASGITransport(app=build(fakes.gateway, Settings()))
    headers = {"Authorization": "Bearer token-ana"}
    async with httpx.AsyncClient(transport=transport, base_url="http://usher", headers=headers) as client:
        assert (await client.post("/v1/query", json={"sql": SQL})).json()["row_count"] == 2
        assert (await client.post("/v1/query", json={"sql": "?"})).status_code == 400
        assert (await client.get("/v1/catalog")).status_code == 200
    assert fakes.outcomes() == [Outcome.COMPLETED]


async def test_two_doors_share_nothing() -> None:
    one, other = Fakes(), Fakes()
    first, second = build(one.gateway, Settings()), build(other.gateway, Settings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=first), base_url="http://a") as client:
        await client.get("/nope")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=second), base_url="http://b") as client:
        assert "not-found" not in (await client.get("/metrics")).text


async def test_running_answers_may_end_when_the_door_closes(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(5, LARGE, pause_s=0.05)
    door = await opened(fakes, stop_timeout_s=10)
    answering = asyncio.create_task(door.query())
    await until(lambda: "batch" in fakes.trace)
    door.stop.set()
    assert (await answering).json()["row_count"] == 5 * LARGE
    await asyncio.wait_for(door.serving, 10)


async def test_answers_that_do_not_end_are_cut_and_recorded_when_the_door_closes(opened: Open, logged) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(10_000, LARGE, pause_s=0.05)
    door = await opened(fakes, stop_timeout_s=1)
    reader, writer = await door.raw(request("text/csv"))
    await reader.readexactly(1000)
    door.stop.set()
    await asyncio.wait_for(door.serving, 10)
    assert fakes.outcomes() == [Outcome.ABANDONED]
    assert fakes.nothing_held()
    assert "since the gateway stops" in logged.text
    assert "Traceback" not in logged.text
    writer.close()


async def test_calls_that_wait_are_dropped_when_the_door_closes(opened: Open, logged) -> None:
    fakes = Fakes()
    fakes.world.waits["execute"] = asyncio.Event()
    door = await opened(fakes, stop_timeout_s=1)
    reader, writer = await door.raw(request("application/json"))
    await until(lambda: "execute" in fakes.trace)
    door.stop.set()
    await asyncio.wait_for(door.serving, 10)
    assert fakes.outcomes() == [Outcome.ABANDONED]
    assert await reader.read() == b"", "nothing that looks like an answer"
    assert "Traceback" not in logged.text
    writer.close()


async def test_door_is_closed_only_once_every_outcome_is_recorded(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(10_000, LARGE, pause_s=0.05)
    fakes.world.waits["entry.closed"] = asyncio.Event()
    door = await opened(fakes, stop_timeout_s=1)
    reader, writer = await door.raw(request("text/csv"))
    await reader.readexactly(1000)
    door.stop.set()
    await until(lambda: "entry.closed" in fakes.trace)
    await asyncio.sleep(0.5)
    assert not door.serving.done()
    fakes.world.waits["entry.closed"].set()
    await asyncio.wait_for(door.serving, 10)
    assert fakes.outcomes() == [Outcome.ABANDONED]
    writer.close()


async def test_cancelled_door_ends_in_order() -> None:
    fakes, urls = Fakes(), asyncio.Queue[str]()
    settings = Settings(listen="127.0.0.1:0", stop_timeout_s=1)
    serving = asyncio.create_task(serve(fakes.gateway, settings, ready=urls.put_nowait))
    url = await asyncio.wait_for(urls.get(), 10)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(serving, 10)
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/healthz")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_ends_the_door_in_order_and_is_given_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    urls = asyncio.Queue[str]()
    serving = asyncio.create_task(serve(Fakes().gateway, Settings(listen="127.0.0.1:0"), ready=urls.put_nowait))
    await asyncio.wait_for(urls.get(), 10)
    os.kill(os.getpid(), number)
    await asyncio.wait_for(serving, 10)
    assert signal.getsignal(number) in (before, signal.default_int_handler, signal.SIG_DFL)


async def test_port_in_use_is_told_with_its_setting(opened: Open) -> None:
    door = await opened()
    with pytest.raises(ConfigError) as caught:
        await serve(Fakes().gateway, Settings(listen=f"127.0.0.1:{door.port}"))
    [problem] = caught.value.problems
    assert problem.startswith(f"doors.http.listen: 127.0.0.1:{door.port} is in use")
    assert "another port" in problem
