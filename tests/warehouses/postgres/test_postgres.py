"""What the kind offers: its dialect, its settings, and a warehouse that speaks it."""

from __future__ import annotations

import sys

import pytest

from proxy import kinds
from proxy.errors import ConfigError
from proxy.warehouses.postgres import DIALECT, Settings, connect
from tests.postgres import Database


def test_the_kind_is_found_by_its_name() -> None:
    module = kinds.load("warehouses", "postgres")
    assert module.DIALECT is DIALECT
    assert DIALECT.name == "postgres"
    assert not DIALECT.names.catalogs


async def test_a_warehouse_speaks_the_dialect_of_its_kind(shop: Database) -> None:
    settings = Settings.model_validate(shop.settings(schemas=["public", "hr"]))
    warehouse = connect("shop", settings)
    assert warehouse.dialect is DIALECT
    assert (await warehouse.catalog()).dialect == DIALECT.name
    await warehouse.close()


def test_without_its_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "proxy.warehouses.postgres.warehouse", raising=False)
    monkeypatch.delitem(sys.modules, "proxy.warehouses.postgres.errors", raising=False)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    settings = Settings.model_validate({"url": "postgresql://usher:x@127.0.0.1:1/none", "schemas": ["main"]})
    with pytest.raises(ConfigError, match=r"pip install 'sqlusher\[postgres\]'"):
        connect("shop", settings)
