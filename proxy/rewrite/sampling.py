"""The statement that reads a sample of a table as it is, for an operator's own look at it.

Rule kept here: it is made from a tree, names every column, reads so many rows and no more, and is for no caller: it
applies no policy.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from proxy.dialect import Dialect
from proxy.rewrite.templates import text
from proxy.rewrite.views import table_node
from proxy.values import TableId


def sample(table: TableId, columns: Sequence[str], rows: int, dialect: Dialect) -> str:
    """The first `rows` rows of a table that its warehouse gives, of these columns."""
    named = [exp.column(exp.to_identifier(name, quoted=True)) for name in columns]
    return text(exp.Select(expressions=named).from_(table_node(table, dialect)).limit(rows), dialect)
