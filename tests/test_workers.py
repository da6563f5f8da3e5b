"""Workers: whatever the function does, a call ends in time, and no process is left."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from proxy import workers as module
from proxy.errors import ConfigError, GatewayError, InvalidSql, PiiBlocked
from proxy.values import Reason, ReasonCode, Span
from proxy.workers import WorkerDied, Workers, WorkerTimeout

_greeting = "none"


# ------------------------------------------------------------------------------------ what the workers are asked to do
def set_greeting(text: str) -> None:
    global _greeting
    _greeting = text


def refuse_to_start() -> None:
    raise ConfigError(["a: first mistake", "b: second mistake"])


def crash_at_start() -> None:
    os._exit(3)


class Unpicklable(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)
        self.lock = open(os.devnull)  # noqa: SIM115 - what makes it unpicklable


def act(what: str, *args: Any) -> Any:
    match what:
        case "echo":
            return args
        case "pid":
            return os.getpid()
        case "greeting":
            return _greeting
        case "sleep":
            time.sleep(args[0])
            return os.getpid()
        case "hang holding the interpreter lock":
            ctypes.PyDLL(None).sleep(60)
        case "segfault":
            ctypes.string_at(0)
        case "exit":
            sys.exit(1)
        case "invalid sql":
            raise InvalidSql("Mend it.", Reason(ReasonCode.SYNTAX, "here"), span=Span(1, 2), sqlstate="42602")
        case "key error":
            raise KeyError("k")
        case "unpicklable exception":
            raise Unpicklable("secret", "words")
        case "unpicklable result":
            return sys.stderr
    raise AssertionError(what)


@contextlib.asynccontextmanager
async def pool(count: int = 1, timeout_s: float = 20.0, **options: Any) -> AsyncIterator[Workers]:
    workers = Workers(act, count, timeout_s, **options)
    await workers.start()
    try:
        yield workers
    finally:
        await workers.close()


def running(pid: int) -> bool:
    """Whether a process runs; one that ended but was not reaped by its parent does not. One with threads is still
    ending while its first thread is a zombie, so the kernel is asked where the process is our child."""
    with contextlib.suppress(ChildProcessError):
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


async def gone(pid: int) -> bool:
    for _ in range(200):
        if not running(pid):
            return True
        await asyncio.sleep(0.05)
    return False


async def eventually(workers: Workers, *args: Any) -> Any:
    """A call that is tried again while the replacement of a process starts, which a busy machine makes slow."""
    for _ in range(100):
        with contextlib.suppress(WorkerTimeout):
            return await workers.call(*args)
    raise AssertionError("no process came back")


# --------------------------------------------------------------------------------------------------------- calls
async def test_the_result_comes_back() -> None:
    async with pool() as workers:
        assert await workers.call("echo", 1, "two", b"three", None) == (1, "two", b"three", None)


async def test_large_messages_pass_whole() -> None:
    data = os.urandom(5_000_000)
    async with pool() as workers:
        assert await workers.call("echo", data) == (data,)


async def test_the_initializer_runs_once_before_the_first_call() -> None:
    async with pool(initializer=set_greeting, initargs=("hello",)) as workers:
        assert await workers.call("greeting") == "hello"


async def test_the_functions_own_exception_is_raised_with_its_type_and_fields() -> None:
    async with pool() as workers:
        with pytest.raises(InvalidSql, match="Mend it") as caught:
            await workers.call("invalid sql")
        assert caught.value.reasons == (Reason(ReasonCode.SYNTAX, "here"),)
        assert caught.value.span == Span(1, 2)
        assert caught.value.sqlstate == "42602"
        assert "test_workers.py" in caught.value.__notes__[0]
        with pytest.raises(KeyError):
            await workers.call("key error")


async def test_the_process_stays_after_the_functions_own_exception() -> None:
    async with pool() as workers:
        before = await workers.call("pid")
        with pytest.raises(KeyError):
            await workers.call("key error")
        assert await workers.call("pid") == before


async def test_an_exception_that_cannot_travel_is_named_without_its_text() -> None:
    async with pool() as workers:
        with pytest.raises(RuntimeError, match="a worker raised Unpicklable") as caught:
            await workers.call("unpicklable exception")
        assert "secret" not in str(caught.value)


async def test_a_result_that_cannot_travel_is_an_exception_and_the_process_stays() -> None:
    async with pool() as workers:
        before = await workers.call("pid")
        with pytest.raises((TypeError, RuntimeError)):
            await workers.call("unpicklable result")
        assert await workers.call("pid") == before


@pytest.mark.parametrize("error", [*GatewayError.__subclasses__(), GatewayError])
def test_every_gateway_error_survives_pickling(error: type[GatewayError]) -> None:
    original = error("What to do.", ReasonCode.PII_FOUND, span=Span(3, 9), sqlstate="12345")
    original.decision_id = "id"
    copy = pickle.loads(pickle.dumps(original))
    assert type(copy) is error
    assert (copy.detail, copy.reasons, copy.span, copy.sqlstate, copy.decision_id) == (
        "What to do.",
        (Reason(ReasonCode.PII_FOUND),),
        Span(3, 9),
        "12345",
        "id",
    )
    assert str(pickle.loads(pickle.dumps(PiiBlocked("Text.")))) == "Text."


# ------------------------------------------------------------------------------------------------------ fail closed
async def test_a_call_that_hangs_is_killed_and_the_next_one_works() -> None:
    async with pool(timeout_s=0.5) as workers:
        pid = await workers.call("pid")
        with pytest.raises(WorkerTimeout):
            await workers.call("sleep", 60)
        assert await gone(pid)
        assert await eventually(workers, "pid") != pid


async def test_a_call_that_hangs_holding_the_interpreter_lock_is_killed() -> None:
    async with pool(timeout_s=1.0) as workers:
        pid = await workers.call("pid")
        with pytest.raises(WorkerTimeout):
            await workers.call("hang holding the interpreter lock")
        assert await gone(pid)


@pytest.mark.parametrize("how", ["segfault", "exit"])
async def test_a_crash_is_told_and_the_next_call_works(how: str) -> None:
    async with pool() as workers:
        with pytest.raises(WorkerDied):
            await workers.call(how)
        assert await workers.call("echo", 1) == (1,)


async def test_a_process_killed_while_idle_is_replaced_unnoticed() -> None:
    async with pool(2) as workers:
        pid = await workers.call("pid")
        os.kill(pid, signal.SIGKILL)
        assert await gone(pid)
        for _ in range(4):
            assert await workers.call("pid") != pid
        for _ in range(50):
            if len(set(await asyncio.gather(*(workers.call("sleep", 0.2) for _ in range(2))))) == 2:
                break
        else:
            pytest.fail("it was not replaced")


async def test_cancelling_a_call_kills_its_process() -> None:
    async with pool() as workers:
        pid = await workers.call("pid")
        call = asyncio.create_task(workers.call("sleep", 60))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await gone(pid)
        assert await workers.call("pid") != pid


async def test_a_call_that_goes_through_leaves_its_process_to_the_next_when_cancelled() -> None:
    async with pool() as workers:
        pid = await workers.call_through("pid")
        call = asyncio.create_task(workers.call_through("sleep", 0.5))
        waiting = asyncio.create_task(workers.call_through("sleep", 60))
        await asyncio.sleep(0.1)
        for cancelled in (call, waiting):
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
        assert await workers.call("pid") == pid


async def test_a_call_that_goes_through_has_a_timeout_even_when_cancelled() -> None:
    async with pool(timeout_s=0.5) as workers:
        pid = await workers.call("pid")
        call = asyncio.create_task(workers.call_through("sleep", 60))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await gone(pid)
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        del call
        await asyncio.sleep(0.1)
        gc.collect()
        assert told == [], "the event loop logs a failure that nobody waits for"


async def test_cancelling_a_call_that_waits_leaves_the_others_their_turn() -> None:
    async with pool() as workers:
        busy = asyncio.create_task(workers.call("sleep", 0.3))
        await asyncio.sleep(0.05)
        given_up, patient = (asyncio.create_task(workers.call("echo", n)) for n in (1, 2))
        await asyncio.sleep(0.05)
        given_up.cancel()
        assert await patient == (2,)
        assert isinstance(await busy, int)


async def test_waiting_for_a_free_process_has_a_timeout() -> None:
    async with pool(timeout_s=1.0) as workers:
        busy = asyncio.create_task(workers.call("sleep", 0.9))
        second = asyncio.create_task(workers.call("sleep", 0.9))
        await asyncio.sleep(0.1)
        with pytest.raises(WorkerTimeout, match="no process was free"):
            await workers.call("echo", 1)
        await asyncio.gather(busy, second)


async def test_calls_run_at_the_same_time_and_wait_in_order() -> None:
    async with pool(2) as workers:
        order: list[int] = []

        async def one(number: int) -> int:
            pid: int = await workers.call("sleep", 0.2)
            order.append(number)
            return pid

        begin = time.monotonic()
        pids = await asyncio.gather(*(one(n) for n in range(6)))
        assert len(set(pids)) == 2
        assert time.monotonic() - begin < 1.1
        assert [n // 2 for n in order] == [0, 0, 1, 1, 2, 2]


async def test_the_process_used_last_is_used_next() -> None:
    async with pool(3) as workers:
        assert len({await workers.call("pid") for _ in range(10)}) == 1


async def test_interrupts_do_not_reach_the_processes() -> None:
    async with pool() as workers:
        pid = await workers.call("pid")
        os.kill(pid, signal.SIGINT)
        assert await workers.call("pid") == pid


# ---------------------------------------------------------------------------------------------------- start and end
async def test_a_start_that_fails_tells_why_and_leaves_no_process() -> None:
    workers = Workers(act, 2, 5.0, initializer=refuse_to_start)
    with pytest.raises(ConfigError) as caught:
        await workers.start()
    assert caught.value.problems == ("a: first mistake", "b: second mistake")
    with pytest.raises(WorkerDied):
        await workers.call("pid")


async def test_a_crash_at_start_is_told() -> None:
    with pytest.raises(WorkerDied, match="while it started"):
        await Workers(act, 2, 5.0, initializer=crash_at_start).start()


async def test_a_start_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_TIMEOUT_S", 0.5)
    with pytest.raises(WorkerTimeout, match="did not start"):
        await Workers(act, 1, 5.0, initializer=time.sleep, initargs=(60,)).start()


async def test_close_leaves_no_process_and_ends_running_calls() -> None:
    workers = Workers(act, 2, 20.0)
    await workers.start()
    pids = await asyncio.gather(*(workers.call("sleep", 0.2) for _ in range(2)))
    calls = [asyncio.create_task(workers.call("sleep", 60)) for _ in range(4)]
    await asyncio.sleep(0.1)
    await workers.close()
    for call in calls:
        with pytest.raises(WorkerDied):
            await call
    assert len(set(pids)) == 2
    assert not any(running(pid) for pid in pids)
    with pytest.raises(WorkerDied):
        await workers.call("pid")


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancellation_just_after_a_process_ended_is_not_lost(turns: int) -> None:
    process = module._Process()
    watching = asyncio.create_task(process.wait_useless())
    await asyncio.sleep(0.01)
    process._useless.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    heard = watching.cancel()
    await asyncio.wait([watching], timeout=5)
    assert watching.cancelled() == heard
    await process.end()


async def test_a_start_that_is_cancelled_while_it_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REAP_STEP_S", 5.0)
    process = module._Process()
    ending = asyncio.create_task(process.end())
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert not running(process.pid)
    assert process._process.returncode is not None
    assert process._socket.fileno() == -1


async def test_a_call_hears_the_end_of_a_process_that_is_gone_at_once() -> None:
    process = module._Process()
    os.kill(process.pid, signal.SIGSTOP)  # it cannot answer before it is killed
    calling = asyncio.create_task(process.exchange(b"no setup"))
    await asyncio.sleep(0.05)
    process.kill()
    process._process.wait(10)  # before the event loop has seen it
    await process.end()
    done, _ = await asyncio.wait([calling], timeout=5)
    assert done
    assert isinstance(calling.exception(), OSError | EOFError)
    assert process._socket.fileno() == -1


def test_a_pool_without_processes_or_time_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one process"):
        Workers(act, 0, 1.0)
    with pytest.raises(ValueError, match="positive timeout"):
        Workers(act, 1, 0.0)


_PARENT = """
import asyncio, sys
sys.path[:] = {path!r}
from proxy.workers import Workers
from tests.test_workers import act

async def main():
    workers = Workers(act, 2, 60.0)
    await workers.start()
    print(*await asyncio.gather(*(workers.call("sleep", 0.2) for _ in range(2))), flush=True)
    await asyncio.gather(*(workers.call({busy!r}, 60) for _ in range({calls})), asyncio.sleep(60))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("busy", "calls"),
    [("pid", 0), ("sleep", 2), ("hang holding the interpreter lock", 2)],
    ids=["idle", "busy", "stuck"],
)
def test_killing_the_parent_leaves_no_orphan(busy: str, calls: int) -> None:
    code = _PARENT.format(path=sys.path, busy=busy, calls=calls)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        time.sleep(0.3)
        assert len(set(pids)) == 2
        assert all(running(pid) for pid in pids)
        parent.kill()
    assert [asyncio.run(gone(pid)) for pid in pids] == [True, True]
