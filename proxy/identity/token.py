"""The outside of a token: three segments, a header, a set of claims; nothing of it proven yet.

Rule kept here: what is read is bounded first, has exactly one reading, and of the header only `alg`, `typ` and `kid`
ever decide anything. A header that names its own key or changes how the token must be processed is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proxy.errors import Unauthenticated
from proxy.identity.strict_json import parse_object
from proxy.values import ReasonCode

MAX_TOKEN_BYTES = 8192
MAX_KID_LENGTH = 256

_TYPES = frozenset({"jwt", "at+jwt"})
# Parameters that bring a key along or name where to get one (RFC 7515, 4.1.2 to 4.1.6), that change the processing
# (crit 4.1.11, b64 RFC 7797), or that belong to encryption (RFC 7516). All others have no effect here, as RFC 7515
# section 4 demands of parameters that are not understood.
_REFUSED = (
    "jku",
    "jwk",
    "x5u",
    "x5c",
    "crit",
    "b64",
    "cty",
    "enc",
    "zip",
    "epk",
    "apu",
    "apv",
    "p2s",
    "p2c",
    "iv",
    "tag",
)
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart. `claims` and `payload` are what it says, not what is true."""

    text: str = field(repr=False)
    algorithm: str
    kid: str | None
    payload: bytes = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)


def check_size(text: str) -> None:
    """Raises `Unauthenticated` for no token at all and for one above 8 KB, before anything else reads it."""
    if not text:
        raise Unauthenticated("There is no token; send a signed JWT as Bearer token.", ReasonCode.TOKEN_MISSING)
    if len(text) > MAX_TOKEN_BYTES:
        detail = f"The token is longer than {MAX_TOKEN_BYTES} bytes; ask the issuer to leave claims out of it."
        raise Unauthenticated(detail, ReasonCode.TOKEN_TOO_LARGE)


def parse(text: str) -> Token:
    """Take a token apart. Raises `Unauthenticated`."""
    check_size(text)
    segments = text.split(".")
    if len(segments) == 5:
        raise _malformed("The token is encrypted (JWE)")
    if len(segments) != 3:
        raise _malformed("The token is not a signed JWT in compact form")
    header = _object(decode_segment(segments[0]), "header")
    payload = decode_segment(segments[1])
    decode_segment(segments[2])
    _check_header(header)
    return Token(text, _algorithm(header), _kid(header), payload, _object(payload, "payload"))


def decode_segment(segment: str) -> bytes:
    """The bytes of an unpadded base64url text in its one canonical spelling. Raises `Unauthenticated`."""
    try:
        return decode_base64url(segment)
    except ValueError:
        raise _malformed("A part of the token is not base64url") from None


def decode_base64url(text: str) -> bytes:
    """The bytes of an unpadded, canonical base64url text (RFC 7515, section 2). Raises `ValueError`."""
    if not _SEGMENT.match(text):
        raise ValueError("is not base64url")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("is not base64url") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != text:
        raise ValueError("is not canonical base64url")
    return raw


def _object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        return parse_object(raw)
    except ValueError as error:
        raise _malformed(f"The token's {what} {error}") from None


def _check_header(header: Mapping[str, Any]) -> None:
    for name in _REFUSED:
        if name in header:
            raise _malformed(f"The token's header holds {name!r}, which is not accepted")
    if "typ" in header:
        kind = header["typ"]
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES:
            raise _malformed("The token's type (typ) is not that of an access token; JWT and at+jwt are accepted")


def _algorithm(header: Mapping[str, Any]) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise _malformed("The token's header names no algorithm (alg)")
    return algorithm


def _kid(header: Mapping[str, Any]) -> str | None:
    if "kid" not in header:
        return None
    kid = header["kid"]
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID_LENGTH:
        raise _malformed("The token's key id (kid) is not a short text")
    return kid


def _malformed(what: str) -> Unauthenticated:
    return Unauthenticated(f"{what}. Sign in again, or ask the app that sent it.", ReasonCode.TOKEN_MALFORMED)
