"""The engine: one immutable snapshot at a time, swapped whole."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from proxy.errors import ConfigError
from proxy.policy import bundle
from proxy.policy.engine import Engine
from tests.policy.house import (
    CATALOG,
    COLUMNS,
    CUSTOMERS,
    DATA,
    MASKS,
    caller,
    column,
    columns,
    compile_filter,
    compile_mask,
    engine,
    folder,
    shop,
)

OPEN = "p, role:a, shop, read, allow\ng, user:ana, role:a\n"
SHUT = OPEN + "p, role:a, shop.sales, read, deny\n"


def load(path: Path, grants: str, data: str | None = None) -> bundle.Bundle:
    return bundle.load(folder(path, grants, data=data, masks=MASKS if data else None))


# ----------------------------------------------------------------------------------------------------------- reload
def test_a_reload_takes_effect_at_once_and_whole(tmp_path: Path) -> None:
    policy = engine(tmp_path / "a", OPEN)
    before = policy.view(caller(), CATALOG)
    fresh = load(tmp_path / "b", SHUT)
    policy.reload(fresh)
    assert policy.fingerprint == fresh.fingerprint
    after = policy.view(caller(), CATALOG)
    assert CUSTOMERS in before.tables
    assert CUSTOMERS not in after.tables
    assert after.policy == fresh.fingerprint != before.policy


def test_a_bad_policy_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    policy = engine(tmp_path / "a", OPEN)
    old, before = policy.fingerprint, policy.view(caller(), CATALOG)
    with pytest.raises(ConfigError, match="there is no table"):
        policy.reload(load(tmp_path / "b", OPEN + "p, role:a, shop.sales.nope, read, deny\n"))
    assert policy.fingerprint == old
    assert policy.view(caller(), CATALOG) is before


def test_a_reload_is_held_against_the_schema_as_it_is_now(tmp_path: Path) -> None:
    policy = engine(tmp_path / "a", OPEN)
    changed = shop({**COLUMNS, CUSTOMERS: ("id", "email2", "ssn")}, version="2")
    policy.view(caller(), changed)
    with pytest.raises(ConfigError, match="has no column 'email'"):
        policy.reload(load(tmp_path / "b", OPEN, DATA))


def test_a_view_that_was_handed_out_does_not_change(tmp_path: Path) -> None:
    policy = engine(tmp_path / "a", OPEN)
    view = policy.view(caller(), CATALOG)
    shown = repr(view)
    policy.reload(load(tmp_path / "b", SHUT))
    policy.view(caller(), CATALOG)
    assert repr(view) == shown


def test_a_reload_under_concurrent_reads_never_gives_a_wrong_allow(tmp_path: Path) -> None:
    """Both policies deny shop.people to this caller; sales is open in one and shut in the other. A reader may meet
    either policy, but only whole, and never one without its denies."""
    people = "p, role:a, shop.people, read, deny\n"
    first, second = load(tmp_path / "a", OPEN + people), load(tmp_path / "b", SHUT + people)
    policy = Engine(first, compile_filter, compile_mask, frozenset())
    policy.check([CATALOG])
    allowed = {first.fingerprint: {"public", "sales"}, second.fingerprint: {"public"}}
    wrong: list[object] = []
    stop = threading.Event()
    reads = [0, 0, 0, 0]

    def read(number: int) -> None:
        while not stop.is_set():
            view = policy.view(caller("ana", f"g{reads[number] % 7}"), CATALOG)
            if {t.schema for t in view.tables} != allowed[view.policy] or policy.may(caller(), "usher.audit", "read"):
                wrong.append(view)
            reads[number] += 1

    readers = [threading.Thread(target=read, args=(n,)) for n in range(len(reads))]
    for reader in readers:
        reader.start()
    for turn in range(300):
        policy.reload(second if turn % 2 == 0 else first)
    stop.set()
    for reader in readers:
        reader.join(timeout=60)
    assert not any(reader.is_alive() for reader in readers)
    assert wrong == []
    assert min(reads) > 0


def test_a_grant_that_ends_during_a_reload_does_not_bring_the_old_policy_back(tmp_path: Path) -> None:
    now = [0.0]
    grants = OPEN + "p, role:a, shop.people, read, allow, 1970-01-01T00:00:10Z\n"
    policy = engine(tmp_path / "a", grants, clock=lambda: now[0])
    fresh = load(tmp_path / "b", SHUT)
    calls = []

    def clock() -> float:
        calls.append(1)
        if len(calls) == 1:  # between reading the old snapshot and replacing it, somebody reloads
            policy.reload(fresh)
        return 11.0

    policy._clock = clock
    policy.view(caller(), CATALOG)
    assert policy.fingerprint == fresh.fingerprint
    assert CUSTOMERS not in policy.view(caller(), CATALOG).tables


# ------------------------------------------------------------------------------------------------------------ views
def test_views_are_cached_by_catalog_version(tmp_path: Path) -> None:
    policy = engine(tmp_path, OPEN)
    first = policy.view(caller(), CATALOG)
    assert policy.view(caller(), CATALOG) is first
    more = shop({**COLUMNS, CUSTOMERS: (*COLUMNS[CUSTOMERS], "extra")}, version="2")
    assert "extra" in columns(policy.view(caller(), more))


def test_a_subject_at_its_ends_gains_nothing_by_odd_characters(tmp_path: Path) -> None:
    policy = engine(tmp_path, OPEN)
    for odd in ("ana\x00", " ana", "ana ", "ANA", "ana\nrole:a", "ana,role:a", "\ud800"):
        assert policy.view(caller(odd), CATALOG).tables == {}


# -------------------------------------------------------------------------------------------------------------- may
AUDIT = "p, role:auditor, usher.audit, read, allow\ng, group:auditors, role:auditor\n"


def test_reading_the_audit_log_needs_its_own_grant(tmp_path: Path) -> None:
    policy = engine(tmp_path, OPEN + AUDIT)
    assert policy.may(caller("eve", "auditors"), "usher.audit", "read") is True
    assert policy.may(caller("ana"), "usher.audit", "read") is False
    assert policy.may(caller("eve", "auditors"), "usher.audit", "unmask") is False
    assert policy.may(caller("eve", "auditors"), "usher.other", "read") is False


def test_a_deny_on_the_audit_log_beats_an_allow(tmp_path: Path) -> None:
    policy = engine(tmp_path, AUDIT + "p, user:eve, usher.audit, read, deny\n")
    assert policy.may(caller("eve", "auditors"), "usher.audit", "read") is False


def test_an_app_narrows_the_audit_log_too(tmp_path: Path) -> None:
    policy = engine(tmp_path, OPEN + AUDIT + "p, app:bot, shop, read, allow\ng, app:desk, role:auditor\n")
    assert policy.may(caller("eve", "auditors", app="bot"), "usher.audit", "read") is False
    assert policy.may(caller("eve", "auditors", app="desk"), "usher.audit", "read") is True
    assert policy.may(caller("ana", app="desk"), "usher.audit", "read") is False


def test_a_grant_on_the_audit_log_ends(tmp_path: Path) -> None:
    now = [0.0]
    policy = engine(tmp_path, "p, user:eve, usher.audit, read, allow, 1970-01-01\n", clock=lambda: now[0])
    assert policy.may(caller("eve"), "usher.audit", "read") is True
    now[0] = 86_400.0
    assert policy.may(caller("eve"), "usher.audit", "read") is False


# ------------------------------------------------------------------------------------------------------- attributes
def test_a_list_attribute_as_one_value_fails_the_load(tmp_path: Path) -> None:
    data = 'tables: {shop.sales.customers: {rows: [{id: f, for: everyone, where: "region = :regions"}]}}'
    loaded = bundle.load(folder(tmp_path, OPEN, data=data, masks=None))
    made = Engine(loaded, compile_filter, compile_mask, frozenset({"regions"}), frozenset({"regions"}))
    with pytest.raises(ConfigError, match=r"takes :regions as one value, but it is a list; write `IN \(:regions\)`"):
        made.check([CATALOG])


def test_masks_reach_the_view_with_kind_options_and_tag(tmp_path: Path) -> None:
    masks = MASKS.replace("{mask: email_domain}", "{mask: first_n, n: 3}")
    view = engine(tmp_path, OPEN, data=DATA, masks=masks).view(caller(), CATALOG)
    mask = column(view, "email").cells[0].mask
    assert mask is not None
    assert (mask.kind, mask.options, mask.tag) == ("first_n", (("n", 3),), "pii.email")


# ---------------------------------------------------------------------------------------------------------- may_act
ACT = "p, app:portal, usher.users, act, allow\n"


def test_an_app_acts_for_users_where_its_own_grant_says_so(tmp_path: Path) -> None:
    policy = engine(tmp_path, OPEN + ACT + "p, role:front, usher.users, act, allow\ng, app:desk, role:front\n")
    assert policy.may_act(caller("anybody", app="portal")) is True
    assert policy.may_act(caller("anybody", app="desk")) is True
    assert policy.may_act(caller("anybody", app="bot")) is False
    assert policy.may_act(caller("anybody")) is False


@pytest.mark.parametrize("grant", ["user:ana", "group:staff"])
def test_a_persons_grant_lets_no_app_act(tmp_path: Path, grant: str) -> None:
    policy = engine(tmp_path, OPEN + f"p, {grant}, usher.users, act, allow\n")
    assert policy.may_act(caller("ana", "staff", app="bot")) is False
    assert policy.may_act(caller("ana", "staff")) is False


def test_a_deny_beats_the_grant_to_act(tmp_path: Path) -> None:
    policy = engine(tmp_path, OPEN + ACT + "p, role:shut, usher.users, act, deny\ng, app:portal, role:shut\n")
    assert policy.may_act(caller("anybody", app="portal")) is False


def test_the_grant_to_act_hides_no_data_and_shows_none(tmp_path: Path) -> None:
    policy = engine(tmp_path, OPEN + ACT)
    assert policy.view(caller("ana", app="portal"), CATALOG).tables == policy.view(caller("ana"), CATALOG).tables
    assert policy.view(caller("portal", app="portal"), CATALOG).tables == {}
