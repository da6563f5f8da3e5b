"""Sums and means that are said to be safe, on the largest values of each type and as many rows as a test may have."""

from __future__ import annotations

import duckdb
import pytest

from proxy.warehouses.duckdb.conversions import aggregated

LARGEST = {
    "TINYINT": "-128",
    "SMALLINT": "-32768",
    "INTEGER": "-2147483648",
    "BIGINT": "-9223372036854775808",
    "UTINYINT": "255",
    "USMALLINT": "65535",
    "UINTEGER": "4294967295",
    "DECIMAL(4,1)": "999.9",
    "DECIMAL(9,9)": "0.999999999",
    "DECIMAL(15,2)": "-9999999999999.99",
    "DECIMAL(18,0)": "999999999999999999",
    "DECIMAL(18,18)": "0.999999999999999999",
}
ROWS = 1_000_000


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.mark.parametrize("type_", LARGEST)
@pytest.mark.parametrize("function", ["sum", "avg"])
def test_what_is_said_to_be_safe_does_not_raise(
    connection: duckdb.DuckDBPyConnection, function: str, type_: str
) -> None:
    found = aggregated(function, type_)
    assert found is not None
    spelt, safe = found
    assert safe
    call = f"{function}(CAST('{LARGEST[type_]}' AS {type_}))"
    for sql in (
        f"SELECT {call}, typeof({call}) FROM range({ROWS})",
        f"SELECT {call} OVER (ORDER BY i ROWS 500 PRECEDING), '{spelt}' FROM range(2000) t(i)",
    ):
        value, told = connection.execute(sql).fetchall()[-1]
        assert value is not None
        assert told == spelt


@pytest.mark.parametrize("type_", ["DECIMAL(38,0)", "HUGEINT"])
def test_what_is_as_wide_as_its_total_is_not_safe(connection: duckdb.DuckDBPyConnection, type_: str) -> None:
    found = aggregated("sum", type_)
    assert found is not None
    assert not found[1]
    with pytest.raises(duckdb.OutOfRangeException):
        connection.execute(f"SELECT sum(CAST('9{'0' * 37}' AS {type_})) FROM range(100)").fetchall()


@pytest.mark.parametrize("type_", ["VARCHAR", "DATE", "INTERVAL", "INTEGER[]"])
def test_of_other_types_nothing_is_known(type_: str) -> None:
    assert aggregated("sum", type_) is None
    assert aggregated("avg", type_) is None
