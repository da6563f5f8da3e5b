"""Statements made to exhaust the gateway: each ends in a refusal that says so, and others are served meanwhile."""

from __future__ import annotations

import pytest

from proxy.errors import GatewayError
from proxy.gateway import Request
from tests.bypass.asking import Door, Served
from tests.bypass.hostile import STATEMENTS

REASONS = {"too-long", "too-complex", "too-deep", "parse-aborted", "syntax"}
FAIR = "SELECT count(*) FROM customers"


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_is_refused_by_what_is_wrong_with_it(door: Door, name: str) -> None:
    seen = door.ask(STATEMENTS[name])
    assert seen.refused
    assert seen.reasons[0].split(":")[0] in REASONS, seen.reasons


def test_others_are_served_while_one_sends_them(served: Served) -> None:
    eve, bob = (served.harness.caller(name, ["analysts"], {"region": "EU"}) for name in ("eve", "bob"))
    sent = [served.harness.begin(served.harness._ask(eve, Request(sql))) for sql in STATEMENTS.values()]
    answers = [served.harness.ask(bob, f"{FAIR} WHERE id > {i}").rows for i in range(5)]
    assert all(len(rows) == 1 for rows in answers)
    waiting = sum(not future.done() for future in sent)
    for future in sent:
        with pytest.raises(GatewayError):
            future.result(60)
    assert waiting, "they were all over before anybody else asked"
