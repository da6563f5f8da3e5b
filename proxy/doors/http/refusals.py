"""How errors inside a call become problem documents.

Rule kept here: every class of error that FastAPI and the gateway raise has its own way here, so that no answer is in
another framework's form. Whatever is left is unexpected, and the edge answers it with 500.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from proxy.doors.http.metrics import Metrics
from proxy.doors.http.problems import HttpCode, HttpRefusal, Problem, invalid, problem_of
from proxy.errors import GatewayError

Answers: TypeAlias = dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]


def answers(metrics: Metrics) -> Answers:
    """For every known class of error, how it is answered and counted."""

    def answered(problem: Problem) -> Response:
        metrics.refused(problem.code)
        return problem.response()

    async def gateway_error(request: Request, error: GatewayError) -> Response:
        return answered(problem_of(error, token_given=getattr(request.state, "token_given", False)))

    async def http_refusal(_: Request, error: HttpRefusal) -> Response:
        return answered(error.problem)

    async def not_valid(_: Request, error: RequestValidationError) -> Response:
        return answered(invalid(error.errors()).problem)

    async def not_routed(_: Request, error: HTTPException) -> Response:
        return answered(_routing(error).problem)

    return {
        GatewayError: gateway_error,
        HttpRefusal: http_refusal,
        RequestValidationError: not_valid,
        HTTPException: not_routed,
    }


def _routing(error: HTTPException) -> HttpRefusal:
    if error.status_code == HttpCode.NOT_FOUND.value[1]:
        return HttpRefusal(HttpCode.NOT_FOUND, "There is nothing at this path; GET /openapi.json lists every call.")
    if error.status_code == HttpCode.METHOD_NOT_ALLOWED.value[1]:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"This path takes {allowed or 'another method'}; GET /openapi.json lists every call."
        return HttpRefusal(HttpCode.METHOD_NOT_ALLOWED, detail, {"Allow": allowed})
    return HttpRefusal(HttpCode.INVALID_REQUEST, "The request cannot be read; GET /openapi.json lists every call.")
