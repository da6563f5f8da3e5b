"""Each call of the HTTP door, over a real connection."""

from __future__ import annotations

import dataclasses
import json

import pytest

from proxy.doors.http.models import AuditModel, CatalogModel, HealthModel, PlanModel, QueryModel, ReadyModel
from tests.doors.http.conftest import Door, Open
from tests.fakes import SQL, Fakes, audit_down

V1 = [("POST", "/v1/query"), ("POST", "/v1/plan"), ("GET", "/v1/catalog"), ("GET", "/v1/audit")]


# ----------------------------------------------------------------------------------------------------------- identity
@pytest.mark.parametrize(("method", "path"), V1)
async def test_no_token_no_answer(door: Door, method: str, path: str) -> None:
    del door.client.headers["authorization"]
    response = await door.client.request(method, path)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="usher"'
    assert response.headers["content-type"] == "application/problem+json"
    [event] = door.fakes.audit.of("login-failed")
    assert response.json()["decision_id"] == event["id"] == response.headers["usher-decision-id"]
    assert response.json()["reasons"] == [{"code": "token-missing", "about": ""}]


@pytest.mark.parametrize(
    "header",
    [
        "Basic YTpi",
        "Bearer",
        "token-ana",
        "Bearer token-ana token-bo",
        "Bearer token-ana,token-bo",
        "Token token-ana",
    ],
)
async def test_no_bearer_token_no_answer(door: Door, header: str) -> None:
    response = await door.client.post("/v1/query", json={"sql": SQL}, headers={"Authorization": header})
    assert response.status_code == 401
    assert door.fakes.trace == ["authenticate", "event.login-failed"]


async def test_two_tokens_no_answer(door: Door) -> None:
    headers = [("Authorization", "Bearer token-ana"), ("Authorization", "Bearer token-bo")]
    response = await door.client.post("/v1/query", json={"sql": SQL}, headers=headers)
    assert response.status_code == 401


async def test_wrong_token_is_told_from_none(door: Door) -> None:
    response = await door.client.get("/v1/catalog", headers={"Authorization": "bearer stolen"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="usher", error="invalid_token"'
    assert "stolen" not in response.text


async def test_token_in_the_query_string_is_no_token(door: Door) -> None:
    del door.client.headers["authorization"]
    response = await door.client.get("/v1/catalog?access_token=token-ana")
    assert response.status_code in (400, 401)


async def test_identity_is_checked_before_the_body_is_read(door: Door) -> None:
    headers = {"Authorization": "Bearer wrong", "Content-Type": "text/plain"}
    response = await door.client.post("/v1/query", content=b"\xff" * 2_000_000, headers=headers)
    assert response.status_code == 401


async def test_failed_login_that_cannot_be_recorded_is_503(opened: Open) -> None:
    fakes = Fakes()
    fakes.world.fails["event.login-failed"] = audit_down()
    door = await opened(fakes)
    response = await door.client.get("/v1/catalog", headers={"Authorization": "Bearer wrong"})
    assert (response.status_code, response.json()["code"]) == (503, "audit")


async def test_each_call_is_its_own_tokens(door: Door) -> None:
    first = await door.query()
    second = await door.client.post("/v1/query", json={"sql": SQL}, headers={"Authorization": "Bearer token-bo"})
    assert first.json()["decision"]["subjects"][0] == "user:ana"
    assert second.json()["decision"]["subjects"][0] == "user:bo"


# -------------------------------------------------------------------------------------------------------------- query
async def test_query_answers_in_its_documented_form(door: Door) -> None:
    response = await door.query()
    answer = QueryModel.model_validate_json(response.content, strict=True)
    assert answer.rows == [[1, "Ana", "***@example.com"], [2, "Bo", "***@example.org"]]
    assert [c.masked for c in answer.columns] == [False, False, True]
    assert answer.decision.id == response.headers["usher-decision-id"]


async def test_members_known_last_are_sent_last(door: Door) -> None:
    members = list((await door.query()).json())
    assert members[members.index("rows") + 1 :] == ["row_count", "truncated", "scan"]


async def test_unknown_lineage_is_told_as_unknown(opened: Open) -> None:
    fakes = Fakes()
    rewrite = fakes.rewriter.rewrite
    fakes.rewriter.rewrite = lambda q, d: dataclasses.replace(rewrite(q, d), results=None)
    door = await opened(fakes)
    assert [c["masked"] for c in (await door.query()).json()["columns"]] == [None] * 3


async def test_parameters_by_position_and_by_name(door: Door) -> None:
    await door.query(sql=f"{SQL} -- $1 $2", parameters=[None, 2**100])
    await door.query(sql=f"{SQL} -- $low $high", parameters={"high": True, "low": 1.5})
    bound = [values[:2] for _, values, _ in door.fakes.warehouse.executed]
    assert bound == [[None, 2**100], [1.5, True]]


async def test_max_rows_cuts_and_says_so(door: Door) -> None:
    answer = (await door.query(max_rows=1)).json()
    assert (len(answer["rows"]), answer["row_count"], answer["truncated"]) == (1, 1, True)


async def test_max_rows_of_none_shows_the_columns(door: Door) -> None:
    answer = (await door.query(max_rows=0)).json()
    assert (answer["rows"], answer["truncated"], len(answer["columns"])) == ([], True, 3)


async def test_unknown_warehouse_is_refused(door: Door) -> None:
    response = await door.query(warehouse="hr")
    assert response.status_code == 400
    assert response.json()["reasons"] == [{"code": "unknown-warehouse", "about": ""}]
    assert response.json()["decision_id"] == door.fakes.audit.of("refused")[0]["id"]


async def test_place_in_the_text_is_told(door: Door) -> None:
    problem = (await door.query(sql="SELECT * FROM custmers")).json()
    assert problem["span"] == {"start": 14, "end": 22}
    assert "custmers" in problem["detail"]


async def test_format_that_does_not_exist_is_refused_before_anything_runs(door: Door) -> None:
    response = await door.query("application/xml")
    assert (response.status_code, response.json()["code"]) == (406, "not-acceptable")
    assert "text/csv" in response.json()["detail"]
    assert "audit.open" not in door.fakes.trace


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("text/csv", 426),
        ("application/vnd.apache.arrow.stream", 426),
        ("application/json", 200),
        ("application/x-ndjson", 200),
    ],
)
async def test_formats_that_cannot_show_a_cut_need_http_1_1(door: Door, accept: str, status: int) -> None:
    body = json.dumps({"sql": SQL}).encode()
    head = (
        f"POST /v1/query HTTP/1.0\r\nAuthorization: Bearer token-ana\r\nAccept: {accept}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await door.raw(head.encode() + body)
    first = await reader.readline()
    assert int(first.split()[1]) == status
    writer.close()


async def test_where_a_call_comes_from_is_handed_on(door: Door) -> None:
    headers = {
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "usher-session": "chat-42",
        "user-agent": "bot/1.0" + "x" * 500,
    }
    await door.client.post("/v1/query", json={"sql": SQL}, headers=headers)
    context = door.fakes.audit.of("decision")[0]["entry"].context
    assert (context.door, context.address) == ("http", "127.0.0.1")
    assert (context.trace, context.session) == ("0af7651916cd43dd8448eb211c80319c", "chat-42")
    assert context.labels == {"user_agent": ("bot/1.0" + "x" * 500)[:200]}


async def test_what_is_not_well_formed_is_not_handed_on(door: Door) -> None:
    headers = {"traceparent": "00-xyz", "usher-session": "a b; drop", "x-forwarded-for": "203.0.113.9"}
    await door.client.post("/v1/query", json={"sql": SQL}, headers=headers)
    context = door.fakes.audit.of("decision")[0]["entry"].context
    assert (context.trace, context.session, context.address) == (None, None, "127.0.0.1")


async def test_named_proxy_may_say_who_the_client_is(opened: Open) -> None:
    door = await opened(trusted_proxies=["127.0.0.1"])
    await door.client.post("/v1/query", json={"sql": SQL}, headers={"x-forwarded-for": "203.0.113.9"})
    assert door.fakes.audit.of("decision")[0]["entry"].context.address == "203.0.113.9"


# ------------------------------------------------------------------------------------------------------------ the rest
async def test_plan_answers_in_its_documented_form(door: Door) -> None:
    response = await door.client.post("/v1/plan", json={"sql": SQL})
    plan = PlanModel.model_validate_json(response.content, strict=True)
    assert plan.tables[0].filters == ["own-region"]
    assert [c.mask for c in plan.columns] == [None, None, "email_domain"]
    assert response.headers["usher-decision-id"] == plan.decision.id
    assert door.fakes.warehouse.executed == []


async def test_plan_takes_no_parameters(door: Door) -> None:
    response = await door.client.post("/v1/plan", json={"sql": SQL, "parameters": []})
    assert response.status_code == 400
    assert "parameters" in response.json()["detail"]


async def test_catalog_answers_in_its_documented_form_and_counts_nothing_hidden(door: Door) -> None:
    response = await door.client.get("/v1/catalog", params={"warehouse": "shop"})
    catalog = CatalogModel.model_validate_json(response.content, strict=True)
    assert catalog.tables[0].name == "shop.main.customers"
    assert [c.masked for c in catalog.tables[0].columns] == ["never", "never", "always"]
    assert "hidden" not in response.text


async def test_catalog_of_an_unknown_warehouse_is_refused(door: Door) -> None:
    response = await door.client.get("/v1/catalog?warehouse=hr")
    assert (response.status_code, response.json()["code"]) == (400, "invalid-sql")
    assert response.json()["decision_id"] is not None


async def test_audit_is_for_those_who_may(door: Door) -> None:
    refused = await door.client.get("/v1/audit")
    assert (refused.status_code, refused.json()["code"]) == (403, "denied")
    response = await door.client.get("/v1/audit?limit=1", headers={"Authorization": "Bearer token-olga"})
    page = AuditModel.model_validate_json(response.content, strict=True)
    assert (len(page.records), page.next) == (1, 1)
    response = await door.client.get("/v1/audit?after=1&limit=10", headers={"Authorization": "Bearer token-olga"})
    assert ([r["sequence"] for r in response.json()["records"]], response.json()["next"]) == ([2], None)
    assert [r["body"]["allowed"] for r in door.fakes.audit.of("audit-read")] == [False, True, True]


async def test_audit_filters_are_handed_on(door: Door) -> None:
    headers = {"Authorization": "Bearer token-olga"}
    response = await door.client.get("/v1/audit?kind=start&subject=ana", headers=headers)
    assert [r["kind"] for r in response.json()["records"]] == ["start"]
    assert door.fakes.audit.of("audit-read")[0]["body"]["filters"] == {"subject": "ana", "kind": "start"}


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "after=-1", "after=x", "subjet=ana", "kind=a&kind=b&x=1"])
async def test_audit_questions_that_are_not_understood_are_refused(door: Door, query: str) -> None:
    response = await door.client.get(f"/v1/audit?{query}", headers={"Authorization": "Bearer token-olga"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
    assert door.fakes.audit.of("audit-read") == []


@pytest.mark.parametrize(("method", "path"), V1[:2])
async def test_nothing_may_stand_behind_the_path_of_a_post(door: Door, method: str, path: str) -> None:
    response = await door.client.request(method, f"{path}?max_rows=1", json={"sql": SQL})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")


async def test_health_needs_no_token(door: Door) -> None:
    del door.client.headers["authorization"]
    assert HealthModel.model_validate_json((await door.client.get("/healthz")).content)
    assert ReadyModel.model_validate_json((await door.client.get("/readyz")).content).ready
    assert (await door.client.get("/metrics")).status_code == 200
    assert door.fakes.trace == ["ready"]


async def test_not_ready_is_503_and_says_which_part(opened: Open) -> None:
    fakes = Fakes()
    fakes.world.fails["audit.writable"] = audit_down()
    door = await opened(fakes)
    response = await door.client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "parts": {"warehouse.shop": True, "audit": False}}
    assert (await door.client.get("/healthz")).status_code == 200
