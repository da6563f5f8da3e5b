"""What stands in the records, field by field, and what never does."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proxy.audit import entries
from proxy.audit.record import canonical
from proxy.errors import Denied, InvalidSql, QueryFailed
from proxy.values import Context, Finding, Json, Outcome, Reason, ReasonCode, ScanReport
from tests.audit.samples import CALLER, CONTEXT, plan

CANARY = "zqCANARYqz"
WHO = ("decision-1", CALLER, CONTEXT, "shop")
REPORT = ScanReport("full", 40, {"masked": 3}, (Finding("email", "EMAIL_ADDRESS", 2, "redact", 0.987654),))


def test_the_decision_holds_every_field() -> None:
    assert entries.decision(*WHO, entries.of_plan(plan())) == {
        "actor": {
            "act": [{"issuer": "https://login.example.com/", "subject": "sales-bot"}],
            "app": "sales-bot",
            "groups": ["eu-analysts", "staff"],
            "issuer": "https://login.example.com/",
            "subject": "ana",
            "token": {"expires_at": 2_000_000_000, "hash": "c0ffee", "issued_at": 1_999_999_000},
        },
        "catalog": "catalog-7",
        "client": {
            "address": "192.0.2.7",
            "door": "http",
            "session": "session-1",
            "trace": "trace-1",
            "unverified": {"application_name": "notebook"},
        },
        "columns": [
            {
                "mask": "email_domain",
                "name": "shop.main.customers.email",
                "tags": ["pii.email"],
                "usage": "returned",
            },
            {"mask": None, "name": "shop.main.customers.region", "tags": [], "usage": "used"},
        ],
        "decision": "allowed",
        "decision_id": "decision-1",
        "objects": [
            {
                "filters": ["not-deleted", "own-region", "own-tickets"],
                "hidden_columns": 2,
                "roles": ["role:analyst"],
                "table": "shop.main.customers",
            }
        ],
        "policy": {"commit": "abc123", "fingerprint": "policy-1", "view": "view-1"},
        "reasons": [{"about": "own-region", "code": "row-filter"}],
        "roles": ["group:eu-analysts", "role:analyst", "user:ana"],
        "statement": {
            "fingerprint": "f1",
            "kind": "select",
            "parameters": 1,
            "rewritten": 'SELECT email FROM (SELECT "email" FROM "main"."customers" WHERE "region" = $1) AS c',
            "sql": "SELECT email FROM customers",
        },
        "warehouse": "shop",
        "withheld": [{"about": "shop.main.customers.email", "code": "masked"}],
    }


def test_names_of_the_policys_own_filters_stay_in_the_rewritten_text_and_others_do_not() -> None:
    sql = (
        'SELECT email FROM customers WHERE "id" IN (SELECT 1 FROM t WHERE "assigned_to" = $1 AND "ana@example.com" = 2)'
    )
    said = entries.of_plan(plan(sql=sql))["statement"]
    assert isinstance(said, dict)
    assert said["rewritten"] == (
        'SELECT email FROM customers WHERE "?" IN (SELECT ? FROM t WHERE "assigned_to" = $1 AND "?" = ?)'
    )


def test_a_refusal_holds_code_and_reasons_and_no_text() -> None:
    error = Denied("You may not, " + CANARY, Reason(ReasonCode.NO_GRANT, "shop.main.salaries"))
    body = entries.refused(*WHO, {}, error)
    assert body["decision"] == "refused"
    assert body["error"] == {
        "code": "denied",
        "reasons": [{"about": "shop.main.salaries", "code": "no-grant"}],
        "sqlstate": "42501",
    }
    assert "statement" not in body
    assert CANARY not in json.dumps(body)


def test_a_refusal_before_a_plan_holds_the_statement_without_its_values() -> None:
    error = InvalidSql("There is no such table.", ReasonCode.UNKNOWN_TABLE)
    error.statement = "SELECT a FROM nope WHERE b = ?"
    body = entries.refused(*WHO, {}, error)
    assert body["statement"] == {"sql": "SELECT a FROM nope WHERE b = ?"}


def test_a_refusal_with_a_plan_holds_the_statement() -> None:
    body = entries.refused(*WHO, entries.of_plan(plan()), Denied("no"))
    assert {"statement", "objects", "columns", "policy", "error"} <= set(body)


def test_the_outcome_holds_every_field() -> None:
    body = entries.outcome("decision-1", CALLER, Outcome.TRUNCATED, 10, 512, REPORT, None, 1.23456, plan())
    assert body == {
        "actor": {"issuer": "https://login.example.com/", "subject": "ana"},
        "bytes": 512,
        "decision_id": "decision-1",
        "duration_ms": 1.235,
        "error": None,
        "outcome": "truncated",
        "recovered": False,
        "rows": 10,
        "scan": {
            "cells_read": 40,
            "cells_skipped": {"masked": 3},
            "names_unread": {},
            "findings": [
                {"action": "redact", "cells": 2, "column": "email", "entity": "EMAIL_ADDRESS", "score": 0.9877}
            ],
            "mode": "full",
        },
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (QueryFailed(f"near {CANARY}", ReasonCode.ENGINE_ERROR), "query-failed"),
        (RuntimeError(CANARY), "internal"),
        (asyncio.CancelledError(CANARY), "hang-up"),
        (GeneratorExit(CANARY), "hang-up"),
    ],
)
def test_errors_are_named_by_code_and_class(error: BaseException, code: str) -> None:
    body = entries.outcome("decision-1", CALLER, Outcome.FAILED, 0, 0, None, error, 1.0, None)
    found = body["error"]
    assert isinstance(found, dict)
    assert found["code"] == code
    assert CANARY not in json.dumps(body)


def test_an_abandoned_decision_claims_to_know_nothing() -> None:
    body = entries.abandoned("decision-1", recovered=True)
    assert (body["outcome"], body["recovered"], body["rows"], body["bytes"]) == ("abandoned", True, None, None)


def test_attributes_and_email_of_the_caller_are_left_out() -> None:
    text = canonical(entries.decision(*WHO, entries.of_plan(plan()))).decode()
    assert "the-secret-region" not in text
    assert "ana@example.com" not in text


def test_labels_are_kept_apart_few_and_short() -> None:
    labels = {f"label-{i:03d}": "x" * 1000 for i in range(100)} | {"auth": "Bearer eyJhbGciOi.eyJz.c2ln"}
    body: Any = entries.decision("d", CALLER, Context("http", labels=labels), "shop", {})
    assert len(body["client"]["unverified"]) == 32
    assert max(len(text) for text in body["client"]["unverified"].values()) == 256
    assert body["client"]["unverified"]["auth"] == "Bearer <token>"


def test_reasons_about_what_the_user_wrote_hold_plain_names_only() -> None:
    error = InvalidSql(
        "no",
        Reason(ReasonCode.UNKNOWN_COLUMN, "Ana Smith"),
        Reason(ReasonCode.UNKNOWN_TABLE, "main.salaries"),
        Reason(ReasonCode.MASKED, "shop.main.my table.e-mail"),
    )
    body: Any = entries.refused(*WHO, {}, error)
    assert [reason["about"] for reason in body["error"]["reasons"]] == [
        "?",
        "main.salaries",
        "shop.main.my table.e-mail",
    ]


@given(
    st.text(alphabet=st.characters(blacklist_characters="'"), max_size=10),
    st.sampled_from(
        [
            "SELECT email FROM c WHERE x = '{}'",
            "SELECT email, '{}' AS y FROM c -- {}",
            'SELECT email AS "{}" FROM c',
            "SELECT email /* {} */ FROM c",
            "SELECT email FROM c WHERE x = $${}$$",
            "SELECT `{}`, E'{}', x'{}' FROM c",
            "SELECT '{}''{}' || $t${}$t$ FROM c",
        ]
    ),
)
def test_no_value_stands_in_any_record(noise: str, shape: str) -> None:
    """Literals, bound values, error texts, result names: the canary is in all of them, and in no record."""
    assume("--" not in shape or not re.search(r"[\r\n]", noise))  # what follows a line's end is no comment, but code
    value = CANARY + noise + CANARY
    a_plan = plan(sql=shape.replace("{}", value))
    a_plan = replace(a_plan, query=replace(a_plan.query, sql=value))
    report = ScanReport("full", 1, {}, (Finding(f"('{value}' || email)", "PERSON", 1, "flag", 0.5),))
    error = QueryFailed(f"could not convert {value}", Reason(ReasonCode.CONVERSION, f"'{value}'"))
    bodies: list[dict[str, Json]] = [
        entries.decision(*WHO, entries.of_plan(a_plan)),
        entries.refused(*WHO, entries.of_plan(a_plan), error),
        entries.outcome("d", CALLER, Outcome.FAILED, 0, 0, report, error, 1.0, a_plan),
        entries.outcome("d", CALLER, Outcome.FAILED, 0, 0, report, ValueError(value), 1.0, None),
    ]
    for body in bodies:
        assert CANARY not in canonical(body).decode()
