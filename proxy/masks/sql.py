"""The mask that is an SQL expression of the policy's author, such as `left(phone, 4) || '..'`.

Rule kept here: the expression is trusted SQL of the policy folder. It is parsed, checked against the catalog and
compiled once by the rewriter, which casts its result to the column's type; this file only says what its option is. It
may read other columns of the same row. It must not raise: it is computed on rows that others ask about.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset(TypeKind)


class Settings(BaseModel):
    """`expression`: SQL over the columns of the masked column's table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expression: str = Field(min_length=1, max_length=10_000)


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:  # noqa: ARG001
    """NULL: whoever did not compile the expression shows nothing."""
    return exp.Null()


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """None: an SQL expression cannot be computed outside the engine."""
    return None
