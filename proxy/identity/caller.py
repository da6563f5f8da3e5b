"""From proven claims to a `Caller`: the claim map, the chain of actors, and names that stay unique between issuers.

Rule kept here: a claim of a type that was not expected refuses the token instead of being left out, since what is left
out may be what a policy denies by; and no token of one issuer can spell a name that belongs to another.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proxy.identity.claims import Validity, checked_name, refused
from proxy.identity.settings import IssuerSettings
from proxy.values import Actor, Attribute, Caller, Scalar

MAX_ACTORS = 8
_MAX_ITEMS = 1000
_MAX_TEXT = 1024
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class _Absent:
    """No such claim."""


_ABSENT = _Absent()


def build(
    claims: Mapping[str, Any], settings: IssuerSettings, namespaces: frozenset[str], times: Validity, token_hash: str
) -> Caller:
    """The caller that claims name. `namespaces` are those of all issuers. Raises `Unauthenticated`."""
    checked_name(claims.get("sub"), "a subject (sub)")
    told = _without_unverified_email(claims)
    act = _actors(told)
    app = _app(told, settings, act)
    unique = _Namespace(settings.namespace, namespaces)
    return Caller(
        issuer=settings.issuer,
        subject=unique.name(checked_name(_at(told, settings.claims.subject), "a subject"), "subject"),
        expires_at=math.floor(times.expires_at),
        issued_at=math.floor(times.issued_at),
        token_hash=token_hash,
        groups=frozenset(unique.name(g, "group") for g in _groups(told, settings)),
        attributes=_attributes(told, settings),
        email=_email(told, settings),
        app=None if app is None else unique.name(app, "app"),
        act=act,
    )


def token_hash(text: str, claims: Mapping[str, Any]) -> str:
    """What the audit log may know a token by: SHA-256, in hex, of `jti`, or of the token where it has none.
    Raises `Unauthenticated` for a `jti` that is no short text."""
    if "jti" not in claims:
        return hashlib.sha256(text.encode("ascii")).hexdigest()
    jti = claims["jti"]
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_TEXT:
        raise refused("has an id (jti) that is not a short text")
    return hashlib.sha256(jti.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Namespace:
    """One issuer's part of the space of names."""

    own: str | None
    used: frozenset[str]

    def name(self, name: str, what: str) -> str:
        """The name as policies spell it."""
        if self.own is not None:
            return f"{self.own}/{name}"
        head, slash, _ = name.partition("/")
        if slash and head in self.used:
            raise refused(f"has a {what} that would pass for one of another issuer")
        return name


def _without_unverified_email(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    # An address nobody verified is whatever its owner typed (OIDC Core 1.0, 5.7). Some issuers spell true as text.
    verified = claims.get("email_verified", True)
    if verified is True or verified == "true":
        return claims
    return {name: value for name, value in claims.items() if name != "email"}


def _at(claims: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = claims
    for name in path:
        if not isinstance(value, Mapping):
            raise refused("has a claim of another shape than the settings say")
        if name not in value:
            _check_not_elsewhere(claims, path)
            return _ABSENT
        value = value[name]
    return value


def _check_not_elsewhere(claims: Mapping[str, Any], path: tuple[str, ...]) -> None:
    """Claims that the issuer keeps elsewhere (OIDC Core 1.0, 5.6.2: as some do with long lists of groups) are not
    absent, and a policy that denies by them must not be passed for that."""
    elsewhere = claims.get("_claim_names", {})
    if (
        not isinstance(elsewhere, Mapping)
        or path[0] in elsewhere
        or (path == ("groups",) and claims.get("hasgroups", False) is not False)
    ):
        raise refused(
            "leaves out a claim that the issuer keeps elsewhere, such as a list of groups that became too long"
        )


def _groups(claims: Mapping[str, Any], settings: IssuerSettings) -> list[str]:
    if settings.claims.groups is None:
        return []
    value = _at(claims, settings.claims.groups)
    if value is _ABSENT:
        return []
    if not isinstance(value, list) or len(value) > _MAX_ITEMS:
        raise refused("has groups that are not a list")
    return [checked_name(group, "a group") for group in value]


def _email(claims: Mapping[str, Any], settings: IssuerSettings) -> str | None:
    value = _ABSENT if settings.claims.email is None else _at(claims, settings.claims.email)
    return None if value is _ABSENT else checked_name(value, "an e-mail")


def _app(claims: Mapping[str, Any], settings: IssuerSettings, act: tuple[Actor, ...]) -> str | None:
    """The claim that settings name; else who acts now (RFC 8693, 4.1); else whom the token was issued to."""
    if settings.claims.app is not None:
        value = _at(claims, settings.claims.app)
        if value is not _ABSENT:
            return checked_name(value, "an app")
    issued_to = [checked_name(claims[name], f"an app ({name})") for name in ("azp", "client_id") if name in claims]
    candidates = [actor.subject for actor in act[:1]] + issued_to
    return candidates[0] if candidates else None


def _actors(claims: Mapping[str, Any]) -> tuple[Actor, ...]:
    """The chain of `act`, the current actor first (RFC 8693, section 4.1)."""
    chain: list[Actor] = []
    within = claims
    while "act" in within:
        link = within["act"]
        if not isinstance(link, Mapping) or len(chain) == MAX_ACTORS:
            raise refused(f"has a chain of actors (act) that is malformed or longer than {MAX_ACTORS}")
        issuer = checked_name(link["iss"], "an actor's issuer") if "iss" in link else None
        chain.append(Actor(checked_name(link.get("sub"), "an actor"), issuer))
        within = link
    return tuple(chain)


def _attributes(claims: Mapping[str, Any], settings: IssuerSettings) -> dict[str, Attribute]:
    told = {name: _at(claims, path) for name, path in settings.claims.attributes.items()}
    return {name: _attribute(value, name) for name, value in told.items() if value is not _ABSENT}


def _attribute(value: Any, name: str) -> Attribute:
    if not isinstance(value, list):
        return _scalar(value, name)
    if len(value) > _MAX_ITEMS:
        raise refused(f"has more than {_MAX_ITEMS} values for the attribute {name}")
    return tuple(_scalar(item, name) for item in value)


def _scalar(value: Any, name: str) -> Scalar:
    """A value that every engine can bind."""
    if isinstance(value, str) and len(value) <= _MAX_TEXT and "\0" not in value:
        return value
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return value
    raise refused(
        f"has a value for the attribute {name} that is neither a text, a number, a truth value nor a list of them"
    )
