"""Key sets, and the one place where a signature is checked.

Rule kept here: a key is used only for the algorithms fixed when its set was read, never for what a token asks. Keys
that cannot be used (other types, other uses, too short, private, ambiguous) are left out and are not fatal. Every
exception that jose and its backend can raise is mapped here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from jose import jwk, jws
from jose.backends.base import Key
from jose.exceptions import JOSEError

from proxy.errors import Unauthenticated
from proxy.identity.strict_json import parse_object
from proxy.identity.token import MAX_KID_LENGTH, Token, decode_base64url
from proxy.values import ReasonCode

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
_MAX_KEYS = 100

_RSA = frozenset({"RS256", "RS384", "RS512"})
_CURVES: Mapping[str, tuple[str, int]] = {"P-256": ("ES256", 32), "P-384": ("ES384", 48), "P-521": ("ES512", 66)}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

# What jose 3.5 lets through of its backend besides its own errors; JOSEError is the root of those.
_KEY_ERRORS = (JOSEError, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key and the algorithms it is good for. Two are the same when thumbprint (RFC 7638), id and use agree."""

    kid: str | None
    thumbprint: str
    algorithms: frozenset[str]
    material: Mapping[str, Key] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of one issuer at one time, and how many others its document held."""

    keys: tuple[VerificationKey, ...]
    dropped: int = 0

    def find(self, kid: str | None, algorithm: str) -> VerificationKey | None:
        """The key a token names, or None where the set has no such key. A token without an id may use the only key
        there is. Raises `Unauthenticated` where the key is not for that algorithm."""
        named = [k for k in self.keys if k.kid == kid] if kid is not None else list(self.keys)
        if len(named) != 1:
            return None
        if algorithm not in named[0].algorithms:
            detail = "The token is signed with an algorithm that its key is not for; sign in again."
            raise Unauthenticated(detail, ReasonCode.ALGORITHM_REFUSED)
        return named[0]


def parse_keys(document: bytes, algorithms: Iterable[str]) -> KeySet:
    """The keys of a JWK set (RFC 7517) that are good for at least one of `algorithms`. Raises `ValueError` where the
    document is no key set; its text quotes nothing."""
    entries = parse_object(document).get("keys")
    if not isinstance(entries, list) or len(entries) > _MAX_KEYS:
        raise ValueError(f"has no list of at most {_MAX_KEYS} keys")
    allowed = frozenset(algorithms)
    found = {key for entry in entries if (key := _usable(entry, allowed)) is not None}
    # An id that stands for several keys says nothing, so none of them is used.
    ids = [key.kid for key in found]
    keys = tuple(sorted((k for k in found if k.kid is None or ids.count(k.kid) == 1), key=lambda k: k.thumbprint))
    return KeySet(keys, len(entries) - len(keys))


def verify_signature(token: Token, key: VerificationKey) -> None:
    """Raises `Unauthenticated` unless `key` signed exactly the payload that was read."""
    try:
        payload = jws.verify(token.text, key.material[token.algorithm], [token.algorithm])
    except _KEY_ERRORS as error:
        raise _invalid() from error
    if payload != token.payload:
        raise _invalid()


def _invalid() -> Unauthenticated:
    detail = "The token's signature does not fit its issuer's key; sign in again."
    return Unauthenticated(detail, ReasonCode.SIGNATURE_INVALID)


def _usable(entry: Any, allowed: frozenset[str]) -> VerificationKey | None:
    if not isinstance(entry, dict) or not _is_for_signatures(entry):
        return None
    kid = entry.get("kid")
    if "kid" in entry and not (isinstance(kid, str) and 0 < len(kid) <= MAX_KID_LENGTH):
        return None
    public = _public_members(entry)
    if public is None:
        return None
    algorithms = _fitting(public) & allowed
    if "alg" in entry:
        algorithms &= {entry["alg"]} if isinstance(entry["alg"], str) else frozenset()
    if not algorithms:
        return None
    try:
        material = {algorithm: jwk.construct(dict(public), algorithm) for algorithm in sorted(algorithms)}
    except _KEY_ERRORS:
        return None
    return VerificationKey(kid, thumbprint(public), algorithms, material)


def _is_for_signatures(entry: Mapping[str, Any]) -> bool:
    """Whether a JWK is public and meant for verifying (RFC 7517, sections 4.2 and 4.3)."""
    if _PRIVATE & entry.keys() or entry.get("use", "sig") != "sig":
        return False
    operations = entry.get("key_ops", ["verify"])
    return isinstance(operations, list) and "verify" in operations


def _public_members(entry: Mapping[str, Any]) -> dict[str, str] | None:
    """The members that make up the key (RFC 7638, section 3.2), or None for a key that must not be used."""
    names = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}.get(str(entry.get("kty")))
    if names is None:
        return None
    members = {name: entry.get(name) for name in names}
    public = {name: value for name, value in members.items() if isinstance(value, str)}
    if len(public) != len(names):
        return None
    try:
        return public if _is_strong(public) else None
    except ValueError:
        return None


def _is_strong(public: Mapping[str, str]) -> bool:
    if public["kty"] == "RSA":
        modulus = int.from_bytes(decode_base64url(public["n"]), "big")
        exponent = int.from_bytes(decode_base64url(public["e"]), "big")
        return MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS and exponent % 2 == 1 and 3 <= exponent < 2**32
    if public["crv"] not in _CURVES:
        return False
    size = _CURVES[public["crv"]][1]
    return len(decode_base64url(public["x"])) == size and len(decode_base64url(public["y"])) == size


def _fitting(public: Mapping[str, str]) -> frozenset[str]:
    return _RSA if public["kty"] == "RSA" else frozenset({_CURVES[public["crv"]][0]})


def thumbprint(public: Mapping[str, str]) -> str:
    """RFC 7638 over SHA-256, in hex: the same for the same key however its set spells it."""
    return hashlib.sha256(json.dumps(public, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
