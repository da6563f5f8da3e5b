"""How PostgreSQL reads names: folding, and the names that it makes up for results."""

from __future__ import annotations

import pytest
import sqlglot

from proxy.warehouses.postgres.names import NAMES, fold, made_up, value_column


@pytest.mark.parametrize(
    ("name", "quoted", "folded"),
    [
        ("Orders", False, "orders"),
        ("Orders", True, "Orders"),
        ("ORDERS", False, "orders"),
        ("ÄÖ", False, "ÄÖ"),  # letters beyond ASCII keep their case on a server of UTF-8
        ("\u212a", False, "\u212a"),  # the Kelvin sign is no K
        ("\u0130", False, "\u0130"),
    ],
)
def test_names_that_are_not_quoted_are_folded_in_ascii(name: str, quoted: bool, folded: str) -> None:
    assert fold(name, quoted) == folded


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ("count(*)", "count"),
        ("COUNT(*)", "count"),
        ("sum(a) OVER (ORDER BY b)", "sum"),
        ("max(a) FILTER (WHERE b)", "max"),
        ("coalesce(a, b)", "coalesce"),
        ("greatest(a, b)", "greatest"),
        ("nullif(a, b)", "nullif"),
        ("exists (SELECT 1)", "exists"),
        ("ARRAY[1]", "array"),
        ("ARRAY(SELECT 1)", "array"),
        ("some_function(a)", "some_function"),
        ("Some_Function(a)", "some_function"),
        ("a::text", "a"),
        ("(a)::int", "a"),
        ("count(*)::int", "count"),
        ("(a).B", "b"),
        ("a[1]", "a"),
        ('a COLLATE "C"', "a"),
        ("(SELECT max(b) FROM t)", "max"),
        ("(SELECT b AS x FROM t)", "x"),
        ("(SELECT b FROM t)", "b"),
        ("CASE WHEN a THEN 1 END", "case"),
        ("CASE WHEN a THEN 1 ELSE 2 END", "case"),
        ("CASE WHEN a THEN 1 ELSE b END", "b"),
        ("CASE WHEN a THEN 1 ELSE max(b) END", "max"),
        ("a + 1", None),
        ("extract(year FROM a)", None),  # sqlglot reads date_part as the same
        ("1", None),
        ("'x'::text", None),
        ("CASE WHEN a THEN 1 END::int", None),
        ("a || b", None),
        ("t.*", None),
    ],
)
def test_the_name_of_a_result_column_where_it_is_sure(item: str, name: str | None) -> None:
    assert made_up(sqlglot.parse_one(f"SELECT {item} FROM t", read="postgres").expressions[0]) == name


def test_columns_of_values_count_from_one() -> None:
    assert [value_column(i) for i in range(2)] == ["column1", "column2"]


def test_what_differs_from_engines_that_fold_every_name() -> None:
    assert not NAMES.catalogs
    assert NAMES.fields_call
    assert NAMES.longest == 63
    assert NAMES.recursive_sees_all
