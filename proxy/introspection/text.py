"""A statement's text before it is parsed: its size, its nesting, its redacted form, and one spelling that is mended.

Rule kept here: what is too large or too deep is refused before a parser sees it, and the form for the records holds no
literal and no quoted name, as people write values in double quotes by mistake.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass

from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from proxy.errors import InvalidSql, TooLarge, Ungovernable
from proxy.introspection.languages import GRAMMAR
from proxy.values import ReasonCode

MAX_BYTES = 100_000
MAX_TOKENS = 20_000
MAX_DEPTH = 60
OWN = "u__"
"""How the names begin that the functions use inside; no statement may use one."""
_OPENING = (TokenType.L_PAREN, TokenType.L_BRACKET)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACKET)
_LITERALS = (
    TokenType.STRING,
    TokenType.NUMBER,
    TokenType.RAW_STRING,
    TokenType.BYTE_STRING,
    TokenType.BIT_STRING,
    TokenType.HEX_STRING,
    TokenType.NATIONAL_STRING,
    TokenType.UNICODE_STRING,
    TokenType.HEREDOC_STRING,
)
_UNPARSED = ("oid", "name", "regclass", "regtype", "regproc", "regprocedure", "regnamespace", "regrole")
_STATEMENTS = ("select", "insert", "update", "delete")
_LIST = re.compile(r"\?(?: ?, ?\?)+")


@dataclass(frozen=True, slots=True)
class Text:
    """A statement as the parser gets it, and as the records may hold it; `reserved`: it uses a name of our own."""

    sql: str
    redacted: str
    fingerprint: str
    reserved: bool


def prepare(sql: str) -> Text:
    """Raises `InvalidSql`, `Ungovernable`, `TooLarge`."""
    if len(sql.encode(errors="replace")) > MAX_BYTES:
        raise TooLarge(f"A statement about the catalog may have {MAX_BYTES} bytes.", ReasonCode.TOO_LONG)
    tokens = _tokens(sql)
    redacted = _redacted(sql, tokens)
    fingerprint = hashlib.sha256(redacted.lower().encode()).hexdigest()[:16]
    reserved = any(t.text.lower().startswith(OWN) for t in tokens if t.token_type not in _LITERALS)
    return Text(_mended(sql, tokens), redacted, fingerprint, reserved)


def _tokens(sql: str) -> list[Token]:
    try:
        tokens = Dialect.get_or_raise(GRAMMAR).tokenize(sql)
    except TokenError as error:
        text = "The statement cannot be read: a quote or comment is not closed."
        raise InvalidSql(text, ReasonCode.SYNTAX) from error
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise Ungovernable("Send one statement at a time.", ReasonCode.MULTIPLE_STATEMENTS)
    depth = deepest = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        deepest = max(deepest, depth)
    if len(tokens) > MAX_TOKENS or deepest > MAX_DEPTH:
        raise TooLarge("A statement about the catalog may not be as long or as deep as this.", ReasonCode.TOO_COMPLEX)
    return tokens


def _redacted(sql: str, tokens: list[Token]) -> str:
    parts: list[str] = []
    end = -1
    for token in tokens:
        if parts and token.start > end + 1:
            parts.append(" ")
        parts.append(_shown(sql, token))
        end = token.end
    return _LIST.sub("?, ..", "".join(parts))


def _shown(sql: str, token: Token) -> str:
    if token.token_type in _LITERALS:
        return "?"
    return '"?"' if token.token_type is TokenType.IDENTIFIER else sql[token.start : token.end + 1]


def _mended(sql: str, tokens: list[Token]) -> str:
    """The text with `::oid[]` spelt `::_oid`, PostgreSQL's own name of the type: the grammar takes brackets behind a
    type that it does not know for a subscript; and with aliases such as `AS select` in quotes."""
    edits: list[tuple[int, int, str]] = []
    for before, word in itertools.pairwise(tokens):
        if before.token_type is TokenType.ALIAS and word.text.lower() in _STATEMENTS:
            edits.append((word.start, word.end + 1, f'"{word.text.lower()}"'))
    for place in range(len(tokens) - 2):
        word, opened, closed = tokens[place : place + 3]
        known = word.token_type is TokenType.VAR or word.text.lower() in _UNPARSED
        if known and opened.text == "[" and closed.text == "]" and _casts(tokens, place):
            edits.append((word.start, closed.end + 1, f"_{word.text}"))
    for start, end, text in sorted(edits, reverse=True):
        sql = sql[:start] + text + sql[end:]
    return sql


def _casts(tokens: list[Token], place: int) -> bool:
    """Whether the word at a place, perhaps behind its schema, is what something is cast to."""
    if place >= 2 and tokens[place - 1].token_type is TokenType.DOT:
        place -= 2
    return place >= 1 and tokens[place - 1].token_type in (TokenType.DCOLON, TokenType.ALIAS)
