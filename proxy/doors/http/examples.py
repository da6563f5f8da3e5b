"""The examples of /openapi.json: questions, and what the door answers to them.

Rule kept here: data only. A test asks the door every question and compares the answers, so that none can grow old.
"""

from __future__ import annotations

from typing import Any

DECISION_ID = "01981f3e-7b1c-7000-8000-000000000001"

QUESTIONS: dict[str, dict[str, Any]] = {
    "/v1/query": {"sql": "SELECT id, name, email FROM customers ORDER BY id", "max_rows": 100},
    "/v1/plan": {"sql": "SELECT id, name, email FROM customers ORDER BY id"},
}

_REASONS = [
    {"code": "row-filter", "about": "own-region"},
    {"code": "masked", "about": "shop.main.customers.email"},
]
_DECISION = {
    "id": DECISION_ID,
    "policy": "p1",
    "commit": None,
    "subjects": ["user:ana", "group:eu-analysts"],
    "reasons": _REASONS,
}
_WITHHELD = [{"code": "row-filter", "about": "shop.main.customers"}]
_COLUMNS = [
    {"name": "id", "type": "integer", "masked": False},
    {"name": "name", "type": "text", "masked": False},
    {"name": "email", "type": "text", "masked": True},
]
_SCAN = {
    "mode": "full",
    "cells_read": 4,
    "cells_skipped": {"masked": 2},
    "names_unread": {},
    "findings": [{"column": "name", "entity": "PERSON", "cells": 2, "action": "flag", "score": 0.85}],
}
_ROWS = [[1, "Ana", "***@example.com"], [2, "Bo", "***@example.org"]]
_TABLE = {
    "name": "shop.main.customers",
    "schema": "main",
    "table": "customers",
    "rows": "filtered",
    "filters": ["own-region"],
    "columns": [
        {
            "name": "id",
            "type": "INTEGER",
            "kind": "integer",
            "nullable": False,
            "tags": [],
            "masked": "never",
            "masks": [],
        },
        {
            "name": "name",
            "type": "VARCHAR",
            "kind": "text",
            "nullable": True,
            "tags": [],
            "masked": "never",
            "masks": [],
        },
        {
            "name": "email",
            "type": "VARCHAR",
            "kind": "text",
            "nullable": True,
            "tags": ["pii.email"],
            "masked": "always",
            "masks": ["email_domain"],
        },
    ],
}
_USES = [
    {"table": "shop.main.customers", "column": "id", "usage": "returned", "tags": [], "mask": None},
    {"table": "shop.main.customers", "column": "name", "usage": "returned", "tags": [], "mask": None},
    {
        "table": "shop.main.customers",
        "column": "email",
        "usage": "returned",
        "tags": ["pii.email"],
        "mask": "email_domain",
    },
]

ANSWERS: dict[str, Any] = {
    "/v1/query": {
        "columns": _COLUMNS,
        "decision": _DECISION,
        "withheld": _WITHHELD,
        "rows": _ROWS,
        "row_count": 2,
        "truncated": False,
        "scan": _SCAN,
    },
    "ndjson": (
        '{"columns":[{"name":"id","type":"integer","masked":false},{"name":"name","type":"text","masked":false},'
        '{"name":"email","type":"text","masked":true}],"decision":{"id":"01981f3e-7b1c-7000-8000-000000000001",'
        '"policy":"p1","commit":null,"subjects":["user:ana","group:eu-analysts"],"reasons":[{"code":"row-filter",'
        '"about":"own-region"},{"code":"masked","about":"shop.main.customers.email"}]},"withheld":'
        '[{"code":"row-filter","about":"shop.main.customers"}]}\n'
        '[1,"Ana","***@example.com"]\n'
        '[2,"Bo","***@example.org"]\n'
        '{"end":{"row_count":2,"truncated":false,"scan":{"mode":"full","cells_read":4,"cells_skipped":{"masked":2},'
        '"names_unread":{},"findings":[{"column":"name","entity":"PERSON","cells":2,"action":"flag","score":0.85}]}}}\n'
    ),
    "csv": '"id","name","email"\n1,"Ana","***@example.com"\n2,"Bo","***@example.org"\n',
    "/v1/plan": {
        "decision": _DECISION,
        "warehouse": "shop",
        "kind": "select",
        "fingerprint": "f1",
        "tables": [_TABLE],
        "columns": _USES,
        "parameters": [],
        "withheld": _WITHHELD,
        "sql": 'SELECT id, name, redact(email) AS email FROM customers WHERE "own-region"',
    },
    "/v1/catalog": {"warehouse": "shop", "tables": [_TABLE]},
    "/v1/audit": {
        "records": [
            {
                "event_id": "e1",
                "sequence": 1,
                "time": "2026-01-02T03:04:05.000Z",
                "kind": "start",
                "body": {"decision_id": "d1"},
                "previous": "0" * 64,
                "hash": "1" * 64,
            }
        ],
        "next": 1,
    },
    "/healthz": {"status": "ok"},
    "/readyz": {"ready": True, "parts": {"warehouse.shop": True, "audit": True}},
    "/metrics": (
        "# HELP usher_http_answers_total Queries answered whole, by format.\n"
        "# TYPE usher_http_answers_total counter\n"
        'usher_http_answers_total{format="application/json"} 1\n'
    ),
}


def _problem(status: int, code: str, title: str, detail: str, *reasons: tuple[str, str], **more: Any) -> dict[str, Any]:
    document = {
        "type": f"urn:usher:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "reasons": [{"code": c, "about": about} for c, about in reasons],
        "decision_id": more.pop("decision_id", DECISION_ID),
        **more,
    }
    return {code: {"value": document}}


PROBLEMS: dict[int, dict[str, Any]] = {
    400: {
        **_problem(
            400,
            "invalid-request",
            "The request is not valid",
            "sql: Field required. See /openapi.json for what may be sent.",
            decision_id=None,
        ),
        **_problem(
            400,
            "invalid-sql",
            "The statement is not valid",
            'There is no table "custmers" that you may read.',
            ("unknown-table", "custmers"),
            span={"start": 15, "end": 23},
        ),
    },
    401: _problem(
        401,
        "unauthenticated",
        "Not signed in",
        "The token is not valid. Sign in again.",
        ("signature-invalid", ""),
    ),
    403: _problem(
        403,
        "denied",
        "Not allowed",
        "Reading the audit log needs a grant of read on usher.audit.",
        ("no-grant", ""),
    ),
    406: _problem(
        406,
        "not-acceptable",
        "No such format",
        "Ask for one of application/json, application/x-ndjson, application/vnd.apache.arrow.stream, text/csv in the "
        "Accept header.",
        decision_id=None,
    ),
    408: _problem(
        408,
        "request-timeout",
        "The request took too long to arrive",
        "The body did not arrive within 10 seconds; send it again, whole.",
        decision_id=None,
    ),
    413: {
        **_problem(
            413,
            "request-too-large",
            "The request is too large",
            "The body is larger than 1,048,576 bytes (doors.http.max_body_bytes); send a shorter statement.",
            decision_id=None,
        ),
        **_problem(
            413,
            "too-large",
            "Too large",
            "The answer has more than 1,000,000 rows, the most one answer may have (limits.max_rows). Aggregate, add a "
            "WHERE or a LIMIT, or ask with a smaller max_rows to have it cut.",
            ("max-rows", "1000000"),
        ),
    },
    415: _problem(
        415,
        "unsupported-media-type",
        "The request is not JSON",
        "Send the body as UTF-8 JSON, with the header Content-Type: application/json.",
        decision_id=None,
    ),
    421: _problem(
        421,
        "misdirected",
        "Not a name of this gateway",
        "The gateway does not answer to that host name; its operator lists those it does (doors.http.hosts).",
        decision_id=None,
    ),
    426: _problem(
        426,
        "upgrade-required",
        "HTTP/1.1 is needed",
        "Over HTTP/1.0 a cut answer of this format looks whole: use HTTP/1.1 or newer, or ask for JSON.",
        decision_id=None,
    ),
    429: _problem(
        429,
        "limit-exceeded",
        "A limit was reached",
        "You have 8 queries running, the most one caller may have at a time (limits.concurrent_per_caller). Wait for "
        "one to end, or stop one, and ask again.",
        ("concurrency", "8"),
    ),
    500: _problem(
        500,
        "internal",
        "The gateway failed",
        "The gateway failed, and released nothing more. Give the decision id to its operator.",
    ),
    503: _problem(
        503,
        "audit",
        "The decision could not be recorded",
        "The audit log cannot be written. Try again later.",
        ("audit-down", ""),
    ),
    504: _problem(
        504,
        "timeout",
        "The query took too long",
        "The statement ran longer than 60 seconds. Narrow it.",
        ("statement-timeout", "60"),
    ),
}
