"""Texts joined to themselves, or replaced by longer ones, until a hidden row's value is too large for the engine.

No part of such an expression raises on an ordinary value. All of it raises on one that holds a letter which the visible
rows do not have: then a single statement tells whether a hidden row has it.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.bypass.asking import Door, Served
from tests.bypass.asking import hold as hold_on_duckdb
from tests.bypass.postgres_shop import ServedOnPostgres, hold


def replaced(value: str, times: int, letters: str = "Hbcdefgh") -> str:
    """A text in which an H becomes a hundred letters, and each of those a hundred others, so many times."""
    for old, new in pairwise(letters[: times + 1]):
        value = f"replace({value}, '{old}', '{new * 100}')"
    return value


LARGE = f"length({replaced('c.name', 6)}) > 5"
CASES = {
    "replaced_in_where": f"SELECT count(*) FROM customers c WHERE {LARGE}",
    "replaced_in_a_join": f"SELECT count(*) FROM customers c JOIN (SELECT 1 AS x) q ON {LARGE}",
    "replaced_in_a_sub_query": (
        f"SELECT count(*) FROM (SELECT {replaced('c.name', 6)} AS a FROM customers c) q WHERE a > 'b'"
    ),
    "replaced_step_by_step": (
        f"SELECT count(*) FROM (SELECT {replaced('q.a', 3, 'bcdefg')} AS b FROM (SELECT {replaced('c.name', 1)} AS a "
        "FROM customers c) q) q WHERE b <> 'b'"
    ),
    "replaced_where_one_row_is": f"SELECT count(*) FROM customers c WHERE c.id = 5 AND {LARGE}",
    "joined": f"SELECT count(*) FROM customers c WHERE length({' || '.join(['c.name'] * 80)}) > 5",
    "joined_by_function": f"SELECT count(*) FROM customers c WHERE length(concat({', '.join(['c.name'] * 80)})) > 5",
}
UNGUARDED = '"__usher"."name" AS "name"'


def plan(served: Served, sql: str) -> str:
    """The statement as it would run."""
    return served.harness.plan(served.callers["ana"], sql).plan.sql


@pytest.mark.parametrize("case", CASES)
def test_values_that_grow(served: Served, door: Door, case: str) -> None:
    assert UNGUARDED not in plan(served, CASES[case])
    hold_on_duckdb(served, door, CASES[case], "same")


@pytest.mark.parametrize("case", CASES)
def test_values_that_grow_on_postgres(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    assert UNGUARDED not in plan(on_postgres, CASES[case])
    for who in ("ana", "sam"):
        hold(on_postgres, postgres_door, CASES[case], "same", who)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM customers WHERE length(name || ' ' || region || ' ' || notes) > 5",
        "SELECT count(*) FROM customers WHERE replace(replace(name, '-', ''), ' ', '') <> 'x'",
        "SELECT count(*) FROM customers WHERE concat(name, ', ', region) <> 'x'",
    ],
)
def test_what_people_write_needs_no_guard(served: Served, on_postgres: ServedOnPostgres, sql: str) -> None:
    assert UNGUARDED in plan(served, sql)
    assert UNGUARDED in plan(on_postgres, sql)
