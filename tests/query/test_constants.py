"""Which constants are known not to raise, held against the engine itself."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from proxy.query.constants import is_harmless

HARMLESS = [
    "1",
    "-12.5",
    "'any text'",
    "NULL",
    "TRUE",
    "DATE '2024-02-29'",
    "TIMESTAMP '2024-02-29 23:59:59'",
    "'2024-01-31'::DATE",
    "CAST('1998-12-01' AS DATE) - INTERVAL '90' DAY",
    "DATE '1994-01-01' + INTERVAL 1 YEAR",
    "0.06 - 0.01",
    "(1 + 10)",
    "7 * 24",
    "1 / 4",
    "CURRENT_DATE",
    "CURRENT_DATE - INTERVAL 30 DAY",
    "1::DOUBLE",
    "CAST(5 AS VARCHAR)",
    "date_trunc('month', DATE '2024-05-06')",
    "lower('ABC')",
]
HARMFUL = [
    "CAST('abc' AS INTEGER)",
    "DATE '2024-02-30'",
    "'x'::DATE",
    "'1'::INTEGER",
    "1 // 0",
    "1 / 0",
    "2147483647 + 1",
    "99999999 * 99999999",
    "'a' + 1",
    "error('x')",
    "make_date(2020, 13, 1)",
    "CAST('2024-01-01' AS UUID)",
    "INTERVAL 'abc'",
    "DATE '2024-01-01' + INTERVAL 999999999999 YEAR",
    "date_trunc('nothing', 'x'::DATE)",
]


def parsed(text: str) -> exp.Expr:
    """The expression as the reader sees it."""
    return sqlglot.parse_one(f"SELECT {text}", read="duckdb").expressions[0]


@pytest.mark.parametrize("text", HARMLESS)
def test_forms_that_people_write_are_harmless_and_do_not_raise(text: str) -> None:
    assert is_harmless(parsed(text))
    with duckdb.connect() as connection:
        connection.execute(f"SELECT {text}").fetchall()


@pytest.mark.parametrize("text", HARMFUL)
def test_whatever_else_counts_as_raising(text: str) -> None:
    assert not is_harmless(parsed(text))


def test_what_is_nested_too_deeply_counts_as_raising() -> None:
    assert not is_harmless(parsed("(" * 9 + "1" + ")" * 9))
