"""`constant`: the same in every row that has a value, of the column's type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlglot import exp

from proxy.masks import constant
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree, sql_of, value_of
from tests.masks.texts import NASTY, TEXT


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_can_be_the_constant(engine: Engine, text: str) -> None:
    engine.load(["x", None], TEXT, "VARCHAR")
    assert agree(engine, constant, TypeKind.TEXT, ["x", None], value=text) == [text, None]


@pytest.mark.parametrize(
    ("kind", "arrow", "sql_type", "given_values", "value"),
    [
        (TypeKind.INTEGER, pa.int32(), "INTEGER", [1, None, -5], 0),
        (TypeKind.FLOAT, pa.float64(), "DOUBLE", [1.5, None, float("nan")], -2.5),
        (TypeKind.FLOAT, pa.float64(), "DOUBLE", [1.5, None], 7),
        (TypeKind.DECIMAL, pa.decimal128(10, 2), "DECIMAL(10,2)", [Decimal("1.50"), None], 7),
        (TypeKind.BOOLEAN, pa.bool_(), "BOOLEAN", [True, False, None], False),
    ],
)
def test_constants_of_other_types(
    engine: Engine, kind: TypeKind, arrow: pa.DataType, sql_type: str, given_values: list[Any], value: Any
) -> None:
    engine.load(given_values, arrow, sql_type)
    agree(engine, constant, kind, given_values, value=value)


@pytest.mark.parametrize("value", ["a text", 1.5, True])
def test_a_constant_of_another_type_is_null(value: Any) -> None:
    assert isinstance(sql_of(constant, TypeKind.INTEGER, {"value": value}), exp.Null)
    assert value_of(constant, 7, TypeKind.INTEGER, {"value": value}) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "nul\0", None, [1], 2**63])
def test_what_is_no_constant_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        constant.Settings(value=value)


def test_the_text_cannot_break_out_of_the_sql(engine: Engine) -> None:
    engine.load(NASTY, TEXT, "VARCHAR")
    evil = "'; DROP TABLE t; -- \\' \" $1"
    assert set(agree(engine, constant, TypeKind.TEXT, NASTY, value=evil)) == {evil, None}
