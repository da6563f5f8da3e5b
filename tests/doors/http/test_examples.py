"""The documented examples are true answers: the door is asked every question, and refused in every way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from proxy.doors.http.examples import ANSWERS, DECISION_ID, PROBLEMS, QUESTIONS
from proxy.errors import QueryTimeout
from proxy.values import Reason, ReasonCode
from tests.doors.http.conftest import Door, Open
from tests.doors.http.test_bodies import HEAD
from tests.fakes import SQL, Boom, Fakes, audit_down, many

AUDITOR = {"Authorization": "Bearer token-olga"}
JSON = {"Content-Type": "application/json"}


async def test_query_example_is_true(door: Door) -> None:
    response = await door.client.post("/v1/query", json=QUESTIONS["/v1/query"])
    assert response.json() == ANSWERS["/v1/query"]
    assert list(response.json()) == list(ANSWERS["/v1/query"])


@pytest.mark.parametrize(("name", "accept"), [("ndjson", "application/x-ndjson"), ("csv", "text/csv")])
async def test_text_examples_are_true(door: Door, name: str, accept: str) -> None:
    headers = {"Accept": accept}
    response = await door.client.post("/v1/query", json=QUESTIONS["/v1/query"], headers=headers)
    assert response.text == ANSWERS[name]


async def test_plan_example_is_true(door: Door) -> None:
    assert (await door.client.post("/v1/plan", json=QUESTIONS["/v1/plan"])).json() == ANSWERS["/v1/plan"]


@pytest.mark.parametrize("path", ["/v1/catalog", "/healthz", "/readyz"])
async def test_other_examples_are_true(door: Door, path: str) -> None:
    assert (await door.client.get(path)).json() == ANSWERS[path]


async def test_audit_example_is_true(door: Door) -> None:
    assert (await door.client.get("/v1/audit?limit=1", headers=AUDITOR)).json() == ANSWERS["/v1/audit"]


async def test_metrics_example_is_true(door: Door) -> None:
    await door.query()
    lines = (await door.client.get("/metrics")).text.splitlines()
    assert [line for line in ANSWERS["/metrics"].splitlines() if line not in lines] == []


# ---------------------------------------------------------------------------------------------------------- problems
Ask = Callable[[Door], Awaitable[httpx.Response]]
EVERY = [(status, code) for status, codes in PROBLEMS.items() for code in codes]


def posting(content: bytes = json.dumps({"sql": SQL}).encode(), **headers: str) -> Ask:
    return lambda door: door.client.post("/v1/query", content=content, headers={**JSON, **headers})


def getting(path: str, **headers: str) -> Ask:
    return lambda door: door.client.get(path, headers=headers)


async def over_raw(door: Door, data: bytes) -> httpx.Response:
    reader, writer = await door.raw(data)
    head, _, body = (await asyncio.wait_for(reader.read(), 15)).partition(b"\r\n\r\n")
    writer.close()
    fields = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    return httpx.Response(int(head.split()[1]), headers=[(k, v) for k, v in fields], content=body)


def old(door: Door) -> Awaitable[httpx.Response]:
    return over_raw(door, b"POST /v1/query HTTP/1.0\r\nAuthorization: Bearer token-ana\r\nAccept: text/csv\r\n\r\n")


def late(door: Door) -> Awaitable[httpx.Response]:
    return over_raw(door, HEAD + b"Content-Length: 9\r\n\r\n")


async def crowded(door: Door) -> httpx.Response:
    door.fakes.world.waits["execute"] = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(door.query())
        async with asyncio.timeout(5):
            while door.fakes.trace.count("execute") < 8:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        refused = await door.query()
        door.fakes.world.waits["execute"].set()
    return refused


def failing(step: str, error: Exception) -> Fakes:
    fakes = Fakes()
    fakes.world.fails[step] = error
    return fakes


def too_many_rows() -> Fakes:
    fakes = Fakes()
    fakes.warehouse.batches = many(1, 1_000_001)
    return fakes


def timed_out() -> Fakes:
    reason = Reason(ReasonCode.STATEMENT_TIMEOUT, "60")
    return failing("execute", QueryTimeout("The statement ran longer than 60 seconds. Narrow it.", reason))


CAUSES: dict[str, tuple[Callable[[], Fakes], dict[str, Any], Ask]] = {
    "invalid-request": (Fakes, {}, posting(b"{}")),
    "invalid-sql": (Fakes, {}, posting(b'{"sql": "SELECT id FROM custmers"}')),
    "unauthenticated": (Fakes, {}, posting(Authorization="Bearer wrong")),
    "denied": (Fakes, {}, getting("/v1/audit")),
    "not-acceptable": (Fakes, {}, posting(Accept="text/html")),
    "request-timeout": (Fakes, {}, late),
    "request-too-large": (Fakes, {}, posting(b" " * 1_048_577)),
    "too-large": (too_many_rows, {}, posting()),
    "unsupported-media-type": (Fakes, {}, posting(**{"Content-Type": "text/plain"})),
    "misdirected": (Fakes, {"hosts": ["usher.example.com"]}, getting("/healthz", Host="evil.example")),
    "upgrade-required": (Fakes, {}, old),
    "limit-exceeded": (Fakes, {}, crowded),
    "internal": (lambda: failing("rewrite", Boom()), {}, posting()),
    "audit": (lambda: failing("entry.planned", audit_down()), {}, posting()),
    "timeout": (timed_out, {}, posting()),
}


@pytest.mark.parametrize(("status", "code"), EVERY, ids=[code for _, code in EVERY])
async def test_problem_example_is_true(opened: Open, status: int, code: str) -> None:
    fakes, settings, ask = CAUSES[code]
    response = await ask(await opened(fakes(), **settings))
    expected = PROBLEMS[status][code]["value"]
    got = response.json()
    if got["decision_id"] is not None:
        got["decision_id"] = DECISION_ID
    assert (response.status_code, got) == (status, expected)
