"""Every refusal, FastAPI's own too, is a problem document."""

from __future__ import annotations

import pytest

from proxy.doors.http.models import ProblemModel
from proxy.errors import (
    AuditError,
    Denied,
    GatewayError,
    InvalidSql,
    LimitExceeded,
    PiiBlocked,
    QueryFailed,
    QueryTimeout,
    ScanError,
    TooLarge,
    Ungovernable,
    WarehouseUnavailable,
)
from proxy.values import Reason, ReasonCode
from tests.doors.http.conftest import Door, Open
from tests.fakes import SQL, Fakes

ERRORS = [
    AuditError,
    Denied,
    InvalidSql,
    LimitExceeded,
    PiiBlocked,
    QueryFailed,
    QueryTimeout,
    ScanError,
    TooLarge,
    Ungovernable,
    WarehouseUnavailable,
]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda k: k.code)
@pytest.mark.parametrize("path", ["/v1/query", "/v1/plan"])
async def test_every_error_of_the_gateway_has_its_status(opened: Open, kind: type[GatewayError], path: str) -> None:
    fakes = Fakes()
    fakes.world.fails["rewrite"] = kind("What to do.", Reason(ReasonCode.CONSTRUCT, "x"))
    door = await opened(fakes)
    response = await door.client.post(path, json={"sql": SQL})
    problem = ProblemModel.model_validate_json(response.content, strict=True)
    assert (response.status_code, problem.status, problem.code) == (kind.http_status, kind.http_status, kind.code)
    assert (problem.title, problem.detail) == (kind.title, "What to do.")
    assert problem.decision_id == fakes.audit.of("refused")[0]["id"] == response.headers["usher-decision-id"]
    assert [(r.code, r.about) for r in problem.reasons] == [("construct", "x")]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/v1", 404, "not-found"),
        ("POST", "/v1/query/", 404, "not-found"),
        ("GET", "/v1/%71uery", 405, "method-not-allowed"),
        ("GET", "/docs", 404, "not-found"),
        ("GET", "/redoc", 404, "not-found"),
        ("GET", "/v1/query", 405, "method-not-allowed"),
        ("DELETE", "/v1/catalog", 405, "method-not-allowed"),
        ("BREW", "/healthz", 405, "method-not-allowed"),
        ("GET", "/v1/audit?limit=x", 400, "invalid-request"),
    ],
)
async def test_every_refusal_of_the_framework_is_a_problem(
    door: Door, method: str, path: str, status: int, code: str
) -> None:
    response = await door.client.request(method, path)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    problem = ProblemModel.model_validate_json(response.content, strict=True)
    assert (problem.status, problem.code, problem.type) == (status, code, f"urn:usher:problem:{code}")
    assert problem.detail.endswith(".")


async def test_wrong_method_names_the_right_one(door: Door) -> None:
    response = await door.client.get("/v1/query")
    assert response.headers["allow"] == "POST"
    assert "POST" in response.json()["detail"]
