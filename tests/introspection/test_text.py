"""A statement's text before it is parsed."""

from __future__ import annotations

import pytest

from proxy.errors import InvalidSql, TooLarge, Ungovernable
from proxy.introspection import text
from proxy.introspection.text import prepare


def test_the_redacted_form_holds_no_literal_and_no_quoted_name() -> None:
    made = prepare("SELECT 'secret', E'b', $$c$$, 42, \"Ana\" FROM pg_class -- note\nWHERE oid IN (1, 2, 3)")
    assert made.redacted == 'SELECT ?, .., "?" FROM pg_class WHERE oid IN (?, ..)'
    assert (
        made.fingerprint == prepare("select 'x', E'y', $$z$$, 1, \"B\" from pg_class where oid in (4, 5)").fingerprint
    )


@pytest.mark.parametrize(
    ("sql", "mended"),
    [
        ("SELECT $1::oid[]", "SELECT $1::_oid"),
        ("SELECT a::pg_catalog.regtype[]::text[]", "SELECT a::pg_catalog._regtype::text[]"),
        ("SELECT CAST(a AS name[])", "SELECT CAST(a AS _name)"),
        ("SELECT a AS select, b AS Update FROM t", 'SELECT a AS "select", b AS "update" FROM t'),
        ("SELECT '::oid[]', a[1]", "SELECT '::oid[]', a[1]"),
        ("SELECT ARRAY[]::oid[], oid[]", "SELECT ARRAY[]::_oid, oid[]"),
    ],
)
def test_what_the_grammar_does_not_know_is_spelt_another_way(sql: str, mended: str) -> None:
    assert prepare(sql).sql == mended


def test_names_of_our_own_are_noticed_outside_of_literals() -> None:
    assert prepare("SELECT u__name FROM pg_class").reserved
    assert prepare('SELECT "U__name" FROM pg_class').reserved
    assert not prepare("SELECT 'u__name' FROM pg_class").reserved


def test_one_statement_alone() -> None:
    assert prepare("SELECT 1;;").sql
    with pytest.raises(Ungovernable):
        prepare("SELECT 1; SELECT 2")


def test_what_is_too_much_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(TooLarge):
        prepare("SELECT " + "(" * (text.MAX_DEPTH + 1) + "1" + ")" * (text.MAX_DEPTH + 1))
    with pytest.raises(TooLarge):
        prepare("SELECT '" + "a" * text.MAX_BYTES + "'")
    with pytest.raises(TooLarge):
        prepare("SELECT " + "1," * text.MAX_TOKENS + "1")
    with pytest.raises(InvalidSql):
        prepare("SELECT 'a")
