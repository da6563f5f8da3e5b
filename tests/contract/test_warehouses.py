"""What every kind of warehouse keeps: what it offers, and how the objects it connects behave."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import duckdb
import pyarrow as pa
import pytest
from pydantic import BaseModel, ValidationError

from proxy import kinds
from proxy.dialect import Dialect, Function
from proxy.errors import ConfigError, GatewayError, QueryTimeout
from proxy.ports import Warehouse
from tests import postgres
from tests.warehouses.duckdb.running import run

NAMES = kinds.names("warehouses")


def duckdb_file(folder: Path) -> Mapping[str, Any]:
    path = folder / "contract.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE items AS SELECT i AS id, 'item ' || i AS name FROM range(100) r(i)")
    return {"path": path}


def postgres_database(_: Path) -> Mapping[str, Any]:
    made = postgres.new_database(postgres.server(), "shop")
    made.sql("CREATE SCHEMA main; CREATE TABLE main.items (id integer, name text)")
    made.sql("INSERT INTO main.items SELECT i, 'item ' || i FROM generate_series(0, 99) AS i")
    made.setup(["main"])
    return made.settings(schemas=["main"])


# How each kind is given a `main.items (id, name)` of 100 rows, and settings that cannot work.
SAMPLES = {"duckdb": duckdb_file, "postgres": postgres_database}
BROKEN = {
    "duckdb": {"path": "/nowhere/none.duckdb"},
    "postgres": {"url": "postgresql://usher:x@127.0.0.1:1/none", "schemas": ["main"]},
}


def test_every_kind_has_a_sample() -> None:
    assert set(NAMES) == set(SAMPLES) == set(BROKEN)


@pytest.fixture(params=NAMES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def warehouse(kind: str, tmp_path: Path) -> AsyncIterator[Warehouse]:
    module = kinds.load("warehouses", kind)
    made = module.connect("shop", module.Settings(**SAMPLES[kind](tmp_path)))
    yield made
    await made.close()


async def rows(warehouse: Warehouse, sql: str, *parameters: Any) -> list[dict[str, Any]]:
    result = await run(warehouse, sql, parameters, 10)
    return [row async for batch in result.batches for row in batch.to_pylist()]


def test_it_offers_dialect_settings_and_connect(kind: str) -> None:
    module = kinds.load("warehouses", kind)
    assert isinstance(module.DIALECT, Dialect)
    assert issubclass(module.Settings, BaseModel)
    assert module.Settings.model_config["frozen"]
    assert list(inspect.signature(module.connect).parameters) == ["name", "settings"]
    assert get_type_hints(Dialect)


def test_unknown_settings_are_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="colour"):
        kinds.load("warehouses", kind).Settings(**SAMPLES[kind](tmp_path), colour="red")


def test_a_warehouse_that_is_not_there_names_its_setting(kind: str) -> None:
    module = kinds.load("warehouses", kind)
    with pytest.raises((ConfigError, GatewayError), match=r"warehouses\.shop\."):
        module.connect("shop", module.Settings(**BROKEN[kind]))


def test_the_dialect_lists_what_is_allowed(kind: str) -> None:
    dialect = kinds.load("warehouses", kind).DIALECT
    assert all(isinstance(f, Function) for f in dialect.functions.values())
    assert all(name == name.lower() for name in (*dialect.functions, *dialect.refused))
    assert not set(dialect.functions) & set(dialect.refused)
    assert all(dialect.refused.values())


async def test_the_catalog_is_folded_and_versioned(warehouse: Warehouse) -> None:
    catalog = await warehouse.catalog()
    table = catalog.tables["main", "items"]
    assert [c.name for c in table.columns] == ["id", "name"]
    assert catalog.dialect == warehouse.dialect.name
    assert catalog.version
    assert (await warehouse.catalog()).version == catalog.version


async def test_rows_parameters_and_types(warehouse: Warehouse) -> None:
    found = await rows(
        warehouse, "SELECT id, name FROM shop.main.items WHERE id = $1 OR name = $2 ORDER BY id", 3, "item 5"
    )
    assert found == [{"id": 3, "name": "item 3"}, {"id": 5, "name": "item 5"}]


async def test_the_schema_is_there_before_the_rows_and_fits_them(warehouse: Warehouse) -> None:
    result = await run(warehouse, "SELECT id, name FROM shop.main.items", [], 10)
    assert isinstance(result.schema, pa.Schema)
    assert all([batch.schema == result.schema async for batch in result.batches])


async def test_a_statement_is_described_as_it_then_answers(warehouse: Warehouse) -> None:
    catalog = await warehouse.catalog()
    table = ".".join(f'"{part}"' for part in warehouse.dialect.full_name(catalog.tables["main", "items"].id) if part)
    sql = f"SELECT id, name AS title FROM {table} WHERE id < $1 AND name LIKE $2"
    told = await warehouse.describe(sql, 10, catalog.version)
    assert [f.type for f in told.parameters if f is not None] == [told.schema.field("id").type, pa.string()]
    result = await warehouse.execute(sql, [3, "item%"], 10, catalog.version)
    assert result.schema == told.schema
    assert sum([batch.num_rows async for batch in result.batches]) == 3


async def test_what_cannot_be_described_is_refused(warehouse: Warehouse) -> None:
    version = (await warehouse.catalog()).version
    with pytest.raises(GatewayError):
        await warehouse.describe("SELECT nothing FROM nowhere", 10, version)
    with pytest.raises(GatewayError):
        await warehouse.describe("SELECT 1", 10, "another schema")
    assert (await warehouse.describe("SELECT 1 AS n", 10, version)).schema.names == ["n"]


async def test_errors_are_the_gateways_own_and_quote_no_data(warehouse: Warehouse) -> None:
    with pytest.raises(GatewayError) as raised:
        await rows(warehouse, "SELECT CAST(name AS INTEGER) FROM shop.main.items")
    assert "item " not in str(raised.value)


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE shop.main.x (i INTEGER)", "DELETE FROM shop.main.items", "SELECT 1; SELECT 2"]
)
async def test_nothing_but_one_select_runs(warehouse: Warehouse, sql: str) -> None:
    with pytest.raises(GatewayError):
        await rows(warehouse, sql)
    assert await rows(warehouse, "SELECT count(*) AS n FROM shop.main.items") == [{"n": 100}]


async def test_the_timeout_holds(warehouse: Warehouse) -> None:
    many = ", ".join(f"shop.main.items AS t{i}" for i in range(8))
    with pytest.raises(QueryTimeout):
        await run(warehouse, f"SELECT count(*) FROM {many}", [], 0.2)
    assert await warehouse.ready()


async def test_closing_early_is_a_hang_up(warehouse: Warehouse) -> None:
    many = ", ".join(f"shop.main.items AS t{i}" for i in range(4))
    result = await run(warehouse, f"SELECT t0.id FROM {many}", [], 30)
    assert (await anext(result.batches)).num_rows
    await result.batches.aclose()  # type: ignore[attr-defined]
    assert await warehouse.ready()
