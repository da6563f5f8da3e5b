"""What /openapi.json says of each call: its answers, its refusals and an example of each.

Rule kept here: every status a call can end in is listed, with an example that a test compares with a true answer.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from proxy.doors.http.bodies import PlanBody, QueryBody
from proxy.doors.http.examples import ANSWERS, PROBLEMS, QUESTIONS
from proxy.doors.http.formats import ArrowForm, CsvForm, NdjsonForm
from proxy.doors.http.models import (
    AuditModel,
    CatalogModel,
    HealthModel,
    PlanModel,
    ProblemModel,
    QueryModel,
    ReadyModel,
)
from proxy.doors.http.problems import DECISION_HEADER, MEDIA_TYPE

Responses: TypeAlias = dict[int | str, dict[str, Any]]

DESCRIPTION = """Runs each query with what its end user may see. Every call under /v1 needs the header
`Authorization: Bearer <JWT>`. Every refusal is an RFC 9457 problem document whose `detail` says how to mend it."""
_DECISION = {DECISION_HEADER: {"description": "The audit record of this decision.", "schema": {"type": "string"}}}
SIGNED_IN: dict[str, Any] = {"security": [{"bearer": []}]}
_SAID = {
    400: "The request or its statement is not valid, or the warehouse could not compute it.",
    401: "No valid token.",
    403: "Policy says no.",
    406: "No such format.",
    408: "The body did not arrive in time.",
    413: "The request or the answer is too large.",
    415: "The body is not JSON.",
    421: "The gateway does not answer to that host name.",
    426: "The format needs HTTP/1.1.",
    429: "A limit on use was reached.",
    500: "The gateway failed, or the result could not be scanned.",
    503: "The warehouse or the audit log is not available.",
    504: "The query took too long.",
}
_SENT_BODY = (408, 413, 415)


def _sent(path: str, body: type[BaseModel]) -> dict[str, Any]:
    """What FastAPI cannot know of a call: its security and, since the door reads it itself, its body."""
    content = {"schema": body.model_json_schema(), "example": QUESTIONS[path]}
    return {**SIGNED_IN, "requestBody": {"required": True, "content": {"application/json": content}}}


QUERY = _sent("/v1/query", QueryBody)
PLAN = _sent("/v1/plan", PlanBody)


def query_responses() -> Responses:
    """How POST /v1/query can end."""
    answer = _answer("/v1/query", QueryModel)
    for form in (NdjsonForm, ArrowForm, CsvForm):
        schema = {"type": "string"} if form is not ArrowForm else {"type": "string", "format": "binary"}
        answer["content"][form.media_type] = {"schema": schema}
    answer["content"][NdjsonForm.media_type]["example"] = ANSWERS["ndjson"]
    answer["content"][CsvForm.media_type]["example"] = ANSWERS["csv"]
    refused = _problems(400, 401, 403, 406, *_SENT_BODY, 421, 426, 429, 500, 503, 504)
    return {200: {**answer, "headers": _DECISION}, **refused}


def plan_responses() -> Responses:
    """How POST /v1/plan can end."""
    answer = {**_answer("/v1/plan", PlanModel), "headers": _DECISION}
    return {200: answer, **_problems(400, 401, 403, *_SENT_BODY, 421, 500, 503, 504)}


def catalog_responses() -> Responses:
    """How GET /v1/catalog can end."""
    return {200: _answer("/v1/catalog", CatalogModel), **_problems(400, 401, 421, 500, 503)}


def audit_responses() -> Responses:
    """How GET /v1/audit can end."""
    return {200: _answer("/v1/audit", AuditModel), **_problems(400, 401, 403, 421, 500, 503)}


def health_responses() -> Responses:
    """How GET /healthz can end."""
    return {200: _answer("/healthz", HealthModel)}


def ready_responses() -> Responses:
    """How GET /readyz can end."""
    ready = _answer("/readyz", ReadyModel)
    unready = {"ready": False, "parts": {"warehouse.shop": True, "audit": False}}
    content = {"application/json": {"example": unready}}
    return {200: ready, 503: {"description": "A part is not ready.", "model": ReadyModel, "content": content}}


def metrics_responses() -> Responses:
    """How GET /metrics can end."""
    content = {"text/plain": {"schema": {"type": "string"}, "example": ANSWERS["/metrics"]}}
    return {200: {"description": "Prometheus' text form.", "content": content}}


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
        components = made["components"]
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        problem = ProblemModel.model_json_schema(ref_template="#/components/schemas/{model}")
        components["schemas"] |= {**problem.pop("$defs"), "ProblemModel": problem}
        for unused in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(unused, None)
        for route in app.routes:
            if isinstance(route, APIRoute):
                _complete(made["paths"][route.path], route.responses)
        app.openapi_schema = made
    return app.openapi_schema


def _complete(operations: dict[str, Any], responses: Responses) -> None:
    """Take out the status that this door never answers, and put back the nulls that FastAPI drops from examples."""
    for operation in operations.values():
        operation["responses"].pop("422", None)
        for status, response in responses.items():
            for media_type, content in response["content"].items():
                examples = {key: content[key] for key in ("example", "examples") if key in content}
                operation["responses"][str(status)]["content"][media_type] |= examples


def _answer(path: str, model: type[BaseModel]) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"example": ANSWERS[path]}}
    return {"description": (model.__doc__ or "").strip(), "model": model, "content": content}


def _problems(*statuses: int) -> Responses:
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemModel"}
    content = {MEDIA_TYPE: {"schema": schema, "examples": PROBLEMS[status]}}
    headers: dict[str, Any] = dict(_DECISION)
    for name, where in (("WWW-Authenticate", (401,)), ("Retry-After", (429, 503)), ("Upgrade", (426,))):
        if status in where:
            headers[name] = {"schema": {"type": "string"}}
    return {"description": _SAID[status], "content": content, "headers": headers}
