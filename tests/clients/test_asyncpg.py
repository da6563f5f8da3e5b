"""asyncpg: binary values, named statements, cursors, introspection of types, COPY, cancelling, its pool."""

from __future__ import annotations

import asyncio
import io
import ssl
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from tests.clients.pages import snippet
from tests.clients.shop import CUSTOMERS, ENDLESS, SEEN, SEEN_BY_BEN, Shop, clean


def where(shop: Shop, token: str | None = None) -> dict[str, Any]:
    return {
        "host": shop.host,
        "port": shop.port,
        "database": shop.name,
        "user": "token",
        "password": token or shop.token(),
        "ssl": ssl.create_default_context(cafile=str(shop.certificate)),
    }


def test_the_snippet_of_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_TOKEN", shop.token())
    names: dict[str, Any] = {}
    exec(snippet("asyncpg.md", "python", shop), names)
    assert [tuple(row) for row in names["rows"]] == SEEN


async def test_the_pools_of_its_page_are_one_users_each(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_OF_ANA", shop.token("ana"))
    monkeypatch.setenv("TOKEN_OF_BEN", shop.token("ben"))
    names: dict[str, Any] = {}
    exec(snippet("asyncpg.md", "python", shop, 1), names)
    for user, seen in (("ana", SEEN), ("ben", SEEN_BY_BEN), ("ana", SEEN), ("ben", SEEN_BY_BEN)):
        pool = await names["pool_of"](user)
        async with pool.acquire() as connection:
            assert [tuple(row) for row in await connection.fetch(CUSTOMERS)] == seen
    for user in ("ana", "ben"):
        await names["pool_of"](user).close()


async def test_values_parameters_and_cursors(shop: Shop) -> None:
    connection = await asyncpg.connect(**where(shop))
    statement = await connection.prepare(
        "SELECT id, amount, paid, joined FROM orders JOIN customers USING (id) WHERE id = $1 AND amount > $2"
    )
    assert [a.name for a in statement.get_attributes()] == ["id", "amount", "paid", "joined"]
    for _ in range(3):
        found = await statement.fetch(1, Decimal(10))
        assert [tuple(r) for r in found] == [(1, Decimal("10.50"), True, datetime(2024, 1, 2, 3, 4, 5))]
    async with connection.transaction():
        numbers = [r[0] async for r in connection.cursor("SELECT n FROM numbers ORDER BY n", prefetch=700)]
    assert numbers == list(range(5000))
    assert await connection.fetchval("SELECT count(*) FROM orders WHERE id = ANY($1::int[])", [1, 2]) == 2
    await connection.close()


async def test_copy_and_its_own_catalog_calls(shop: Shop) -> None:
    connection = await asyncpg.connect(**where(shop))
    copied = io.BytesIO()
    await connection.copy_from_query(CUSTOMERS, output=copied, format="csv")
    clean(copied.getvalue())
    assert copied.getvalue().splitlines()[-1] == b"3,Cleo,***@example.org"
    names = await connection.fetch(
        "SELECT relname, nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    )
    clean([tuple(row) for row in names])
    assert ("customers", "sales") in [tuple(row) for row in names]
    await connection.set_type_codec("json", encoder=str, decoder=str, schema="pg_catalog")
    await connection.reset()
    assert [tuple(row) for row in await connection.fetch(CUSTOMERS)] == SEEN
    await connection.close()


async def test_cancelling_stops_the_statement_and_not_the_session(shop: Shop) -> None:
    connection = await asyncpg.connect(**where(shop))
    with pytest.raises(TimeoutError):
        await connection.fetch(ENDLESS, timeout=0.5)
    assert await connection.fetchval("SELECT count(*) FROM orders") == 3
    await connection.close()


async def test_wrong_and_expired_tokens(shop: Shop) -> None:
    for token in ("nonsense", shop.token() + "x", shop.expired()):
        with pytest.raises(asyncpg.InvalidPasswordError) as caught:
            await asyncpg.connect(**where(shop, token))
        assert token not in str(caught.value)
    assert "expired" in str(caught.value)


async def test_a_pool_opens_a_new_connection_when_a_token_ends(shop: Shop) -> None:
    given: list[str] = []

    async def password() -> str:
        given.append(shop.token(lifetime_s=2))
        return given[-1]

    async with asyncpg.create_pool(**{**where(shop), "password": password}, min_size=1, max_size=1) as pool:
        assert [tuple(row) for row in await pool.fetch(CUSTOMERS)] == SEEN
        await asyncio.sleep(2.1)
        assert [tuple(row) for row in await pool.fetch(CUSTOMERS)] == SEEN
    assert len(given) == 2
