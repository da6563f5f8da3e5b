"""The mask of numbers that shows only their range: with `edges: [0, 30000, 60000]`, `52345` becomes `30000`.

Rule kept here: the result is the range's lower edge, a number as the column is; below the first edge, for NaN, and
where there is no number it is NULL. Edges are whole numbers, so that they fit every kind of number.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.FLOAT})
EDGE = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]


def _rising(edges: tuple[int, ...]) -> tuple[int, ...]:
    if list(edges) != sorted(set(edges)):
        raise ValueError("must rise, each edge once")
    return edges


class Settings(BaseModel):
    """`edges`: the lower edge of each range, rising."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: Annotated[tuple[EDGE, ...], Field(min_length=1, max_length=1000), AfterValidator(_rising)]


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:
    """The lower edge of the number's range."""
    if kind not in KINDS:
        return exp.Null()
    number = dialect.expressions.ordered(column, kind)
    case = exp.Case()
    for edge in reversed(options.edges):
        case = case.when(exp.GTE(this=number.copy(), expression=exp.convert(edge)), exp.convert(edge), copy=False)
    return case


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """The lower edge of the number's range."""
    if kind not in KINDS or value is None or isinstance(value, bool):
        return None
    number = value if isinstance(value, int | Decimal) else float(value)  # type: ignore[arg-type]
    if number != number:
        return None
    return next((edge for edge in reversed(options.edges) if number >= edge), None)
