"""What is taken for a telephone number or a social security number and is part of something else: of a code, a time, a
place on the earth, the number of a book.

Rule kept here: each form is one that no such number is written in. What only makes it less likely is left to the rates
of a column (`verdicts`); and a column, field or key that is named for the entity overrules all of it.
"""

from __future__ import annotations

import re

from proxy.scan.entities import hinted

LONG_DIGITS = 20
"""More digits than any card has."""
CODE_DIGITS = 7
"""A code of fewer digits is taken for no telephone number."""

_ODD = re.compile(r"[1-9]\d*(?:[ .\-/]\d+)*(?<=\d{3})[ .\-/]\d{1,2}\Z|[1-9](?:([ .])\d{3})(?:\1\d{3}){2,}\Z")
"""No country writes a number so that one or two digits follow a longer group, unless it begins with 0; nor as one digit
and threes alone."""
_GLUED = re.compile(r"(?:(?P<word>[A-Za-z]+)[-_/.]\"?|\d[:_])\Z")
"""What stands before the later part of a code, of a link or of a time."""
_LONGEST_WORD = 24
_THING = re.compile(
    r"(?<![A-Za-z])(?:orders?|invoices?|tickets?|jobs?|tasks?|batch|build|case|items?|part|parcels?|shipments?|tracking|"
    r"lots?|plate|sample|sku|ean|isbn|upc|serial|assets?|transactions?|txn|trace|span|session|process|thread|pid|"
    r"offset|seq|sequence|partition|commits?|revision|rev|version|rows?|bytes?|count|size|limit|timeout|qty|quantity|"
    r"total|epoch|timestamp|checksum|crc|hash|index|idx|chunk|shard|segment|worker|bucket|elapsed|duration)"
    r"(?:[ _-](?:of|no|nr|num|number|id|key|code))?\.?\"?[ :=#]{1,3}\"?\Z",
    re.IGNORECASE,
)
"""The name of a thing right before its number. No word by which people are told to call, to write or to block one."""
_TO_ORDER = re.compile(r"\bto orders?[ :]+\Z", re.IGNORECASE)
_LONGEST_THING = 40
_UNIT = re.compile(r" ?(?:ms|ns|bytes|[kKMG]i?B|rows|records|pcs)\b")
_DAY = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)")
_HOUR = re.compile(r"\d{0,2}:\d\d")
_PLACE = re.compile(r"(?<![\d.])-?(?:1[0-8]\d|\d{1,2})\.\d{5,}[ ,;]+-?(?:1[0-8]\d|\d{1,2})\.\d{5,}(?![\d.])")
_BOOK = re.compile(r"(?<![\w-])97[89](?:[ -]?\d){10}(?![\w-])")


def is_part(text: str, start: int, end: int) -> bool:
    """Whether what was taken for a telephone number is part of a code, of a time or of a pair of coordinates, or the
    number of a thing that is named right before it."""
    glued = _GLUED.search(text, max(0, start - _LONGEST_WORD), start)
    if glued is not None and "PHONE_NUMBER" not in hinted(glued["word"] or ""):
        return True
    if _DAY.match(text, start, end) and _HOUR.match(text, end):
        return True
    piece = text[start:end]
    if (piece.isdigit() or is_odd(piece)) and (_is_thing(text, start) or _UNIT.match(text, end)):
        return True
    return _touches(_PLACE, text, start, end)


def is_odd(text: str) -> bool:
    """Whether a text is in groups as no telephone number is."""
    return _ODD.match(text) is not None


def is_book(text: str, start: int, end: int) -> bool:
    """Whether a part of a text lies inside the number of a book (ISBN-13), with its right check digit."""
    for book in _BOOK.finditer(text):
        if book.start() <= start and end <= book.end():
            digits = [int(c) for c in book[0] if c.isdigit()]
            return sum(digit * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10 == 0
    return False


def _is_thing(text: str, start: int) -> bool:
    begin = max(0, start - _LONGEST_THING)
    return _THING.search(text, begin, start) is not None and _TO_ORDER.search(text, begin, start) is None


def _touches(pattern: re.Pattern[str], text: str, start: int, end: int) -> bool:
    return any(one.start() < end and start < one.end() for one in pattern.finditer(text))
