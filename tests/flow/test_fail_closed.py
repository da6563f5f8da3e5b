"""Every way to fail closed, each by its name: no rows, one record, nothing held, and an error that says no data."""

from __future__ import annotations

import pytest

from proxy.errors import (
    AuditError,
    ConfigError,
    Denied,
    GatewayError,
    InvalidSql,
    LimitExceeded,
    PiiBlocked,
    QueryFailed,
    QueryTimeout,
    ScanError,
    TooLarge,
    Unauthenticated,
    Ungovernable,
    WarehouseUnavailable,
)
from proxy.gateway import Answer, Gateway, Request, refusal_of
from proxy.values import Outcome, ReasonCode
from tests.fakes import ANA, AUDITOR, BO, CONTEXT, SQL, Boom, Fakes, audit_down, many

BEFORE_THE_RECORD = ["catalog", "view", "read", "decide", "rewrite", "admit"]


async def run(fakes: Fakes, request: Request | None = None, caller=ANA) -> Answer:
    return await fakes.gateway.run(caller, request or Request(SQL), CONTEXT)


async def taken(answer: Answer) -> int:
    """Rows that came, counted in `answer.tally` too."""
    return sum([batch.num_rows async for batch in answer.batches])


# ----------------------------------------------------------------------------------------------------------- identity
async def test_no_identity_no_plan() -> None:
    fakes = Fakes()
    with pytest.raises(Unauthenticated) as caught:
        await fakes.gateway.authenticate("", CONTEXT)
    assert fakes.trace == ["authenticate", "event.login-failed"]
    [event] = fakes.audit.records
    assert caught.value.decision_id == event["id"]
    assert event["body"]["reasons"] == ["token-missing"]


async def test_failed_login_record_holds_no_token() -> None:
    fakes = Fakes()
    with pytest.raises(Unauthenticated):
        await fakes.gateway.authenticate("eyJhbGciOi.secret", CONTEXT)
    assert "secret" not in repr(fakes.audit.records)


async def test_identity_that_breaks_is_recorded_and_names_nobody() -> None:
    fakes = Fakes()
    fakes.world.fails["authenticate"] = Boom()
    with pytest.raises(Boom) as caught:
        await fakes.gateway.authenticate("token-ana", CONTEXT)
    [event] = fakes.audit.of("login-failed")
    assert refusal_of(caught.value).decision_id == event["id"]
    assert "4711" not in repr(event["body"])


async def test_failed_login_that_cannot_be_recorded_is_an_audit_error() -> None:
    fakes = Fakes()
    fakes.world.fails["event.login-failed"] = audit_down()
    with pytest.raises(AuditError):
        await fakes.gateway.authenticate("", CONTEXT)


# ----------------------------------------------------------------------------------------------- before anything runs
@pytest.mark.parametrize("step", BEFORE_THE_RECORD)
@pytest.mark.parametrize(
    "error",
    [InvalidSql("x", ReasonCode.SYNTAX), Ungovernable("x", ReasonCode.CONSTRUCT), Denied("x"), Boom()],
    ids=lambda e: type(e).__name__,
)
async def test_refusal_is_recorded(step: str, error: Exception) -> None:
    fakes = Fakes()
    fakes.world.fails[step] = error
    with pytest.raises(type(error)) as caught:
        await run(fakes)
    [record] = fakes.audit.records
    assert record["kind"] == "refused"
    assert record["error"] is error
    assert refusal_of(caught.value).decision_id == record["id"]
    assert fakes.warehouse.executed == []
    assert fakes.nothing_held()


async def test_refusal_after_planning_is_recorded_with_its_plan() -> None:
    fakes = Fakes()
    with pytest.raises(InvalidSql):
        await run(fakes, Request(SQL, parameters=["one too many"]))
    assert fakes.audit.records[0]["plan"].sql.startswith("SELECT")
    fakes.world.fails["read"] = InvalidSql("x", ReasonCode.SYNTAX)
    with pytest.raises(InvalidSql):
        await run(fakes, Request("SELECT 2 FROM customers"))
    assert fakes.audit.records[1]["plan"] is None


@pytest.mark.parametrize("call", ["run", "plan"])
async def test_unknown_warehouse_is_refused_and_recorded(call: str) -> None:
    fakes = Fakes()
    with pytest.raises(InvalidSql) as caught:
        await getattr(fakes.gateway, call)(ANA, Request(SQL, warehouse="hr"), CONTEXT)
    [record] = fakes.audit.records
    assert record["kind"] == "refused"
    assert record["entry"].warehouse == "", "what the caller typed is not a warehouse"
    assert caught.value.decision_id == record["id"]
    assert [r.code for r in caught.value.reasons] == [ReasonCode.UNKNOWN_WAREHOUSE]
    assert "catalog" not in fakes.trace


async def test_unknown_warehouse_of_a_catalog_is_refused_and_recorded() -> None:
    fakes = Fakes()
    with pytest.raises(InvalidSql) as caught:
        await fakes.gateway.catalog(ANA, "hr")
    [event] = fakes.audit.of("catalog-refused")
    assert caught.value.decision_id == event["id"]


async def test_warehouse_that_is_down_shows_no_catalog() -> None:
    fakes = Fakes()
    fakes.world.fails["catalog"] = WarehouseUnavailable("down", ReasonCode.WAREHOUSE_DOWN)
    with pytest.raises(WarehouseUnavailable) as caught:
        await fakes.gateway.catalog(ANA, None)
    assert caught.value.decision_id == fakes.audit.of("catalog-refused")[0]["id"]


async def test_no_warehouse_no_gateway() -> None:
    f = Fakes()
    with pytest.raises(ConfigError, match="warehouses"):
        Gateway(
            identity=f.identity,
            reader=f.reader,
            policy=f.policy,
            rewriter=f.rewriter,
            limits=f.limits,
            audit=f.audit,
            warehouses={},
            scanner=f.scanner,
            introspection=f.introspection,
            secrets={},
        )


async def test_no_understanding_no_rows() -> None:
    fakes = Fakes()
    with pytest.raises(InvalidSql):
        await run(fakes, Request("EXPLAIN customers"))
    assert fakes.warehouse.executed == []


async def test_no_decision_no_rows() -> None:
    from dataclasses import replace

    fakes = Fakes()
    with pytest.raises(Denied):
        await run(fakes, caller=replace(ANA, groups=frozenset()))
    assert fakes.warehouse.executed == []
    assert [r["kind"] for r in fakes.audit.records] == ["refused"]


async def test_no_place_no_rows() -> None:
    fakes = Fakes(concurrent_per_caller=1)
    first = await run(fakes)
    with pytest.raises(LimitExceeded) as caught:
        await run(fakes)
    assert caught.value.decision_id == fakes.audit.of("refused")[0]["id"]
    assert fakes.audit.of("refused")[0]["plan"] is not None
    other = await run(fakes, caller=BO)
    assert await taken(first) == await taken(other) == 2
    assert await taken(await run(fakes)) == 2
    assert fakes.nothing_held()


async def test_missing_secret_no_rows() -> None:
    fakes = Fakes()
    fakes.gateway._secrets = {}
    with pytest.raises(KeyError) as caught:
        await run(fakes)
    assert refusal_of(caught.value).decision_id == fakes.audit.of("refused")[0]["id"]
    assert fakes.warehouse.executed == []


# ---------------------------------------------------------------------------------------------------------- no record
async def test_no_record_no_rows() -> None:
    fakes = Fakes()
    fakes.world.fails["entry.planned"] = audit_down()
    with pytest.raises(AuditError) as caught:
        await run(fakes)
    assert caught.value.decision_id == "01981f3e-7b1c-7000-8000-000000000001"
    assert fakes.warehouse.executed == []
    assert fakes.nothing_held()
    assert len(fakes.audit.of("refused")) == 1


async def test_no_record_of_a_refusal_is_an_audit_error() -> None:
    fakes = Fakes()
    fakes.world.fails |= {"read": InvalidSql("x", ReasonCode.SYNTAX), "entry.refused": audit_down()}
    with pytest.raises(AuditError) as caught:
        await run(fakes)
    assert caught.value.decision_id == "01981f3e-7b1c-7000-8000-000000000001"


async def test_no_record_of_a_plan_no_plan() -> None:
    fakes = Fakes()
    fakes.world.fails["event.plan"] = audit_down()
    with pytest.raises(AuditError) as caught:
        await fakes.gateway.plan(ANA, Request(SQL), CONTEXT)
    assert caught.value.decision_id is not None


async def test_no_outcome_record_no_quiet_end() -> None:
    fakes = Fakes()
    fakes.world.fails["entry.closed"] = audit_down()
    answer = await run(fakes)
    with pytest.raises(AuditError) as caught:
        await taken(answer)
    assert caught.value.decision_id == answer.decision_id
    assert fakes.trace.count("entry.closed") == 1
    assert fakes.nothing_held()


async def test_audit_log_that_does_not_answer_is_an_audit_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    import proxy.life

    monkeypatch.setattr(proxy.life, "RECORD_TIMEOUT_S", 0.05)
    fakes = Fakes()
    fakes.world.waits["entry.planned"] = asyncio.Event()
    with pytest.raises(AuditError) as caught:
        await run(fakes)
    assert caught.value.decision_id is not None
    assert fakes.warehouse.executed == []
    assert fakes.nothing_held()


# ------------------------------------------------------------------------------------------------------ after it began
@pytest.mark.parametrize("step", ["execute", "scanner.start"])
@pytest.mark.parametrize(
    "error",
    [QueryFailed("x"), QueryTimeout("x"), WarehouseUnavailable("x"), Boom()],
    ids=lambda e: type(e).__name__,
)
async def test_failure_to_start_is_recorded(step: str, error: Exception) -> None:
    fakes = Fakes()
    fakes.world.fails[step] = error
    with pytest.raises(type(error)) as caught:
        await run(fakes)
    assert [r["kind"] for r in fakes.audit.records] == ["decision", "outcome"]
    assert fakes.outcomes() == [Outcome.FAILED]
    assert refusal_of(caught.value).decision_id == fakes.audit.records[0]["id"]
    assert fakes.nothing_held()


async def test_scan_failure_no_rows() -> None:
    fakes = Fakes()
    fakes.world.fails["scan"] = ScanError("The scanner does not answer.", ReasonCode.SCANNER_DOWN)
    answer = await run(fakes)
    with pytest.raises(ScanError) as caught:
        await anext(answer.batches)
    assert caught.value.decision_id == answer.decision_id
    assert fakes.audit.of("outcome")[0]["rows"] == 0
    assert fakes.outcomes() == [Outcome.FAILED]
    assert fakes.warehouse.stopped == 1


async def test_scanner_that_cannot_start_stops_the_warehouse() -> None:
    fakes = Fakes()
    fakes.world.fails["scanner.start"] = ScanError("The scanner does not answer.", ReasonCode.SCANNER_DOWN)
    with pytest.raises(ScanError):
        await run(fakes)
    assert len(fakes.warehouse.executed) == 1
    assert fakes.nothing_held()


async def test_blocked_pii_leaves_in_no_batch() -> None:
    fakes = Fakes()
    fakes.world.fails["scan"] = PiiBlocked("Personal data.", ReasonCode.PII_FOUND)
    answer = await run(fakes)
    with pytest.raises(PiiBlocked):
        await taken(answer)
    assert answer.tally.rows == 0


async def test_scan_that_cannot_report_still_ends_in_a_record() -> None:
    fakes = Fakes()
    fakes.world.fails["report"] = Boom()
    answer = await run(fakes)
    with pytest.raises(Boom) as caught:
        await taken(answer)
    assert fakes.outcomes() == [Outcome.FAILED]
    assert fakes.nothing_held()
    assert refusal_of(caught.value).decision_id == answer.decision_id


@pytest.mark.parametrize("error", [QueryFailed("x"), QueryTimeout("x"), Boom()], ids=lambda e: type(e).__name__)
async def test_failure_in_the_middle_is_recorded_with_what_had_left(error: Exception) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(3, 2, error)
    answer = await run(fakes)
    with pytest.raises(type(error)) as caught:
        await taken(answer)
    [record] = fakes.audit.of("outcome")
    assert (record["outcome"], record["rows"], record["error"]) == (Outcome.FAILED, 6, error)
    assert record["report"].cells_read == 12
    assert refusal_of(caught.value).decision_id == answer.decision_id
    assert fakes.nothing_held()


@pytest.mark.parametrize(
    ("limits", "reason"), [({"max_rows": 5}, ReasonCode.MAX_ROWS), ({"max_bytes": 200}, ReasonCode.MAX_BYTES)]
)
async def test_no_batch_passes_a_limit(limits: dict[str, int], reason: ReasonCode) -> None:
    fakes = Fakes(**limits)
    fakes.warehouse.batches = many(100, 2)
    answer = await run(fakes)
    with pytest.raises(TooLarge) as caught:
        await taken(answer)
    assert [r.code for r in caught.value.reasons] == [reason]
    assert answer.tally.rows == 4, "the batch that passes the limit does not leave"
    assert fakes.outcomes() == [Outcome.FAILED]
    assert fakes.nothing_held()


async def test_rows_of_another_form_than_promised_do_not_leave() -> None:
    import pyarrow as pa

    fakes = Fakes()

    async def odd():
        yield pa.RecordBatch.from_pydict({"id": ["text"], "name": ["x"], "email": ["y"]})

    fakes.warehouse.batches = odd
    answer = await run(fakes)
    with pytest.raises(pa.ArrowException) as caught:
        await taken(answer)
    assert fakes.outcomes() == [Outcome.FAILED]
    assert refusal_of(caught.value).decision_id == answer.decision_id


# ---------------------------------------------------------------------------------------------------- the audit's own
async def test_audit_reading_needs_a_grant_and_is_recorded() -> None:
    fakes = Fakes()
    with pytest.raises(Denied) as caught:
        await fakes.gateway.audit(ANA, 0, 10, {"subject": "bo"})
    [event] = fakes.audit.records
    assert caught.value.decision_id == event["id"]
    assert event["body"]["allowed"] is False
    assert event["body"]["filters"] == {"subject": "bo"}
    assert "audit.read" not in fakes.trace


async def test_audit_reading_that_is_allowed_is_recorded_first() -> None:
    fakes = Fakes()
    records = await fakes.gateway.audit(AUDITOR, 0, 10, {})
    assert [r.sequence for r in records] == [1, 2]
    assert fakes.trace == ["may", "event.audit-read", "audit.read"]


async def test_audit_reading_that_cannot_be_recorded_reads_nothing() -> None:
    fakes = Fakes()
    fakes.world.fails["event.audit-read"] = audit_down()
    with pytest.raises(AuditError):
        await fakes.gateway.audit(AUDITOR, 0, 10, {})
    assert "audit.read" not in fakes.trace


async def test_audit_log_that_breaks_while_read_names_the_reading() -> None:
    fakes = Fakes()
    fakes.world.fails["audit.read"] = Boom()
    with pytest.raises(Boom) as caught:
        await fakes.gateway.audit(AUDITOR, 0, 10, {})
    assert refusal_of(caught.value).decision_id == fakes.audit.records[0]["id"]


# ------------------------------------------------------------------------------------------------------------ telling
async def test_unexpected_errors_tell_nothing_but_the_decision_id() -> None:
    fakes = Fakes()
    fakes.world.fails["execute"] = Boom()
    with pytest.raises(Boom) as caught:
        await run(fakes)
    told = refusal_of(caught.value)
    assert type(told) is GatewayError
    assert "4711" not in str(told)
    assert told.decision_id == "01981f3e-7b1c-7000-8000-000000000001"
    assert told.__cause__ is caught.value


async def test_an_error_without_a_record_has_no_decision_id() -> None:
    assert refusal_of(Boom()).decision_id is None
    denied = Denied("no")
    assert refusal_of(denied) is denied


async def test_ready_says_which_part_is_not() -> None:
    fakes = Fakes()
    assert await fakes.gateway.ready() == {"warehouse.shop": True, "audit": True}
    fakes.world.fails["audit.writable"] = audit_down()
    assert await fakes.gateway.ready() == {"warehouse.shop": True, "audit": False}


async def test_a_warehouse_that_does_not_answer_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    import proxy.gateway

    monkeypatch.setattr(proxy.gateway, "READY_TIMEOUT_S", 0.05)
    fakes = Fakes()
    fakes.world.waits["ready"] = asyncio.Event()
    assert await fakes.gateway.ready() == {"warehouse.shop": False, "audit": True}
