"""One statement: only a SELECT, on the schema it was proven for, fetched as it is asked for."""

from __future__ import annotations

import asyncio

import pyarrow as pa
import pytest

from proxy.errors import GatewayError, QueryFailed, Ungovernable, WarehouseUnavailable
from proxy.values import ReasonCode
from proxy.warehouses.postgres.execution import KEPT_CHARACTERS, _tables_kept, _tables_of
from proxy.warehouses.postgres.warehouse import Postgres
from tests.postgres import Database
from tests.warehouses.postgres.conftest import SCHEMA, Connected
from tests.warehouses.postgres.running import rows, run, table


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM public.people",
        "INSERT INTO public.people VALUES (1, 'x', 1)",
        "CREATE TABLE public.x (i int)",
        "SELECT 1; SELECT 2",
        "SELECT 1; COMMIT",
        "SELECT * INTO x FROM public.people",
        "SELECT * FROM public.people FOR UPDATE",
        "SET standard_conforming_strings = off",
        "SHOW search_path",
        "RESET ALL",
        "COMMIT",
        "BEGIN",
        "DISCARD ALL",
        "EXPLAIN SELECT 1",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "DECLARE c CURSOR FOR SELECT 1",
        "LISTEN x",
        "COPY public.people TO STDOUT",
        "DO $$ BEGIN END $$",
        "CALL p()",
        "LOCK TABLE public.people",
        "VALUES (1)" + "; SELECT 1",
        "",
        "   -- nothing",
    ],
)
async def test_nothing_but_one_select_is_sent(warehouse: Postgres, sql: str) -> None:
    with pytest.raises(Ungovernable) as raised:
        await run(warehouse, sql)
    assert [r.code for r in raised.value.reasons] == [ReasonCode.STATEMENT_KIND]
    assert (await rows(warehouse, "SELECT count(*) AS n FROM public.people")) == [{"n": 1000}]


@pytest.mark.parametrize(
    "sql",
    [
        "WITH gone AS (DELETE FROM public.people RETURNING id) SELECT * FROM gone",
        "SELECT nextval('public.counter')",
        "SELECT set_config('transaction_read_only', 'off', true), id FROM public.people",
        "SELECT lo_create(0)",
        "SELECT * FROM secret.vault",
        "SELECT pg_read_file('PG_VERSION')",
    ],
)
async def test_what_a_select_may_hide_fails_on_the_server(warehouse: Postgres, sql: str) -> None:
    with pytest.raises(GatewayError):
        await rows(warehouse, sql)
    assert (await rows(warehouse, "SELECT count(*) AS n FROM public.people")) == [{"n": 1000}]


@pytest.mark.parametrize("scope", ["true", "false"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("standard_conforming_strings", "off"), ("search_path", "secret"), ("statement_timeout", "0")],
)
async def test_a_setting_changed_inside_a_statement_reaches_no_later_one(
    warehouse: Postgres, name: str, value: str, scope: str
) -> None:
    await rows(warehouse, f"SELECT set_config('{name}', '{value}', {scope})")
    found = await rows(warehouse, f"SELECT current_setting('{name}') AS v, '\\' AS x")
    assert found[0]["v"] != value
    assert found[0]["x"] == "\\"


async def test_advisory_locks_of_a_statement_are_not_kept_for_ever(warehouse: Postgres) -> None:
    await rows(warehouse, "SELECT pg_advisory_xact_lock(5)")
    assert await rows(warehouse, "SELECT pg_try_advisory_xact_lock(5) AS got") == [{"got": True}]


async def test_values_and_set_operations_are_selects(warehouse: Postgres) -> None:
    assert await rows(warehouse, "VALUES (1), (2)") == [{"column1": 1}, {"column1": 2}]
    assert len(await rows(warehouse, "SELECT 1 UNION ALL SELECT 2")) == 2
    assert len(await rows(warehouse, "TABLE public.people")) == 1000


async def test_an_empty_answer_has_its_schema(warehouse: Postgres) -> None:
    found = await table(warehouse, "SELECT id, name, ARRAY[id] AS l FROM public.people WHERE id < 0")
    assert found.schema.types == [pa.int32(), pa.string(), pa.list_(pa.int32())]
    assert found.num_rows == 0


async def test_columns_of_one_name_keep_their_places(warehouse: Postgres) -> None:
    result = await run(warehouse, "SELECT 1 AS x, 'a' AS x")
    batch = await anext(result.batches)
    assert batch.schema.names == ["x", "x"]
    assert [c.to_pylist() for c in batch.columns] == [[1], ["a"]]
    await result.batches.aclose()  # type: ignore[attr-defined]


async def test_batches_hold_as_many_rows_as_said_and_fewer_where_they_are_large(
    shop: Database, connected: Connected
) -> None:
    warehouse = connected(shop, schemas=["public", "hr"], batch_rows=512)
    sizes = [b.num_rows async for b in (await run(warehouse, "SELECT generate_series(1, 5000)")).batches]
    assert sum(sizes) == 5000
    assert max(sizes) == 512
    large = "SELECT repeat('x', 1000000) AS x FROM generate_series(1, 600)"
    batches = [b async for b in (await run(warehouse, large)).batches]
    assert sum(b.num_rows for b in batches) == 600
    assert all(b.num_rows < 20 for b in batches[1:])


async def fetched(database: Database, role: str) -> str:
    """The statements that the server works on for a role."""
    return str(
        database.query(f"SELECT state, query FROM pg_stat_activity WHERE usename = '{role}' AND state <> 'idle'")
    )


async def test_nothing_is_fetched_before_it_is_asked_for(shop: Database, connected: Connected) -> None:
    """The server would fail at row 5,000; nobody asked for it."""
    warehouse = connected(shop, schemas=["public", "hr"], batch_rows=64)
    result = await run(warehouse, "SELECT 1 / (5000 - i) FROM generate_series(1, 10000) AS i")
    assert (await anext(result.batches)).num_rows
    await asyncio.sleep(0.1)
    assert "idle in transaction" in await fetched(shop, shop.role)
    with pytest.raises(QueryFailed):
        assert [b async for b in result.batches]


# Changes between the proof and the run: the statement must not run on another schema.
CHANGES = [
    "ALTER TABLE people RENAME COLUMN name TO hidden; ALTER TABLE people ADD name text DEFAULT 'other'",
    "ALTER TABLE people RENAME TO old; CREATE TABLE people AS SELECT 1 AS id, 'swapped'::text AS name, 0 AS team",
    "DROP TABLE people CASCADE; CREATE VIEW people AS SELECT 1 AS id, v AS name, 0 AS team FROM secret.vault",
    "ALTER TABLE people ALTER name TYPE varchar(50)",
    "ALTER TABLE people DROP COLUMN name CASCADE",
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
async def test_a_statement_proven_for_another_schema_does_not_run(
    postgres: Database, connected: Connected, change: str
) -> None:
    postgres.sql(SCHEMA.replace("CREATE VIEW team_one AS SELECT id, name FROM people WHERE team = 1;", ""))
    postgres.setup()
    warehouse = connected(postgres, refresh_s=3600)
    version = (await warehouse.catalog()).version
    postgres.sql(change + f"; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {postgres.role}")
    with pytest.raises(WarehouseUnavailable, match="may have changed"):
        await warehouse.execute("SELECT name FROM public.people", [], 10, version)
    assert (await warehouse.catalog()).version != version


async def test_a_change_that_leaves_the_schema_as_it_was_is_looked_at_and_passed(
    postgres: Database, connected: Connected
) -> None:
    postgres.sql(SCHEMA)
    postgres.setup()
    warehouse = connected(postgres, refresh_s=3600)
    version = (await warehouse.catalog()).version
    postgres.sql("CREATE OR REPLACE VIEW team_one AS SELECT id, name FROM people WHERE team = 2")
    result = await warehouse.execute("SELECT min(id) AS i FROM public.team_one", [], 10, version)
    assert [b.to_pylist() async for b in result.batches] == [[{"i": 2}]]


async def test_the_tables_of_a_statement_cannot_change_while_it_runs(postgres: Database, connected: Connected) -> None:
    postgres.sql(SCHEMA)
    postgres.setup()
    warehouse = connected(postgres, batch_rows=16)
    result = await run(warehouse, "SELECT id FROM public.people")
    await anext(result.batches)
    with pytest.raises(AssertionError, match="lock timeout"):
        postgres.sql("SET lock_timeout = '200ms'; ALTER TABLE people ADD x int")
    await result.batches.aclose()  # type: ignore[attr-defined]
    postgres.sql("SET lock_timeout = '2s'; ALTER TABLE people ADD x int")


def test_the_tables_of_long_statements_are_read_each_time_and_not_kept() -> None:
    short = 'SELECT a FROM "sales"."orders"'
    long = f"{short} WHERE a IN ({', '.join(map(str, range(KEPT_CHARACTERS)))})"
    _tables_kept.cache_clear()
    assert _tables_of(short) == _tables_of(short) == _tables_of(long) == {("sales", "orders")}
    assert (_tables_kept.cache_info().misses, _tables_kept.cache_info().hits) == (1, 1)
