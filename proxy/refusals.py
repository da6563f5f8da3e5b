"""The two refusals that several stages must word alike: no such table, no such column.

Rule kept here: the text is the same, word for word, for what does not exist and for what exists but is hidden from the
caller. It quotes nothing but the user's own spelling, taken from the statement itself.
"""

from __future__ import annotations

from proxy.errors import InvalidSql
from proxy.values import Reason, ReasonCode, Span

LONGEST = 100
"""Characters of a name that an error quotes."""


def spelling(text: str) -> str:
    """A name as an error may quote it: control characters and line ends removed, then cut to `LONGEST` characters."""
    return "".join(c for c in text if c.isprintable())[:LONGEST]


def unknown_table(name: str, span: Span) -> InvalidSql:
    """The refusal of a table that is not there for this caller; `name` is the text at `span`, as the user spelt it."""
    shown = spelling(name)
    text = f'There is no table "{shown}" that you may read; GET /v1/catalog lists those you may.'
    return InvalidSql(text, Reason(ReasonCode.UNKNOWN_TABLE, shown), span=span)


def unknown_column(name: str, span: Span) -> InvalidSql:
    """The refusal of a column that is not there for this caller; `name` is the text at `span`, as the user spelt it."""
    shown = spelling(name)
    text = f'There is no column "{shown}" that you may read in these tables; GET /v1/catalog lists those you may.'
    return InvalidSql(text, Reason(ReasonCode.UNKNOWN_COLUMN, shown), span=span)
