"""A catalog under a policy: what does not fit is withheld, never shown with less protection."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from proxy.errors import ConfigError
from proxy.policy.governed import suggestion
from proxy.values import Catalog, TableId
from tests.policy.house import (
    CATALOG,
    COLUMNS,
    CUSTOMERS,
    DATA,
    EMPLOYEES,
    MASKS,
    ORDERS,
    caller,
    columns,
    engine,
    shop,
)

GRANTS = "p, user:ana, shop, read, allow\n"
ROWS = DATA + '    rows:\n      - {id: f, for: everyone, where: "region = :region"}\n'


def problems(path: Path, data: str, masks: str = MASKS, grants: str = GRANTS) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        engine(path, grants, data=data, masks=masks)
    return [p.removeprefix(f"{path}/") for p in caught.value.problems]


def test_a_filter_that_does_not_compile_fails_the_load(tmp_path: Path) -> None:
    found = problems(tmp_path, ROWS.replace("region = :region", "regoin = :region"))
    assert found == ['data/all.yaml:9: the filter f cannot be used: there is no column "regoin"']


def test_a_filter_that_needs_an_attribute_no_claim_supplies_fails_the_load(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ROWS.replace(":region", ":territory"))
    assert problem.startswith("data/all.yaml:9: the filter f needs the attribute :territory, which no claim supplies;")
    assert "app, email, issuer, region, regions, sub" in problem


def test_an_unknown_column_fails_the_load(tmp_path: Path) -> None:
    found = problems(tmp_path, DATA.replace("      ssn:", "      snn:"))
    assert found == ["data/all.yaml:7: shop.sales.customers has no column 'snn'; did you mean 'ssn'?"]


def test_an_unknown_table_fails_the_load(tmp_path: Path) -> None:
    found = problems(tmp_path, DATA.replace("customers", "customer"))
    assert found == ["data/all.yaml:3: there is no table 'shop.sales.customer'; did you mean 'shop.sales.customers'?"]


def test_a_mask_option_that_does_not_compile_fails_the_load(tmp_path: Path) -> None:
    found = problems(tmp_path, DATA, MASKS.replace("{mask: redact}", "{mask: redact, wrong: 1}"))
    assert found == [
        "masks.yaml:3: on shop.sales.customers.email: there is no option wrong",
        "masks.yaml:3: on shop.sales.customers.ssn: there is no option wrong",
    ]


# ------------------------------------------------------------------------------------------------------------- views
@pytest.mark.parametrize(
    ("grants", "opened"),
    [
        ("p, user:ana, shop, read, allow\n", False),
        ("p, user:ana, shop.sales, read, allow\n", False),
        ("p, user:ana, shop, read, allow\np, user:bob, shop.sales.orders, read, deny\n", False),
        ("p, user:ana, shop.sales.orders, read, allow\n", True),
        ("p, user:ana, shop.sales.orders.id, read, allow\n", True),
    ],
)
def test_a_view_is_opened_by_a_policy_that_names_it(tmp_path: Path, grants: str, opened: bool) -> None:
    catalog = _with_a_view()
    policy = engine(tmp_path, grants)
    assert (ORDERS in policy.view(caller(), catalog).tables) is opened
    assert policy.closed(catalog) == (() if opened else (str(ORDERS),))


def _with_a_view() -> Catalog:
    """The shop, in which the orders are a view."""
    tables = dict(CATALOG.tables)
    key = next(key for key, table in tables.items() if table.id == ORDERS)
    tables[key] = replace(tables[key], is_view=True)
    return replace(CATALOG, tables=tables, version="2")


def test_a_grant_on_a_view_opens_it_to_nobody_else(tmp_path: Path) -> None:
    policy = engine(tmp_path, "p, user:ana, shop, read, allow\np, user:bob, shop.sales.orders.id, read, allow\n")
    assert ORDERS not in policy.view(caller("ana"), _with_a_view()).tables
    assert columns(policy.view(caller("bob"), _with_a_view()), ORDERS) == ("id",)


def test_a_view_that_a_data_file_names_is_reached_by_grants_on_its_schema(tmp_path: Path) -> None:
    data = "tables:\n  shop.sales.orders: {owner: sales@example.com}\n"
    policy = engine(tmp_path, "p, user:ana, shop, read, allow\n", data=data)
    assert ORDERS in policy.view(caller("ana"), _with_a_view()).tables


def test_a_deny_on_a_views_schema_reaches_it(tmp_path: Path) -> None:
    grants = "p, user:ana, shop.sales.orders, read, allow\np, user:ana, shop.sales, read, deny\n"
    assert ORDERS not in engine(tmp_path, grants).view(caller("ana"), _with_a_view()).tables


# --------------------------------------------------------------------------------------- the schema changes later
def test_a_tagged_column_that_was_renamed_withholds_its_table(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    policy = engine(tmp_path, GRANTS, data=DATA, masks=MASKS)
    changed = shop({**COLUMNS, CUSTOMERS: ("id", "name", "email", "ssn2", "region")}, version="2")
    with caplog.at_level(logging.WARNING):
        view = policy.view(caller(), changed)
    assert CUSTOMERS not in view.tables
    assert ORDERS in view.tables
    assert "shop.sales.customers" in caplog.text


def test_a_denied_column_that_was_renamed_withholds_its_table(tmp_path: Path) -> None:
    policy = engine(tmp_path, GRANTS + "p, user:ana, shop.people.employees.salary, read, deny\n")
    changed = shop({**COLUMNS, EMPLOYEES: ("id", "email", "pay")}, version="2")
    assert EMPLOYEES not in policy.view(caller(), changed).tables


def test_a_filter_that_no_longer_compiles_withholds_its_table(tmp_path: Path) -> None:
    policy = engine(tmp_path, GRANTS, data=ROWS, masks=MASKS)
    changed = shop({**COLUMNS, CUSTOMERS: ("id", "name", "email", "ssn")}, version="2")
    assert CUSTOMERS not in policy.view(caller(), changed).tables


def test_a_dropped_table_takes_nothing_else_with_it(tmp_path: Path) -> None:
    policy = engine(tmp_path, GRANTS, data=ROWS, masks=MASKS)
    changed = shop({k: v for k, v in COLUMNS.items() if k != CUSTOMERS}, version="2")
    assert set(policy.view(caller(), changed).tables) == set(COLUMNS) - {CUSTOMERS}


def test_a_column_added_later_is_covered_by_a_grant_on_its_table(tmp_path: Path) -> None:
    policy = engine(tmp_path, GRANTS)
    changed = shop({**COLUMNS, ORDERS: (*COLUMNS[ORDERS], "note")}, version="2")
    assert "note" in columns(policy.view(caller(), changed), ORDERS)


# --------------------------------------------------------------------------------------------------- odd names
def test_a_table_with_a_dot_in_its_name_is_not_a_column_of_another(tmp_path: Path) -> None:
    odd = TableId("shop", "sales", "orders.total")
    catalog = shop({**COLUMNS, odd: ("id",)})
    policy = engine(tmp_path, "p, user:ana, shop.sales.orders.total, read, allow\n", catalog=catalog)
    view = policy.view(caller(), catalog)
    assert list(view.tables) == [ORDERS]
    assert columns(view, ORDERS) == ("total",)


def test_a_column_with_a_dot_in_its_name_is_covered_by_its_table(tmp_path: Path) -> None:
    catalog = shop({**COLUMNS, ORDERS: ("id", "a.b")})
    policy = engine(tmp_path, "p, user:ana, shop.sales.orders, read, allow\n", catalog=catalog)
    assert columns(policy.view(caller(), catalog), ORDERS) == ("id", "a.b")


def test_a_suggestion_is_made_only_for_a_near_name() -> None:
    assert suggestion("custmers", ["customers", "orders"]) == "; did you mean 'customers'?"
    assert suggestion("zzz", ["customers"]) == ""
