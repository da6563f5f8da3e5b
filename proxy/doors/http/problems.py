"""Every refusal as an RFC 9457 problem document.

Rule kept here: there is no other way for this door to say no. `detail` says what to do about it and quotes no data; the
codes are a closed list, those of `proxy.errors` and the ones below, which concern HTTP alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson
from starlette.responses import Response

from proxy.errors import GatewayError, LimitExceeded, Unauthenticated, WarehouseUnavailable
from proxy.values import Json, Reason

MEDIA_TYPE = "application/problem+json"
DECISION_HEADER = "Usher-Decision-Id"
_TYPE = "urn:usher:problem:"


class HttpCode(Enum):
    """What can be wrong with a request before it is a query: code, status, title."""

    INVALID_REQUEST = ("invalid-request", 400, "The request is not valid")
    NOT_FOUND = ("not-found", 404, "There is nothing here")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "The method is not allowed here")
    NOT_ACCEPTABLE = ("not-acceptable", 406, "No such format")
    REQUEST_TIMEOUT = ("request-timeout", 408, "The request took too long to arrive")
    REQUEST_TOO_LARGE = ("request-too-large", 413, "The request is too large")
    UNSUPPORTED_MEDIA_TYPE = ("unsupported-media-type", 415, "The request is not JSON")
    MISDIRECTED = ("misdirected", 421, "Not a name of this gateway")
    UPGRADE_REQUIRED = ("upgrade-required", 426, "HTTP/1.1 is needed")


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem document, with the header fields that go with it."""

    status: int
    code: str
    title: str
    detail: str
    reasons: tuple[Reason, ...] = ()
    decision_id: str | None = None
    span: tuple[int, int] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Json]:
        """The document's members; `span` (characters of the `sql` sent) only where it is known."""
        members: dict[str, Json] = {
            "type": _TYPE + self.code,
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "reasons": reasons_json(self.reasons),
            "decision_id": self.decision_id,
        }
        if self.span is not None:
            members["span"] = {"start": self.span[0], "end": self.span[1]}
        return members

    def response(self) -> Response:
        """The document on its way."""
        headers = dict(self.headers)
        if self.decision_id is not None:
            headers[DECISION_HEADER] = self.decision_id
        return Response(orjson.dumps(self.document()), self.status, headers, MEDIA_TYPE)


class HttpRefusal(Exception):
    """A request that is no query yet was refused."""

    def __init__(self, code: HttpCode, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        name, status, title = code.value
        self.problem = Problem(status, name, title, detail, headers=headers or {})


def problem_of(error: GatewayError, *, token_given: bool = True) -> Problem:
    """The problem document of a query's end, with the header fields its status asks for (RFC 6750, RFC 9110)."""
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="usher"' + (', error="invalid_token"' if token_given else "")
    if isinstance(error, LimitExceeded | WarehouseUnavailable):
        headers["Retry-After"] = "1"
    span = None if error.span is None else (error.span.start, error.span.end)
    return Problem(
        error.http_status, error.code, error.title, error.detail, error.reasons, error.decision_id, span, headers
    )


def invalid(mistakes: Iterable[Mapping[str, Any]]) -> HttpRefusal:
    """A request that does not fit its schema; pydantic's list of mistakes, without the input it quotes."""
    told = [f"{'.'.join(str(part) for part in m['loc']) or 'body'}: {_mistake(m)}" for m in mistakes]
    return HttpRefusal(HttpCode.INVALID_REQUEST, "; ".join(told) + ". See /openapi.json for what may be sent.")


def _mistake(found: Mapping[str, Any]) -> str:
    if found.get("type") == "extra_forbidden":
        return "there is no such member; is it spelt right?"
    return str(found["msg"]).removeprefix("Value error, ")


def reasons_json(reasons: Iterable[Reason]) -> list[Json]:
    """Reasons as answers and problems state them."""
    return [{"code": r.code.value, "about": r.about} for r in reasons]
