"""The outermost layer: header fields, host names, logs, counts, and what nobody expected."""

from __future__ import annotations

import pytest

from tests.doors.http.conftest import Door, Open
from tests.fakes import SQL, Boom, Fakes

HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/nope"),
        ("PUT", "/v1/query"),
        ("GET", "/v1/catalog"),
        ("GET", "/v1/audit"),
        ("POST", "/v1/query"),
        ("GET", "/openapi.json"),
        ("GET", "/metrics"),
    ],
)
async def test_every_answer_has_the_doors_header_fields(door: Door, method: str, path: str) -> None:
    response = await door.client.request(method, path)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


async def test_other_origins_are_not_let_in(door: Door) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = await door.client.options("/v1/query", headers=headers)
    assert response.status_code == 405
    plain = await door.client.get("/healthz", headers=headers)
    assert not [name for name in {**response.headers, **plain.headers} if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("usher.example.com", 200),
        ("USHER.example.com:8080", 200),
        ("[::1]:8080", 200),
        ("evil.example", 421),
        ("usher.example.com.evil.example", 421),
        ("", 421),
    ],
)
async def test_only_named_hosts_are_answered(opened: Open, host: str, status: int) -> None:
    door = await opened(hosts=["usher.example.com", "::1"])
    response = await door.client.get("/healthz", headers={"Host": host})
    assert response.status_code == status
    if status == 421:
        assert response.json()["code"] == "misdirected"


async def test_any_host_is_answered_where_none_is_named(door: Door) -> None:
    assert (await door.client.get("/healthz", headers={"Host": "anything"})).status_code == 200


@pytest.mark.parametrize("step", ["view", "may", "ready"])
async def test_unexpected_error_outside_of_a_query_tells_nothing(opened: Open, logged, step: str) -> None:
    fakes = Fakes()
    fakes.world.fails[step] = Boom()
    door = await opened(fakes)
    path = {"view": "/v1/catalog", "may": "/v1/audit", "ready": "/readyz"}[step]
    response = await door.client.get(path)
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert "4711" not in response.text + logged.text
    assert "Boom at " in logged.text
    assert "Traceback" not in logged.text
    if step == "view":
        assert response.json()["decision_id"] == fakes.audit.of("catalog-refused")[0]["id"]


async def test_unexpected_error_of_a_plan_names_its_decision(opened: Open) -> None:
    fakes = Fakes()
    fakes.world.fails["rewrite"] = Boom()
    door = await opened(fakes)
    response = await door.client.post("/v1/plan", json={"sql": SQL})
    assert response.status_code == 500
    assert response.json()["decision_id"] == fakes.audit.of("refused")[0]["id"]
    assert response.headers["usher-decision-id"] == response.json()["decision_id"]


async def test_logs_hold_no_sql_no_token_and_no_query_string(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    import logging

    caplog.set_level(logging.DEBUG, logger="proxy")
    caplog.set_level(logging.DEBUG, logger="uvicorn")
    await door.query(sql=f"{SQL} -- hunter2 $1", parameters=["hunter2"])
    await door.query(sql="hunter2")
    await door.client.get("/v1/audit?subject=hunter2", headers={"Authorization": "Bearer hunter2"})
    await door.client.get("/hunter2?hunter2=1")
    await door.client.request("HUNTER2", "/healthz")
    told = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith(("proxy", "uvicorn")))
    assert "hunter2" not in told.lower()
    assert "token-ana" not in told
    assert "POST /v1/query 200 " in told
    assert "GET - 404 " in told


async def test_log_line_names_the_decision(door: Door, logged) -> None:
    response = await door.query()
    assert f"decision {response.headers['usher-decision-id']}" in logged.text
