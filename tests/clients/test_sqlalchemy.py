"""SQLAlchemy over its three drivers: reflection, parameters, streamed results."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from tests.clients.pages import snippet
from tests.clients.shop import SEEN, Shop, clean

sa = pytest.importorskip("sqlalchemy", reason="there is no SQLAlchemy: pip install sqlalchemy")
DRIVERS = ("psycopg", "psycopg2", "asyncpg")


def address(shop: Shop, driver: str, token: str | None = None) -> Any:
    where = {"host": shop.host, "port": shop.port, "database": shop.name}
    return sa.URL.create(f"postgresql+{driver}", username="token", password=token or shop.token(), **where)


def engine_of(shop: Shop, driver: str, token: str | None = None) -> Any:
    if driver == "asyncpg":
        trusting = ssl.create_default_context(cafile=str(shop.certificate))
        return sa.create_engine(address(shop, driver, token), connect_args={"ssl": trusting})
    given = {"sslmode": "verify-full", "sslrootcert": str(shop.certificate)}
    return sa.create_engine(address(shop, driver, token), connect_args=given)


PARTS = ("columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints", "check_constraints")
LISTS = ("view_names", "materialized_view_names", "sequence_names", "enums", "domains")


def toured(connection: Any) -> dict[str, Any]:
    """All that reflection tells."""
    inspector = sa.inspect(connection)
    told: dict[str, Any] = {"schemas": inspector.get_schema_names(), "default": inspector.default_schema_name}
    for schema in (None, *told["schemas"]):
        if schema in ("information_schema", "pg_catalog"):
            continue
        told[f"tables {schema}"] = sorted(inspector.get_table_names(schema))
        for part in (*PARTS, "table_comment"):
            told[f"{part} {schema}"] = getattr(inspector, f"get_multi_{part}")(schema=schema)
        for part in LISTS:
            told[f"{part} {schema}"] = getattr(inspector, f"get_{part}")(schema)
    metadata = sa.MetaData()
    metadata.reflect(connection, schema="sales", views=True)
    told["reflected"] = repr(metadata.tables)
    return told


def run(engine: Any, work: Any) -> Any:
    """What a function makes of a connection."""
    with engine.connect() as connection:
        return work(connection)


async def run_async(shop: Shop, work: Any, token: str | None = None) -> Any:
    from sqlalchemy.ext.asyncio import create_async_engine

    trusting = ssl.create_default_context(cafile=str(shop.certificate))
    engine = create_async_engine(address(shop, "asyncpg", token), connect_args={"ssl": trusting})
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


async def of(shop: Shop, driver: str, work: Any, token: str | None = None) -> Any:
    """What a function makes of a connection over a driver."""
    if driver == "psycopg2":
        pytest.importorskip("psycopg2", reason="there is no psycopg2: pip install psycopg2-binary")
    if driver == "asyncpg":
        return await run_async(shop, work, token)
    engine = engine_of(shop, driver, token)
    try:
        return run(engine, work)
    finally:
        engine.dispose()


def test_the_snippet_of_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_TOKEN", shop.token())
    names: dict[str, Any] = {}
    exec(snippet("sqlalchemy.md", "python", shop), names)
    assert [tuple(row) for row in names["rows"]] == SEEN


@pytest.mark.parametrize("driver", DRIVERS)
async def test_reflection_shows_what_the_user_may_see(shop: Shop, driver: str) -> None:
    told = await of(shop, driver, toured)
    clean(told)
    assert told["default"] == "sales"
    assert {"customers", "orders", "numbers"} <= set(told["tables None"])
    [columns] = [c for (_, name), c in told["columns sales"].items() if name == "customers"]
    assert [(c["name"], str(c["type"])) for c in columns] == [
        ("id", "INTEGER"),
        ("name", "TEXT" if shop.kind == "postgres" else str(columns[1]["type"])),
        ("email", str(columns[2]["type"])),
        ("country", str(columns[3]["type"])),
        ("joined", "TIMESTAMP"),
    ]


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_reflected_table_is_asked(shop: Shop, driver: str) -> None:
    def work(connection: Any) -> list[Any]:
        customers = sa.Table("customers", sa.MetaData(), autoload_with=connection)
        orders = sa.Table("orders", sa.MetaData(), autoload_with=connection)
        asked = sa.select(customers.c.id, customers.c.name, customers.c.email).where(customers.c.id.in_([1, 2, 3]))
        joined = sa.select(sa.func.count()).select_from(customers.join(orders, orders.c.customer_id == customers.c.id))
        found = connection.execute(asked.order_by(customers.c.id).limit(10)).all()
        streamed = connection.execution_options(stream_results=True, max_row_buffer=700)
        numbers = streamed.execute(sa.text("SELECT n FROM numbers ORDER BY n")).scalars().all()
        return [[tuple(row) for row in found], connection.execute(joined).scalar(), numbers]

    assert await of(shop, driver, work) == [SEEN, 2, list(range(5000))]


@pytest.mark.parametrize("driver", DRIVERS)
async def test_wrong_and_expired_tokens(shop: Shop, driver: str) -> None:
    for token in ("nonsense", shop.expired()):
        with pytest.raises(Exception, match="token") as caught:
            await of(shop, driver, lambda connection: None, token)
        assert token not in str(caught.value)
