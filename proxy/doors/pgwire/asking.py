"""A query as the gateway gets it, and its places as the client knows them.

Rule kept here: the text is the client's own, but for a blank behind a parameter that has none (`$1,$2`, `$1+$2`): the
gateway's reader would take what stands between two dollar signs for the mark of a quote. A blank there changes nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from proxy.doors.pgwire.commands import Ask
from proxy.doors.pgwire.tokens import Kind, Token

_TOUCHING = re.compile(r"[^\sA-Za-z0-9_$\u0080-\U0010ffff]")


def asked(sql: str, start: int, end: int, tokens: Sequence[Token]) -> Ask:
    """The query that stands at [start, end) of a text with these words."""
    blanks: list[int] = []
    pieces: list[str] = []
    at = start
    for token in tokens:
        touching = token.kind is Kind.PARAMETER and start <= token.start < end
        if touching and _TOUCHING.match(sql[token.end : end][:1]):
            pieces.append(sql[at : token.end])
            blanks.append(token.end - start + len(blanks))
            at = token.end
    pieces.append(sql[at:end])
    return Ask(" ".join(pieces), start, tuple(blanks))


def position(ask: Ask | None, place: int) -> int:
    """A place in a query's text (characters, from 0) as one in the client's own text, counted from 1."""
    if ask is None:
        return place + 1
    return ask.offset + place - bisect_left(ask.blanks, place) + 1


def ask_of(command: object) -> Ask | None:
    """The query in a command, if there is one."""
    found = command if isinstance(command, Ask) else getattr(command, "ask", None)
    return found if isinstance(found, Ask) else None
