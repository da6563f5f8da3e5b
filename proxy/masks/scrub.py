"""The mask of free text: e-mail addresses, IBANs, payment cards, national ids and phone numbers are replaced by tags.

Rule kept here: the engine's own regular expressions do it inside the policy view, so that every expression over the
column works on scrubbed text. Patterns are wide rather than narrow; names and other PII without a pattern are left to
the scan. They are written in what RE2 and Python's `re` (ASCII) read alike, and applied in order, longest form first.
Of the alternatives of one pattern the first that fits is the longest, so that engines that take the longest agree.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind

KINDS = frozenset({TypeKind.TEXT})
LEAVES_TEXT = True
"""What has no pattern is still there: the scan of results reads what this mask shows."""

Entity = Literal["email", "iban", "card", "national_id", "phone"]

_DIGIT = "[0-9\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]"
"""ASCII, Arabic-Indic and full-width digits."""
_GAP = "[ \t.\\-/\u00a0\u2010-\u2015\u202f\u2212\u200b]"
"""What people write between groups of digits: spaces, points, slashes and every hyphen and dash."""
_LOCAL = "[^ \t\r\n\v\f@\uff20<>(),;:\"'\\[\\]]"
_LABELS = "[A-Za-z0-9\u00a1-\uff0d\uff10-\uff1f\uff21-\uffef\\-]+"

PATTERNS: tuple[tuple[Entity, str], ...] = (
    ("email", f"{_LOCAL}+[@\uff20]{_LABELS}(?:[.\u2024\uff0e\u3002]{_LABELS})*"),
    (
        "iban",
        f"[A-Za-z]{{2}}[0-9]{{2}}(?:[A-Za-z0-9]{{11,30}}|(?:{_GAP}[A-Z0-9]{{4}}){{2,7}}(?:{_GAP}[A-Z0-9]{{1,4}})?)",
    ),
    ("phone", f"[+\uff0b]{_GAP}?{_DIGIT}(?:[()]?{_GAP}{{0,2}}[()]?{_DIGIT}){{6,}}"),
    ("card", f"{_DIGIT}(?:{_GAP}{{0,2}}{_DIGIT}){{12,}}"),
    (
        "national_id",
        f"{_DIGIT}{{3}}{_GAP}{_DIGIT}{{2}}{_GAP}{_DIGIT}{{4}}"
        r"|\b[0-9]{9}\b"
        r"|\b[A-Za-z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-Da-d]\b",
    ),
    (
        "phone",
        f"0(?:{_GAP}?{_DIGIT}){{8,13}}"
        f"|\\(?{_DIGIT}{{3}}\\)?{_GAP}{{0,2}}{_DIGIT}{{3}}{_GAP}{_DIGIT}{{4}}"
        r"|\b[0-9]{10,12}\b"
        "|\\b[0-9]{3}[\\-.\u2010-\u2015][0-9]{4}\\b",
    ),
)
"""What is replaced, in this order, by a tag such as `<EMAIL>`."""

_COMPILED = tuple((entity, re.compile(pattern, re.ASCII)) for entity, pattern in PATTERNS)


class Settings(BaseModel):
    """`entities`: what to replace; all of them when left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entities: frozenset[Entity] = Field(default=frozenset(get_args(Entity)), min_length=1)


def sql(column: exp.Expression, kind: TypeKind, options: Settings, dialect: Dialect) -> exp.Expression:
    """The text with tags in place of what was found."""
    if kind not in KINDS:
        return exp.Null()
    for entity, pattern in PATTERNS:
        if entity in options.entities:
            column = dialect.expressions.replace_all(column, pattern, tag(entity))
    return column


def value(value: object, kind: TypeKind, options: Settings, secret: bytes) -> object:  # noqa: ARG001
    """The text with tags in place of what was found."""
    if kind not in KINDS or not isinstance(value, str):
        return None
    for entity, pattern in _COMPILED:
        if entity in options.entities:
            value = pattern.sub(tag(entity), value)
    return value


def tag(entity: Entity) -> str:
    """What stands for a found entity."""
    return f"<{entity.upper()}>"
