"""psycopg2: parameters put into the text, cursors of the server, COPY, cancelling."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.pages import snippet
from tests.clients.shop import CUSTOMERS, ENDLESS, SEEN, Shop, clean

psycopg2 = pytest.importorskip("psycopg2", reason="there is no psycopg2: pip install psycopg2-binary")


@pytest.fixture
def connection(shop: Shop) -> Iterator[Any]:
    made = psycopg2.connect(shop.conninfo())
    yield made
    made.close()


def test_the_snippet_of_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_TOKEN", shop.token())
    names: dict[str, Any] = {}
    exec(snippet("psycopg2.md", "python", shop), names)
    assert names["rows"] == SEEN


def test_values_and_parameters(connection: Any) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, amount, paid, joined FROM orders JOIN customers USING (id) WHERE id = %s AND name = %s",
            [1, "Ada"],
        )
        assert cursor.fetchall() == [(1, Decimal("10.50"), True, datetime(2024, 1, 2, 3, 4, 5))]
        cursor.execute("SELECT count(*) FROM customers WHERE name IN %s OR name = %s", [("Ada", "x"), "O'Hara \\ %"])
        assert cursor.fetchone() == (1,)


def test_cursors_of_the_server_and_copy(connection: Any) -> None:
    with connection, connection.cursor("few") as cursor:
        cursor.itersize = 700
        cursor.execute("SELECT n FROM numbers ORDER BY n")
        assert [n for (n,) in cursor] == list(range(5000))
    with connection, connection.cursor() as cursor:
        copied = io.StringIO()
        cursor.copy_expert(f"COPY ({CUSTOMERS}) TO STDOUT CSV HEADER", copied)
        clean(copied.getvalue())
        assert copied.getvalue().splitlines() == ["id,name,email", "1,Ada,***@example.com", "3,Cleo,***@example.org"]


def test_its_own_session_calls(connection: Any) -> None:
    connection.set_session(readonly=True, isolation_level="READ COMMITTED")
    with connection, connection.cursor() as cursor:
        cursor.execute(CUSTOMERS)
        assert cursor.fetchall() == SEEN
    connection.reset()
    connection.set_client_encoding("UTF8")
    assert connection.get_parameter_status("standard_conforming_strings") == "on"
    clean(connection.notices)


def test_cancelling_stops_the_statement_and_not_the_session(shop: Shop) -> None:
    """In a process of its own: `connection.cancel` waits for the gateway without letting other threads run."""
    script = f"""
import psycopg2, threading
connection = psycopg2.connect("")
connection.autocommit = True
cursor = connection.cursor()
threading.Timer(0.5, connection.cancel).start()
try:
    cursor.execute("{ENDLESS}")
except psycopg2.extensions.QueryCanceledError as error:
    print(error.pgcode)
cursor.execute("SELECT count(*) FROM orders")
print(cursor.fetchone())
"""
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **shop.environment()},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert told.stdout.splitlines() == ["57014", "(3,)"]


def test_what_writes_is_refused(connection: Any) -> None:
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.FeatureNotSupported):
        cursor.execute("UPDATE orders SET amount = 0")


def test_wrong_and_expired_tokens(shop: Shop) -> None:
    for token in ("nonsense", shop.token() + "x", shop.expired()):
        with pytest.raises(psycopg2.OperationalError) as caught:
            psycopg2.connect(shop.conninfo(token=token))
        assert token not in str(caught.value)
    assert "expired" in str(caught.value)
