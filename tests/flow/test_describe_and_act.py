"""What doors may ask beside running: what a statement gives and takes, whether an answer still holds, for whom an app
acts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.errors import AuditError, Denied, GatewayError, InvalidSql, Unauthenticated, WarehouseUnavailable
from proxy.gateway import Request
from proxy.values import ReasonCode
from tests.fakes import ANA, BO, CONTEXT, SCHEMA, SQL, TOKENS, Fakes

PORTAL = replace(ANA, subject="portal", issuer="https://apps.example.com/", app="portal", groups=frozenset())
WITH_VALUES = "SELECT id, name, email FROM customers WHERE id = $1 AND name = $2"


# ---------------------------------------------------------------------------------------------------------- describe
async def test_a_statement_is_described_without_a_run() -> None:
    fakes = Fakes()
    told = await fakes.gateway.describe(ANA, Request(WITH_VALUES), CONTEXT)
    assert told.schema == SCHEMA
    assert [None if f is None else str(f.type) for f in told.parameters] == ["int32", None]
    assert fakes.warehouse.executed == []
    assert fakes.limits.tickets[0].closed == 1
    assert [r["kind"] for r in fakes.audit.records] == ["plan"]
    assert fakes.audit.records[0]["body"]["decision_id"] == told.decision_id


async def test_what_may_not_be_run_is_not_described() -> None:
    fakes = Fakes()
    with pytest.raises(InvalidSql):
        await fakes.gateway.describe(ANA, Request("SELECT x FROM nowhere"), CONTEXT)
    with pytest.raises(Denied):
        await fakes.gateway.describe(replace(ANA, groups=frozenset()), Request(SQL), CONTEXT)
    assert "describe" not in fakes.trace
    assert [r["kind"] for r in fakes.audit.records] == ["refused", "refused"]


async def test_a_warehouse_that_fails_to_describe_gives_the_place_back() -> None:
    fakes = Fakes()
    fakes.world.fails["describe"] = WarehouseUnavailable("down", ReasonCode.WAREHOUSE_DOWN)
    with pytest.raises(WarehouseUnavailable) as caught:
        await fakes.gateway.describe(ANA, Request(SQL), CONTEXT)
    assert fakes.limits.tickets[0].closed == 1
    assert caught.value.decision_id == fakes.audit.of("refused")[0]["id"]


async def test_no_record_no_description() -> None:
    fakes = Fakes()
    fakes.world.fails["event.plan"] = AuditError("full", ReasonCode.AUDIT_DOWN)
    with pytest.raises(AuditError):
        await fakes.gateway.describe(ANA, Request(SQL), CONTEXT)


# ------------------------------------------------------------------------------------------------------------- holds
async def test_an_answer_holds_until_another_would_be_given() -> None:
    fakes = Fakes()
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    assert await fakes.gateway.holds(ANA, Request(SQL), answer)
    fakes.policy.fingerprint = "p2"
    assert await fakes.gateway.holds(ANA, Request(SQL), answer), "another policy that shows the same"
    fakes.policy.fingerprint = "p3"
    fakes.rewriter.where = " AND FALSE"
    assert not await fakes.gateway.holds(ANA, Request(SQL), answer)
    fakes.policy.fingerprint = "p4"
    with pytest.raises(Denied):
        await fakes.gateway.holds(replace(ANA, groups=frozenset()), Request(SQL), answer)
    await answer.batches.aclose()


async def test_a_search_path_is_the_callers_own_names_alone() -> None:
    fakes = Fakes()
    seen = []
    read, view = fakes.reader.read, fakes.policy.view
    fakes.reader.read = lambda sql, catalog: (seen.append(("read", catalog.search_path)), read(sql, catalog))[1]
    fakes.policy.view = lambda caller, catalog: (seen.append(("view", catalog.search_path)), view(caller, catalog))[1]
    for path in (None, ("other",), ("other", "main"), ("other",)):
        await fakes.gateway.plan(ANA, Request(SQL, search_path=path), CONTEXT)
    assert [p for step, p in seen if step == "read"] == [("main",), (), ("main",)]
    assert {p for step, p in seen if step == "view"} == {("main",)}


async def test_a_warehouse_has_a_name_and_a_path() -> None:
    fakes = Fakes()
    assert await fakes.gateway.path(None) == ("shop", ("main",))
    with pytest.raises(InvalidSql):
        await fakes.gateway.path("nope")


# --------------------------------------------------------------------------------------------------------------- act
async def test_an_app_acts_for_the_user_of_a_valid_token() -> None:
    fakes = Fakes()
    user = await fakes.gateway.act(PORTAL, "token-bo", CONTEXT)
    assert (user.subject, user.groups, user.attributes) == (BO.subject, BO.groups, BO.attributes)
    assert user.app == "portal"
    assert [(a.subject, a.issuer) for a in user.act] == [("portal", PORTAL.issuer)]
    assert fakes.audit.records == []


@pytest.mark.parametrize("expires_at", [1_900_000_000, 2_100_000_000])
async def test_both_tokens_must_hold(expires_at: int) -> None:
    user = await Fakes().gateway.act(replace(PORTAL, expires_at=expires_at), "token-bo", CONTEXT)
    assert user.expires_at == min(expires_at, BO.expires_at)


@pytest.mark.parametrize("app", [replace(PORTAL, app="other"), replace(PORTAL, app=None), ANA])
async def test_an_app_without_the_grant_acts_for_nobody_and_is_recorded(app: object) -> None:
    fakes = Fakes()
    with pytest.raises(Denied) as caught:
        await fakes.gateway.act(app, "token-bo", CONTEXT)  # type: ignore[arg-type]
    assert "authenticate" not in fakes.trace
    (event,) = fakes.audit.of("act-refused")
    assert caught.value.decision_id == event["id"]
    assert event["body"]["reasons"] == ["no-grant"]


async def test_a_forged_token_names_nobody() -> None:
    fakes = Fakes()
    with pytest.raises(Unauthenticated):
        await fakes.gateway.act(PORTAL, "forged", CONTEXT)
    assert [r["kind"] for r in fakes.audit.records] == ["act-refused"]


async def test_a_token_for_another_app_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TOKENS, "token-elsewhere", replace(BO, app="elsewhere"))
    monkeypatch.setitem(TOKENS, "token-here", replace(BO, app="portal"))
    fakes = Fakes()
    with pytest.raises(Unauthenticated, match="another app"):
        await fakes.gateway.act(PORTAL, "token-elsewhere", CONTEXT)
    assert (await fakes.gateway.act(PORTAL, "token-here", CONTEXT)).subject == "bo"


async def test_a_refusal_to_act_that_cannot_be_recorded_is_an_error() -> None:
    fakes = Fakes()
    fakes.world.fails["event.act-refused"] = AuditError("full", ReasonCode.AUDIT_DOWN)
    with pytest.raises(GatewayError) as caught:
        await fakes.gateway.act(PORTAL, "forged", CONTEXT)
    assert isinstance(caught.value, AuditError)
