"""A policy view in the final text is held against the decision by part: views that are almost right are refused."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from proxy.rewrite.obligations import holds
from proxy.values import AllOf, Always, AnyOf, Cell, Never, TableView
from proxy.warehouses.duckdb import DIALECT
from tests.rewrite.shop import mask, row_filter, text, view

EU = row_filter("region = 'EU'")
MINE = row_filter("id IN (SELECT customer_id FROM sales.orders WHERE status = 'paid')")
BOUND = row_filter("region = :region OR id IN (:ids)")
REDACTED = mask("redact", "email")
VIEWS = {
    "filter and mask": view(rows=EU, cells={"email": [Cell(Always(), REDACTED)]}),
    "union of filters": view(rows=AnyOf((EU, MINE))),
    "all of filters": view(rows=AllOf((EU, AnyOf((MINE, BOUND))))),
    "nobody's rows": view(rows=Never()),
    "cell by cell": view(rows=AnyOf((EU, MINE)), cells={"email": [Cell(EU, None), Cell(MINE, REDACTED)]}),
    "cell with a rest": view(cells={"email": [Cell(EU, None), Cell(Always(), REDACTED)]}),
    "no cell": view(rows=EU, cells={"email": []}),
    "hidden column": view(rows=EU, without=["email"]),
}


def read(sql: str) -> exp.Select:
    """A text as the proof reads it."""
    tree = sqlglot.parse_one(sql, read=DIALECT.name)
    assert isinstance(tree, exp.Select)
    return tree


@pytest.mark.parametrize("guarded", [(), ("id", "email", "name")], ids=["plain", "guarded"])
@pytest.mark.parametrize("name", VIEWS)
def test_the_view_that_was_decided_holds(name: str, guarded: tuple[str, ...]) -> None:
    sql, _ = text(VIEWS[name], *guarded, shape={"region": -1, "ids": 3})
    assert holds(read(sql), VIEWS[name], DIALECT)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("other", VIEWS)
def test_no_other_view_holds(name: str, other: str) -> None:
    if name == other:
        return
    sql, _ = text(VIEWS[other], shape={"region": -1, "ids": 3})
    assert not holds(read(sql), VIEWS[name], DIALECT)


def changed(policy_view: TableView, old: str, new: str) -> bool:
    """Whether a text that was changed in one place still holds."""
    sql, _ = text(policy_view)
    assert old in sql, f"{old!r} is not in {sql}"
    return holds(read(sql.replace(old, new, 1)), policy_view, DIALECT)


def test_weakened_filter() -> None:
    assert not changed(VIEWS["filter and mask"], "WHERE ", "WHERE TRUE OR ")


def test_filter_replaced_by_true() -> None:
    sql, _ = text(VIEWS["filter and mask"])
    wrong = sql[: sql.index(" WHERE ")] + " WHERE TRUE"
    assert not holds(read(wrong), VIEWS["filter and mask"], DIALECT)


def test_other_literal_in_the_filter() -> None:
    assert not changed(VIEWS["filter and mask"], "'EU'", "'US'")


def test_or_where_and_was_decided() -> None:
    both = view(rows=AllOf((EU, MINE)))
    sql, _ = text(both)
    assert holds(read(sql), both, DIALECT)
    assert not holds(read(sql), view(rows=AnyOf((EU, MINE))), DIALECT)


def test_other_mask_expression() -> None:
    assert not changed(VIEWS["filter and mask"], "'***'", '"__usher"."email"')


def test_hidden_column_inside_an_expression() -> None:
    assert not changed(VIEWS["hidden column"], '"__usher"."name" AS', '"__usher"."name" || "__usher"."email" AS')


def test_raw_sub_query_in_a_column() -> None:
    raw = '(SELECT max("salary") FROM "shop"."people"."employees") AS'
    assert not changed(VIEWS["hidden column"], '"__usher"."name" AS', raw)


def test_column_under_another_name() -> None:
    assert not changed(VIEWS["filter and mask"], '"__usher"."name" AS', '"__usher"."region" AS')


def test_filter_where_none_was_decided() -> None:
    assert not changed(VIEWS["cell with a rest"], ' AS "__usher"', ' AS "__usher" WHERE TRUE')


def test_clause_that_no_view_has() -> None:
    assert not changed(VIEWS["filter and mask"], "WHERE ", "LIMIT 1 --")


def test_guard_that_lets_other_rows_through() -> None:
    sql, _ = text(VIEWS["filter and mask"], "name")
    wrong = sql.replace("""THEN TRY("__usher"."name") END""", """THEN TRY("__usher"."name") ELSE 'x' END""")
    assert wrong != sql
    assert not holds(read(wrong), VIEWS["filter and mask"], DIALECT)


def test_guard_that_shows_another_value() -> None:
    sql, _ = text(VIEWS["filter and mask"], "name")
    wrong = sql.replace('TRY("__usher"."name")', 'TRY("__usher"."email")')
    assert wrong != sql
    assert not holds(read(wrong), VIEWS["filter and mask"], DIALECT)


def test_a_rest_that_is_masked_to_null_is_shown_as_such() -> None:
    wanted = view(cells={"email": (Cell(EU, None), Cell(Always(), mask("null", "email")))})
    sql, _ = text(wanted)
    assert " ELSE CAST(NULL AS" in sql
    assert holds(read(sql), wanted, DIALECT)
    assert not holds(read(sql.replace(" ELSE CAST(NULL AS", " ELSE TRY_CAST('x' AS")), wanted, DIALECT)


@pytest.mark.parametrize(("offset", "held"), [("OFFSET 0", True), ("OFFSET 1", False), ("OFFSET $1", False)])
def test_a_fence_skips_no_row(offset: str, held: bool) -> None:
    sql, _ = text(VIEWS["filter and mask"])
    assert holds(read(f"{sql} {offset}"), VIEWS["filter and mask"], DIALECT) is held
