"""The mask of an e-mail address that keeps its domain: `ana@example.com` becomes `***@example.com`.

Rule kept here: only what follows the last `@` is shown, and only when it looks like a domain and the text is nothing
but one address; every other text becomes `***`. The form is chosen so that a scan does not take it for an address.
"""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.TEXT})
HIDDEN = "***"
ADDRESS = r"[^@ \t\n\r\f\v]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?"
LOCAL_PART = r"^[^@]*@"

_ADDRESS = re.compile(ADDRESS, re.ASCII)


class Settings(BaseModel):
    """`email_domain` has no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:  # noqa: ARG001
    """`***@domain` of an address, `***` of any other text."""
    if kind not in KINDS:
        return exp.Null()
    e = dialect.expressions
    shown = e.replace_all(column.copy(), LOCAL_PART, f"{HIDDEN}@")
    hidden = exp.Literal.string(HIDDEN)
    return exp.Case().when(e.matches(column.copy(), ADDRESS), shown).when(column.is_(exp.Null()).not_(), hidden)


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """`***@domain` of an address, `***` of any other text."""
    if kind not in KINDS or not isinstance(value, str):
        return None
    return f"{HIDDEN}@{value.partition('@')[2]}" if _ADDRESS.fullmatch(value) else HIDDEN
