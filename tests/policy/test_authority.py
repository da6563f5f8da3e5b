"""Casbin, asked directly."""

from __future__ import annotations

import logging

import pytest

from proxy.policy import authority

RULES = [
    ("role:staff", "shop", "read", "allow"),
    ("group:g", "shop.people", "read", "deny"),
    ("user:ana", "usher.audit", "read", "allow"),
]
RESOURCES = [("shop.people", "shop"), ("shop.sales", "shop")]


def test_subjects_add_up_and_a_deny_of_one_beats_an_allow_of_another() -> None:
    roles = [("user:ana", "role:staff")]
    assert authority.allows(RULES, roles, RESOURCES, ["user:ana"], "shop.people", "read") is True
    assert authority.allows(RULES, roles, RESOURCES, ["user:ana", "group:g"], "shop.people", "read") is False
    assert authority.allows(RULES, roles, RESOURCES, ["user:ana", "group:g"], "shop.sales", "read") is True


@pytest.mark.parametrize(
    ("subjects", "resource", "action"),
    [([], "shop", "read"), ([""], "shop", "read"), (["role:staff"], "", "read"), (["role:staff"], "shop", "")],
)
def test_nothing_is_allowed_to_nobody_or_on_nothing(subjects: list[str], resource: str, action: str) -> None:
    assert authority.allows(RULES, [], RESOURCES, subjects, resource, action) is False


def test_no_rules_allow_nothing() -> None:
    assert authority.allows([], [], [], ["user:ana"], "shop", "read") is False


def test_the_private_enforcer_follows_chains_that_others_cut() -> None:
    chain = [(f"role:{n}", f"role:{n + 1}") for n in range(30)]
    rules = [("role:0", "shop", "read", "allow"), ("role:30", "shop", "read", "deny")]
    assert authority.allows(rules, chain, [], ["role:0"], "shop", "read") is False


def test_a_line_is_read_as_casbin_reads_it() -> None:
    fields = authority.line_reader()
    assert fields("p, user:ana,shop , read, allow") == ["p", "user:ana", "shop", "read", "allow"]
    assert fields("g, user:ana, role:a") == ["g", "user:ana", "role:a"]
    assert fields("p, f(a, b), x") == ["p", "f(a, b)", "x"]
    assert fields("# p, a, b, c, d") is None
    assert fields("q, a") is None
    assert fields("p, a)b, c") is None


def test_a_model_that_casbin_cannot_read_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="parse the content"):
        authority.definitions("[request_definition]\nr sub obj\n")


def test_questions_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        authority.allows(RULES, [], RESOURCES, ["user:secret-name"], "shop.sales", "read")
    assert "secret-name" not in caplog.text
