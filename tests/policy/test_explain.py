"""`usher can WHO` and `usher who-can TABLE[.COLUMN]`."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.policy.engine import Engine
from proxy.policy.explain import NoSuchObject
from tests.policy.house import CATALOG, CUSTOMERS, MASKS, PRODUCTS, caller, cells, column, columns, engine, say

DATA = """
tables:
  shop.sales.customers:
    columns: {email: [pii.email], ssn: [pii.national_id]}
    rows: [{id: own, for: [role:analyst], where: "region = :region"}]
"""
GRANTS = """p, role:employee, shop.public, read, allow
p, role:analyst, shop.sales, read, allow, 2030-01-01T00:00:00Z
p, role:analyst, shop.sales.customers.ssn, read, deny
p, role:hr, shop, read, allow
p, role:hr, tag:pii, unmask, allow
p, app:bot, shop.public, read, allow
g, role:analyst, role:employee
g, group:analysts, role:analyst
g, user:ana, role:hr
"""


@pytest.fixture
def policy(tmp_path: Path) -> Engine:
    return engine(tmp_path, GRANTS, data=DATA, masks=MASKS)


def test_can_shows_the_view_that_decides(policy: Engine) -> None:
    assert policy.can(["group:analysts"], CATALOG) == policy.view(caller("nobody", "analysts"), CATALOG)
    assert policy.can(["user:ana", "group:analysts"], CATALOG) == policy.view(caller("ana", "analysts"), CATALOG)


def test_can_takes_an_app_that_narrows(policy: Engine) -> None:
    through = policy.can(["user:ana", "app:bot"], CATALOG)
    assert list(through.tables) == [PRODUCTS]
    assert through == policy.view(caller("ana", app="bot"), CATALOG)
    assert policy.can(["user:ana", "app:other"], CATALOG) == policy.can(["user:ana"], CATALOG)


def test_can_of_an_app_alone_is_what_it_allows_at_most(policy: Engine) -> None:
    assert list(policy.can(["app:bot"], CATALOG).tables) == [PRODUCTS]


def test_can_of_somebody_unknown_is_nothing(policy: Engine) -> None:
    assert policy.can(["user:eve"], CATALOG).tables == {}


@pytest.mark.parametrize("who", [["ana"], ["role"], ["app:a", "app:b"]])
def test_can_says_what_to_write(policy: Engine, who: list[str]) -> None:
    with pytest.raises(NoSuchObject):
        policy.can(who, CATALOG)


def test_who_can_names_every_subject_and_its_grants(policy: Engine, tmp_path: Path) -> None:
    found = {a.subject: a for a in policy.who_can("shop.sales.customers", CATALOG)}
    assert list(found) == ["group:analysts", "role:analyst", "role:hr", "user:ana"]
    group = found["group:analysts"]
    assert group.inherited == ("role:analyst",)
    assert group.via == (f"{tmp_path}/grants.csv:2: p, role:analyst, shop.sales, read, allow",)
    assert group.until == 1_893_456_000.0
    assert say(group.view.rows) == "own"
    assert found["user:ana"].until is None
    assert found["role:hr"].inherited == ()


def test_who_can_of_a_column_shows_its_mask(policy: Engine) -> None:
    found = {a.subject: a.view for a in policy.who_can("shop.sales.customers.email", CATALOG)}
    assert cells(column(found["role:analyst"], "email")) == [("always", "email_domain")]
    assert cells(column(found["role:hr"], "email")) == [("always", None)]
    assert [a.subject for a in policy.who_can("shop.sales.customers.ssn", CATALOG)] == ["role:hr", "user:ana"]


@pytest.mark.parametrize(
    "target", ["customers", "shop.sales", "shop.sales.nope", "shop.sales.customers.nope", "shop..customers", ""]
)
def test_who_can_says_what_to_write(policy: Engine, target: str) -> None:
    with pytest.raises(NoSuchObject):
        policy.who_can(target, CATALOG)


def test_who_can_agrees_with_can(policy: Engine) -> None:
    subjects = [a.subject for a in policy.who_can("shop.sales.customers.id", CATALOG)]
    for subject in ["group:analysts", "role:employee", "role:analyst", "role:hr", "user:ana", "app:bot"]:
        assert ("id" in columns(policy.can([subject], CATALOG), CUSTOMERS)) == (subject in subjects)
