"""ADBC: Arrow tables, which it reads by a binary COPY, and its own tour of the catalog."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.clients.pages import snippet
from tests.clients.shop import CUSTOMERS, SEEN, Shop, clean

adbc = pytest.importorskip(
    "adbc_driver_postgresql.dbapi", reason="there is no ADBC driver: pip install adbc-driver-postgresql"
)


def address(shop: Shop, token: str | None = None) -> str:
    where = f"{shop.host}:{shop.port}/{shop.name}?sslmode=verify-full&sslrootcert={shop.certificate}"
    return f"postgresql://token:{quote(token or shop.token())}@{where}"


def test_the_snippet_of_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_TOKEN", shop.token())
    names: dict[str, Any] = {}
    exec(snippet("adbc.md", "python", shop), names)
    assert [tuple(row.values()) for row in names["table"].to_pylist()] == SEEN


def test_tables_and_parameters(shop: Shop) -> None:
    with adbc.connect(address(shop), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT n, n * 0.5 AS half FROM numbers ORDER BY n")
        table = cursor.fetch_arrow_table()
        assert table.column("n").to_pylist() == list(range(5000))
        cursor.execute("SELECT id, name FROM customers WHERE id = $1", (3,))
        assert cursor.fetchall() == [(3, "Cleo")]
        cursor.execute(CUSTOMERS)
        assert cursor.fetchall() == SEEN


def test_its_own_catalog_calls(shop: Shop) -> None:
    with adbc.connect(address(shop), autocommit=True) as connection:
        objects = connection.adbc_get_objects(depth="all").read_all().to_pylist()
        clean(objects)
        schemas = {s["db_schema_name"]: s["db_schema_tables"] for c in objects for s in c["catalog_db_schemas"]}
        tables = {t["table_name"]: t["table_columns"] for t in schemas["sales"]}
        columns = sorted(tables["customers"], key=lambda column: column["ordinal_position"])
        assert [column["column_name"] for column in columns] == ["id", "name", "email", "country", "joined"]
        schema = connection.adbc_get_table_schema("customers", db_schema_filter="sales")
        assert schema.names == ["id", "name", "email", "country", "joined"]
        clean(schema)
        with pytest.raises(adbc.Error):
            connection.adbc_get_table_schema("canary_vault", db_schema_filter="sales")
        clean(connection.adbc_get_table_types())


def test_what_writes_is_refused(shop: Shop) -> None:
    with (
        adbc.connect(address(shop), autocommit=True) as connection,
        connection.cursor() as cursor,
        pytest.raises(adbc.Error),
    ):
        cursor.execute("INSERT INTO orders VALUES (9, 1, 1, true)")


def test_wrong_and_expired_tokens(shop: Shop) -> None:
    for token in ("nonsense", shop.token() + "x", shop.expired()):
        with pytest.raises(adbc.Error) as caught:
            adbc.connect(address(shop, token))
        assert token not in str(caught.value)
    assert "expired" in str(caught.value)
