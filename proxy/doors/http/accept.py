"""Which format a client asks for (RFC 9110, section 12.5.1).

Rule kept here: the most specific range that fits a format gives its weight, the highest weight wins, and between equals
the order in which the formats are offered. A client that accepts none of them is told so instead of being sent another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_WORD})/({_WORD})\Z")
_WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\Z")


def choose(accept: str, offered: Sequence[str]) -> str | None:
    """The media type to answer with, or None where none is accepted. An empty header accepts everything; ranges that
    are not well-formed count for nothing."""
    if not accept.strip():
        return offered[0]
    ranges = [r for r in (_parse(part) for part in accept.split(",")) if r is not None]
    weighed = [(_weight(media_type, ranges), -place, media_type) for place, media_type in enumerate(offered)]
    weight, _, best = max(weighed)
    return best if weight > 0 else None


def _parse(text: str) -> tuple[str, str, float] | None:
    name, *parameters = (part.strip() for part in text.split(";"))
    match = _RANGE.match(name)
    if match is None or (match[1] == "*" and match[2] != "*"):
        return None
    weight = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            if not _WEIGHT.match(value.strip()):
                return None
            weight = float(value)
    return match[1].lower(), match[2].lower(), weight


def _weight(media_type: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    """The weight by the most specific range: exact, then `type/*`, then `*/*`; the higher of two equally specific."""
    main, _, sub = media_type.partition("/")
    fits = [((m != "*") + (s != "*"), w) for m, s, w in ranges if m in (main, "*") and s in (sub, "*")]
    return max(fits, default=(0, 0.0))[1]
