"""Statements that ended the engine's process, or took memory beyond its limit: each is refused before it runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.bypass.asking import Door, Served

DEEP = "(repeat('[', 200000) || repeat(']', 200000))"
OBJECT = "(repeat('{\"a\":', 200000) || '1' || repeat('}', 200000))"
REFUSED = {
    "variant": f"SELECT ({DEEP}::JSON)::VARIANT",
    "variant_try_cast": f"SELECT TRY_CAST({DEEP}::JSON AS VARIANT)",
    "variant_in_a_list": f"SELECT [{DEEP}::JSON]::VARIANT[]",
    "variant_in_a_struct": f"SELECT {{'a': {DEEP}::JSON}}::STRUCT(a VARIANT)",
    "variant_in_other_case": f"SELECT ({DEEP}::JSON)::variant",
    "variant_quoted": f'SELECT ({DEEP}::JSON)::"VARIANT"',
    "variant_typeof": f"SELECT variant_typeof({DEEP}::JSON)",
    "variant_extract": f"SELECT variant_extract({DEEP}::JSON, 'a')",
    "variant_keys": f"SELECT variant_keys({OBJECT}::JSON)",
    "parquet_variant": "SELECT NULL::PARQUET_VARIANT",
    "type_of_types": "SELECT NULL::TYPE",
    "json_transform": f"SELECT json_transform('[]', {DEEP})",
    "json_transform_strict": f"SELECT json_transform_strict('[]', {DEEP})",
    "from_json": f"SELECT from_json('1', {OBJECT})",
    "from_json_strict": f"SELECT from_json_strict('1', {OBJECT})",
    "json_contains": f"SELECT json_contains({DEEP}, '1')",
    "damerau_levenshtein": "SELECT damerau_levenshtein(repeat('ab', 500000), repeat('ba', 500000))",
    "reservoir_quantile": "SELECT reservoir_quantile(id, 0.5, 1000000000) FROM orders",
    "deep_parentheses": "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
    "deep_lists": "SELECT " + "[" * 20_000 + "1" + "]" * 20_000,
    "deep_casts": "SELECT NULL" + "::INTEGER" * 20_000,
    "deep_types": "SELECT NULL::INTEGER" + "[]" * 20_000,
    "deep_not": "SELECT " + "NOT " * 20_000 + "true",
    "deep_minus": "SELECT " + "- " * 20_000 + "1",
    "deep_case": "SELECT " + "CASE WHEN true THEN " * 5_000 + "1" + " END" * 5_000,
    "deep_subqueries": "SELECT " + "(SELECT " * 5_000 + "1" + ")" * 5_000,
    "long_and": "SELECT " + " AND ".join(["true"] * 20_000),
    "long_union": " UNION ALL ".join(["SELECT 1"] * 5_000),
    "long_with": "WITH " + ", ".join(f"a{i} AS (SELECT 1)" for i in range(5_000)) + " SELECT 1",
    "long_from": "SELECT 1 FROM " + ", ".join(["orders"] * 1_000),
    "long_dots": "SELECT a" + ".a" * 20_000,
    "long_indices": "SELECT a" + "[1]" * 20_000,
    "long_arrows": "SELECT a" + " -> 'a'" * 20_000,
    "long_in": "SELECT 1 IN (" + ", ".join(["1"] * 70_000) + ")",
    "many_joins": "SELECT 1 FROM orders o " + " ".join(f"JOIN orders o{i} ON true" for i in range(300)),
}
HARMLESS = {
    "json_structure": f"SELECT length(json_structure({DEEP})) > 0",
    "json_valid": f"SELECT json_valid({DEEP})",
    "json_keys": f"SELECT json_keys({OBJECT})",
    "json_extract": f"SELECT json_extract({OBJECT}, '$.a') IS NULL",
    "json_merge_patch": f"SELECT json_merge_patch({OBJECT}, {OBJECT}) IS NULL",
    "like": "SELECT repeat('a', 20000) LIKE repeat('%a', 5000) || 'b'",
    "regexp": "SELECT regexp_matches(repeat('a', 100000), '(a*)*b')",
    "factorial": "SELECT factorial(33) > 0",
    "smallest_remainder": "SELECT (-2147483648)::INTEGER % (-1)::INTEGER",
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_and_the_gateway_lives(served: Served, door: Door, case: str) -> None:
    seen = door.ask(REFUSED[case])
    assert seen.refused
    assert seen.code in ("ungovernable", "too-large", "invalid-sql"), (seen.code, seen.detail)
    assert door.ask("SELECT count(*) AS n FROM customers").rows == [(20,)]


@pytest.mark.parametrize("case", HARMLESS)
def test_deep_values_that_the_engine_bears_are_let_through(door: Door, case: str) -> None:
    assert not door.ask(HARMLESS[case]).refused


@pytest.mark.parametrize("case", ["variant", "json_transform", "from_json_strict", "json_contains"])
def test_the_engine_itself_is_ended_by_it(case: str) -> None:
    code = f"import duckdb; duckdb.connect().execute({REFUSED[case]!r}).fetchall()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert ended.returncode != 0
