"""SASL OAUTHBEARER (RFC 7628): a token from the client's first message, or the way to one.

Rule kept here: pure reading. A client that sends no token is told where to get one, and then refused, as the RFC has
it; no authorization identity is taken beside the token's.
"""

from __future__ import annotations

import json
import struct

from proxy.doors.pgwire.messages import Violation
from proxy.doors.pgwire.settings import OAuth

MECHANISM = "OAUTHBEARER"
_SEPARATOR = b"\x01"
_SCHEME = "bearer "


def token(data: bytes) -> str:
    """The token of a SASLInitialResponse; empty where the client asks for the way. Raises `Violation`."""
    mechanism, mark, rest = data.partition(b"\0")
    if not mark or mechanism != MECHANISM.encode() or len(rest) < 4:
        raise Violation(f"Only the mechanism {MECHANISM} was offered.")
    (length,) = struct.unpack_from("!i", rest)
    if length != len(rest) - 4:
        raise Violation("A message of SASL holds another number of bytes than it says.")
    head, *pairs = rest[4:].split(_SEPARATOR)
    if head not in (b"n,,", b"y,,") or len(pairs) < 3 or pairs[-2:] != [b"", b""]:
        raise Violation("The message of OAUTHBEARER is not well-formed.")
    found: dict[bytes, bytes] = {}
    for pair in pairs[:-2]:
        name, mark, value = pair.partition(b"=")
        if not mark or name in found:
            raise Violation("The message of OAUTHBEARER is not well-formed.")
        found[name] = value
    if b"auth" not in found:
        raise Violation("The message of OAUTHBEARER holds no token.")
    return _bearer(found[b"auth"])


def _bearer(value: bytes) -> str:
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        raise Violation("The message of OAUTHBEARER is not well-formed.") from None
    if not text:
        return ""
    if not text.lower().startswith(_SCHEME):
        raise Violation("Only bearer tokens are taken.")
    return text[len(_SCHEME) :].strip(" ")


def way(oauth: OAuth | None) -> bytes:
    """What a client without a token is told (RFC 7628, section 3.2.2)."""
    told = {"status": "invalid_token"}
    if oauth is not None:
        told |= {"openid-configuration": oauth.discovery, "scope": oauth.scope}
    return json.dumps(told).encode()
