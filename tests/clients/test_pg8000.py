"""pg8000, a client in plain Python: both of its faces, parameters, prepared statements, COPY."""

from __future__ import annotations

import io
import ssl
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.pages import snippet
from tests.clients.shop import CUSTOMERS, SEEN, Shop, clean

pg8000 = pytest.importorskip("pg8000", reason="there is no pg8000: pip install pg8000")
native = pytest.importorskip("pg8000.native")
dbapi = pytest.importorskip("pg8000.dbapi")


def where(shop: Shop, token: str | None = None) -> dict[str, Any]:
    return {
        "user": "token",
        "host": shop.host,
        "port": shop.port,
        "database": shop.name,
        "password": token or shop.token(),
        "ssl_context": ssl.create_default_context(cafile=str(shop.certificate)),
    }


def test_the_snippet_of_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_TOKEN", shop.token())
    names: dict[str, Any] = {}
    exec(snippet("pg8000.md", "python", shop), names)
    assert [tuple(row) for row in names["rows"]] == SEEN


def test_values_parameters_and_prepared_statements(shop: Shop) -> None:
    connection = native.Connection(**where(shop))
    sql = "SELECT id, amount, paid, joined FROM orders JOIN customers USING (id) WHERE id = :id AND amount > :least"
    statement = connection.prepare(sql)
    for _ in range(3):
        found = statement.run(id=1, least=Decimal(10))
        assert found == [[1, Decimal("10.50"), True, datetime(2024, 1, 2, 3, 4, 5)]]
    statement.close()
    copied = io.StringIO()
    connection.run(f"COPY ({CUSTOMERS}) TO STDOUT (FORMAT csv)", stream=copied)
    clean(copied.getvalue())
    assert copied.getvalue().splitlines() == ["1,Ada,***@example.com", "3,Cleo,***@example.org"]
    catalog = connection.run("SELECT table_schema, table_name, column_name FROM information_schema.columns")
    clean(catalog)
    assert ["sales", "customers", "email"] in catalog
    connection.close()


def test_the_other_face(shop: Shop) -> None:
    connection = dbapi.connect(**where(shop))
    cursor = connection.cursor()
    cursor.execute("SELECT id, name, email FROM customers WHERE id >= %s ORDER BY id", (1,))
    assert [tuple(row) for row in cursor.fetchall()] == SEEN
    with pytest.raises(pg8000.DatabaseError) as caught:
        cursor.execute("DELETE FROM orders")
    assert caught.value.args[0]["C"] == "0A000"
    connection.rollback()
    cursor.execute("SELECT count(*) FROM orders")
    assert tuple(cursor.fetchone()) == (3,)
    connection.close()


def test_wrong_and_expired_tokens(shop: Shop) -> None:
    for token in ("nonsense", shop.token() + "x", shop.expired()):
        with pytest.raises(pg8000.DatabaseError) as caught:
            native.Connection(**where(shop, token))
        assert caught.value.args[0]["C"] == "28P01"
        assert token not in str(caught.value)
    assert "expired" in str(caught.value)
