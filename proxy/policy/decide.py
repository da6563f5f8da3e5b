"""One query against one access view: what stands in for each table it names, or why it is refused.

Rule kept here: pure, and the only place where a caller's attributes meet the policy: a filter whose attribute the
caller lacks admits no row. What is hidden and what does not exist are refused with one text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from proxy.policy.conditions import ALWAYS, NEVER, RowFilterKey, close, filters, key
from proxy.refusals import unknown_column, unknown_table
from proxy.values import (
    AccessView,
    Attribute,
    Caller,
    Cell,
    ColumnView,
    Decision,
    Never,
    Query,
    Reason,
    ReasonCode,
    Reference,
    RowFilter,
    TableView,
)

OWN_ATTRIBUTES = frozenset({"sub", "email", "issuer", "app"})
"""Attributes that every caller's token supplies by itself; no claim map can redefine them."""

_CLEAR = (Cell(ALWAYS, None),)


def attribute(caller: Caller, name: str) -> Attribute | None:
    """What the caller brings for `:name` in a filter; None where the token does not say."""
    if name == "sub":
        return caller.subject
    if name == "email":
        return caller.email
    if name == "issuer":
        return caller.issuer
    return caller.app if name == "app" else caller.attributes.get(name)


def shape(view: AccessView, caller: Caller) -> tuple[tuple[str, int | None], ...]:
    """For each attribute the view uses: its name, and None where the caller lacks it, -1 for a single value, or how
    many values it holds. Callers of one shape share plans."""
    return tuple([(name, _size(attribute(caller, name))) for name in _in_order(view.attributes)])


@lru_cache(maxsize=1024)
def _in_order(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def decide(view: AccessView, caller: Caller, query: Query) -> Decision:
    """The policy views of the query's tables, in the order of its references. Raises `InvalidSql` for a table or column
    that is not there for this caller."""
    views: list[TableView] = []
    reasons: dict[Reason, None] = {}
    for reference in sorted(query.references, key=lambda r: (r.span.start, r.span.end)):
        if reference.table not in view.tables:
            raise unknown_table(query.sql[reference.span.start : reference.span.end], reference.span)
    closed = {r.table: _closed(view.tables[r.table], caller) for r in query.references}
    for reference in query.references:
        table, lacking = closed[reference.table]
        views.append(table)
        reasons.update(dict.fromkeys(_reasons(reference, table, lacking)))
    _check_columns(query, views)
    if query.references:
        reasons.update(dict.fromkeys(Reason(ReasonCode.APP_NARROWS, s) for s in view.subjects if s.startswith("app:")))
    found = shape(view, caller)
    return Decision(view.key, view.policy, view.commit, view.subjects, tuple(views), tuple(reasons), found)


def _check_columns(query: Query, views: Sequence[TableView]) -> None:
    readable = [frozenset(c.column.name for c in view.columns) for view in views]
    for use in sorted(query.columns, key=lambda u: (u.span.start, u.span.end)):
        if use.certain and not any(column in readable[index] for index, column in use.candidates):
            raise unknown_column(query.sql[use.span.start : use.span.end], use.span)


def _size(value: Attribute | None) -> int | None:
    if value is None:
        return None
    return len(value) if isinstance(value, tuple) else -1


def _lacks(row_filter: RowFilter, caller: Caller) -> bool:
    """Whether the caller brings no value that the filter can use: none at all, an empty list, or a list where the
    filter takes one value."""
    for name in row_filter.attributes:
        value = attribute(caller, name)
        if value is None or value == () or (isinstance(value, tuple) and name not in row_filter.lists):
            return True
    return False


def _closed(table: TableView, caller: Caller) -> tuple[TableView, tuple[str, ...]]:
    """The table view without the filters for which the caller lacks an attribute, and the ids of those."""
    found = dict.fromkeys(key(f) for f in _all_filters(table) if _lacks(f, caller))
    if not found:
        return table, ()
    lacking: frozenset[RowFilterKey] = frozenset(found)
    columns = tuple(_closed_column(column, lacking) for column in table.columns)
    rows = close(table.rows, lacking)
    closed = TableView(table.table, columns, rows, table.hidden, table.roles)
    return closed, tuple(name for _, name in found)


def _closed_column(column: ColumnView, lacking: frozenset[RowFilterKey]) -> ColumnView:
    if column.cells == _CLEAR:
        return column
    cells = tuple(Cell(when, c.mask) for c in column.cells if (when := close(c.when, lacking)) != NEVER)
    return ColumnView(column.column, cells, column.tags, column.clear_tags)


def _all_filters(table: TableView) -> Iterator[RowFilter]:
    yield from filters(table.rows)
    for column in table.columns:
        for cell in column.cells:
            yield from filters(cell.when)


def _reasons(reference: Reference, table: TableView, lacking: Sequence[str]) -> Iterator[Reason]:
    """What the policy keeps back of a table, as far as this reference is concerned. Names, never data."""
    name = str(table.table)
    for missing in lacking:
        yield Reason(ReasonCode.MISSING_ATTRIBUTE, missing)
    if not isinstance(table.rows, Never):
        for row_filter in filters(table.rows):
            yield Reason(ReasonCode.ROW_FILTER, f"{name}:{row_filter.id}")
    for column in table.columns:
        if column.column.name in reference.columns and column.cells != _CLEAR:
            yield Reason(ReasonCode.MASKED, f"{name}.{column.column.name}")
    if table.hidden:
        yield Reason(ReasonCode.COLUMN_HIDDEN, name)
