"""The mask that shows nothing: NULL in every row.

Rule kept here: NULL has every type, so it fits every column, and it tells not even whether there was a value.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset(TypeKind)


class Settings(BaseModel):
    """`null` has no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:  # noqa: ARG001
    """NULL."""
    return exp.Null()


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """None."""
    return None
