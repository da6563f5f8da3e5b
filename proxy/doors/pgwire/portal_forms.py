"""The forms of statements about kept statements, cursors and COPY.

Rule kept here: cursors run forward only, and COPY only takes rows out; every other form is refused with what to do.
"""

from __future__ import annotations

from proxy.doors.pgwire.asking import asked
from proxy.doors.pgwire.commands import Ask, CloseCursor, Command, CopyOut, Deallocate, Declare, Fetch
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.tokens import Kind, Part
from proxy.doors.pgwire.words import Words

UNSUPPORTED = "0A000"


def deallocate(words: Words, _sql: str, _part: Part) -> Command:
    """DEALLOCATE a kept statement. Raises `Refused`."""
    words.need("DEALLOCATE")
    words.take("PREPARE")
    if words.take("ALL"):
        words.end()
        return Deallocate(None)
    return Deallocate(words.last_name())


def close(words: Words, _sql: str, _part: Part) -> Command:
    """CLOSE a cursor. Raises `Refused`."""
    words.need("CLOSE")
    if words.take("ALL"):
        words.end()
        return CloseCursor(None)
    return CloseCursor(words.last_name())


def declare(words: Words, sql: str, part: Part) -> Command:
    """DECLARE a cursor. Raises `Refused`."""
    words.need("DECLARE")
    name = words.name()
    binary = False
    while not words.take("CURSOR"):
        if words.take("BINARY"):
            binary = True
        elif words.take("NO"):
            words.need("SCROLL")
        elif words.take("SCROLL"):
            raise Refused(UNSUPPORTED, "Cursors run forward only.", "Declare it NO SCROLL.")
        else:
            words.need("INSENSITIVE", "ASENSITIVE")
    hold = words.take("WITH")
    if hold or words.take("WITHOUT"):
        words.need("HOLD")
    words.need("FOR")
    return Declare(name, binary, hold, rest(words, sql, part))


def rest(words: Words, sql: str, part: Part) -> Ask:
    """The query that is the rest of a statement."""
    token = words.here()
    return asked(sql, token.start, part.end, part.tokens)


def fetch(words: Words, _sql: str, _part: Part) -> Command:
    """FETCH and MOVE. Raises `Refused`."""
    move = words.need("FETCH", "MOVE") == "MOVE"
    count: int | None = 1
    if words.take("NEXT"):
        pass
    elif words.take("ALL"):
        count = None
    elif words.take("FORWARD"):
        count = None if words.take("ALL") else words.count(1)
    elif words.here().kind is Kind.NUMBER:
        count = words.count(1)
    elif words.here().kind is Kind.SIGN or words.backward():
        raise Refused("55000", "Cursors run forward only.", "Use FETCH n, FETCH NEXT or FETCH ALL.")
    words.take("FROM", "IN")
    return Fetch(words.last_name(), count, move)


def copy(words: Words, sql: str, part: Part) -> Command:
    """COPY (query) TO STDOUT. Raises `Refused`."""
    words.need("COPY")
    opening = words.here()
    if opening.value != "(":
        raise Refused(
            UNSUPPORTED,
            "Only COPY (SELECT ..) TO STDOUT is offered.",
            "Put what you want to copy into a SELECT in parentheses.",
            opening.start + 1,
        )
    closing = words.past_brackets()
    ask = asked(sql, opening.end, closing.start, part.tokens)
    words.need("TO")
    words.need("STDOUT")
    options: dict[str, str | list[str] | None] = {}
    words.take("WITH")
    if words.take_sign("("):
        while True:
            name = words.word().lower()
            options[name] = None if words.at_sign(",", ")") else _option(words)
            if not words.comma():
                break
        words.need_sign(")")
    else:
        _old_options(words, options)
    words.end()
    return CopyOut(ask, options)


def _option(words: Words) -> str | list[str]:
    """A value of one option: a word, a star, or a list of names."""
    if words.take_sign("*"):
        return "*"
    if not words.take_sign("("):
        return words.option()
    names = [words.name()]
    while words.comma():
        names.append(words.name())
    words.need_sign(")")
    return names


def _old_options(words: Words, options: dict[str, str | list[str] | None]) -> None:
    """The form of COPY's options before version 9."""
    while not words.done:
        if words.take("BINARY"):
            options["format"] = "binary"
        elif words.take("CSV"):
            options["format"] = "csv"
        elif words.take("HEADER"):
            options["header"] = None
        else:
            name = words.need("DELIMITER", "DELIMITERS", "NULL", "QUOTE", "ESCAPE")
            words.take("AS")
            options[name.lower().removesuffix("s")] = words.option()
