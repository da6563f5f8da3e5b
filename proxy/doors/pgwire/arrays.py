"""Arrays that a client binds, as lists.

Rule kept here: exactly what array_in and array_recv read, but bounds other than from 1 on are forgotten; claimed sizes
are judged by the bytes that are there before anything is made of them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Read: TypeAlias = Callable[[Any], Any]
DEEPEST = 6
"""Dimensions that arrays may have (MAXDIM)."""
_BLANKS = " \t\n\r\f\v"
_BOUNDS = re.compile(r"(?:\[[+-]?[0-9]+(?::[+-]?[0-9]+)?\])+\s*=\s*", re.ASCII)
_BOUND = re.compile(r"\[([+-]?[0-9]{1,11})(?::([+-]?[0-9]{1,11}))?\]")
_TOKEN = re.compile(r'\s*(?:([{},])|"((?:[^"\\]|\\.)*)"|((?:[^\s{},"\\]|\\.)(?:[^{},"\\]|\\.)*))', re.DOTALL | re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def from_text(text: str, read: Read) -> list[Any]:
    """An array from its text. Raises `ValueError`, and what `read` raises for an element."""
    stripped = text.strip(_BLANKS)
    bounds = _BOUNDS.match(stripped)
    at = bounds.end() if bounds else 0
    found, end = _nested(stripped, at, read, 1)
    if end != len(stripped):
        raise ValueError
    shape = _shape(found)
    if shape is None or 0 in shape[1:] or (bounds and shape != tuple(_size(b) for b in _BOUND.finditer(bounds[0]))):
        raise ValueError
    return found


def _size(bound: re.Match[str]) -> int:
    """How many elements a dimension is said to have: `[lower:upper]`, from 1 on where there is no lower one."""
    return int(bound[2]) - int(bound[1]) + 1 if bound[2] else int(bound[1])


def _nested(text: str, at: int, read: Read, depth: int) -> tuple[list[Any], int]:
    """The list that begins at a brace, and where it ends."""
    if depth > DEEPEST or text[at : at + 1] != "{":
        raise ValueError
    made: list[Any] = []
    at, wanted = at + 1, True
    while True:
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError
        sign, at = token[1], token.end()
        if sign == "}":
            if wanted and made:
                raise ValueError
            return made, at
        if wanted == (sign == ","):
            raise ValueError
        if sign == "{":
            inner, at = _nested(text, at - 1, read, depth + 1)
            made.append(inner)
        elif sign is None:
            made.append(_element(token, read))
        wanted = sign == ","


def _element(token: re.Match[str], read: Read) -> Any:
    if token[2] is not None:
        return read(_ESCAPED.sub(r"\1", token[2]))
    bare = token[3].rstrip(_BLANKS)
    return None if bare.lower() == "null" else read(_ESCAPED.sub(r"\1", bare))


def _shape(value: Any) -> tuple[int, ...] | None:
    """The dimensions, where every list inside has the same."""
    if not isinstance(value, list):
        return ()
    inner = {_shape(v) for v in value}
    if len(inner) > 1 or None in inner:
        return None
    return (len(value), *(inner.pop() or ())) if inner else (0,)


def from_binary(value: bytes, oid: int, read: Read) -> list[Any]:
    """An array from its binary form; `oid` is the type that elements must have. Raises as `from_text` does."""
    dimensions, flags, element = struct.unpack_from("!iii", value)
    if not 0 <= dimensions <= DEEPEST or flags not in (0, 1) or element != oid:
        raise ValueError
    sizes = [struct.unpack_from("!ii", value, 12 + 8 * d)[0] for d in range(dimensions)]
    at, count = 12 + 8 * dimensions, 1 if dimensions else 0
    for size in sizes:
        count *= size
        if size < 0 or count > (len(value) - at) // 4:
            raise ValueError
    found: list[Any] = []
    for _ in range(count):
        (length,) = struct.unpack_from("!i", value, at)
        at += 4
        if length < -1 or at + length > len(value):
            raise ValueError
        found.append(None if length < 0 else read(value[at : at + length]))
        at += max(length, 0)
    if at != len(value):
        raise ValueError
    return _folded(found, sizes[1:])


def _folded(flat: list[Any], sizes: Sequence[int]) -> list[Any]:
    for size in reversed(sizes):
        flat = [flat[i : i + size] for i in range(0, len(flat), size)] if size else []
    return flat
