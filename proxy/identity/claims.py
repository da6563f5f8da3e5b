"""The registered claims (RFC 7519, section 4.1): types first, then times and audience.

Rule kept here: a claim that is missing, of another type or out of all bounds is refused, never coerced; comparisons are
exact; the only tolerance is the issuer's `leeway_s`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proxy.errors import Unauthenticated
from proxy.identity.settings import IssuerSettings
from proxy.values import ReasonCode

MAX_NAME_LENGTH = 255
_END_OF_TIME = 253_402_300_799  # 9999-12-31T23:59:59Z


@dataclass(frozen=True, slots=True)
class Validity:
    """When a token holds, in seconds since the epoch."""

    issued_at: float
    not_before: float
    expires_at: float


def issuer_name(claims: Mapping[str, Any]) -> str:
    """`iss`, not yet trusted. Raises `Unauthenticated`."""
    name = claims.get("iss")
    if not isinstance(name, str):
        raise refused("has no issuer (iss)")
    return name


def check_audience(claims: Mapping[str, Any], audience: str) -> None:
    """Raises `Unauthenticated` unless `aud` is `audience`, or a list that holds it."""
    given = claims.get("aud")
    listed = given if isinstance(given, list) else [given]
    if not listed or not all(isinstance(a, str) for a in listed):
        raise refused("has no usable audience (aud)")
    if audience not in listed:
        detail = f"The token is meant for another service; ask for one with the audience {audience!r}."
        raise Unauthenticated(detail, ReasonCode.AUDIENCE_MISMATCH)


def validity(claims: Mapping[str, Any]) -> Validity:
    """`iat`, `nbf` and `exp` as numbers. Raises `Unauthenticated` where one is missing (`nbf` may be) or absurd."""
    issued_at = _moment(claims, "iat")
    not_before = _moment(claims, "nbf") if "nbf" in claims else issued_at
    return Validity(issued_at, not_before, _moment(claims, "exp"))


def check_times(times: Validity, settings: IssuerSettings, now: float) -> None:
    """Raises `Unauthenticated` unless the token holds at `now`: it ends at `exp` itself, not after it."""
    leeway = settings.leeway_s
    if now >= times.expires_at + leeway:
        raise Unauthenticated("The token has expired; sign in again.", ReasonCode.TOKEN_EXPIRED)
    if now < max(times.issued_at, times.not_before) - leeway:
        detail = "The token is not valid yet; check the clocks of issuer and gateway."
        raise Unauthenticated(detail, ReasonCode.TOKEN_NOT_YET_VALID)
    if times.expires_at <= times.issued_at:
        raise refused("expires before it was issued")
    if times.expires_at - times.issued_at > settings.max_lifetime_s:
        detail = f"The token is valid for longer than {settings.max_lifetime_s} s; ask for one that expires sooner."
        raise Unauthenticated(detail, ReasonCode.TOKEN_LIFETIME)


def checked_name(value: Any, what: str) -> str:
    """A name (of a person, group, app or actor) that is text, not empty, not long, and printable throughout without
    space at its ends, so that two names that look alike in a policy or an audit are alike. Raises `Unauthenticated`."""
    if not isinstance(value, str):
        raise refused(f"has {what} that is not text")
    if not 0 < len(value) <= MAX_NAME_LENGTH:
        raise refused(f"has {what} that is empty or longer than {MAX_NAME_LENGTH} characters")
    if not value.isprintable() or value != value.strip():
        raise refused(f"has {what} with control characters or with space at its ends")
    return value


def refused(what: str) -> Unauthenticated:
    """The error for claims that cannot be accepted."""
    detail = f"The token {what}; ask the administrator of the issuer to mend it."
    return Unauthenticated(detail, ReasonCode.TOKEN_CLAIMS)


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(f"has no time of the claim {name}, or one that is not a number")
    if not 0 <= value <= _END_OF_TIME:
        raise refused(f"has an impossible time in the claim {name}")
    return value
