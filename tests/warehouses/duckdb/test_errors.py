"""Errors: the map is complete, and no text of the engine passes."""

from __future__ import annotations

import inspect

import duckdb
import pytest

from proxy.errors import GatewayError, InvalidSql, QueryFailed, QueryTimeout, WarehouseUnavailable
from proxy.values import ReasonCode
from proxy.warehouses.duckdb.errors import CLASSES, TITLES, mapped, title_class
from proxy.warehouses.duckdb.warehouse import DuckDb
from tests.warehouses.duckdb.running import run

DRIVER = [c for _, c in inspect.getmembers(duckdb, inspect.isclass) if issubclass(c, duckdb.Error)]


@pytest.mark.parametrize("kind", DRIVER)
def test_every_class_of_the_driver_is_mapped(kind: type[BaseException]) -> None:
    assert kind in CLASSES
    error = mapped(kind("Some Error: SECRET 4111111111111111"))
    assert isinstance(error, GatewayError)
    assert "SECRET" not in str(error)
    assert error.reasons
    assert len(str(error)) > 20


def test_no_class_is_mapped_that_the_driver_does_not_have() -> None:
    assert set(CLASSES) <= set(DRIVER)
    assert set(TITLES.values()) <= set(DRIVER)


@pytest.mark.parametrize("kind", [OSError, ValueError, RuntimeError])
def test_what_is_unknown_is_an_engine_error(kind: type[BaseException]) -> None:
    error = mapped(kind("Odd Error: SECRET"))
    assert isinstance(error, QueryFailed)
    assert [r.code for r in error.reasons] == [ReasonCode.ENGINE_ERROR]
    assert "SECRET" not in str(error)


@pytest.mark.parametrize(
    ("sql", "title"),
    [
        ("SELECT CAST(x AS INTEGER) FROM (VALUES ('a')) t(x)", "Conversion Error"),
        ("SELECT 1 // x FROM (VALUES (0)) t(x)", "Invalid Input Error"),
        ("SELECT x + 1 FROM (VALUES (9223372036854775807)) t(x)", "Out of Range Error"),
        ("SELECT nope", "Binder Error"),
        ("SELECT * FROM nope", "Catalog Error"),
        ("SELEC", "Parser Error"),
    ],
)
def test_titles_name_the_classes_that_the_engine_raises(sql: str, title: str) -> None:
    with pytest.raises(duckdb.Error) as raised:
        duckdb.connect().execute(sql).fetchall()
    assert str(raised.value).startswith(title + ":")
    assert title_class(OSError(str(raised.value))) is type(raised.value)


async def read_whole(warehouse: DuckDb, sql: str) -> None:
    result = await run(warehouse, sql, [], 10)
    async for _ in result.batches:
        pass


LATE = "CASE WHEN id > 900 THEN {} ELSE NULL END"


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("CAST(name AS INTEGER)", ReasonCode.CONVERSION),
        ("CAST(name AS DATE)", ReasonCode.CONVERSION),
        ("1 // (id - 950)", ReasonCode.DIVISION_BY_ZERO),
        ("id % (team * 0)", ReasonCode.DIVISION_BY_ZERO),
        ("9223372036854775807 + id", ReasonCode.OUT_OF_RANGE),
        ("strptime(name, '%Y')", ReasonCode.ENGINE_ERROR),
        ("error(name)", ReasonCode.ENGINE_ERROR),
    ],
)
async def test_no_error_quotes_data(warehouse: DuckDb, expression: str, reason: ReasonCode, late: bool) -> None:
    shown = LATE.format(expression) if late else expression
    with pytest.raises(QueryFailed) as raised:
        await read_whole(warehouse, f"SELECT {shown} AS x FROM shop.main.people")
    assert [r.code for r in raised.value.reasons] == [reason]
    assert raised.value.__cause__ is not None
    for leak in ("name ", "shop", "people", "SELECT", "LINE", "CAST(", "922337"):
        assert leak not in str(raised.value)


@pytest.mark.parametrize(
    ("sql", "reason", "about", "state"),
    [
        ("SELECT nope FROM shop.main.people", ReasonCode.UNKNOWN_COLUMN, "nope", "42703"),
        ("SELECT p.nope FROM shop.main.people p", ReasonCode.UNKNOWN_COLUMN, "nope", "42703"),
        ("SELECT id FROM shop.main.people a, shop.main.people b", ReasonCode.AMBIGUOUS_NAME, "id", "42702"),
        ("SELECT id, count(*) FROM shop.main.people", ReasonCode.SYNTAX, "", "42803"),
        ("SELECT * FROM shop.main.people WHERE name > 5", ReasonCode.CONVERSION, "", "42883"),
        ("SELECT sum(name) FROM shop.main.people", ReasonCode.FUNCTION, "sum", "42883"),
    ],
)
async def test_what_the_binder_says_of_names_is_kept(
    warehouse: DuckDb, sql: str, reason: ReasonCode, about: str, state: str
) -> None:
    with pytest.raises(InvalidSql) as raised:
        await run(warehouse, sql, [], 10)
    assert [(r.code, r.about) for r in raised.value.reasons] == [(reason, about)]
    assert raised.value.sqlstate == state
    assert "shop" not in str(raised.value)


@pytest.mark.parametrize("name", ["x" * 101, "a b", "4111 1111 1111 1111", "ana@example.com", 'q"uote', "new\nline"])
async def test_names_that_are_no_plain_identifiers_are_not_quoted(warehouse: DuckDb, name: str) -> None:
    quoted = name.replace('"', '""')
    with pytest.raises(GatewayError) as raised:
        await run(warehouse, f'SELECT "{quoted}" FROM shop.main.people', [], 10)
    assert name not in str(raised.value)
    assert all(name not in r.about for r in raised.value.reasons)


async def test_unknown_columns_show_no_other_columns(warehouse: DuckDb) -> None:
    with pytest.raises(InvalidSql) as raised:
        await run(warehouse, "SELECT nam FROM shop.main.people", [], 10)
    assert "name" not in str(raised.value).replace("nam ", "")


def test_interrupts_time_outs_and_lost_files() -> None:
    assert isinstance(mapped(duckdb.InterruptException("INTERRUPT Error: Interrupted!")), QueryTimeout)
    assert isinstance(mapped(OSError("INTERRUPT Error: Interrupted!")), QueryTimeout)
    assert isinstance(mapped(OSError('IO Error: Could not read from file "/secret/path"')), WarehouseUnavailable)
    assert "/secret" not in str(mapped(OSError('IO Error: Could not read from file "/secret/path"')))
