"""Which expressions can raise on a row's value: known not to, or taken to."""

from __future__ import annotations

import pytest

from proxy.dialect import FunctionKind
from proxy.errors import GatewayError
from proxy.warehouses.duckdb import DIALECT
from tests.query.samples import guarded


def raises(condition: str) -> bool:
    """Whether a condition over sales.customers guards a column."""
    return guarded(f"SELECT 1 FROM customers WHERE {condition}") != []


SAFE = [
    # comparisons within one type, and with constants that take the column's type
    "id = 3",
    "id <> -3",
    "id < 3.5",
    "id = id",
    "name = 'x'",
    "name = region",
    "name IS NOT DISTINCT FROM region",
    "name IN ('a', 'b', NULL)",
    "name IN (SELECT note FROM orders)",
    "id IN (1, 2, 3)",
    "id BETWEEN 1 AND 5",
    "score > 0.06 - 0.01",
    "credit > 10.5",
    "born >= '2020-01-01'",
    "born >= DATE '2020-01-01'",
    "born >= DATE '2020-01-01' - INTERVAL '90' DAY",
    "born BETWEEN DATE '2020-01-01' AND DATE '2020-12-31'",
    "seen < current_timestamp",
    # what cannot be false in itself
    "active",
    "NOT active AND name IS NULL OR name IS NOT NULL",
    "EXISTS (SELECT 1 FROM orders)",
    "name IS NULL",
    # patterns
    "name LIKE 'a%'",
    "name ILIKE '%a\\'",
    "name NOT LIKE '%'",
    "name GLOB 'a*'",
    "name LIKE 'a$%b' ESCAPE '$'",
    "name ~ '^a.*b$'",
    "regexp_matches(name, 'ab+c|d')",
    "name SIMILAR TO 'a.*'",
    # functions that the table says cannot raise
    "lower(name) = 'x'",
    "starts_with(name, 'a')",
    "concat(name, region) = 'x'",
    "name || region = 'x'",
    "TRY_CAST(name AS INTEGER) IS NULL",
    "CAST(id AS VARCHAR) = 'x'",
]
RAISING = [
    # comparisons that cast one side
    "id = name",
    "id = credit",
    "id = score",
    "id = active",
    "born = seen",
    "credit = wide",
    "wide > 10.5",
    "name = 5",
    "name > 1e5",
    "name = 12345678901234567890",
    "name = true",
    "name = current_date",
    "name = DATE '2020-01-01'",
    "name = CAST(1 AS INTEGER)",
    "name = ?",
    "credit = ?",
    "id = ?",
    "born = ?",
    "name IN (1, 2)",
    "name IN ('a', 2)",
    "id IN (SELECT note FROM orders)",
    "id = ANY (SELECT note FROM orders)",
    "name BETWEEN 1 AND 5",
    "CASE WHEN active THEN name ELSE id END = 'x'",
    "coalesce(name, id) = 'x'",
    "nullif(name, 3) = 'x'",
    "CASE id WHEN name THEN 1 END = 1",
    "address = marks",
    # arithmetic
    "id + 1 = 3",
    "id - 1 = 3",
    "id * 2 = 3",
    "id / 2 = 3",
    "id // 2 = 3",
    "id % 2 = 3",
    "id ** 2 = 3",
    "-id = 3",
    "id << 2 = 3",
    "born + id = born",
    "born + INTERVAL 1 DAY = born",
    # casts
    "CAST(name AS INTEGER) = 1",
    "name::DATE = '2020-01-01'",
    "id::TINYINT = 1",
    "CAST(address AS STRUCT(city INTEGER, zip VARCHAR)) IS NULL",
    # patterns that are not known, or not known to be right
    "name LIKE region",
    "name LIKE ?",
    "name LIKE 'a' || region",
    "name LIKE 'a$' ESCAPE '$'",
    "name NOT LIKE 'a$' ESCAPE '$'",
    "name ILIKE 'a$' ESCAPE '$'",
    "name LIKE 'a%' ESCAPE 'ab'",
    "name LIKE 'a%' ESCAPE 'é'",
    "name LIKE region ESCAPE '$'",
    "name ~ '('",
    "name !~ 'a('",
    "name SIMILAR TO '['",
    "regexp_matches(name, 'a**')",
    "regexp_matches(name, '\\')",
    "regexp_matches(name, 'a{1001}')",
    "regexp_matches(name, 'a', 'no such option')",
    "regexp_full_match(name, region)",
    # functions that the table says can
    "abs(id) = 1",
    "substring(name, id) = 'x'",
    "strptime(name, '%Y') IS NULL",
    "date_trunc('year', born) = born",
    "list_contains(marks, 3)",
    "marks[id] = 1",
    "address.city = 'x'",
    "json_extract(name, '$.a') IS NULL",
    "repeat(name, id) = 'x'",
]


@pytest.mark.parametrize("condition", SAFE)
def test_it_is_known_not_to_raise(condition: str) -> None:
    assert not raises(condition)


@pytest.mark.parametrize("condition", RAISING)
def test_it_is_taken_to_raise(condition: str) -> None:
    assert raises(condition)


@pytest.mark.parametrize("condition", SAFE)
def test_what_is_safe_stays_safe_in_company(condition: str) -> None:
    assert not raises(f"({condition}) AND region = 'x'")


@pytest.mark.parametrize("condition", RAISING)
def test_what_can_raise_can_in_any_company(condition: str) -> None:
    assert raises(f"region = 'x' OR NOT (({condition}))")
    assert raises(f"id IN (SELECT id FROM customers WHERE {condition})")


def test_functions_of_one_text_go_by_the_table() -> None:
    """Every scalar function that the parser takes with one column: guarded exactly when the table says that it can
    raise, or when nothing says that it cannot."""
    free = []
    for name, function in DIALECT.functions.items():
        if function.kind is not FunctionKind.SCALAR or not name.isidentifier():
            continue
        try:
            guards = raises(f"{name}(name) IS NULL")
        except GatewayError:
            continue  # the name is a keyword of the grammar
        if not guards:
            free.append(name)
            assert not function.can_raise, name
    assert {"lower", "upper", "length", "concat"} <= set(free)
