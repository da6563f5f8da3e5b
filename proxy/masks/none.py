"""The mask that shows the value: an override for a role that may see it clear.

Rule kept here: nothing is changed, so it fits every type.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset(TypeKind)


class Settings(BaseModel):
    """`none` has no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:  # noqa: ARG001
    """The column itself."""
    return column


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """The value itself."""
    return value
