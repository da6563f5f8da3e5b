"""From a recognizer's pattern to a wider one that RE2 reads: a necessary condition for a hit, tried on whole
columns.

Rule kept here: whatever the pattern matches, the wider one finds in the same text. Assertions are dropped, and so are
repeats at the edges; where case or Unicode decide, every character beyond ASCII passes; what has no equal in RE2
becomes any text. Where a pattern cannot be read there is no condition, and its recognizer sees every text.

The parse is that of Python's own `re` (its module of that name is private, so everything about it is looked up late);
recognizers use `regex`, which reads these patterns alike.
"""

from __future__ import annotations

import importlib
import itertools
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

ANY = "(?s:.)"
ANYTHING = "(?s:.*)"
_NOT_ASCII = "\x80-\U0010ffff"
_SPACES = r"\x09-\x0d\x1c-\x20"
_CLASSES = {
    "CATEGORY_DIGIT": "0-9" + _NOT_ASCII,
    "CATEGORY_WORD": "0-9A-Za-z_" + _NOT_ASCII,
    "CATEGORY_SPACE": _SPACES + _NOT_ASCII,
}
_FOLDED = frozenset("iskISK")
"""The ASCII letters that have forms beyond ASCII in a match without regard to case (such as the long s)."""
_MOST_ALTERNATIVES = 40
_MOST_REPEATS = 60
_LONGEST = 8_000
_REGEX_ONLY = re.compile(r"\[\[|\[:\^?[a-z]+:\]|\{[^{}]*[deis][^{}]*\}")
"""What `re` takes for other text than `regex` does: classes of POSIX ([[:alpha:]]) and errors allowed ({e<=1}). Much
else that only `regex` knows, `re` refuses."""


class _TooWide(Exception):
    """The pattern has no condition that is worth trying."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part stands: nothing of the pattern before it (`first`), or behind it (`last`). There, repeats beyond
    the fewest need not be there for the text to be found. `between` may stand after each character."""

    caseless: bool
    first: bool = False
    last: bool = False
    between: str = ""
    groups: dict[int, str] = field(default_factory=dict)
    """What was written for the groups so far: a reference to one is at most that."""


def wider(pattern: str, flags: int) -> str | None:
    """A pattern for RE2 (and `re`) that is found wherever `pattern` is with these flags of `regex`; None where there is
    none, or only one that is found everywhere."""
    if _REGEX_ONLY.search(pattern):
        return None
    try:
        parsed = _parser().parse(pattern, flags & (re.IGNORECASE | re.MULTILINE | re.DOTALL))
        caseless = bool((flags | parsed.state.flags) & re.IGNORECASE)
        written = _sequence(parsed, _Place(caseless, first=True, last=True))
    except (re.error, RecursionError, OverflowError, _TooWide):
        return None
    return None if len(written) > _LONGEST or re.search(written, "") else written


def spread(pattern: str, between: str) -> str:
    """The same where `between` (a pattern) may stand after each character: telephone numbers by their digits. Raises
    `re.error` where the pattern cannot be read."""
    return _sequence(_parser().parse(pattern, 0), _Place(caseless=False, between=between))


def _parser() -> Any:
    return importlib.import_module("re._parser")


def _sequence(items: Iterable[Any], place: _Place) -> str:
    """Parts one after the other; each is at the edge where all that stand beside it are written as nothing."""
    parts = list(items)
    first = [place.first, *itertools.repeat(False, len(parts))]
    written = []
    for number, (op, argument) in enumerate(parts):
        last = place.last and all(_is_nothing(o, a) for o, a in parts[number + 1 :])
        text = _one(op, argument, replace(place, first=first[number], last=last))
        first[number + 1] = first[number] and not text
        written.append(text)
    return "".join(written)


def _is_nothing(op: Any, argument: Any) -> bool:
    """Whether a part at the edge is written as nothing."""
    return str(op) in _EMPTY or (str(op).endswith("_REPEAT") and argument[0] == 0)


def _one(op: Any, argument: Any, place: _Place) -> str:
    """One part of a pattern; what is not known is any text."""
    write = _WRITERS.get(str(op))
    return ANYTHING if write is None else write(argument, place)


def _literal(code: int, place: _Place) -> str:
    return f"[{_range((code, code), place.caseless)}]{place.between}"


def _in(items: Sequence[Any], place: _Place) -> str:
    parts: list[str] = []
    for op, argument in items:
        name = str(op)
        if name == "LITERAL":
            parts.append(_range((argument, argument), place.caseless))
        elif name == "RANGE":
            parts.append(_range(argument, place.caseless))
        elif name == "CATEGORY" and str(argument) in _CLASSES:
            parts.append(_CLASSES[str(argument)])
        else:
            return ANY
    return f"[{''.join(dict.fromkeys(parts))}]{place.between}"


def _range(ends: tuple[int, int], caseless: bool) -> str:
    """A range of characters, and where case does not count all their other forms."""
    low, high = ends
    parts = [_escaped(low) if low == high else f"{_escaped(low)}-{_escaped(high)}"]
    if caseless:
        letters = [c for c in string.ascii_letters if low <= ord(c) <= high]
        parts += [c.swapcase() for c in letters]
        if high > 127:
            parts += ["A-Za-z", _NOT_ASCII]
        elif _FOLDED.intersection(letters):
            parts.append(_NOT_ASCII)
    return "".join(parts)


def _escaped(code: int) -> str:
    """A character as both RE2 and Python read it inside of brackets."""
    char = chr(code)
    return char if not char.isascii() or char.isalnum() else f"\\x{code:02x}"


def _repeat(argument: tuple[int, Any, Sequence[Any]], place: _Place) -> str:
    low, high, items = argument
    if low > _MOST_REPEATS:
        raise _TooWide
    if place.first or place.last:
        high = low
    if high == 0:
        return ""
    once = low == high == 1
    edges = replace(place, first=place.first and once, last=place.last and once)
    inner = f"(?:{_sequence(items, edges)})"
    if once:
        return inner
    if isinstance(high, int) and high <= _MOST_REPEATS:
        return f"{inner}{{{low}}}" if low == high else f"{inner}{{{low},{high}}}"
    return inner + ("*" if low == 0 else "+" if low == 1 else f"{{{low},}}")


def _branch(argument: tuple[Any, Sequence[Sequence[Any]]], place: _Place) -> str:
    _, branches = argument
    if len(branches) > _MOST_ALTERNATIVES and not place.between:
        return ANYTHING
    return "(?:" + "|".join(dict.fromkeys(_sequence(branch, place) for branch in branches)) + ")"


def _group(argument: tuple[int | None, int, int, Sequence[Any]], place: _Place) -> str:
    number, added, removed, items = argument
    caseless = (place.caseless or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE
    inner = _sequence(items, replace(place, caseless=caseless))
    if number is not None:
        place.groups[number] = _sequence(items, replace(place, caseless=caseless, first=False, last=False))
    return f"(?:{inner})" if inner else ""


def _reference(number: int, place: _Place) -> str:
    return f"(?:{place.groups[number]})" if number in place.groups else ANYTHING


def _atom(items: Sequence[Any], place: _Place) -> str:
    return f"(?:{_sequence(items, place)})"


def _any(_argument: Any, _place: _Place) -> str:
    return ANY


def _nothing(_argument: Any, _place: _Place) -> str:
    return ""


_EMPTY = frozenset({"AT", "ASSERT", "ASSERT_NOT"})
_WRITERS: Mapping[str, Callable[[Any, _Place], str]] = {
    "LITERAL": _literal,
    "NOT_LITERAL": _any,
    "ANY": _any,
    "IN": _in,
    "BRANCH": _branch,
    "SUBPATTERN": _group,
    "GROUPREF": _reference,
    "ATOMIC_GROUP": _atom,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "POSSESSIVE_REPEAT": _repeat,
    **dict.fromkeys(_EMPTY, _nothing),
}
