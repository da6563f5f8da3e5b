"""The demo's principals fit the default policies: whom the one names, the others know."""

from __future__ import annotations

from pathlib import Path

from proxy.demo.people import BOT, PEOPLE
from proxy.policy import bundle

ROOT = Path(__file__).parent.parent.parent


def test_four_people_named_by_role_with_addresses_for_examples() -> None:
    assert list(PEOPLE) == ["analyst", "support", "hr", "auditor"]
    assert all(p.email == f"{name}@example.com" for name, p in PEOPLE.items())
    assert PEOPLE["analyst"].attributes["region"] == "EU"


def test_their_groups_and_the_bot_stand_in_the_grants() -> None:
    grants = bundle.load(ROOT / "policies").grants
    members = {link.subject for link in grants.links}
    assert {f"group:{g}" for p in PEOPLE.values() for g in p.groups} <= members
    assert f"app:{BOT}" in {rule.subject for rule in grants.rules}
