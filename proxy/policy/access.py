"""Compiling an access view: all that one closure (with one app) sees of one catalog.

Rule kept here: Casbin's rules are asked once per closure, in bulk, from an index; the result is immutable, holds no
caller's values, and is shared by everybody with the same closure. A property test holds it equal to Casbin's own
answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from proxy.policy.bundle import Bundle
from proxy.policy.conditions import ALWAYS, filters
from proxy.policy.governed import Governed
from proxy.policy.rules import Rules, held
from proxy.policy.sharing import CLEAR_CELLS, Cells, ColumnShare, Holder, TableShare, narrow, share
from proxy.values import AccessView, Cell, ColumnView, TableId, TableView

_CLEAR: tuple[Cell, ...] = (Cell(ALWAYS, None),)


def compile_view(
    bundle: Bundle, rules: Rules, governed: Governed, user: frozenset[str], app: tuple[str, frozenset[str]] | None
) -> AccessView:
    """The view of a user's closure, narrowed by an app's (its subject, and its closure) where it has a policy."""
    shares = shares_of(rules, governed, user)
    subjects = tuple(sorted(user))
    if app is not None:
        shares = narrow(shares, shares_of(rules, governed, app[1]))
        subjects = (*subjects, app[0])
    tables = {name: _table_view(one) for name, one in shares.items()}
    attributes = frozenset(a for view in tables.values() for a in _attributes(view))
    key = _key(bundle, rules, governed, user, app)
    return AccessView(key, bundle.fingerprint, bundle.commit, subjects, tables, attributes)


def shares_of(rules: Rules, governed: Governed, subjects: frozenset[str]) -> Mapping[TableId, TableShare]:
    """What one closure sees, before it becomes a view."""
    holder = Holder(subjects, held(rules, subjects, "read"), held(rules, subjects, "unmask"))
    if not holder.read.allowed:
        return {}
    shared = ((table.table.id, share(table, holder)) for table in governed.tables)
    return {name: one for name, one in shared if one is not None}


def _table_view(one: TableShare) -> TableView:
    table = one.governed.table
    columns = tuple(_column_view(column) for column in one.columns)
    return TableView(table.id, columns, one.rows, len(table.columns) - len(columns), one.granting)


def _column_view(share_: ColumnShare) -> ColumnView:
    return ColumnView(share_.governed.column, _cells(share_.cells), share_.governed.tags, share_.cleared)


def _cells(cells: Cells) -> tuple[Cell, ...]:
    if cells == CLEAR_CELLS:
        return _CLEAR
    return tuple(Cell(condition, shade.mask) for condition, shade in cells)


def _attributes(view: TableView) -> Iterable[str]:
    conditions = [view.rows, *(cell.when for column in view.columns for cell in column.cells)]
    return (name for condition in conditions for row_filter in filters(condition) for name in row_filter.attributes)


def _key(
    bundle: Bundle, rules: Rules, governed: Governed, user: frozenset[str], app: tuple[str, frozenset[str]] | None
) -> str:
    """A hash of everything the view depends on: policy, which of its rules have ended, catalog, closures."""
    parts = [bundle.fingerprint, repr(rules.ends_at), str(len(rules.active)), governed.warehouse, governed.version]
    parts += ["user", *sorted(user)]
    parts += [] if app is None else ["app", app[0], *sorted(app[1])]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
