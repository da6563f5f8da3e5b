"""What the HTTP door answers, call by call.

Rule kept here: each call under /v1 names its caller first, by the one bearer token of the request, and then asks the
gateway one thing. A failed login is recorded before anything of the request is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from proxy.doors.http import metrics
from proxy.doors.http.accept import choose
from proxy.doors.http.bodies import M, PlanBody, QueryBody, read_json
from proxy.doors.http.documents import catalog_json, plan_json, record_json
from proxy.doors.http.formats import FORMS
from proxy.doors.http.metrics import Metrics
from proxy.doors.http.problems import DECISION_HEADER, HttpCode, HttpRefusal
from proxy.doors.http.sending import Ask, QueryResponse
from proxy.doors.http.settings import Settings
from proxy.gateway import Gateway
from proxy.gateway import Request as Question
from proxy.values import Caller, Context, Json

DOOR = "http"
_BEARER = re.compile(r"bearer +([^\s,]+)\Z", re.IGNORECASE)
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?\Z")
_SESSION = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
_LABEL = 200
"""Characters of a label that are recorded."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who calls, and what else the door knows of the call."""

    caller: Caller
    context: Context


class CatalogQuery(BaseModel):
    """What may stand behind /v1/catalog?"""

    model_config = ConfigDict(extra="forbid")

    warehouse: str | None = Field(default=None, description="Left out: the default warehouse.")


class AuditQuery(BaseModel):
    """What may stand behind /v1/audit?"""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(default=0, ge=0, le=2**63 - 1, description="Records with a higher sequence than this.")
    limit: int = Field(default=100, ge=1, le=1000, description="At most so many.")
    subject: str | None = Field(default=None, max_length=1000, description="Only records about this subject.")
    kind: str | None = Field(default=None, max_length=100, description="Only records of this kind.")


class NoQuery(BaseModel):
    """Nothing may stand behind the path."""

    model_config = ConfigDict(extra="forbid")


async def signed_in(request: Request) -> SignedIn:
    """The caller that the request's bearer token names. Raises `Unauthenticated`, also where there is none, or two."""
    gateway: Gateway = request.app.state.gateway
    given = request.headers.getlist("authorization")
    match = _BEARER.match(given[0].strip()) if len(given) == 1 else None
    request.state.token_given = match is not None
    context = context_of(request)
    return SignedIn(await gateway.authenticate(match[1] if match else "", context), context)


def context_of(request: Request) -> Context:
    """Where a call comes from. What the client says of itself is taken only in the form it must have."""
    trace = _TRACE.match(request.headers.get("traceparent", ""))
    session = request.headers.get("usher-session", "")
    agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())[:_LABEL]
    return Context(
        door=DOOR,
        address=request.client.host if request.client else None,
        session=session if _SESSION.match(session) else None,
        trace=trace[1] if trace else None,
        labels={"user_agent": agent} if agent else {},
    )


class Calls:
    """One method a call."""

    def __init__(self, gateway: Gateway, settings: Settings, counters: Metrics) -> None:
        self._gateway = gateway
        self._settings = settings
        self._metrics = counters

    async def query(
        self,
        request: Request,
        who: Annotated[SignedIn, Depends(signed_in)],
        _: Annotated[NoQuery, Query()],
    ) -> Response:
        """Run a statement as the caller."""
        offered = [form.media_type for form in FORMS]
        chosen = choose(", ".join(request.headers.getlist("accept")), offered)
        if chosen is None:
            raise HttpRefusal(HttpCode.NOT_ACCEPTABLE, f"Ask for one of {', '.join(offered)} in the Accept header.")
        form = FORMS[offered.index(chosen)]
        if not form.shows_cut and request.scope["http_version"] == "1.0":
            detail = "Over HTTP/1.0 a cut answer of this format looks whole: use HTTP/1.1 or newer, or ask for JSON."
            raise HttpRefusal(HttpCode.UPGRADE_REQUIRED, detail, {"Upgrade": "HTTP/1.1", "Connection": "Upgrade"})
        body = await self._body(request, QueryBody)
        question = Question(body.sql, body.warehouse, body.parameters, body.max_rows)
        timeout_s = self._settings.write_timeout_s
        return QueryResponse(Ask(self._gateway, who.caller, who.context, question, form, timeout_s, self._metrics))

    async def plan(
        self,
        request: Request,
        who: Annotated[SignedIn, Depends(signed_in)],
        _: Annotated[NoQuery, Query()],
    ) -> Response:
        """Decide on a statement without running it."""
        body = await self._body(request, PlanBody)
        planned = await self._gateway.plan(who.caller, Question(body.sql, body.warehouse), who.context)
        return _json(plan_json(planned), {DECISION_HEADER: planned.decision_id})

    async def catalog(
        self, who: Annotated[SignedIn, Depends(signed_in)], query: Annotated[CatalogQuery, Query()]
    ) -> Response:
        """List what the caller may see."""
        name, views = await self._gateway.catalog(who.caller, query.warehouse)
        return _json(catalog_json(name, views))

    async def audit(
        self, who: Annotated[SignedIn, Depends(signed_in)], query: Annotated[AuditQuery, Query()]
    ) -> Response:
        """Read the audit log; the reading is recorded."""
        filters = query.model_dump(include={"subject", "kind"}, exclude_none=True)
        records = await self._gateway.audit(who.caller, query.after, query.limit, filters)
        last = records[-1].sequence if len(records) == query.limit else None
        return _json({"records": [record_json(record) for record in records], "next": last})

    async def healthz(self) -> Response:
        """The process answers."""
        return _json({"status": "ok"})

    async def readyz(self) -> Response:
        """Every warehouse answers and the audit log takes records."""
        parts = await self._gateway.ready()
        ready = all(parts.values())
        return _json({"ready": ready, "parts": dict(parts)}, status=200 if ready else 503)

    async def metrics(self) -> Response:
        """This process's counters, for Prometheus."""
        return Response(self._metrics.text(), media_type=metrics.MEDIA_TYPE)

    async def _body(self, request: Request, model: type[M]) -> M:
        return await read_json(request, model, self._settings.max_body_bytes, self._settings.body_timeout_s)


def _json(document: dict[str, Json], headers: dict[str, str] | None = None, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, headers, "application/json")
