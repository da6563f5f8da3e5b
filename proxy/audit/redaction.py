"""What may stand in a record of texts that others wrote: SQL without literals, names, labels.

Rule kept here: doubt leaves out. A statement that cannot be read with certainty by the few rules below is not recorded
as text at all (its views, filters, columns and fingerprint are); an identifier in quotes, which in some dialects is a
text literal and in all of them may be spelt like one, is kept only where plan or catalog know the name.
"""

from __future__ import annotations

import re
from collections.abc import Collection

HIDDEN = "?"
LONGEST_SQL = 100_000
LONGEST_NAME = 200
LONGEST_LABEL = 256
MOST_LABELS = 32

_TOKEN = re.compile(
    r"""
    (?P<kept>(?:
        [^\W\d]\w*+ | [ \t\r\n\f]++ | \$\w++(?!\$) | -(?!-) | /(?!\*) | \.(?!\d) | [+*%<>=!|&^~?:;,()\[\]{}@]
    )++)
  | (?P<comment>--[^\r\n]*|/\*.*?\*/)
  | (?P<number>(?:\d|\.\d)(?:[eE][+-]\d|[\w.])*)
  | (?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
  | (?P<text>'(?:[^']|'')*+')
  | (?P<quoted>"(?:[^"]|"")*+"|`(?:[^`]|``)*+`)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_OWN = re.compile(r"__usher\w*|system|main|pg_catalog", re.ASCII)
"""Names that only the gateway can write, and those of the schemas where engines keep their own functions."""
_PLAIN = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*){0,3}", re.ASCII)
_JWT = re.compile(r"eyJ[\w-]*(?:\.[\w-]*){1,4}", re.ASCII)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+\S+")


def without_literals(sql: str, names: Collection[str]) -> str | None:
    """The statement with each literal replaced by `?` and comments dropped, or None where its reading is not certain.

    Bound parameters and bare words stay; a quoted identifier stays where `names` holds it, or where only the gateway
    can have written it, and is `"?"` otherwise."""
    parts: list[str] = []
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None:
            return None
        kept = _kept(match.lastgroup or "", match.group(), names)
        if kept is None:
            return None
        parts.append(kept)
        at = match.end()
    text = re.sub(r"\s+", " ", "".join(parts)).strip()
    return text if len(text) <= LONGEST_SQL else None


def _kept(kind: str, text: str, names: Collection[str]) -> str | None:
    """What is kept of one token; None where dialects read it differently."""
    if kind == "kept":  # bare words, bound parameters, operators, space
        return text
    if kind == "comment":  # a quote in it, or a second opening, could be code to another reader
        return None if re.search(r"['\"`$]|/\*", text[2:]) else " "
    if kind in ("number", "dollar"):
        return HIDDEN
    mark = text[0]
    if mark * 3 in text or "\\" + mark in text:  # in some dialects the text goes on here, in others it ends
        return None
    if kind == "text":
        return HIDDEN
    if kind == "quoted":
        inner = text[1:-1].replace(mark * 2, mark)
        return text if inner in names or _OWN.fullmatch(inner) else mark + HIDDEN + mark
    raise AssertionError(kind)


def name(text: str, names: Collection[str]) -> str:
    """A result column as a record may name it: known, or a plain identifier, or an expression without literals."""
    if text in names or (len(text) <= LONGEST_NAME and _PLAIN.fullmatch(text)):
        return text
    shown = without_literals(text, names)
    return shown if shown is not None and len(shown) <= LONGEST_NAME else HIDDEN


def plain_name(text: str) -> str:
    """A name that the user wrote (an unknown table, a refused function): kept where it is a plain identifier."""
    return text if len(text) <= LONGEST_NAME and _PLAIN.fullmatch(text) else HIDDEN


def label(text: str) -> str:
    """A text a client sent along: shortened, with what looks like a credential taken out."""
    return _JWT.sub("<token>", _BEARER.sub(r"\1 <token>", text))[:LONGEST_LABEL]
