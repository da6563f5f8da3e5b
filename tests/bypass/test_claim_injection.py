"""Claims are values: SQL, wildcards, control characters and other types in them widen nothing."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.errors import GatewayError
from tests.bypass.asking import Served

COUNT = "SELECT count(*) AS n FROM customers"
VALUES: dict[str, Any] = {
    "or_true": "EU' OR '1'='1",
    "comment": "EU' --",
    "union": "EU') UNION ALL SELECT * FROM vault --",
    "wildcard": "%",
    "underscore": "E_",
    "regexp": ".*",
    "empty": "",
    "null_text": "NULL",
    "quote": "'",
    "double_quote": '"',
    "backslash": "EU\\",
    "dollar": "$1",
    "placeholder": ":region",
    "question_mark": "?",
    "newline": "EU\n",
    "space": "EU ",
    "other_case": "eu",
    "zero_width": "E\u200bU",
    "full_width": "\uff25\uff35",
    "nul": "EU\x00",
    "expression": "region",
    "list": ["EU", "US"],
    "list_of_one": ["EU"],
    "number": 1,
    "true": True,
    "object": {"a": "EU"},
    "nested": [["EU"]],
    "null": None,
    "float": 1.5,
    "long": "EU" * 500,
}


@pytest.mark.parametrize("case", VALUES)
def test_a_claim_admits_the_rows_that_equal_it_and_no_others(served: Served, case: str) -> None:
    outcome: object
    try:
        caller = served.harness.caller("eva", ["analysts"], {"region": VALUES[case]})
        outcome = served.harness.ask(caller, COUNT).rows
    except GatewayError as error:
        outcome = error.code
    assert outcome in ([(0,)], "unauthenticated", "query-failed"), outcome


@pytest.mark.parametrize("subject", ["role:analyst", "group:analysts", "user:ana", "app:bot", "*", "analysts", "p", ""])
def test_a_subject_spelt_like_a_role_has_no_grant(served: Served, subject: str) -> None:
    with pytest.raises(GatewayError) as refused:
        served.harness.ask(served.harness.caller(subject, []), COUNT)
    assert refused.value.code in ("invalid-sql", "unauthenticated")


@pytest.mark.parametrize(
    "group", ["role:analyst", "analysts ", "ANALYSTS", "analysts,agents", "*", "group:analysts", "a\nb"]
)
def test_a_group_spelt_like_another_has_no_grant(served: Served, group: str) -> None:
    with pytest.raises(GatewayError) as refused:
        served.harness.ask(served.harness.caller("eva", [group]), COUNT)
    assert refused.value.code in ("invalid-sql", "unauthenticated")


def test_an_app_narrows_what_the_user_sees(served: Served) -> None:
    bot = served.callers["bot"]
    assert served.harness.ask(bot, "SELECT count(*) AS n FROM orders").rows == [(100,)]
    with pytest.raises(GatewayError) as refused:
        served.harness.ask(bot, COUNT)
    assert refused.value.reasons[0].code.value == "unknown-table"


@pytest.mark.parametrize("app", ["analysts", "role:analyst", "user:ana", "BOT", "bot "])
def test_an_app_gives_nothing(served: Served, app: str) -> None:
    with pytest.raises(GatewayError):
        served.harness.ask(served.harness.caller("eva", [], None, app=app), COUNT)
