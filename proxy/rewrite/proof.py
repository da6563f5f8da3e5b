"""The proof: the text that is about to run, read afresh, holds every obligation of the decision.

Rule kept here: it shares nothing with the splice but the decision itself. It parses the final text with sqlglot (the
referee uses the engine's parser) and accepts a table node only as a renamed CTE, a table function, a table without
obligations by its full name, or inside a policy view whose columns, masks and filter are the decision's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable

import sqlglot
from cachetools import LRUCache
from sqlglot import exp
from sqlglot.errors import SqlglotError

from proxy.dialect import Dialect
from proxy.errors import Ungovernable
from proxy.rewrite.conditions import ALIAS
from proxy.rewrite.obligations import holds
from proxy.rewrite.views import needs_view
from proxy.values import Decision, Query, ReasonCode, TableView

KEPT = 4096


class Held:
    """Policy views that were held against the decision already, by the whole of what decides about them."""

    def __init__(self) -> None:
        self._kept: LRUCache[Hashable, TableView] = LRUCache(KEPT)

    def view(self, select: exp.Select, view: TableView, decision: Decision, dialect: Dialect) -> bool:
        """Whether a policy view of the text shows what was decided, and nothing else. The tree is used up."""
        said = select.sql(dialect.name, comments=False, identify=True, copy=False)
        key = (decision.view, decision.shape, view.table, said)
        known = self._kept.get(key)
        if known is not None and (known is view or known == view):
            return True
        again = sqlglot.parse_one(said, read=dialect.name)
        if not isinstance(again, exp.Select) or not holds(again, view, dialect):
            return False
        self._kept[key] = view
        return True


def prove(sql: str, query: Query, decision: Decision, dialect: Dialect, held: Held | None = None) -> None:
    """Raises `Ungovernable` (not-proven) unless every base table of the text is governed as decided."""
    try:
        statements = sqlglot.parse(sql, read=dialect.name)
    except (SqlglotError, RecursionError) as error:
        raise _not_proven() from error
    trees = [s for s in statements if s is not None and not isinstance(s, exp.Semicolon)]
    if len(trees) != 1:
        raise _not_proven()
    views: dict[tuple[str, str, str], list[TableView]] = {}
    for view in decision.views:
        known = views.setdefault(dialect.full_name(view.table), [])
        if not any(view is other for other in known):
            known.append(view)  # many references to one table share one view
    seen = _governed(trees[0], query, views, lambda node, view: (held or Held()).view(node, view, decision, dialect))
    if seen != Counter(dialect.full_name(v.table) for v in decision.views):
        raise _not_proven()


def _governed(
    tree: exp.Expr,
    query: Query,
    views: dict[tuple[str, str, str], list[TableView]],
    shows: Callable[[exp.Select, TableView], bool],
) -> Counter[tuple[str, str, str]]:
    """Counts governed references by table; a policy view is held against the decision and counted whole."""
    seen: Counter[tuple[str, str, str]] = Counter()
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Select) and _is_view(node):
            key = _key(node.args["from_"].this)
            if key not in views or not all(shows(node, view) for view in views[key]):
                raise _not_proven()
            seen[key] += 1
            continue
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            key = _key(node)
            if key in views and all(not needs_view(view) for view in views[key]):
                seen[key] += 1
            elif key[:2] != ("", "") or node.name not in query.cte_names:
                raise _not_proven()
        elif isinstance(node, exp.Identifier) and node.name == ALIAS:
            raise _not_proven()
        stack.extend(node.iter_expressions())
    return seen


def _is_view(select: exp.Select) -> bool:
    source = select.args.get("from_")
    return source is not None and isinstance(source.this, exp.Table) and source.this.alias == ALIAS


def _key(table: exp.Table) -> tuple[str, str, str]:
    return (table.catalog, table.db, table.name)


def _not_proven() -> Ungovernable:
    return Ungovernable(
        "The statement could not be proven to be governed, so it was not run. Write the tables plainly, "
        "as schema.table with an alias, and try again.",
        ReasonCode.NOT_PROVEN,
    )
