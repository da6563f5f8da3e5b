"""The schema as a snapshot: kinds of types, folded keys, views, and a version that follows the content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from proxy.values import Catalog, TableId, TypeKind
from proxy.warehouses.duckdb.catalog import kind_of
from proxy.warehouses.duckdb.warehouse import DuckDb
from tests.warehouses.duckdb.conftest import SCHEMA, make

Connected = Callable[..., DuckDb]


async def snapshot(connected: Connected, path: Path, **settings: object) -> Catalog:
    return await connected(path, **settings).catalog()


async def test_tables_and_columns(warehouse: DuckDb) -> None:
    catalog = await warehouse.catalog()
    assert (catalog.warehouse, catalog.dialect, catalog.search_path) == ("shop", "duckdb", ("main",))
    assert set(catalog.tables) == {("main", "people"), ("main", "team_one"), ("hr", "odd name")}
    people = catalog.tables["main", "people"]
    assert people.id == TableId("shop", "main", "people")
    assert [(c.name, c.type, c.kind) for c in people.columns] == [
        ("id", "BIGINT", TypeKind.INTEGER),
        ("name", "VARCHAR", TypeKind.TEXT),
        ("team", "BIGINT", TypeKind.INTEGER),
    ]


async def test_names_keep_their_spelling_and_keys_are_folded(warehouse: DuckDb) -> None:
    odd = (await warehouse.catalog()).tables["hr", "odd name"]
    assert str(odd.id) == "shop.hr.Odd Name"
    assert odd.columns[0].name == "A b"
    assert not odd.columns[0].nullable
    assert odd.columns[1].nullable


async def test_views_are_objects_of_their_own(warehouse: DuckDb) -> None:
    tables = (await warehouse.catalog()).tables
    assert [t.id.name for t in tables.values() if t.is_view] == ["team_one"]
    assert [c.name for c in tables["main", "team_one"].columns] == ["id", "name"]


async def test_only_the_attached_database_is_there(warehouse: DuckDb) -> None:
    assert {t.id.warehouse for t in (await warehouse.catalog()).tables.values()} == {"shop"}
    assert not {s for s, _ in (await warehouse.catalog()).tables} & {"information_schema", "pg_catalog"}


@pytest.mark.parametrize(
    ("sql_type", "kind"),
    [
        ("VARCHAR", TypeKind.TEXT),
        ("HUGEINT", TypeKind.INTEGER),
        ("DECIMAL(38,10)", TypeKind.DECIMAL),
        ("TIMESTAMP WITH TIME ZONE", TypeKind.TIMESTAMP),
        ("VARCHAR[]", TypeKind.NESTED),
        ("INTEGER[3]", TypeKind.NESTED),
        ("STRUCT(a VARCHAR)", TypeKind.NESTED),
        ("MAP(VARCHAR, INTEGER)", TypeKind.NESTED),
        ("JSON", TypeKind.NESTED),
        ("ENUM('VARCHAR', 'b')", TypeKind.OTHER),
        ("ENUM('a]')", TypeKind.OTHER),
        ("mood", TypeKind.OTHER),
        ("GEOMETRY", TypeKind.OTHER),
        ("", TypeKind.OTHER),
    ],
)
def test_kinds_of_types(sql_type: str, kind: TypeKind) -> None:
    assert kind_of(sql_type) == kind


def test_every_type_of_the_engine_has_a_kind_that_was_chosen() -> None:
    known_others = {"GEOMETRY", "BIGNUM", "ENUM", "NULL", "TYPE"}
    connection = duckdb.connect()
    rows = connection.execute("SELECT column_name, column_type FROM (DESCRIBE FROM test_all_types())").fetchall()
    others = {t for _, t in rows if kind_of(t) is TypeKind.OTHER}
    assert {t.partition("(")[0] for t in others} <= known_others | {"TIMESTAMPTZ_NS"}


async def test_the_version_is_a_hash_of_the_content(connected: Connected, tmp_path: Path) -> None:
    one = await snapshot(connected, make(tmp_path / "one.duckdb"))
    same = await snapshot(connected, make(tmp_path / "same.duckdb"))
    assert one.version == same.version
    path = await snapshot(connected, tmp_path / "one.duckdb", search_path=("hr", "main"))
    assert path.search_path == ("hr", "main")
    versions = {one.version, path.version}
    for i, change in enumerate(
        [
            "ALTER TABLE people ADD COLUMN x INTEGER",
            "ALTER TABLE people RENAME name TO surname",
            "ALTER TABLE people ALTER team TYPE INTEGER",
            "CREATE TABLE more (i INTEGER)",
            "DROP VIEW team_one",
            "DROP VIEW team_one; CREATE TABLE team_one AS SELECT id, name FROM people",
            "ALTER TABLE people ALTER id SET NOT NULL",
        ]
    ):
        versions.add((await snapshot(connected, make(tmp_path / f"{i}.duckdb", SCHEMA + change))).version)
    assert len(versions) == 9
