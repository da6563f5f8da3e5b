"""The words of one statement, taken from the front.

Rule kept here: a form that does not fit is refused at the word that does not, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.tokens import Kind, Token

_BACKWARD = ("PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE", "BACKWARD")
MOST_COUNT = 2**63 - 1


class Words:
    """A place in a statement's words."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._tokens)

    def here(self) -> Token:
        """The next word. Raises `Refused` at the end."""
        if self.done:
            raise Refused("42601", "The statement ends too early.", None, self._tokens[-1].end + 1)
        return self._tokens[self._at]

    def wrong(self) -> Refused:
        """The refusal of the next word."""
        if self.done:
            return Refused("42601", "The statement ends too early.", None, self._tokens[-1].end + 1)
        return Refused("42601", "The statement is not valid here.", None, self._tokens[self._at].start + 1)

    def peek(self, *words: str) -> bool:
        """Whether the next word is one of these keywords."""
        return not self.done and self.here().kind is Kind.WORD and self.here().value in words

    def backward(self) -> bool:
        """Whether the next word would move a cursor back."""
        return self.peek(*_BACKWARD)

    def take(self, *words: str) -> bool:
        """Go past one of these keywords, where one is next."""
        found = self.peek(*words)
        self._at += found
        return found

    def need(self, *words: str) -> str:
        """Go past one of these keywords. Raises `Refused`."""
        if not self.peek(*words):
            raise self.wrong()
        return self._next().value

    def at_sign(self, *signs: str) -> bool:
        """Whether the next word is one of these signs."""
        return not self.done and self.here().kind is Kind.SIGN and self.here().value in signs

    def take_sign(self, sign: str) -> bool:
        """Go past a sign, where it is next."""
        found = self.at_sign(sign)
        self._at += found
        return found

    def need_sign(self, sign: str) -> None:
        """Go past a sign. Raises `Refused`."""
        if not self.take_sign(sign):
            raise self.wrong()

    def comma(self) -> bool:
        """Go past a comma, where one is next."""
        return self.take_sign(",")

    def end(self) -> None:
        """Raises `Refused` where something is left."""
        if not self.done:
            raise self.wrong()

    def name(self) -> str:
        """A name, as it is compared. Raises `Refused`."""
        token = self.here()
        if token.kind is Kind.WORD:
            return self._next().written.lower()
        if token.kind is Kind.QUOTED and token.value:
            return self._next().value
        raise self.wrong()

    def last_name(self) -> str:
        """A name, and nothing behind it. Raises `Refused`."""
        name = self.name()
        self.end()
        return name

    def setting(self) -> str:
        """The name of a setting, perhaps with a dot in it, in lower case. Raises `Refused`."""
        name = self.name()
        while self.take_sign("."):
            name += "." + self.name()
        return name.lower()

    def word(self) -> str:
        """Any keyword. Raises `Refused`."""
        if self.here().kind is not Kind.WORD:
            raise self.wrong()
        return self._next().value

    def value(self) -> str:
        """A value of SET: a text, a number with its sign, or a name. Raises `Refused`."""
        sign = "-" if self.take_sign("-") else ""
        if not sign:
            self.take_sign("+")
        token = self.here()
        if token.kind is Kind.NUMBER:
            return sign + self._next().value
        if sign:
            raise self.wrong()
        if token.kind is Kind.TEXT:
            return self.text()
        return self.name()

    def text(self) -> str:
        """A text without escapes. Raises `Refused`."""
        token = self.here()
        if token.kind is not Kind.TEXT or token.written[:1] in "eEbBxXnN":
            raise self.wrong()
        return self._next().value

    def option(self) -> str:
        """A value of an option: a text, a number, a word. Raises `Refused`."""
        token = self.here()
        if token.kind is Kind.TEXT:
            return _unescaped(self._next())
        if token.kind in (Kind.WORD, Kind.NUMBER):
            return self._next().written
        raise self.wrong()

    def count(self, default: int) -> int:
        """A number of rows; the default where there is none. Raises `Refused`."""
        if self.done or self.here().kind is not Kind.NUMBER:
            if self.at_sign("-"):
                raise Refused("55000", "Cursors run forward only.", "Use FETCH n, FETCH NEXT or FETCH ALL.")
            return default
        written = self.here().value
        if not written.isdecimal() or not written.isascii() or len(written) > 19 or int(written) > MOST_COUNT:
            raise self.wrong()
        self._at += 1
        return int(written)

    def past_brackets(self) -> Token:
        """Go past a pair of parentheses and what is in it; the closing one. Raises `Refused`."""
        depth = 0
        while True:
            token = self.here()
            if token.kind is Kind.SIGN:
                depth += (token.value == "(") - (token.value == ")")
            self._at += 1
            if depth == 0:
                return token

    def _next(self) -> Token:
        token = self.here()
        self._at += 1
        return token


_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}


def _unescaped(token: Token) -> str:
    """A text; of escapes only those of one character (an E'..' text)."""
    if token.written[:1] not in "eE":
        return token.value
    inner = token.written[2:-1].replace("''", "'")
    found, at = [], 0
    while at < len(inner):
        if inner[at] == "\\" and at + 1 < len(inner):
            found.append(_ESCAPES.get(inner[at + 1], inner[at + 1]))
            at += 1
        else:
            found.append(inner[at])
        at += 1
    return "".join(found)
