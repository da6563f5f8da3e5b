"""Statements made to exhaust the gateway: each ends in a refusal that says so, and others are served meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proxy.errors import GatewayError
from proxy.gateway import Request
from tests.bypass import shop
from tests.bypass.hostile import STATEMENTS
from tests.oracle.harness import Harness
from tests.oracle.world import write_policy

REASONS = {"too-long", "too-complex", "too-deep", "parse-aborted", "syntax"}
FAIR = "SELECT count(*) FROM customers"


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A gateway that gives a statement as much time to be read as the product does."""
    folder = tmp_path_factory.mktemp("hostile")
    shop.build(folder / "raw.duckdb")
    made = Harness(
        folder,
        folder / "raw.duckdb",
        write_policy(folder / "policies", shop.POLICY),
        key=shop.KEY,
        attributes=["region"],
        parser={},
    )
    yield made
    made.close()


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_is_refused_by_what_is_wrong_with_it(harness: Harness, name: str) -> None:
    error = harness.refusal(harness.caller("eve", ["analysts"], {"region": "EU"}), STATEMENTS[name])
    assert error.reasons[0].code.value in REASONS


def test_others_are_served_while_one_sends_them(harness: Harness) -> None:
    eve, bob = (harness.caller(name, ["analysts"], {"region": "EU"}) for name in ("eve", "bob"))
    sent = [harness.begin(harness._ask(eve, Request(sql))) for sql in STATEMENTS.values()]
    answers = [harness.ask(bob, f"{FAIR} WHERE id > {i}").rows for i in range(5)]
    assert all(len(rows) == 1 for rows in answers)
    waiting = sum(not future.done() for future in sent)
    for future in sent:
        with pytest.raises(GatewayError):
            future.result(60)
    assert waiting, "they were all over before anybody else asked"
