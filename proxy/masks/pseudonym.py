"""The readable keyed pseudonym: `ana@example.com` becomes `user-3f9a1c2b`, the same wherever that value stands.

Rule kept here: the digits are the start of the keyed hash (see `hash`), with the key bound and never written into SQL.
Eight digits collide among some ten thousand values; ask for more where joins must not.
"""

from __future__ import annotations

import hashlib
import hmac

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.TEXT})


class Settings(BaseModel):
    """`prefix`: the word in front. `digits`: hex digits behind it, 8 to 64."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prefix: str = Field(default="user", pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")
    digits: int = Field(default=8, ge=8, le=64)


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:
    """Prefix, hyphen and hex digits."""
    if kind not in KINDS:
        return exp.Null()
    e = dialect.expressions
    prefix = exp.Literal.string(f"{options.prefix}-")
    return exp.DPipe(this=prefix, expression=e.first(e.hmac_hex(column), options.digits), safe=False)


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:
    """Prefix, hyphen and hex digits."""
    if kind not in KINDS or not isinstance(value, str):
        return None
    digest = hmac.new(secret, value.encode(), hashlib.sha256).hexdigest()
    return f"{options.prefix}-{digest[: options.digits]}"
