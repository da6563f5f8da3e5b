"""The mask of dates and timestamps that keeps the year: `1987-06-05` becomes `1987-01-01`.

Rule kept here: the result is the first instant of the year, in UTC; what lies outside the years 1 to 9999, and
infinite dates, become NULL.
"""

from __future__ import annotations

import datetime

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.DATE, TypeKind.TIMESTAMP})


class Settings(BaseModel):
    """`year_only` has no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:  # noqa: ARG001
    """The start of the year."""
    if kind not in KINDS:
        return exp.Null()
    e = dialect.expressions
    known = exp.Between(this=e.year(column.copy()), low=exp.Literal.number(1), high=exp.Literal.number(9999))
    start = e.truncated(column.copy(), "year")
    return exp.Case().when(known, exp.cast(start, exp.DataType.Type.DATE) if kind is TypeKind.DATE else start)


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """The start of the year; None of what is no Python date, as those outside the years 1 to 9999 cannot be."""
    if kind is TypeKind.TIMESTAMP and isinstance(value, datetime.datetime):
        at = value if value.tzinfo is None else value.astimezone(datetime.UTC)
        return at.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    if kind is TypeKind.DATE and isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.replace(month=1, day=1)
    return None
