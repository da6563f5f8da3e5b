"""The snapshot: what the login may read of the governed schemas, named as the server names it, and when it changes."""

from __future__ import annotations

import pytest

from proxy.values import TableId, TypeKind
from proxy.warehouses.postgres.catalog import KINDS, kind_of
from proxy.warehouses.postgres.warehouse import Postgres
from tests.postgres import Database
from tests.warehouses.postgres.conftest import SCHEMA, Connected


async def test_tables_and_views_of_the_governed_schemas_and_no_others(warehouse: Postgres) -> None:
    catalog = await warehouse.catalog()
    assert set(catalog.tables) == {
        ("public", "people"),
        ("public", "team_one"),
        ("public", "teams"),
        ("public", "parted"),
        ("public", "parted_2024"),
        ("hr", "Odd Name"),
        ("hr", "odd_name"),
    }
    assert catalog.warehouse == "shop"
    assert catalog.dialect == "postgres"
    assert catalog.search_path == ("public", "hr")


async def test_names_are_as_the_server_stores_them(warehouse: Postgres) -> None:
    table = (await warehouse.catalog()).tables["hr", "Odd Name"]
    assert table.id == TableId("shop", "hr", "Odd Name")
    assert table.columns[0].name == "A b"


async def test_views_are_known_as_views(warehouse: Postgres) -> None:
    tables = (await warehouse.catalog()).tables
    assert {name for (_, name), t in tables.items() if t.is_view} >= {"team_one", "teams"}
    assert not tables["public", "people"].is_view
    assert not tables["public", "parted"].is_view


async def test_partitions_and_children_count_as_views(postgres: Database, connected: Connected) -> None:
    """They show rows of their parent, without its filters."""
    postgres.sql("CREATE TABLE parent (a text); CREATE TABLE child () INHERITS (parent); CREATE TABLE alone (a text)")
    postgres.sql("CREATE TABLE parts (a int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF parts DEFAULT")
    postgres.setup()
    tables = (await connected(postgres).catalog()).tables
    assert {name for (_, name), t in tables.items() if t.is_view} == {"child", "part"}
    assert {name for (_, name), t in tables.items() if t.parted} == {"parent", "parts"}


async def test_columns_with_a_collation_of_their_own_are_known(postgres: Database, connected: Connected) -> None:
    postgres.sql('CREATE TABLE t (plain text, own text COLLATE "C", n int, name name)')
    postgres.setup()
    columns = (await connected(postgres).catalog()).tables["public", "t"].columns
    assert [c.name for c in columns if c.own_collation] == ["own"]


async def test_keys_are_known_where_all_of_them_can_be_read(postgres: Database, connected: Connected) -> None:
    postgres.sql("CREATE TABLE one (id int PRIMARY KEY, name text); CREATE TABLE none (id int UNIQUE NOT NULL)")
    postgres.sql("CREATE TABLE two (b int, a int, c text, PRIMARY KEY (a, b)); CREATE TABLE late (id int)")
    postgres.sql(
        "ALTER TABLE late ADD PRIMARY KEY (id) DEFERRABLE; CREATE TABLE half (a int, b int, PRIMARY KEY (a, b))"
    )
    postgres.setup()
    postgres.sql(f"REVOKE SELECT ON half FROM {postgres.role}; GRANT SELECT (a) ON half TO {postgres.role}")
    tables = (await connected(postgres).catalog()).tables
    keys = {name: table.key for (_, name), table in tables.items()}
    assert keys == {"one": ("id",), "two": ("b", "a"), "none": (), "late": (), "half": ()}


async def test_a_key_that_comes_or_goes_changes_the_version(postgres: Database, connected: Connected) -> None:
    postgres.sql("CREATE TABLE t (id int NOT NULL UNIQUE, name text)")
    postgres.setup()
    warehouse = connected(postgres, refresh_s=0.001)
    versions = [(await warehouse.catalog()).version]
    for change in ("ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (id)", "ALTER TABLE t DROP CONSTRAINT k"):
        postgres.sql(change)
        versions.append((await warehouse.catalog()).version)
    assert versions[0] != versions[1] != versions[2]


async def test_columns_their_types_and_kinds(warehouse: Postgres) -> None:
    columns = {c.name: c for c in (await warehouse.catalog()).tables["hr", "Odd Name"].columns}
    assert {n: (c.type, c.kind) for n, c in columns.items()} == {
        "A b": ("integer", TypeKind.INTEGER),
        "mood": ("public.mood", TypeKind.OTHER),
        "d": ("numeric(10,2)", TypeKind.DECIMAL),
        "l": ("integer[]", TypeKind.NESTED),
        "p": ("hr.pair", TypeKind.OTHER),
        "s": ("character varying(20)", TypeKind.TEXT),
        "ss": ("character varying(20)", TypeKind.TEXT),
        "u": ("uuid", TypeKind.UUID),
        "ts": ("timestamp with time zone", TypeKind.TIMESTAMP),
        "t3": ("timestamp(3) without time zone", TypeKind.TIMESTAMP),
        "j": ("jsonb", TypeKind.NESTED),
        "b": ("bytea", TypeKind.BINARY),
        "bits": ("bit(3)", TypeKind.BINARY),
        "iv": ("interval", TypeKind.INTERVAL),
        "f": ("real", TypeKind.FLOAT),
        "dt": ("date", TypeKind.DATE),
        "t": ("time without time zone", TypeKind.TIME),
        "o": ("boolean", TypeKind.BOOLEAN),
        "moods": ("public.mood[]", TypeKind.NESTED),
        "r": ("int4range", TypeKind.OTHER),
        "n": ("numeric", TypeKind.DECIMAL),
        "c": ("character(4)", TypeKind.TEXT),
    }
    assert {n for n, c in columns.items() if not c.nullable} == {"A b", "s"}


@pytest.mark.parametrize("name", KINDS)
def test_types_of_the_list_are_the_servers_spelling(shop: Database, name: str) -> None:
    assert shop.query(f"SELECT format_type('{name}'::regtype, NULL)") == [[name]]


def test_a_type_nobody_listed_is_other() -> None:
    for name in ("xml", "inet", "public.text", "money", "int4range", "hr.pair", '"char"', "regclass"):
        assert kind_of(name) is TypeKind.OTHER


async def test_equal_schemas_have_equal_versions_and_changes_change_it(
    postgres: Database, connected: Connected
) -> None:
    postgres.sql(SCHEMA)
    postgres.setup(["public", "hr"])
    warehouse = connected(postgres, schemas=["public", "hr"], refresh_s=0.001)
    versions = {"start": (await warehouse.catalog()).version}
    same = connected(postgres, schemas=["public", "hr"])
    assert (await same.catalog()).version == versions["start"]
    for change in (
        "ALTER TABLE people ADD age integer",
        "ALTER TABLE people RENAME COLUMN age TO years",
        "ALTER TABLE people ALTER years TYPE bigint",
        "ALTER TABLE people ALTER years SET NOT NULL",
        "ALTER TABLE people RENAME TO persons",
        "DROP TABLE parted",
    ):
        postgres.sql(change.replace("SET NOT NULL", "SET DEFAULT 1") if "NOT NULL" in change else change)
        if "NOT NULL" in change:
            postgres.sql("UPDATE people SET years = 1; ALTER TABLE people ALTER years SET NOT NULL")
        versions[change] = (await warehouse.catalog()).version
    assert len(set(versions.values())) == len(versions)


@pytest.mark.parametrize(
    "change", ["ANALYZE", "VACUUM", "INSERT INTO people VALUES (5000, 'x', 1)", "CREATE TABLE secret.more (i int)"]
)
async def test_what_changes_no_schema_keeps_the_snapshot(postgres: Database, connected: Connected, change: str) -> None:
    postgres.sql(SCHEMA)
    postgres.setup(["public", "hr"])
    warehouse = connected(postgres, schemas=["public", "hr"], refresh_s=0.001)
    before = await warehouse.catalog()
    postgres.sql(change)
    assert await warehouse.catalog() is before


async def test_a_view_that_is_replaced_changes_the_stamp(postgres: Database, connected: Connected) -> None:
    postgres.sql(SCHEMA)
    postgres.setup()
    warehouse = connected(postgres, refresh_s=0.001)
    before, stamps = await warehouse.catalog(), warehouse._stamps
    postgres.sql("CREATE OR REPLACE VIEW team_one AS SELECT id, name FROM people WHERE team = 2")
    assert (await warehouse.catalog()).version == before.version
    changed = {name for name, stamp in warehouse._stamps.items() if stamps[name] != stamp}
    assert changed == {("public", "team_one")}


async def test_what_the_login_may_not_read_is_not_there(postgres: Database, connected: Connected) -> None:
    postgres.sql(SCHEMA)
    postgres.setup()
    warehouse = connected(postgres, refresh_s=0.001)
    postgres.sql(f"REVOKE SELECT ON people FROM {postgres.role}; GRANT SELECT (id) ON people TO {postgres.role}")
    assert [c.name for c in (await warehouse.catalog()).tables["public", "people"].columns] == ["id"]
    postgres.sql(f"REVOKE SELECT (id) ON people FROM {postgres.role}")
    assert ("public", "people") not in (await warehouse.catalog()).tables
