"""The mask that keeps the first characters of a text: `Berlin` becomes `Be***`.

Rule kept here: a text that is not longer than what would be shown is hidden whole, and the tail is always `***`, so
that the length does not show.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.TEXT})
HIDDEN = "***"


class Settings(BaseModel):
    """`n`: how many characters (code points) to show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int = Field(default=1, ge=1, le=1000)


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:
    """The first `n` characters and `***`."""
    if kind not in KINDS:
        return exp.Null()
    e = dialect.expressions
    longer = exp.GT(this=e.length(column.copy()), expression=exp.Literal.number(options.n))
    hidden = exp.Literal.string(HIDDEN)
    shown = exp.DPipe(this=e.first(column.copy(), options.n), expression=hidden.copy(), safe=False)
    return exp.Case().when(longer, shown).when(column.is_(exp.Null()).not_(), hidden)


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """The first `n` characters and `***`."""
    if kind not in KINDS or not isinstance(value, str):
        return None
    return value[: options.n] + HIDDEN if len(value) > options.n else HIDDEN
