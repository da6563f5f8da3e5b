"""GROUP BY of a whole primary key, on engines where the table's other columns then follow from it.

Rule kept here: a policy view has no key that the engine knows, so the columns that follow from one are added to the
same GROUP BY, where they part no group. Nothing is added where the key is not known, or not wholly grouped by: the
engine then says what it would have said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlglot import exp

from proxy.dialect import FunctionKind
from proxy.query.ledger import Ledger
from proxy.query.raising import function_name
from proxy.query.scopes import Env, Origin, Source
from proxy.values import Grouped

_OTHER_FORMS = ("grouping_sets", "cube", "rollup", "totals", "all")
_CLAUSES = ("having", "order", "distinct")
_BETWEEN = (exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)


@dataclass(slots=True)
class _Key:
    """What of one source stands in GROUP BY, and where columns can be added."""

    source: Source
    columns: set[str] = field(default_factory=set)
    end: int = 0


def grouped(node: exp.Select, scope: Env, ledger: Ledger) -> None:
    """Notes, for each source of a query block whose key is grouped by, the columns that the block uses beside it."""
    group = node.args.get("group")
    if group is None or not ledger.dialect.groups_by_key or any(group.args.get(form) for form in _OTHER_FORMS):
        return
    for reference, key in _keys(node, group, scope, ledger).items():
        named = ledger.references[reference]
        if not named.table.key or not key.columns >= set(named.table.key):
            continue
        columns, star = _beside(node, scope, reference, ledger)
        if columns - key.columns or star:
            wanted = tuple(sorted(columns - key.columns))
            held = frozenset(key.columns)
            ledger.groups.append(
                Grouped(reference, key.source.name or "", named.table.key, held, key.end, wanted, star)
            )


def _keys(node: exp.Select, group: exp.Group, scope: Env, ledger: Ledger) -> dict[int, _Key]:
    keys: dict[int, _Key] = {}
    for outer in group.expressions:
        item = outer.unnest()
        end = _end(outer, item, ledger)
        if not isinstance(item, exp.Column) or end is None:
            continue
        found = _origin(item, scope, ledger) or _of_alias(item, node, scope, ledger)
        if found is not None:
            source, (reference, name) = found
            key = keys.setdefault(reference, _Key(source))
            key.columns.add(name)
            key.end = end
    return keys


def _end(outer: exp.Expr, item: exp.Expr, ledger: Ledger) -> int | None:
    """Where a column of GROUP BY ends, with the parentheses round it; None where they are not plain to see."""
    if not isinstance(item, exp.Column) or isinstance(item.this, exp.Star):
        return None
    end, depth = ledger.span(item.this).end, 0
    while outer is not item:
        outer, depth = outer.this, depth + 1
    closed = re.compile(rf"(?:\s*\)){{{depth}}}").match(ledger.sql, end)
    return None if closed is None else closed.end()


def _origin(column: exp.Expr, scope: Env, ledger: Ledger) -> tuple[Source, Origin] | None:
    """The base table of this very block that a name can only denote a column of, and the column."""
    if not isinstance(column, exp.Column) or isinstance(column.this, exp.Star):
        return None
    name = ledger.folded(column.this)
    table = ledger.folded(column.args["table"]) if column.args.get("table") is not None else None
    found = [s for s in scope.sources if table in (None, s.name) and (name in s.columns or s.rest is not None)]
    if len(found) != 1 or found[0].reference is None or name not in found[0].columns:
        return None
    (origin,) = found[0].columns[name].origins
    return (found[0], origin)


def _of_alias(item: exp.Column, node: exp.Select, scope: Env, ledger: Ledger) -> tuple[Source, Origin] | None:
    """The same for a select item's alias, which a name in GROUP BY denotes where no source has it."""
    name = ledger.folded(item.this)
    if item.args.get("table") is not None or any(name in s.columns for s in scope.sources):
        return None
    named = [i.this for i in node.expressions if isinstance(i, exp.Alias) and ledger.folded(i.args["alias"]) == name]
    return _origin(named[0], scope, ledger) if len(named) == 1 else None


def _beside(node: exp.Select, scope: Env, reference: int, ledger: Ledger) -> tuple[set[str], bool]:
    """The columns of a source that stand outside of aggregates, and whether all of them do, by a star."""
    parts = [*node.expressions, *(node.args.get("windows") or ())]
    parts += [part for part in map(node.args.get, _CLAUSES) if isinstance(part, exp.Expr)]
    columns: set[str] = set()
    for part in parts:
        for column in part.find_all(exp.Column, exp.Star):
            found = _origin(column, scope, ledger)
            if found is not None and found[1][0] == reference and not _aggregated(column, node, ledger):
                columns.add(found[1][1])
    return columns, any(_is_star(item, scope, reference, ledger) for item in node.expressions)


def _is_star(item: exp.Expr, scope: Env, reference: int, ledger: Ledger) -> bool:
    """Whether a select item is `*`, or that of this source."""
    if isinstance(item, exp.Star):
        return True
    if not isinstance(item, exp.Column) or not isinstance(item.this, exp.Star):
        return False
    table = item.args.get("table")
    return table is None or any(s.reference == reference and s.name == ledger.folded(table) for s in scope.sources)


def _aggregated(column: exp.Expr, block: exp.Select, ledger: Ledger) -> bool:
    """Whether an aggregate of this block stands over a column; one with OVER is a window and does not count."""
    found = False
    node = column
    while node is not block and node.parent is not None:
        above = node.parent
        if above is not block and isinstance(above, exp.Query):
            found = False  # what a sub-query aggregates is not grouped here
        elif _aggregates(above, ledger) and not _windowed(above):
            found = True
        node = above
    return found


def _aggregates(node: exp.Expr, ledger: Ledger) -> bool:
    if isinstance(node, exp.AggFunc | exp.Filter | exp.WithinGroup):
        return True
    if not isinstance(node, exp.Func):
        return False
    known = ledger.dialect.functions.get(function_name(node, ledger.sql) or "")
    return known is not None and known.kind is FunctionKind.AGGREGATE


def _windowed(node: exp.Expr) -> bool:
    while isinstance(node.parent, _BETWEEN):
        node = node.parent
    return isinstance(node.parent, exp.Window) and node.parent.this is node
