"""psycopg 3: parameters, prepared statements, binary results, cursors of the server, COPY, cancelling, and its pool."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.types import TypeInfo

from tests.clients.pages import snippet
from tests.clients.shop import CUSTOMERS, ENDLESS, SEEN, SEEN_BY_BEN, Shop, clean


@pytest.fixture
def connection(shop: Shop) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(shop.conninfo()) as made:
        yield made


def test_the_snippet_of_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_TOKEN", shop.token())
    names: dict[str, Any] = {}
    exec(snippet("psycopg.md", "python", shop), names)
    assert names["rows"] == SEEN


def test_the_pools_of_its_page_are_one_users_each(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg_pool", reason="there is no psycopg_pool: pip install psycopg_pool")
    monkeypatch.setenv("TOKEN_OF_ANA", shop.token("ana"))
    monkeypatch.setenv("TOKEN_OF_BEN", shop.token("ben"))
    names: dict[str, Any] = {}
    exec(snippet("psycopg.md", "python", shop, 1), names)
    for user, seen in (("ana", SEEN), ("ben", SEEN_BY_BEN), ("ana", SEEN), ("ben", SEEN_BY_BEN)):
        with names["pool_of"](user).connection() as connection:
            assert connection.execute(CUSTOMERS).fetchall() == seen
    for user in ("ana", "ben"):
        names["pool_of"](user).close()


@pytest.mark.parametrize("binary", [False, True])
def test_values_and_parameters(connection: psycopg.Connection[Any], binary: bool) -> None:
    sql = "SELECT id, amount, paid, joined FROM orders JOIN customers USING (id) WHERE id = %s AND amount > %s"
    cursor = connection.cursor(binary=binary)
    for prepare in (None, True, True):
        cursor.execute(sql, [1, Decimal("10")], prepare=prepare)
        assert cursor.fetchall() == [(1, Decimal("10.50"), True, datetime(2024, 1, 2, 3, 4, 5))]
    cursor.executemany("SELECT id FROM orders WHERE id = %s", [[1], [2]], returning=True)
    assert cursor.fetchall() == [(1,)]


def test_a_pipeline(connection: psycopg.Connection[Any]) -> None:
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int + n FROM numbers WHERE n = 1", [i]) for i in range(20)]
    assert [cursor.fetchone() for cursor in cursors] == [(i + 1,) for i in range(20)]


def test_cursors_of_the_server(connection: psycopg.Connection[Any]) -> None:
    with connection.cursor("few") as cursor:
        cursor.itersize = 700
        cursor.execute("SELECT n FROM numbers ORDER BY n")
        assert [n for (n,) in cursor] == list(range(5000))


def test_streamed_and_copied(connection: psycopg.Connection[Any]) -> None:
    cursor = connection.cursor()
    assert [n for (n,) in cursor.stream("SELECT n FROM numbers ORDER BY n")] == list(range(5000))
    for form in ("text", "binary"):
        with cursor.copy(f"COPY ({CUSTOMERS}) TO STDOUT (FORMAT {form})") as copy:
            copy.set_types(["int4", "text", "text"])
            assert list(copy.rows()) == SEEN


def test_its_own_catalog_calls(connection: psycopg.Connection[Any]) -> None:
    found = TypeInfo.fetch(connection, "timestamp")
    assert found is not None
    assert (found.name, found.oid) == ("timestamp", 1114)
    assert TypeInfo.fetch(connection, "hstore") is None
    tables = connection.execute("SELECT table_name FROM information_schema.tables ORDER BY 1").fetchall()
    assert {"customers", "orders", "numbers"} <= {name for (name,) in tables}
    clean(tables, connection.execute("SELECT * FROM information_schema.columns").fetchall())


def test_a_masked_column_is_told_by_a_notice(connection: psycopg.Connection[Any]) -> None:
    told: list[str] = []
    connection.add_notice_handler(lambda notice: told.append(f"{notice.message_primary} {notice.message_detail}"))
    connection.execute(CUSTOMERS)
    clean(told)
    assert "email" in " ".join(told)


def test_cancelling_stops_the_statement_and_not_the_session(shop: Shop) -> None:
    with psycopg.connect(shop.conninfo(), autocommit=True) as connection:
        timer = threading.Timer(0.5, connection.cancel_safe)
        timer.start()
        with pytest.raises(errors.QueryCanceled):
            connection.execute(ENDLESS)
        timer.join()
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (3,)


async def test_a_cancelled_task_cancels_its_statement(shop: Shop) -> None:
    async with await psycopg.AsyncConnection.connect(shop.conninfo(), autocommit=True) as connection:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await connection.execute(ENDLESS)
        cursor = await connection.execute("SELECT count(*) FROM orders")
        assert await cursor.fetchone() == (3,)


def test_a_failed_transaction_is_one_until_rollback(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(errors.FeatureNotSupported):
        connection.execute("DELETE FROM orders")
    with pytest.raises(errors.InFailedSqlTransaction):
        connection.execute("SELECT 1")
    connection.rollback()
    with connection.transaction():
        connection.execute("SELECT 1")


def test_wrong_and_expired_tokens(shop: Shop) -> None:
    for token in ("nonsense", shop.token() + "x", shop.expired()):
        with pytest.raises(psycopg.OperationalError) as caught:
            psycopg.connect(shop.conninfo(token=token))
        assert token not in str(caught.value)
    assert "expired" in str(caught.value)


def test_a_token_that_ends_ends_its_session(shop: Shop) -> None:
    connection = psycopg.connect(shop.conninfo(token=shop.token(lifetime_s=3)), autocommit=True)
    assert connection.execute(CUSTOMERS).fetchall() == SEEN
    time.sleep(3.1)
    with pytest.raises(psycopg.OperationalError) as caught:
        connection.execute(CUSTOMERS)
    assert connection.closed
    assert isinstance(caught.value, errors.AdminShutdown)
    assert "expired" in str(caught.value)


def test_nothing_is_said_without_tls(shop: Shop) -> None:
    untrusting = shop.conninfo().replace(str(shop.certificate), "/dev/null")
    with pytest.raises(psycopg.OperationalError, match="certificate"):
        psycopg.connect(untrusting)
