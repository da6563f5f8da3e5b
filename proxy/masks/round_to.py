"""The mask of numbers that keeps their size: with `to: 1000`, `52345` becomes `52000`.

Rule kept here: numbers are cut towards zero to a multiple, never rounded up, because that always fits in the column's
type and so can never raise. NaN and infinities stay as they are.
"""

from __future__ import annotations

import math
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.FLOAT})


class Settings(BaseModel):
    """`to`: the step, a whole number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: int = Field(ge=1, le=1_000_000_000)


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:
    """The number cut to a multiple of `to`."""
    step = exp.Literal.number(options.to)
    if kind is TypeKind.FLOAT:
        e = dialect.expressions
        steps = e.truncated_number(
            exp.Div(this=e.floating(column), expression=e.floating(step), typed=False, safe=False)
        )
        return exp.Mul(this=steps, expression=step.copy())
    if kind not in KINDS:
        return exp.Null()
    number = dialect.expressions.whole(column) if kind is TypeKind.DECIMAL else column
    return exp.Paren(this=exp.Sub(this=number.copy(), expression=exp.Mod(this=number.copy(), expression=step)))


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """The number cut to a multiple of `to`."""
    if kind not in KINDS or isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        whole = int(value)
        return whole - int(math.copysign(abs(whole) % options.to, whole))
    if isinstance(value, float):
        return _cut(value, options.to)
    return None


def _cut(number: float, to: int) -> float:
    steps = number / to
    whole = float(math.trunc(steps)) if math.isfinite(steps) else steps
    return whole * to
