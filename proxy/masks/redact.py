"""The mask for what nobody needs to see: `***` for text, NULL for every other type.

Rule kept here: the length and content of a value never show; only that a text was there does.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.TEXT})
SHOWN = "***"


class Settings(BaseModel):
    """`redact` has no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:  # noqa: ARG001
    """`***` where there is a text."""
    if kind not in KINDS:
        return exp.Null()
    return exp.Case().when(column.is_(exp.Null()).not_(), exp.Literal.string(SHOWN))


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """`***` where there is a text."""
    return SHOWN if kind in KINDS and value is not None else None
