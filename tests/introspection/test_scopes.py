"""What the names of a statement mean."""

from __future__ import annotations

import pytest
from sqlglot import exp

from proxy.errors import InvalidSql
from proxy.introspection.scopes import Scope, Source, WithQuery, folded, unknown_column, unknown_relation

OUTER = Scope(None, {"w": WithQuery("with_1", [("a", "text")])}, [Source("c", [("oid", "oid"), ("a", "text")], 1259)])


def test_the_nearest_item_that_has_a_column_is_meant() -> None:
    inner = OUTER.inner()
    inner.sources.append(Source("t", [("oid", "int8")]))
    assert inner.find("oid") == (inner.sources[0], "int8")
    assert inner.find("a") == (OUTER.sources[0], "text")
    assert inner.find("nothing") is None
    assert inner.source("c") is OUTER.sources[0]
    assert inner.source("x") is None


def test_a_name_of_two_items_needs_a_table_unless_a_join_merged_it() -> None:
    scope = Scope(None, {}, [Source("a", [("x", "text")]), Source("b", [("x", "text")])])
    with pytest.raises(InvalidSql):
        scope.find("x")
    scope.merged.add("x")
    assert scope.find("x") == (scope.sources[0], "text")
    assert scope.is_merged("x")


def test_an_inner_query_cannot_change_what_the_outer_one_sees() -> None:
    inner = OUTER.inner()
    inner.with_queries["w"] = WithQuery("with_2", [])
    assert OUTER.with_queries["w"].name == "with_1"


def test_names_are_folded_as_the_server_folds_them() -> None:
    assert folded(exp.to_identifier("Abc")) == "abc"
    assert folded(exp.to_identifier("Abc", quoted=True)) == "Abc"
    assert folded(None) == ""


def test_refusals_quote_a_name_without_what_cannot_be_shown() -> None:
    assert str(unknown_column("a\nb" + "c" * 200)).count("c" * 97) == 1
    assert "\n" not in str(unknown_relation("a\nb"))
