"""JSON read so strictly that two readers cannot understand it differently.

Rule kept here: what RFC 8259 leaves open is refused: duplicate members (also nested ones), NaN and infinities, numbers
of absurd length, lone surrogates, encodings other than UTF-8, and nesting deep enough to exhaust a stack.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 16
_MAX_DIGITS = 40
# The closing quote is optional so that an unterminated text matches too: the scan stays linear.
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)


def parse_object(raw: bytes) -> dict[str, Any]:
    """The one JSON object in `raw`. Raises `ValueError`, whose text says what is wrong and quotes nothing."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_double,
        )
    except json.JSONDecodeError:
        raise ValueError("is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")
    if "\\u" in text:
        _check_surrogates(value)
    return value


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for character in _TEXT.sub("", text):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError("is nested too deeply")
        elif character in "]}":
            depth -= 1


def _check_surrogates(value: dict[str, Any]) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("holds half a surrogate pair") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("names a member twice")
    return members


def _constant(_: str) -> NoReturn:
    raise ValueError("holds a number that is not finite")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError("holds a number of absurd length")
    return int(digits)


def _double(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("holds a number that is not finite")
    return value
