"""What one caller may use, and what reaching a limit says."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import LimitExceeded, TooLarge
from proxy.limits.local import WAITING, LocalLimits
from proxy.limits.settings import Settings
from proxy.values import Caller, Reason, ReasonCode

ANA = Caller("https://a.example/", "ana", 2, 1, "0" * 64)


def test_ticket_carries_the_statement_timeout() -> None:
    assert LocalLimits(Settings(statement_timeout_s=2.5)).admit(ANA).timeout_s == 2.5


def test_a_caller_has_so_many_places_and_no_more() -> None:
    limits = LocalLimits(Settings(concurrent_per_caller=2))
    first, _ = limits.admit(ANA), limits.admit(ANA)
    with pytest.raises(LimitExceeded) as caught:
        limits.admit(ANA)
    assert caught.value.reasons == (Reason(ReasonCode.CONCURRENCY, "2"),)
    assert "limits.concurrent_per_caller" in str(caught.value)
    assert "Wait" in str(caught.value)
    first.close()
    limits.admit(ANA)


def test_closing_twice_gives_back_one_place() -> None:
    limits = LocalLimits(Settings(concurrent_per_caller=1))
    ticket = limits.admit(ANA)
    ticket.close()
    ticket.close()
    limits.admit(ANA)
    with pytest.raises(LimitExceeded):
        limits.admit(ANA)


def test_callers_do_not_share_places() -> None:
    limits = LocalLimits(Settings(concurrent_per_caller=1))
    limits.admit(ANA)
    limits.admit(replace(ANA, subject="bo"))
    limits.admit(replace(ANA, issuer="https://b.example/"))


def test_the_same_person_through_two_apps_shares_places() -> None:
    limits = LocalLimits(Settings(concurrent_per_caller=1))
    limits.admit(replace(ANA, app="bot"))
    with pytest.raises(LimitExceeded):
        limits.admit(replace(ANA, app="dashboard", token_hash="1" * 64))


def test_a_refused_query_takes_no_place() -> None:
    limits = LocalLimits(Settings(concurrent_per_caller=1))
    ticket = limits.admit(ANA)
    for _ in range(3):
        with pytest.raises(LimitExceeded):
            limits.admit(ANA)
    ticket.close()
    limits.admit(ANA)


def test_callers_who_left_are_forgotten() -> None:
    limits = LocalLimits(Settings())
    for n in range(100):
        limits.admit(replace(ANA, subject=f"u{n}")).close()
    assert not limits._running


@pytest.mark.parametrize(
    ("settings", "reason", "names"),
    [
        (Settings(max_rows=10), Reason(ReasonCode.MAX_ROWS, "10"), ["10 rows", "limits.max_rows", "LIMIT"]),
        (Settings(max_bytes=10), Reason(ReasonCode.MAX_BYTES, "10"), ["10 bytes", "limits.max_bytes", "LIMIT"]),
    ],
)
def test_error_names_the_limit_its_value_and_what_to_do(settings: Settings, reason: Reason, names: list[str]) -> None:
    ticket = LocalLimits(settings).admit(ANA)
    ticket.take(10, 10)
    with pytest.raises(TooLarge) as caught:
        ticket.take(1, 1)
    assert caught.value.reasons == (reason,)
    assert [n for n in names if n not in str(caught.value)] == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5))), st.integers(1, 20), st.integers(1, 20))
def test_nothing_passes_a_limit_and_nothing_under_it_is_refused(
    taken: list[tuple[int, int]], max_rows: int, max_bytes: int
) -> None:
    ticket = LocalLimits(Settings(max_rows=max_rows, max_bytes=max_bytes)).admit(ANA)
    rows = size = 0
    for more_rows, more_size in taken:
        rows, size = rows + more_rows, size + more_size
        if rows > max_rows or size > max_bytes:
            with pytest.raises(TooLarge):
                ticket.take(more_rows, more_size)
            return
        ticket.take(more_rows, more_size)


async def test_a_caller_has_one_turn_at_a_time_and_blocks_nobody_else() -> None:
    limits = LocalLimits(Settings())
    order: list[str] = []

    async def read(caller: Caller, name: str, go: asyncio.Event) -> None:
        async with limits.turn(caller):
            order.append(name)
            await go.wait()

    slow, free = asyncio.Event(), asyncio.Event()
    free.set()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(read(ANA, "first", slow))
        group.create_task(read(ANA, "second", free))
        other = group.create_task(read(replace(ANA, issuer="https://b.example/"), "other", free))
        await other
        assert order == ["first", "other"]
        slow.set()
    assert order == ["first", "other", "second"]
    assert not limits._turns


async def test_only_so_many_statements_wait_for_a_turn() -> None:
    limits = LocalLimits(Settings())
    async with asyncio.timeout(10), limits.turn(ANA):

        async def wait() -> None:
            async with limits.turn(ANA):
                raise AssertionError("it is not its turn")

        waiting = [asyncio.ensure_future(wait()) for _ in range(WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded) as caught:
            async with limits.turn(ANA):
                raise AssertionError("one too many")
        assert caught.value.reasons == (Reason(ReasonCode.CONCURRENCY, str(WAITING)),)
        for task in waiting:
            task.cancel()
        assert all(
            isinstance(e, asyncio.CancelledError) for e in await asyncio.gather(*waiting, return_exceptions=True)
        )
    assert not limits._turns


async def test_a_turn_that_does_not_come_in_time_is_given_up() -> None:
    limits = LocalLimits(Settings(statement_timeout_s=0.05))
    async with asyncio.timeout(10), limits.turn(ANA):
        with pytest.raises(LimitExceeded) as caught:
            async with limits.turn(ANA):
                raise AssertionError("it is not its turn")
        assert caught.value.reasons[0].code is ReasonCode.CONCURRENCY
    async with asyncio.timeout(10), limits.turn(ANA):
        pass
    assert not limits._turns
