"""The stages in their order, and what each is given."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proxy.errors import InvalidSql
from proxy.gateway import Request
from proxy.values import Outcome, ReasonCode
from tests.fakes import ANA, BO, CONTEXT, ROWS, SQL, Fakes, many

PLANNING = ["audit.open", "catalog", "view", "read", "decide", "rewrite"]
RUNNING = ["admit", "entry.planned", "execute", "scanner.start", "batch", "scan", "take"]
ENDING = ["stopped", "report", "entry.closed", "ticket.close"]


async def rows(fakes: Fakes, request: Request, caller=ANA) -> list[list[object]]:
    answer = await fakes.gateway.run(caller, request, CONTEXT)
    return [list(r.values()) async for b in answer.batches for r in b.to_pylist()]


async def test_a_query_goes_through_every_stage_once_in_order() -> None:
    fakes = Fakes()
    assert await rows(fakes, Request(SQL)) == [list(r.values()) for r in ROWS.to_pylist()]
    assert fakes.trace == PLANNING + RUNNING + ENDING


async def test_decision_is_recorded_before_the_warehouse_is_asked_and_outcome_before_the_end() -> None:
    fakes = Fakes()
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    assert fakes.trace.index("entry.planned") < fakes.trace.index("execute")
    assert fakes.outcomes() == []
    assert await anext(answer.batches) == ROWS
    assert fakes.outcomes() == []
    with pytest.raises(StopAsyncIteration):
        await anext(answer.batches)
    assert fakes.outcomes() == [Outcome.COMPLETED]
    assert [r["id"] for r in fakes.audit.records] == [answer.decision_id] * 2


async def test_outcome_record_and_tally_say_what_left() -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(3, 5)
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    size = sum([b.nbytes async for b in answer.batches])
    [record] = fakes.audit.of("outcome")
    assert (record["rows"], record["size"], record["error"]) == (15, size, None)
    assert record["report"].cells_read == 30
    assert (answer.tally.rows, answer.tally.size, answer.tally.truncated) == (15, size, False)
    assert answer.tally.report == record["report"]


async def test_plan_touches_no_data_and_takes_no_place() -> None:
    fakes = Fakes()
    planned = await fakes.gateway.plan(ANA, Request(SQL), CONTEXT)
    assert fakes.trace == [*PLANNING, "event.plan"]
    [event] = fakes.audit.of("plan")
    assert event["body"]["decision_id"] == planned.decision_id
    assert event["body"]["subject"] == "ana"
    assert fakes.limits.tickets == []


async def test_run_plans_anew_but_reads_a_known_statement_once() -> None:
    fakes = Fakes()
    await rows(fakes, Request(SQL))
    await rows(fakes, Request(SQL))
    assert [fakes.trace.count(step) for step in ("catalog", "view", "read", "decide", "rewrite")] == [2, 2, 1, 1, 1]
    assert fakes.trace.count("entry.planned") == 2


async def test_plan_cache_is_not_shared_across_views() -> None:
    fakes = Fakes()
    await rows(fakes, Request(SQL), ANA)
    await rows(fakes, Request(SQL), BO)
    assert fakes.trace.count("rewrite") == 2
    first, second = (r["plan"].decision.subjects for r in fakes.audit.of("decision"))
    assert (first, second) == (("user:ana", "group:eu-analysts"), ("user:bo", "group:us-analysts"))


async def test_plan_cache_does_not_outlive_a_policy() -> None:
    fakes = Fakes()
    await rows(fakes, Request(SQL))
    fakes.policy.fingerprint = "p2"
    await rows(fakes, Request(SQL))
    assert [r["plan"].decision.policy for r in fakes.audit.of("decision")] == ["p1", "p2"]


async def test_plan_cache_does_not_outlive_a_catalog() -> None:
    fakes = Fakes()
    await rows(fakes, Request(SQL))
    fakes.warehouse.version = "c2"
    await rows(fakes, Request(SQL))
    assert [r["plan"].query.catalog_version for r in fakes.audit.of("decision")] == ["c1", "c2"]


async def test_plan_cache_does_not_keep_refusals() -> None:
    fakes = Fakes()
    fakes.world.fails["rewrite"] = InvalidSql("no", ReasonCode.CONSTRUCT)
    with pytest.raises(InvalidSql):
        await rows(fakes, Request(SQL))
    del fakes.world.fails["rewrite"]
    assert len(await rows(fakes, Request(SQL))) == 2


async def test_values_are_bound_in_the_order_of_the_plans_slots() -> None:
    fakes = Fakes()
    await rows(fakes, Request(f"{SQL} -- $1 $2 regions", parameters=["x", 7]))
    [(_, bound, timeout_s)] = fakes.warehouse.executed
    assert bound == ["x", 7, "EU", "UK", b"k" * 64]
    assert timeout_s == 60


async def test_named_values_are_bound_by_name() -> None:
    fakes = Fakes()
    await rows(fakes, Request(f"{SQL} -- $low $high", parameters={"high": 2, "low": 1}))
    assert fakes.warehouse.executed[0][1] == [1, 2, "EU", b"k" * 64]


async def test_parameters_are_never_in_a_plan() -> None:
    fakes = Fakes()
    for value, caller in (("hunter2", ANA), ("correct horse", BO)):
        await rows(fakes, Request(f"{SQL} -- $1", parameters=[value]), caller)
    plans = [r["plan"] for r in fakes.audit.of("decision")]
    told = repr(plans)
    assert "hunter2" not in told
    assert "correct horse" not in told
    assert repr(b"k" * 8) not in told
    assert [bound[:2] for _, bound, _ in fakes.warehouse.executed] == [["hunter2", "EU"], ["correct horse", "US"]]


@pytest.mark.parametrize(
    ("sql", "given"),
    [(SQL, ["x"]), (f"{SQL} -- $1", []), (f"{SQL} -- $1", {"a": 1}), (f"{SQL} -- $a", ["x"]), (f"{SQL} -- $1", [1, 2])],
)
async def test_parameters_that_do_not_fit_are_refused(sql: str, given: object) -> None:
    fakes = Fakes()
    with pytest.raises(InvalidSql) as caught:
        await rows(fakes, Request(sql, parameters=given))
    assert [r.code for r in caught.value.reasons] == [ReasonCode.PARAMETERS]
    assert fakes.warehouse.executed == []


async def test_max_rows_cuts_without_an_error() -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(10, 4)
    assert len(await rows(fakes, Request(SQL, max_rows=6))) == 6
    assert fakes.outcomes() == [Outcome.TRUNCATED]
    assert fakes.warehouse.stopped == 1
    assert fakes.trace.count("batch") == 2, "nothing is fetched past the cut"


async def test_max_rows_that_is_not_reached_cuts_nothing() -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(2, 3)
    assert len(await rows(fakes, Request(SQL, max_rows=6))) == 6
    assert fakes.outcomes() == [Outcome.COMPLETED]


async def test_max_rows_is_cut_before_the_scan() -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(1, 100)
    await rows(fakes, Request(SQL, max_rows=1))
    assert fakes.audit.of("outcome")[0]["report"].cells_read == 2


async def test_result_names_are_the_users_own() -> None:
    fakes = Fakes()
    rewrite = fakes.rewriter.rewrite

    def renaming(query, decision):
        from dataclasses import replace

        return replace(rewrite(query, decision), renames={"mask(email)": "email"})

    fakes.rewriter.rewrite = renaming
    fakes.warehouse.schema = pa.schema([("id", pa.int32()), ("name", pa.string()), ("mask(email)", pa.string())])
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    assert answer.schema.names == ["id", "name", "email"]
    assert [b.schema.names async for b in answer.batches] == [["id", "name", "email"]]


async def test_batches_are_made_only_as_fast_as_they_are_taken() -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(100, 1)
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    assert fakes.trace.count("batch") == 0
    for taken in range(1, 4):
        await anext(answer.batches)
        assert fakes.trace.count("batch") == taken
    await answer.batches.aclose()
