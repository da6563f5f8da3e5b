"""The index of the rules that hold at one moment."""

from __future__ import annotations

from pathlib import Path

from proxy.policy import bundle, rules
from tests.policy.house import caller, folder

GRANTS = """
p, role:a, shop, read, allow
p, role:b, shop.sales, read, deny
p, role:b, shop.people, read, allow, 1970-01-01T00:01:00Z
p, app:old, shop, read, allow, 1970-01-01T00:02:00Z
g, user:ana, role:a
g, role:a, role:b
g, app:linked, role:a
"""


def index(path: Path, now: float = 0.0) -> rules.Rules:
    return rules.index(bundle.load(folder(path, GRANTS, data=None, masks=None)), now)


def test_a_closure_is_the_roots_and_all_roles_they_reach(tmp_path: Path) -> None:
    found = index(tmp_path)
    assert rules.closure(found, ["user:ana", "group:unknown"]) == {"user:ana", "role:a", "role:b"}
    assert rules.closure(found, ["user:eve"]) == frozenset()


def test_a_callers_roots_are_its_subject_and_groups(tmp_path: Path) -> None:
    assert set(rules.roots(caller("ana", "g", "h", app="bot"))) == {"user:ana", "group:g", "group:h"}


def test_the_index_ends_with_its_next_rule(tmp_path: Path) -> None:
    assert index(tmp_path).ends_at == 60.0
    assert index(tmp_path, 60.0).ends_at == 120.0
    assert index(tmp_path, 120.0).ends_at == float("inf")
    assert len(index(tmp_path, 120.0).active) == 2


def test_an_app_keeps_its_policy_when_its_rules_have_ended(tmp_path: Path) -> None:
    assert index(tmp_path, 10**9).apps == {"app:old", "app:linked"}
    assert rules.app_root(index(tmp_path, 10**9), caller(app="old")) == "app:old"
    assert rules.app_root(index(tmp_path), caller(app="new")) is None
    assert rules.app_root(index(tmp_path), caller(app="")) is None


def test_what_is_held_names_who_allows_it(tmp_path: Path) -> None:
    held = rules.held(index(tmp_path), ["role:a", "role:b"], "read")
    assert held.by(["shop"]) == {"role:a"}
    assert held.by(["shop.people", "shop"]) == {"role:a", "role:b"}
    assert held.by(["shop", "shop.sales"]) == frozenset(), "a deny on the way is nobody's"
    assert rules.held(index(tmp_path), ["role:a"], "unmask").allowed == {}
