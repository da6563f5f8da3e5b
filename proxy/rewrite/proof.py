"""The proof: the text that is about to run, read afresh, holds every obligation of the decision.

Rule kept here: it shares nothing with the splice but the decision itself. It parses the final text with sqlglot (the
referee uses the engine's parser) and accepts a table node only as a renamed CTE, a table function, a table without
obligations by its full name, or inside a policy view whose columns, masks and filter are the decision's own.
"""

from __future__ import annotations

from collections import Counter

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from proxy.dialect import Dialect
from proxy.errors import Ungovernable
from proxy.rewrite.conditions import ALIAS
from proxy.rewrite.obligations import holds
from proxy.rewrite.views import needs_view
from proxy.values import Decision, Query, ReasonCode, TableView


def prove(sql: str, query: Query, decision: Decision, dialect: Dialect) -> None:
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
    if _governed(trees[0], query, views, dialect) != Counter(dialect.full_name(v.table) for v in decision.views):
        raise _not_proven()


def _governed(
    tree: exp.Expr, query: Query, views: dict[tuple[str, str, str], list[TableView]], dialect: Dialect
) -> Counter[tuple[str, str, str]]:
    """Counts governed references by table; a policy view is held against the decision and counted whole."""
    seen: Counter[tuple[str, str, str]] = Counter()
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Select) and _is_view(node):
            key = _key(node.args["from_"].this)
            if key not in views or not all(holds(node, view, dialect) for view in views[key]):
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
