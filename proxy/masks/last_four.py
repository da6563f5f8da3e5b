"""The mask of card and account numbers: `4111 1111 1111 1234` becomes `***1234`.

Rule kept here: a text of fewer than eight characters is hidden whole, so that at least half of it never shows.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.TEXT})
HIDDEN = "***"
SHOWN = 4
SHORTEST = 8


class Settings(BaseModel):
    """`last_four` has no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:  # noqa: ARG001
    """`***` and the last four characters."""
    if kind not in KINDS:
        return exp.Null()
    e = dialect.expressions
    long_enough = exp.GTE(this=e.length(column.copy()), expression=exp.Literal.number(SHORTEST))
    hidden = exp.Literal.string(HIDDEN)
    shown = exp.DPipe(this=hidden.copy(), expression=e.last(column.copy(), SHOWN), safe=False)
    return exp.Case().when(long_enough, shown).when(column.is_(exp.Null()).not_(), hidden)


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """`***` and the last four characters."""
    if kind not in KINDS or not isinstance(value, str):
        return None
    return HIDDEN + value[-SHOWN:] if len(value) >= SHORTEST else HIDDEN
