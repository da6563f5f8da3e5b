"""The policy against the warehouses. (Unknown objects: test_traps.py; columns and filters: test_governed.py.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.errors import ConfigError
from proxy.policy import bundle
from proxy.policy.engine import Engine
from tests.policy.house import CATALOG, MASKS, compile_filter, compile_mask, engine, folder, shop

FILTER = """tables:
  shop.sales.customers:
    columns: {email: [pii.email]}
    rows: [{id: f, for: [role:a], where: "id = x"}]
"""


@pytest.mark.parametrize(
    "granted", ["shop", "shop.sales", "shop.sales.customers", "shop.sales.customers.id", "tag:pii", "tag:pii.email"]
)
def test_a_filter_lives_by_any_read_grant_of_its_subject(tmp_path: Path, granted: str) -> None:
    engine(tmp_path, f"p, role:a, {granted}, read, allow\n", data=FILTER, masks=MASKS)


@pytest.mark.parametrize(
    "line",
    [
        "p, role:a, shop.people, read, allow",
        "p, role:a, shop.sales.orders, read, allow",
        "p, role:a, tag:other, read, allow",
        "p, role:a, shop, unmask, allow",
        "p, role:a, shop, read, deny",
        "g, role:a, role:b\np, role:b, shop, read, allow",
    ],
)
def test_a_filter_for_a_subject_without_a_read_grant_of_its_own_is_dead(tmp_path: Path, line: str) -> None:
    masks = MASKS + "  other: {mask: redact}\n"
    with pytest.raises(ConfigError) as caught:
        engine(tmp_path, line + "\n", data=FILTER, masks=masks)
    assert caught.value.problems == (
        f"{tmp_path}/data/all.yaml:4: the filter f limits nobody: role:a has no read grant of its own on "
        "shop.sales.customers; name the subject that stands in the p line",
    )


def test_a_filter_does_not_become_a_mistake_when_its_grant_ends(tmp_path: Path) -> None:
    engine(tmp_path, "p, role:a, shop, read, allow, 1970-01-01\n", data=FILTER, masks=MASKS, clock=lambda: 10.0**9)


def test_several_warehouses_are_checked_together(tmp_path: Path) -> None:
    loaded = bundle.load(
        folder(tmp_path, "p, role:a, shop, read, allow\np, role:a, lake.sales, read, allow\n", data=None)
    )
    made = Engine(loaded, compile_filter, compile_mask, frozenset())
    with pytest.raises(ConfigError, match=r"grants.csv:2: there is no schema 'lake.sales'"):
        made.check([CATALOG])


def test_a_warehouse_named_like_the_gateways_own_objects_is_refused(tmp_path: Path) -> None:
    loaded = bundle.load(folder(tmp_path, "# none\n", data=None))
    made = Engine(loaded, compile_filter, compile_mask, frozenset())
    usher = type(CATALOG)("usher", "fake", "1", {}, ())
    with pytest.raises(ConfigError, match=r"warehouses.usher: this name is taken"):
        made.check([usher])


def test_an_empty_warehouse_leaves_every_object_unknown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        engine(tmp_path, "p, role:a, shop, read, allow\np, role:a, shop.sales, read, allow\n", catalog=shop({}))
    assert len(caught.value.problems) == 1
