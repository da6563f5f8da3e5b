"""grants.csv line by line. (What Casbin would take in silence is in test_traps.py.)"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from proxy.policy import authority, grants
from proxy.policy.model import DEFAULT, PolicyModel
from proxy.policy.source import Place


def load(text: str, widths: frozenset[int] = DEFAULT.widths) -> tuple[grants.Grants, list[str]]:
    problems: list[str] = []
    return grants.load([("g.csv", text)], PolicyModel(widths), authority.line_reader(), problems), problems


def test_rules_and_links_know_their_place() -> None:
    found, problems = load("# who\n\np, user:ana, shop, read, allow\ng,group:x,role:y\r\n")
    assert problems == []
    assert found.rules == (grants.Rule("user:ana", "shop", "read", "allow", grants.FOREVER, Place("g.csv", 3)),)
    assert found.links == (grants.Link("group:x", "role:y", Place("g.csv", 4)),)


def ends(text: str) -> float:
    found, problems = load(f"p, user:ana, shop, read, allow, {text}")
    assert problems == []
    return found.rules[0].until


def test_a_date_holds_to_its_end_in_utc() -> None:
    assert ends("2027-03-31") == datetime(2027, 4, 1, tzinfo=UTC).timestamp()


def test_a_time_holds_to_the_second_in_its_own_offset() -> None:
    assert ends("2027-03-31T18:00:00Z") == datetime(2027, 3, 31, 18, tzinfo=UTC).timestamp()
    assert ends("2027-03-31T18:00:00+02:00") == datetime(2027, 3, 31, 16, tzinfo=UTC).timestamp()


def test_an_empty_end_is_no_end() -> None:
    assert ends("") == grants.FOREVER


@pytest.mark.parametrize("text", ["2027-03-31T18:00:00", "tomorrow", "31.03.2027", "2027-02-30", "9999-12-31", "0"])
def test_an_end_that_is_not_plain_is_refused(text: str) -> None:
    _, problems = load(f"p, user:ana, shop, read, allow, {text}")
    assert len(problems) == 1
    assert problems[0].startswith("g.csv:1: valid_until must be a date")


def test_the_models_own_width_holds() -> None:
    assert load("p, user:ana, shop, read, allow", frozenset({4}))[1] == []
    assert "4 fields" in load("p, user:ana, shop, read, allow, 2027-01-01", frozenset({4}))[1][0]
    assert "5 fields" in load("p, user:ana, shop, read, allow", frozenset({5}))[1][0]


def test_every_mistake_of_a_line_is_told() -> None:
    _, problems = load("p, ana, a..b, write, maybe, never")
    assert len(problems) == 5
    assert all(p.startswith("g.csv:1: ") for p in problems)


def test_two_roads_to_one_role_are_no_circle() -> None:
    found, problems = load(
        "p, role:d, shop, read, allow\ng, role:a, role:b\ng, role:a, role:c\ng, role:b, role:d\ng, role:c, role:d\n"
    )
    assert problems == []
    assert len(found.links) == 4


def test_a_long_chain_is_told_once_at_its_lowest_subject() -> None:
    links = "".join(f"g, role:r{n}, role:r{n + 1}\n" for n in range(12))
    _, problems = load(f"p, role:r12, shop, read, allow\n{links}g, user:ana, role:r0\n")
    assert [p.split(":")[1] for p in problems] == ["14"]
    assert "user:ana stands on a chain of 13 roles" in problems[0]
