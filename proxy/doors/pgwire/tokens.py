"""SQL text as words, by PostgreSQL's lexical rules, and its parting into statements.

Rule kept here: what is split here decides nothing. Every part goes to the gateway as a statement of its own, where the
engine's own parser reads it; a text that was split in the wrong place is refused there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from proxy.doors.pgwire.refusals import Refused

MOST_STATEMENTS = 1000
LONG, LONGEST = 16_384, 1_048_576
"""Characters from which a text takes its time, and that it may have."""
_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\n\r\f\v]+)
  | (?P<line>--[^\n\r]*)
  | (?P<block>/\*)
  | (?P<escaped>[eE]'(?:[^'\\]++|\\.|'')*+')
  | (?P<unclosed>[eE]')
  | (?P<text>(?:[bBxXnN])?'(?:[^']++|'')*+')
  | (?P<quoted>"(?:[^"]++|"")*+")
  | (?P<dollar>\$(?:[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*)?\$)
  | (?P<parameter>\$[0-9]+)
  | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?[A-Za-z0-9_]*|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*)
  | (?P<end>;)
  | (?P<sign>[^'"])
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK = re.compile(r"/\*|\*/")


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"
    TEXT = "text"
    NUMBER = "number"
    PARAMETER = "parameter"
    SIGN = "sign"
    END = "end"


_KINDS = {
    "word": Kind.WORD,
    "quoted": Kind.QUOTED,
    "escaped": Kind.TEXT,
    "text": Kind.TEXT,
    "number": Kind.NUMBER,
    "parameter": Kind.PARAMETER,
    "sign": Kind.SIGN,
    "end": Kind.END,
}


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `value` is a name as it is compared, a text without its quotes, a word in upper case, else as written.
    `start` and `end` are characters of the text."""

    kind: Kind
    value: str
    start: int
    end: int
    written: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One statement of a text: its own characters [start, end), and its words."""

    start: int
    end: int
    tokens: tuple[Token, ...]


def tokens(sql: str) -> Iterator[Token]:
    """The words of a text, without blanks and comments. Raises `Refused` for a quote or comment that is not closed."""
    at = 0
    while at < len(sql):
        found = _TOKEN.match(sql, at)
        if found is None or found.lastgroup == "unclosed":
            raise _unclosed(at)
        kind = found.lastgroup or ""
        at = found.end()
        if kind in ("blank", "line"):
            continue
        if kind == "block":
            at = _after_block(sql, found.start())
        elif kind == "dollar":
            mark = found[0]
            end = sql.find(mark, at)
            if end < 0:
                raise _unclosed(found.start())
            yield Token(Kind.TEXT, sql[at:end], found.start(), end + len(mark), sql[found.start() : end + len(mark)])
            at = end + len(mark)
        else:
            yield Token(_KINDS[kind], _value(kind, found[0]), found.start(), at, found[0])


def parts(sql: str) -> tuple[Part, ...]:
    """The statements of a text; empty ones are left out. Raises `Refused`."""
    if len(sql) > LONGEST:
        raise Refused("54000", f"The text has more than {LONGEST:,} characters.", "Send its statements one by one.")
    found: list[Part] = []
    held: list[Token] = []
    for token in tokens(sql):
        if token.kind is not Kind.END:
            held.append(token)
            continue
        if held:
            found.append(Part(held[0].start, token.start, tuple(held)))
            held = []
        if len(found) > MOST_STATEMENTS:
            raise Refused("54000", f"The text holds more than {MOST_STATEMENTS} statements.", "Send fewer at a time.")
    if held:
        found.append(Part(held[0].start, len(sql), tuple(held)))
    return tuple(found)


def _value(kind: str, written: str) -> str:
    if kind == "word":
        return written.upper()
    if kind == "quoted":
        return written[1:-1].replace('""', '"')
    if kind == "text":
        return written[written.index("'") + 1 : -1].replace("''", "'")
    return written


def _after_block(sql: str, start: int) -> int:
    """Where a comment ends that may hold comments."""
    depth, at = 0, start
    while True:
        found = _BLOCK.search(sql, at)
        if found is None:
            raise _unclosed(start)
        at = found.end()
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return at


def _unclosed(at: int) -> Refused:
    return Refused("42601", "A quote or a comment is not closed.", "Close it, and send the statement again.", at + 1)
