"""A text cell as the units that are judged: the whole text, or each string and number of a JSON document in it.

Rule kept here: replacing a unit keeps the rest of the text byte by byte, and JSON stays JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from proxy.scan.entities import hinted

_JSON_START = re.compile(r'\s*[{\["]')
_TOKEN = re.compile(r'(?P<string>"(?:[^"\\]|\\.)*")(?P<key>\s*:)?|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)')
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Unit:
    """A text that is judged by itself: characters [start, end) of the cell, decoded. `hints` are the entities at which
    the name of its column, field or key hints."""

    start: int
    end: int
    text: str
    hints: frozenset[str]
    kind: str
    """`text`, or in a JSON document `string` or `number`."""


def split(text: str, hints: frozenset[str]) -> tuple[Unit, ...]:
    """The units of a cell, in order and not overlapping."""
    if not _JSON_START.match(text) or not _is_json(text):
        return (Unit(0, len(text), _readable(text), hints, "text"),)
    units: list[Unit] = []
    key_hints = hints
    for match in _TOKEN.finditer(text):
        if match["string"] is None:
            units.append(Unit(match.start(), match.end(), match["number"], key_hints, "number"))
            continue
        start, end = match.span("string")
        content = json.loads(match["string"])
        if match["key"] is None:
            units.append(Unit(start, end, _readable(content), key_hints, "string"))
        else:
            units.append(Unit(start, end, _readable(content), hints, "string"))
            key_hints = hints | hinted(content)
    return tuple(units)


def join(text: str, units: tuple[Unit, ...], replaced: Mapping[int, str]) -> str:
    """The cell with some units (by their place in the tuple) replaced by other texts; a JSON number becomes null."""
    parts: list[str] = []
    done = 0
    for number, new in sorted(replaced.items()):
        unit = units[number]
        parts += [text[done : unit.start], _written(unit, new)]
        done = unit.end
    return "".join([*parts, text[done:]])


def _written(unit: Unit, new: str) -> str:
    if unit.kind == "text":
        return new
    return "null" if unit.kind == "number" else json.dumps(new, ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def _readable(text: str) -> str:
    """The text with lone surrogates (which JSON escapes can make, and recognizers cannot take) replaced, one by one."""
    return _SURROGATE.sub("�", text)
