"""A statement about the catalog takes the way of every query, but for the warehouse and the scan."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.errors import AuditError, GatewayError, QueryFailed
from proxy.gateway import Request
from proxy.values import Outcome, ReasonCode
from tests.fakes import ANA, CONTEXT, Fakes, audit_down

VERSION = Request("SELECT version()")


async def rows(fakes: Fakes) -> list[dict[str, Any]]:
    answer = await fakes.gateway.run(ANA, VERSION, CONTEXT)
    return [row async for batch in answer.batches for row in batch.to_pylist()]


async def test_it_is_recorded_before_it_is_answered_and_no_warehouse_is_asked() -> None:
    fakes = Fakes()
    assert await rows(fakes) == [{"version": "1 for ana"}]
    steps = [s for s in fakes.trace if s in ("introspection.read", "admit", "entry.planned", "introspection.execute")]
    assert steps == ["introspection.read", "admit", "entry.planned", "introspection.execute"]
    assert fakes.trace[-2:] == ["entry.closed", "ticket.close"]
    assert not {"execute", "scanner.start", "read", "decide", "rewrite"} & set(fakes.trace)
    assert fakes.outcomes() == [Outcome.COMPLETED]
    [outcome] = fakes.audit.of("outcome")
    assert (outcome["rows"], outcome["report"].cells_read, outcome["report"].cells_skipped) == (1, 0, {"catalog": 1})
    assert fakes.nothing_held()


async def test_an_ordinary_statement_goes_its_way() -> None:
    fakes = Fakes()
    answer = await fakes.gateway.run(ANA, Request("SELECT id, name, email FROM customers ORDER BY id"), CONTEXT)
    assert [batch.num_rows async for batch in answer.batches] == [2]
    assert "introspection.execute" not in fakes.trace


async def test_it_is_described_by_its_plan() -> None:
    fakes = Fakes()
    told = await fakes.gateway.describe(ANA, VERSION, CONTEXT)
    assert told.schema.names == ["version"]
    assert told.parameters == ()
    assert "describe" not in fakes.trace


async def test_no_record_no_rows() -> None:
    fakes = Fakes()
    fakes.world.fails["entry.planned"] = audit_down()
    with pytest.raises(AuditError):
        await rows(fakes)
    assert "introspection.execute" not in fakes.trace
    assert fakes.nothing_held()


@pytest.mark.parametrize("step", ["introspection.read", "introspection.execute"])
async def test_what_fails_is_recorded_and_asks_no_warehouse(step: str) -> None:
    fakes = Fakes()
    fakes.world.fails[step] = QueryFailed("no", ReasonCode.ENGINE_ERROR)
    with pytest.raises(GatewayError) as caught:
        await rows(fakes)
    assert caught.value.decision_id
    kind = "refused" if step == "introspection.read" else "outcome"
    assert len(fakes.audit.of(kind)) == 1
    assert fakes.warehouse.executed == []
    assert fakes.nothing_held()
