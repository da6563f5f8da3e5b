"""Callers that leave, at every point where they can: the work stops, the record says so, nothing stays held."""

from __future__ import annotations

import asyncio
import gc

import anyio
import pytest

from proxy.errors import AuditError
from proxy.gateway import Request
from proxy.values import Outcome
from tests.fakes import ANA, CONTEXT, SQL, Fakes, audit_down, many, until

WAITING = ["catalog", "read", "entry.planned", "execute", "scan"]


async def read_all(fakes: Fakes) -> None:
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    async for _ in answer.batches:
        pass


async def settled(fakes: Fakes, step: str) -> None:
    """Until the query waits in `step`."""
    await until(lambda: step in fakes.trace)
    await asyncio.sleep(0.01)


def check_records(fakes: Fakes, step: str) -> None:
    kinds = [r["kind"] for r in fakes.audit.records]
    if step in ("catalog", "read"):
        assert kinds == ["refused"]
        assert fakes.warehouse.executed == []
    else:
        assert kinds[-1] == "outcome"
        assert fakes.outcomes() == [Outcome.ABANDONED]
    assert fakes.nothing_held()


@pytest.mark.parametrize("step", WAITING)
async def test_hangup_is_recorded(step: str) -> None:
    """anyio cancels again at every await until the task ends, which is what a web framework does."""
    fakes = Fakes()
    fakes.world.waits[step] = asyncio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(read_all, fakes)
        await settled(fakes, step)
        group.cancel_scope.cancel()
        if step == "entry.planned":
            fakes.world.waits[step].set()
    check_records(fakes, step)


@pytest.mark.parametrize("step", WAITING)
async def test_cancelled_task_is_recorded(step: str) -> None:
    """asyncio cancels once, also behind a shield of anyio's."""
    fakes = Fakes()
    fakes.world.waits[step] = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(read_all(fakes))
        await settled(fakes, step)
        task.cancel()
    assert task.cancelled()
    check_records(fakes, step)


async def test_hangup_while_the_decision_is_recorded_lets_the_record_be_finished_and_asks_no_warehouse() -> None:
    fakes = Fakes()
    fakes.world.waits["entry.planned"] = asyncio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(read_all, fakes)
        await settled(fakes, "entry.planned")
        group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.sleep(0.02)
            assert fakes.audit.records == []
            fakes.world.waits["entry.planned"].set()
    assert [r["kind"] for r in fakes.audit.records] == ["decision", "outcome"]
    assert fakes.warehouse.executed == []


async def test_hangup_while_the_outcome_is_recorded_lets_the_record_be_finished() -> None:
    fakes = Fakes()
    fakes.world.waits["entry.closed"] = asyncio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(read_all, fakes)
        await settled(fakes, "entry.closed")
        group.cancel_scope.cancel()
        fakes.world.waits["entry.closed"].set()
    assert fakes.outcomes() == [Outcome.COMPLETED], "everything had left"
    assert fakes.nothing_held()


async def test_answer_that_is_never_read_is_abandoned_when_closed() -> None:
    fakes = Fakes()
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    await answer.batches.aclose()
    assert fakes.outcomes() == [Outcome.ABANDONED]
    assert fakes.audit.of("outcome")[0]["rows"] == 0
    assert fakes.nothing_held()


async def test_answer_closed_early_is_abandoned_with_what_had_left() -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(100, 3)
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    await anext(answer.batches)
    await answer.batches.aclose()
    await answer.batches.aclose()
    [record] = fakes.audit.of("outcome")
    assert (record["outcome"], record["rows"]) == (Outcome.ABANDONED, 3)
    assert (fakes.warehouse.stopped, fakes.limits.tickets[0].closed) == (1, 1)


async def test_answer_that_is_lost_is_abandoned_by_the_garbage_collector() -> None:
    fakes = Fakes()
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    del answer
    gc.collect()
    await until(lambda: fakes.limits.tickets[0].closed == 1)
    assert fakes.outcomes() == [Outcome.ABANDONED]


async def test_place_is_given_back_only_once_the_work_has_stopped() -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(100, 3)
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    await anext(answer.batches)
    await answer.batches.aclose()
    assert fakes.trace[-4:] == ["report", "stopped", "entry.closed", "ticket.close"]


async def test_hangup_that_cannot_be_recorded_is_an_audit_error_and_holds_nothing() -> None:
    fakes = Fakes()
    fakes.world.fails["entry.closed"] = audit_down()
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    with pytest.raises(AuditError):
        await answer.batches.aclose()
    assert fakes.nothing_held()


async def test_warehouse_that_does_not_stop_does_not_hold_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    import proxy.life

    monkeypatch.setattr(proxy.life, "STOP_TIMEOUT_S", 0.05)
    fakes = Fakes()

    async def stubborn():
        try:
            for batch in [b async for b in many(2, 1)()]:
                yield batch
        finally:
            with anyio.CancelScope(shield=False):
                await asyncio.Event().wait()

    fakes.warehouse.batches = stubborn
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    await anext(answer.batches)
    async with asyncio.timeout(5):
        await answer.batches.aclose()
    assert fakes.outcomes() == [Outcome.ABANDONED]
    assert fakes.limits.tickets[0].closed == 1
