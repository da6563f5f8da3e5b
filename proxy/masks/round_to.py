"""The mask of numbers that keeps their size: with `to: 1000`, `52345` becomes `52000`.

Rule kept here: numbers are cut towards zero to a multiple, never rounded up, because that always fits in the column's
type and so can never raise. Of floating numbers, NaN, infinities and those beyond 1e300 stay as they are; decimals that
are no number become NULL.
"""

from __future__ import annotations

import math
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from proxy.dialect import Dialect, Expressions
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.FLOAT})


_BIG = "1e300"
"""Floating numbers beyond it are left alone: their neighbours are further away than any step."""


class Settings(BaseModel):
    """`to`: the step, a whole number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: int = Field(ge=1, le=1_000_000_000)


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:
    """The number cut to a multiple of `to`."""
    step = exp.Literal.number(options.to)
    if kind is TypeKind.FLOAT:
        return _cut_sql(dialect.expressions, column, options.to)
    if kind not in KINDS:
        return exp.Null()
    number = dialect.expressions.whole(column) if kind is TypeKind.DECIMAL else column
    return exp.Paren(this=exp.Sub(this=number.copy(), expression=exp.Mod(this=number.copy(), expression=step)))


def _cut_sql(e: Expressions, column: exp.Expression, to: int) -> exp.Expression:
    """A floating number cut by arithmetic that can neither overflow nor underflow."""
    number, step = e.floating(column), exp.Literal.number(to)
    below = exp.LT(this=number.copy(), expression=step.copy())
    near = exp.And(this=exp.GT(this=number, expression=exp.Neg(this=step.copy())), expression=below)
    big = exp.Literal.number(_BIG)
    far = exp.Between(this=number.copy(), low=exp.Neg(this=big.copy()), high=big)
    steps = exp.Div(this=number.copy(), expression=e.floating(step.copy()), typed=False, safe=False)
    cut = exp.Mul(this=e.truncated_number(steps), expression=step)
    there = number.copy().is_(exp.Null()).not_()
    zero = e.floating(exp.Literal.number(0))
    return exp.Case().when(near, zero, copy=False).when(far, cut, copy=False).when(there, number.copy(), copy=False)


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """The number cut to a multiple of `to`."""
    if kind not in KINDS or isinstance(value, bool):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if isinstance(value, int | Decimal):
        whole = int(value)
        rest = abs(whole) % options.to
        return whole - rest if whole >= 0 else whole + rest
    if isinstance(value, float):
        return _cut(value, options.to)
    return None


def _cut(number: float, to: int) -> float:
    if abs(number) < to:
        return 0.0
    return float(math.trunc(number / to)) * to if abs(number) <= float(_BIG) else number
