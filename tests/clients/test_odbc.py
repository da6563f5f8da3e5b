"""psqlODBC by pyodbc: its tour of the catalog, parameters, reading piece by piece."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.pages import snippet
from tests.clients.shop import CUSTOMERS, SEEN, Shop, clean

try:
    import pyodbc

    MISSING = "" if "PostgreSQL Unicode" in pyodbc.drivers() else "psqlODBC: apt-get install odbc-postgresql unixodbc"
except ImportError as error:
    MISSING = f"pyodbc: apt-get install unixodbc odbc-postgresql; pip install pyodbc ({error})"
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"there is no {MISSING}")


def connected(shop: Shop, token: str | None = None, more: str = "") -> Any:
    return pyodbc.connect(
        f"Driver={{PostgreSQL Unicode}};Server={shop.host};Port={shop.port};Database={shop.name};UID=token;"
        f"PWD={token or shop.token()};SSLmode=verify-full;pqopt={{sslrootcert={shop.certificate}}};{more}",
        autocommit=True,
    )


def test_the_snippet_of_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_TOKEN", shop.token())
    names: dict[str, Any] = {}
    exec(snippet("odbc.md", "python", shop), names)
    assert [tuple(row) for row in names["rows"]] == SEEN


@pytest.mark.parametrize("more", ["", "UseServerSidePrepare=0", "UseDeclareFetch=1;Fetch=700"])
def test_values_and_parameters(shop: Shop, more: str) -> None:
    connection = connected(shop, more=more)
    sql = "SELECT id, amount, paid, joined FROM orders JOIN customers USING (id) WHERE id = ? AND amount > ?"
    [row] = connection.execute(sql, 1, Decimal(10)).fetchall()
    assert (row[0], row[1], str(row[2]), row[3]) in (
        (1, Decimal("10.50"), "1", datetime(2024, 1, 2, 3, 4, 5)),
        (1, Decimal("10.50"), "True", datetime(2024, 1, 2, 3, 4, 5)),
    )
    numbers = connection.execute("SELECT n FROM numbers ORDER BY n").fetchall()
    assert [row[0] for row in numbers] == list(range(5000))
    assert [tuple(row) for row in connection.execute(CUSTOMERS).fetchall()] == SEEN
    connection.close()


def test_its_own_catalog_calls(shop: Shop) -> None:
    connection = connected(shop)
    cursor = connection.cursor()
    tables = [tuple(row) for row in cursor.tables().fetchall()]
    columns = [tuple(row) for row in cursor.columns(schema="sales").fetchall()]
    clean(tables, columns)
    assert ("sales", "customers", "TABLE") in [row[1:4] for row in tables]
    assert [row[3] for row in columns if row[2] == "customers"] == ["id", "name", "email", "country", "joined"]
    others = [
        cursor.primaryKeys("customers", schema="sales").fetchall(),
        cursor.foreignKeys("customers", schema="sales").fetchall(),
        cursor.statistics("customers", schema="sales").fetchall(),
        cursor.rowIdColumns("customers", schema="sales").fetchall(),
        cursor.procedures().fetchall(),
        cursor.getTypeInfo().fetchall(),
    ]
    clean(others)
    assert cursor.tables(table="canary_vault").fetchall() == []
    connection.close()


def test_what_writes_is_refused_and_the_session_goes_on(shop: Shop) -> None:
    connection = connected(shop)
    with pytest.raises(pyodbc.Error) as caught:
        connection.execute("DELETE FROM orders")
    assert caught.value.args[0] == "0A000"
    assert connection.execute("SELECT count(*) FROM orders").fetchval() == 3
    connection.close()


def test_wrong_and_expired_tokens(shop: Shop) -> None:
    for token in ("nonsense", shop.expired()):
        with pytest.raises(pyodbc.Error) as caught:
            connected(shop, token)
        assert token not in str(caught.value)
    assert "expired" in str(caught.value)
