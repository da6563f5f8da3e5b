"""The mask that shows the same constant in every row that has a value.

Rule kept here: the constant must be of the column's type (a text, an integer, a number, true or false); on a column of
another type the mask is NULL.
"""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StrictBool, StrictFloat, StrictInt, StrictStr
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.TEXT, TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.FLOAT, TypeKind.BOOLEAN})

Constant = StrictBool | StrictInt | StrictFloat | StrictStr


def _printable(constant: Constant) -> Constant:
    if isinstance(constant, float) and not math.isfinite(constant):
        raise ValueError("must be a finite number")
    if isinstance(constant, str) and "\0" in constant:
        raise ValueError("must not hold a NUL character")
    if isinstance(constant, int) and not -(2**63) <= constant < 2**63:
        raise ValueError("must fit in 64 bits")
    return constant


class Settings(BaseModel):
    """`value`: what to show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Annotated[Constant, AfterValidator(_printable)]


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:  # noqa: ARG001
    """The constant where there is a value."""
    if not fits(options.value, kind):
        return exp.Null()
    return exp.Case().when(column.is_(exp.Null()).not_(), exp.convert(options.value))


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """The constant where there is a value."""
    return options.value if value is not None and fits(options.value, kind) else None


def fits(constant: Constant, kind: TypeKind) -> bool:
    """Whether a constant is of a kind; a number without a fraction fits every kind of number."""
    if isinstance(constant, bool):
        return kind is TypeKind.BOOLEAN
    if isinstance(constant, str):
        return kind is TypeKind.TEXT
    if isinstance(constant, int):
        return kind in {TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.FLOAT}
    return kind in {TypeKind.DECIMAL, TypeKind.FLOAT}
