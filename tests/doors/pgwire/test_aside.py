"""Long work is done in a thread, a few at a time."""

from __future__ import annotations

import threading

import anyio
import pytest

from proxy.doors.pgwire.aside import THREADS, aside


async def test_short_work_is_done_at_once_and_long_work_in_a_thread() -> None:
    assert await aside(False, threading.current_thread) is threading.main_thread()
    assert await aside(True, threading.current_thread) is not threading.main_thread()


@pytest.mark.parametrize("long", [False, True])
async def test_what_is_raised_is_raised(long: bool) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await aside(long, int, "x")


async def test_no_more_than_so_many_at_a_time() -> None:
    enough, going, most = threading.Event(), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal going, most
        with lock:
            going += 1
            most = max(most, going)
            if going == THREADS:
                enough.set()
        assert enough.wait(10)
        with lock:
            going -= 1

    async with anyio.create_task_group() as group:
        for _ in range(4 * THREADS):
            group.start_soon(aside, True, work)
    assert most == THREADS
