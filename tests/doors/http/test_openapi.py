"""/openapi.json: complete, valid, with examples that fit their schemas."""

from __future__ import annotations

from typing import Any

import httpx
import jsonschema
import pytest

from proxy.doors.http import Settings, build
from proxy.errors import GatewayError
from tests.doors.http.test_problems import tree
from tests.fakes import Fakes

V1 = [("/v1/query", "post"), ("/v1/plan", "post"), ("/v1/catalog", "get"), ("/v1/audit", "get")]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return build(Fakes().gateway, Settings()).openapi()


def fits(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, op) for path, item in document["paths"].items() for method, op in item.items()]


def test_every_call_is_there(document: dict[str, Any]) -> None:
    calls = {(path, method) for path, method, _ in operations(document)}
    assert calls == {*V1, ("/healthz", "get"), ("/readyz", "get"), ("/metrics", "get")}


def test_calls_under_v1_need_a_token_and_others_none(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert operation.get("security") == ([{"bearer": []}] if (path, method) in V1 else None)
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_answer_has_an_example_that_fits(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        for status, response in operation["responses"].items():
            for media_type, content in response["content"].items():
                if media_type == "application/vnd.apache.arrow.stream":
                    continue
                examples = [e["value"] for e in content.get("examples", {}).values()]
                examples += [content["example"]] if "example" in content else []
                assert examples, (path, status, media_type)
                for example in examples:
                    fits(document, content["schema"], example)


def test_every_question_has_an_example_that_fits(document: dict[str, Any]) -> None:
    for path, method in V1[:2]:
        content = document["paths"][path][method]["requestBody"]["content"]["application/json"]
        fits(document, content["schema"], content["example"])


def test_every_format_of_an_answer_is_there(document: dict[str, Any]) -> None:
    content = document["paths"]["/v1/query"]["post"]["responses"]["200"]["content"]
    assert list(content) == [
        "application/json",
        "application/x-ndjson",
        "application/vnd.apache.arrow.stream",
        "text/csv",
    ]


def test_every_status_a_query_can_end_in_is_there(document: dict[str, Any]) -> None:
    told = {int(s) for s in document["paths"]["/v1/query"]["post"]["responses"]}
    assert {kind.http_status for kind in tree(GatewayError)} <= told


def test_refusals_are_problem_documents_only(document: dict[str, Any]) -> None:
    for path, method in V1:
        for status, response in document["paths"][path][method]["responses"].items():
            if status != "200":
                assert list(response["content"]) == ["application/problem+json"], (path, status)
    assert "422" not in document["paths"]["/v1/audit"]["get"]["responses"]


def test_no_schema_is_left_over(document: dict[str, Any]) -> None:
    assert not {"HTTPValidationError", "ValidationError"} & set(document["components"]["schemas"])


async def test_document_is_served_without_a_token_and_pages_that_load_scripts_are_not() -> None:
    transport = httpx.ASGITransport(app=build(Fakes().gateway, Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://usher") as client:
        response = await client.get("/openapi.json")
        assert response.status_code == 200
        assert response.json()["openapi"].startswith("3.1")
        assert [(await client.get(p)).status_code for p in ("/docs", "/redoc")] == [404, 404]
