"""Masks compile with their options checked, and custom ones closed."""

from __future__ import annotations

import pytest
from sqlglot import exp

from proxy.errors import ConfigError, InvalidSql
from proxy.rewrite.conditions import ALIAS
from proxy.values import Always, Cell, ReasonCode
from tests.rewrite.shop import mask, run, text, view


def shown(column: str, kind: str, **options: object) -> list[object]:
    """What a masked column of the customers shows, in order of their ids."""
    sql, slots = text(view(cells={column: (Cell(Always(), mask(kind, column, **options)),)}))
    with_key = {"mask_key_inner": b"i" * 64, "mask_key_outer": b"o" * 64}
    return [row[0] for row in run(f"SELECT {column} FROM ({sql}) AS t ORDER BY id", slots.all(), **with_key)]


def test_a_mask_has_its_kind_options_and_tag() -> None:
    made = mask("first_n", "name", n=2)
    assert (made.kind, made.tag) == ("first_n", "pii")
    assert dict(made.options)["n"] == 2


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no kind"):
        mask("rot13", "name")


def test_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="colour"):
        mask("redact", "name", colour="black")


def test_a_custom_mask_is_computed_on_the_raw_row() -> None:
    assert shown("name", "sql", expression="left(name, 1) || '.' || region") == ["A.EU", "B.US", "C.EU", None]


def test_value_stands_for_the_column() -> None:
    assert shown("email", "sql", expression="upper(value)") == ["ANN@EXAMPLE.COM", "BOB@EXAMPLE.ORG", None, "DEE"]


def test_a_custom_mask_names_only_its_own_row() -> None:
    made = mask("sql", "name", expression="left(value, 1)")
    assert {c.table for c in made.expression.find_all(exp.Column)} == {ALIAS}


def test_a_custom_mask_keeps_the_type_of_its_column() -> None:
    assert shown("born", "sql", expression="'1999-01-01'")[0].__class__.__name__ == "date"


def test_a_custom_mask_that_gives_no_value_of_the_type_gives_null() -> None:
    assert shown("id", "sql", expression="'unknown'") == [None] * 4


def test_a_custom_mask_may_not_read_what_is_not_there() -> None:
    with pytest.raises(InvalidSql) as caught:
        mask("sql", "name", expression="left(nothing, 1)")
    assert [r.code for r in caught.value.reasons] == [ReasonCode.UNKNOWN_COLUMN]


def test_a_custom_mask_takes_no_attributes() -> None:
    with pytest.raises(InvalidSql) as caught:
        mask("sql", "name", expression="value || :sub")
    assert [r.code for r in caught.value.reasons] == [ReasonCode.PARAMETERS]


@pytest.mark.parametrize("text_", ["left(value", "value, name", "value) FROM people.employees --"])
def test_a_custom_mask_is_one_expression(text_: str) -> None:
    with pytest.raises(InvalidSql):
        mask("sql", "name", expression=text_)


def test_a_mask_of_another_kind_of_value_is_a_typed_null() -> None:
    sql, _ = text(view(cells={"credit": (Cell(Always(), mask("email_domain", "credit")),)}))
    types = run(f"SELECT DISTINCT typeof(credit), credit FROM ({sql}) AS t")
    assert types == [("DECIMAL(10,2)", None)]


def test_the_mask_key_is_bound_and_never_text() -> None:
    sql, slots = text(view(cells={"email": (Cell(Always(), mask("hash", "email")),)}))
    assert {(s.kind.value, s.name) for s in slots.all()} == {("secret", "mask_key_inner"), ("secret", "mask_key_outer")}
    assert "secret" not in sql
    assert len(str(shown("email", "hash")[0])) == 64
