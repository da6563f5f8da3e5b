"""Where a guard is not enough, since what raises does so of NULL too, the policy view is a fence."""

from __future__ import annotations

import pytest

from tests.query.samples import ask
from tests.query.test_raising_on_postgres import CATALOG

FENCED = [
    "coalesce(id, 1 / (id - id)) = 1",
    "coalesce(name, 'abc')::integer = 1",
    "concat('abc', name)::integer = 1",
    "CASE WHEN id IS NULL THEN 'x' ELSE name END::integer = 1",
    "1 / (random() * 0)::integer = 1",
    "id IS NULL AND (now()::text)::integer = 1",
    "greatest(id, 1) / 0 = 1",
]
GUARDED = ["10 / id = 1", "name::integer = 1", "(name || 'a')::integer = 1", "substring(name, 1, id) = 'x'"]


@pytest.mark.parametrize("condition", FENCED)
def test_what_raises_of_null_is_fenced(condition: str) -> None:
    (reference,) = ask(f"SELECT 1 FROM t WHERE {condition}", CATALOG).references
    assert reference.fenced


@pytest.mark.parametrize("condition", GUARDED)
def test_what_raises_of_values_only_is_guarded(condition: str) -> None:
    (reference,) = ask(f"SELECT 1 FROM t WHERE {condition}", CATALOG).references
    assert reference.raises
    assert not reference.fenced
    assert reference.guarded


def test_select_lists_and_aggregates_are_behind_the_filter() -> None:
    (reference,) = ask("SELECT coalesce(id, 0) / 0, sum(coalesce(id, 1) / id) FROM t GROUP BY 1", CATALOG).references
    assert not reference.raises
    assert not reference.fenced


@pytest.mark.parametrize(
    "sum_of", ["sum(credit)", "0.2 * avg(credit)", "sum(credit * (1 - credit)) / 7.0", "sum(id)", "max(credit) - 1"]
)
def test_sums_that_have_room_need_neither_guard_nor_fence(sum_of: str) -> None:
    for reference in ask(f"SELECT 1 FROM t WHERE credit < (SELECT {sum_of} FROM t u)", CATALOG).references:
        assert not reference.guarded
        assert (reference.raises, reference.fenced) == (False, False)


@pytest.mark.parametrize("sum_of", ["sum(score)", "sum(wide)", "sum(id * 2)", "sum(credit / id)", "sum(id) * 2"])
def test_sums_that_have_not_are_fenced(sum_of: str) -> None:
    for reference in ask(f"SELECT 1 FROM t WHERE credit < (SELECT {sum_of} FROM t u)", CATALOG).references:
        assert reference.fenced


def test_a_name_that_could_be_two_columns_of_one_type_has_that_type() -> None:
    total = "WITH r AS (SELECT sum(credit) AS s FROM t GROUP BY id) SELECT 1 FROM r WHERE s = (SELECT max(s) FROM r)"
    (reference,) = ask(total, CATALOG).references
    assert not reference.guarded
    assert (reference.raises, reference.fenced) == (False, False)
    mixed = "SELECT 1 FROM (SELECT score AS s FROM t) q WHERE s > (SELECT max(s) FROM (SELECT wide AS s FROM t) r)"
    assert all(r.raises and r.guarded for r in ask(mixed, CATALOG).references)


def test_other_engines_have_no_such_fence() -> None:
    (reference,) = ask("SELECT 1 FROM customers WHERE coalesce(id, 1 // 0) = 1").references
    assert not reference.fenced
