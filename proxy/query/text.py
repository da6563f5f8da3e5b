"""The text before it is parsed: how large and deep it may be, what it binds, and how it looks without its values.

Rule kept here: nothing recurses, and nothing is kept of a literal or a comment.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Set
from dataclasses import dataclass
from itertools import pairwise

from sqlglot import Dialect as Grammar
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from proxy.errors import InvalidSql, TooLarge
from proxy.values import ReasonCode, Span

RESERVED = "__usher"
"""Names that begin like this are the rewriter's own; no user may write one."""

_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
_LITERALS = {
    TokenType.STRING,
    TokenType.NUMBER,
    TokenType.BIT_STRING,
    TokenType.HEX_STRING,
    TokenType.BYTE_STRING,
    TokenType.NATIONAL_STRING,
    TokenType.RAW_STRING,
    TokenType.HEREDOC_STRING,
    TokenType.UNICODE_STRING,
}
_NAMES = {TokenType.VAR, TokenType.IDENTIFIER}
_CLAUSES = {
    TokenType.ALIAS,
    TokenType.ELSE,
    TokenType.EXCEPT,
    TokenType.FROM,
    TokenType.GROUP_BY,
    TokenType.HAVING,
    TokenType.INTERSECT,
    TokenType.JOIN,
    TokenType.LIMIT,
    TokenType.ON,
    TokenType.ORDER_BY,
    TokenType.QUALIFY,
    TokenType.SELECT,
    TokenType.THEN,
    TokenType.UNION,
    TokenType.USING,
    TokenType.VALUES,
    TokenType.WHEN,
    TokenType.WHERE,
}
"""Words at which a chain of conditions ends."""
_NO_LIST = -1_000_000
"""How many columns what is no select list has."""
_LIST = re.compile(r"\?(?:\s*,\s*\?)+")
TOUCHING = re.compile(r"(?:\$\w+|\?)(?=[^\s\w$][^\s$?]*[$?])")
"""A parameter, and then up to the next one no blank: sqlglot takes what lies between two dollar signs for the mark of a
quote."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one statement may be. Bytes are UTF-8; depth counts open brackets; nodes are sqlglot's, merged ones
    those of each expression with those of sub-queries put into it; columns are those of one query block."""

    max_bytes: int = 262_144
    max_tokens: int = 60_000
    max_depth: int = 48
    max_nodes: int = 60_000
    max_merged_nodes: int = 200_000
    max_columns: int = 10_000
    max_height: int = 300
    max_ctes: int = 200
    max_set_operations: int = 200
    max_references: int = 200


def check_size(sql: str, caps: Caps) -> None:
    """Raises `InvalidSql` for an empty text or one that holds NUL or lone surrogates, `TooLarge` for a huge one."""
    if not sql or sql.isspace():
        raise InvalidSql("The statement is empty: send one SELECT.", ReasonCode.EMPTY_SQL)
    try:
        size = len(sql.encode())
    except UnicodeEncodeError as error:
        raise InvalidSql("The statement is not valid Unicode text.", ReasonCode.SYNTAX) from error
    if size > caps.max_bytes:
        raise TooLarge(
            f"The statement has {size} bytes; at most {caps.max_bytes} are read. Put long lists into a table or join "
            "against a sub-query instead.",
            ReasonCode.TOO_LONG,
        )
    if "\0" in sql:
        raise InvalidSql("The statement holds a NUL character.", ReasonCode.SYNTAX)


def tokenize(sql: str, grammar: str, caps: Caps) -> list[Token]:
    """The tokens of a text. Raises `InvalidSql` where it cannot be read, `TooLarge` for too many or too deep ones."""
    try:
        tokens = words(sql, grammar)
    except TokenError as error:
        raise InvalidSql(
            "The statement cannot be read: a quote or comment is not closed.", ReasonCode.SYNTAX
        ) from error
    if not tokens:
        raise InvalidSql("The statement is empty: send one SELECT.", ReasonCode.EMPTY_SQL)
    if len(tokens) > caps.max_tokens:
        raise TooLarge(
            f"The statement has more than {caps.max_tokens} words: shorten its lists.", ReasonCode.TOO_COMPLEX
        )
    depth = deepest = chain = 0
    before: TokenType | None = None
    for token in tokens:
        if token.token_type in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif token.token_type in _CLOSING:
            depth -= 1
        elif token.text.lower().startswith(RESERVED):
            raise InvalidSql(
                f"Names that begin with {RESERVED} are reserved: choose another name.",
                ReasonCode.CONSTRUCT,
                span=Span(token.start, token.end + 1),
            )
        chain += before is TokenType.R_BRACKET and token.token_type in (TokenType.L_BRACKET, TokenType.DOT)
        before = token.token_type
    deepest = max(deepest, chain)  # sqlglot's time grows with the cube of list[1][1][1]..
    if deepest > caps.max_depth:
        raise TooLarge(
            f"The statement nests {deepest} levels deep; at most {caps.max_depth} are read. Flatten it with WITH.",
            ReasonCode.TOO_DEEP,
        )
    return tokens


def words(sql: str, grammar: str) -> list[Token]:
    """The tokens of a text, `$1,$2` read as the engines do. Raises sqlglot's `TokenError`.

    A blank behind such a parameter changes nothing where it is one, and is taken back where a quote holds it."""
    read = Grammar.get_or_raise(grammar).tokenize
    blanks = [match.end() for match in TOUCHING.finditer(sql) if match[0] != "?"]
    if not blanks:
        return read(sql)
    tokens = _spaced(sql, blanks, read)
    quoted = {b for t in tokens for b in blanks[bisect_right(blanks, t.start) : bisect_left(blanks, t.end + 1)]}
    return _spaced(sql, [b for b in blanks if b not in quoted], read) if quoted else tokens


def _spaced(sql: str, blanks: list[int], read: Callable[[str], list[Token]]) -> list[Token]:
    """The tokens of a text read with blanks at some places, each where it stands in the text itself."""
    ends = [0, *blanks, len(sql)]
    tokens = read(" ".join(sql[start:end] for start, end in pairwise(ends)))
    added = [place + number for number, place in enumerate(blanks)]
    return [
        Token(
            t.token_type,
            t.text,
            t.line,
            t.col,
            t.start - bisect_left(added, t.start),
            t.end - bisect_left(added, t.end),
            t.comments,
        )
        for t in tokens
    ]


def check_chains(tokens: list[Token], caps: Caps) -> None:
    """Raises `TooLarge` for chains of AND or OR, set operations and select lists that would be too long once they are
    parsed: that alone takes longer than to count them."""
    if len(tokens) <= min(caps.max_height, caps.max_set_operations):
        return
    around: list[tuple[int, int, int]] = []
    ands = ors = unions = 0
    columns = _NO_LIST
    for token in tokens:
        kind = token.token_type
        if kind in _OPENING:
            around.append((ands, ors, columns))
            ands, ors, columns = 0, 0, _NO_LIST
        elif kind in _CLOSING:
            ands, ors, columns = around.pop() if around else (0, 0, _NO_LIST)
        elif kind is TokenType.COMMA:
            ands, ors, columns = 0, 0, columns + 1
        elif kind is TokenType.AND:
            ands += 1
        elif kind is TokenType.OR:
            ands, ors = 0, ors + 1
        elif kind is TokenType.BETWEEN:
            ands -= 1  # an AND of its own follows
        elif kind in _CLAUSES:
            ands = ors = 0
            columns = 1 if kind is TokenType.SELECT else _NO_LIST if kind is TokenType.FROM else columns
            unions += kind is TokenType.UNION
        if max(ands, ors) > caps.max_height or unions > caps.max_set_operations or columns > caps.max_columns:
            raise TooLarge(
                "The statement is too complex: shorten its select lists and its chains of AND, OR or UNION.",
                ReasonCode.TOO_COMPLEX,
            )


def check_names(tokens: list[Token], longest: int | None) -> None:
    """Raises `InvalidSql` for a name of more than `longest` bytes, the end of which the engine would drop."""
    for token in tokens if longest is not None else ():
        if token.token_type in _NAMES and len(token.text.encode()) > (longest or 0):
            raise InvalidSql(
                f"A name has more than {longest} bytes: use a shorter one.",
                ReasonCode.CONSTRUCT,
                span=Span(token.start, token.end + 1),
            )


def redact(sql: str, tokens: list[Token], known: Set[str]) -> str:
    """The text with every literal replaced by `?`, comments and layout dropped, and lists of literals shortened.

    Quoted names stay where `known` (folded) has them: people write values in double quotes by mistake."""
    parts: list[str] = []
    end = -1
    number = False
    for token in tokens:
        rest = number and token.start == end + 1 and (sql[token.start].isalnum() or sql[token.start] == "_")
        if not rest:  # else the tail of a number that sqlglot cuts in two, such as 0x1F
            if parts and token.start > end + 1:
                parts.append(" ")
            parts.append(_shown(sql, token, known))
            number = token.token_type is TokenType.NUMBER
        end = token.end
    return _LIST.sub("?, ..", "".join(parts))


def _shown(sql: str, token: Token, known: Set[str]) -> str:
    if token.token_type in _LITERALS:
        return "?"
    if token.token_type is TokenType.IDENTIFIER and token.text.lower() not in known:
        return '"?"'
    return sql[token.start : token.end + 1]


def fingerprint(redacted: str) -> str:
    """A name for all statements that differ in literals and letter case only: 16 hex digits of SHA-256."""
    return hashlib.sha256(redacted.lower().encode()).hexdigest()[:16]


def question_marks(tokens: list[Token]) -> list[Span]:
    """Where the text says `?`, in order."""
    return [Span(t.start, t.end + 1) for t in tokens if t.token_type is TokenType.PLACEHOLDER and t.text == "?"]


def numbered_forms(tokens: list[Token]) -> list[str]:
    """The form of each parameter with a number or name in the text: `$1` or `$name`."""
    forms = []
    for dollar, name in pairwise(tokens):
        if dollar.text == "$" and dollar.end + 1 == name.start:
            forms.append("$1" if name.token_type is TokenType.NUMBER else "$name")
    return forms
