"""The keyed hash: equal values have equal hashes, so joins and counts still work.

Rule kept here: HMAC-SHA-256 (RFC 2104) of the value's UTF-8 bytes, with the key bound and never written into SQL.
Without the key nobody can hash guesses; who may run queries can still count and join equal values.
"""

from __future__ import annotations

import hashlib
import hmac

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.TEXT})


class Settings(BaseModel):
    """`hash` has no options; the key is one of the gateway's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:  # noqa: ARG001
    """64 hex digits."""
    return dialect.expressions.hmac_hex(column) if kind in KINDS else exp.Null()


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """64 hex digits."""
    if kind not in KINDS or not isinstance(value, str):
        return None
    return hmac.new(secret, value.encode(), hashlib.sha256).hexdigest()
