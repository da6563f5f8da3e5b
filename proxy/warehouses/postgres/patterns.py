"""Regular expressions of masks, said as PostgreSQL reads them.

Rule kept here: the meaning is that of RE2 and of Python's `re` with ASCII classes, whatever the server's locale is, and
whatever `standard_conforming_strings` is: classes and word boundaries are written out, and no backslash is left. What
cannot be said so is refused when the pattern is made (so is white space as a class, over which RE2 and Python differ).
PostgreSQL takes the longest match where the others take the first alternative that fits, so a pattern must be one in
which these are the same.
"""

from __future__ import annotations

import re
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_MOST_REPEATS = 255
_NO_END = int(codes.MAXREPEAT)
_CLASSES = {
    codes.CATEGORY_DIGIT: "0-9",
    codes.CATEGORY_WORD: "0-9A-Za-z_",
}
_WORD = "[0-9A-Za-z_]"
_BOUNDARY = f"(?:(?<!{_WORD})(?={_WORD})|(?<={_WORD})(?!{_WORD}))"
_ANCHORS = {codes.AT_BEGINNING: "^", codes.AT_BEGINNING_STRING: "^", codes.AT_END_STRING: "$"}
_SPECIAL = frozenset("^$.[]()|*+?{}\\")


def advanced(pattern: str) -> str:
    """A pattern in the syntax of PostgreSQL (advanced regular expressions). Raises `ValueError` for one that has no
    equal there."""
    try:
        tree = parser.parse(pattern, re.ASCII)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return _sequence(tree)


def _sequence(tree: Any) -> str:
    return "".join(_item(code, value) for code, value in tree)


def _item(code: Any, value: Any) -> str:
    if code is codes.LITERAL:
        return _literal(chr(value))
    if code is codes.NOT_LITERAL:
        return f"[^{_in_class(chr(value))}]"
    if code is codes.ANY:
        return "[^\n]"
    if code is codes.IN:
        return _class(value)
    if code is codes.AT and value in _ANCHORS:
        return _ANCHORS[value]
    if code is codes.AT and value is codes.AT_BOUNDARY:
        return _BOUNDARY
    if code is codes.SUBPATTERN and not value[1] and not value[2]:
        return f"({'?:' if value[0] is None else ''}{_sequence(value[3])})"
    if code is codes.BRANCH:
        return f"(?:{'|'.join(_sequence(branch) for branch in value[1])})"
    if code is codes.MAX_REPEAT:
        return _repeat(*value)
    raise ValueError(f"{code} has no equal")


def _repeat(least: int, most: int, tree: Any) -> str:
    """A repeat as long as can be: of one character or class, or of a group."""
    inner = _sequence(tree)
    if len(tree) != 1 or tree[0][0] not in (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY, codes.SUBPATTERN):
        inner = f"(?:{inner})"
    if (least, most) in {(0, _NO_END), (1, _NO_END), (0, 1)}:
        return inner + {(0, _NO_END): "*", (1, _NO_END): "+", (0, 1): "?"}[least, most]
    if least > _MOST_REPEATS or (most != _NO_END and most > _MOST_REPEATS):
        raise ValueError(f"more than {_MOST_REPEATS} repeats")
    if least == most:
        return f"{inner}{{{least}}}"
    return f"{inner}{{{least},{'' if most == _NO_END else most}}}"


def _literal(char: str) -> str:
    if char == "\\":
        raise ValueError("a backslash has no equal")
    if char == "^":
        return "[[.^.]]"  # alone in brackets it would mean: not
    return f"[{char}]" if char in _SPECIAL else char


def _class(items: Any) -> str:
    negated, parts = "", []
    for code, value in items:
        if code is codes.NEGATE:
            negated = "^"
        elif code is codes.LITERAL:
            parts.append(_in_class(chr(value)))
        elif code is codes.RANGE:
            parts.append(f"{_in_class(chr(value[0]))}-{_in_class(chr(value[1]))}")
        elif code is codes.CATEGORY and value in _CLASSES:
            parts.append(_CLASSES[value])
        else:
            raise ValueError(f"{code} {value} has no equal in a class")
    return f"[{negated}{''.join(parts)}]"


def _in_class(char: str) -> str:
    """One character of a class: those that mean something there as a collating element of themselves."""
    if char == "\\":
        raise ValueError("a backslash has no equal")
    return f"[.{char}.]" if char in "]-[^" else char
