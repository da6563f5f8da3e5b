"""Whether a SELECT read from the final text is the policy view that was decided: columns, masks and filter, by part.

Rule kept here: it walks the decision and the text side by side and shares nothing with the code that wrote the view but
what a single filter and a single mask are. Bound values count as NULL, since only their place matters.
"""

from __future__ import annotations

from functools import lru_cache

import sqlglot
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.rewrite.conditions import ALIAS
from proxy.rewrite.views import shown
from proxy.values import AllOf, Always, ColumnView, Condition, Mask, Never, RowFilter, TableView

_PARTS = frozenset({"expressions", "from_", "where"})


def holds(select: exp.Select, view: TableView, dialect: Dialect) -> bool:
    """Whether a policy view shows exactly what was decided: no other column, mask, row or table."""
    if any(value and not _is_fence(key, value) for key, value in select.args.items() if key not in _PARTS):
        return False
    where = select.args.get("where")
    if isinstance(view.rows, Always):
        if where is not None:
            return False
    elif where is None or not _says(where.this, view.rows, dialect):
        return False
    items = select.expressions
    return len(items) == len(view.columns) and all(
        _item(item, column, view.rows, dialect) for item, column in zip(items, view.columns, strict=True)
    )


def _is_fence(key: str, value: object) -> bool:
    """Whether a part of the view is OFFSET 0, which leaves out no row."""
    return key == "offset" and isinstance(value, exp.Offset) and value.sql().strip() == "OFFSET 0"


def _item(item: exp.Expr, column: ColumnView, rows: Condition, dialect: Dialect) -> bool:
    if not isinstance(item, exp.Alias) or item.alias != column.column.name:
        return False
    if _cells(item.this, column, dialect):
        return True
    guard = item.this
    return (
        not isinstance(rows, Always)
        and isinstance(guard, exp.Case)
        and guard.this is None
        and _is_nothing(guard.args.get("default"))
        and len(guard.args["ifs"]) == 1
        and _says(guard.args["ifs"][0].this, rows, dialect)
        and _cells(_seen_through(guard.args["ifs"][0].args["true"]), column, dialect)
    )


def _is_nothing(default: exp.Expr | None) -> bool:
    """Whether the ELSE of a CASE is left out, or a NULL of some type."""
    return default is None or (isinstance(default, exp.Cast) and isinstance(default.this, exp.Null))


def _seen_through(value: exp.Expr) -> exp.Expr:
    """An expression with `TRY(column)` as the column, which it always equals."""
    return value.copy().transform(
        lambda node: node.this if isinstance(node, exp.Try) and isinstance(node.this, exp.Column) else node
    )


def _cells(value: exp.Expr, column: ColumnView, dialect: Dialect) -> bool:
    """Whether an expression is the column's cells: CASE with their conditions and what each shows, in order."""
    cells = column.cells
    if not cells:
        return isinstance(value, exp.Cast) and isinstance(value.this, exp.Null)
    if isinstance(cells[0].when, Always):
        return _shows(value, column, cells[0].mask, dialect)
    if not isinstance(value, exp.Case) or value.this is not None:
        return False
    end = next((i for i, cell in enumerate(cells) if isinstance(cell.when, Always)), len(cells))
    branches, default = value.args["ifs"], value.args.get("default")
    if len(branches) != end:
        return False
    if end == len(cells):
        if not _is_nothing(default):
            return False
    elif default is None or not _shows(default, column, cells[end].mask, dialect):
        return False
    return all(
        _says(branch.this, cell.when, dialect) and _shows(branch.args["true"], column, cell.mask, dialect)
        for branch, cell in zip(branches, cells[:end], strict=True)
    )


def _shows(value: exp.Expr, column: ColumnView, mask: Mask | None, dialect: Dialect) -> bool:
    if mask is None:
        return isinstance(value, exp.Column) and value.table == ALIAS and value.name == column.column.name
    return _form(value, dialect) == _known(shown(column, mask, dialect), dialect)


def _says(tree: exp.Expr, condition: Condition, dialect: Dialect) -> bool:
    """Whether an expression is a condition, part by part."""
    tree = tree.unnest()
    if isinstance(condition, Always | Never):
        return isinstance(tree, exp.Boolean) and bool(tree.this) is isinstance(condition, Always)
    if isinstance(condition, RowFilter):
        return _form(tree, dialect) == _known(condition.expression, dialect)
    joined = exp.And if isinstance(condition, AllOf) else exp.Or
    parts = _chain(tree, joined) if len(condition.parts) > 1 else [tree]
    return len(parts) == len(condition.parts) and all(
        _says(part, wanted, dialect) for part, wanted in zip(parts, condition.parts, strict=True)
    )


def _chain(tree: exp.Expr, joined: type[exp.Expr]) -> list[exp.Expr]:
    """The operands of a chain of ANDs or ORs; a parenthesis is an operand."""
    parts: list[exp.Expr] = []
    while isinstance(tree, joined):
        parts.append(tree.expression)
        tree = tree.this
    return [tree, *reversed(parts)]


def _known(tree: exp.Expr, dialect: Dialect) -> str:
    """The form of policy text, after the same way through text as what it is compared with."""
    return _read_back(_form(tree, dialect), dialect.name)


@lru_cache(maxsize=2048)
def _read_back(text: str, grammar: str) -> str:
    return _spelt(sqlglot.parse_one(text, read=grammar), grammar)


def _form(tree: exp.Expr, dialect: Dialect) -> str:
    return _spelt(tree.copy(), dialect.name)


def _spelt(tree: exp.Expr, grammar: str) -> str:
    """A tree as text, with every bound value as NULL and lists of them as one."""
    tree = tree.unnest()
    for node in list(tree.find_all(exp.Parameter, exp.Placeholder)):
        if node is tree:
            return "NULL"
        node.replace(exp.Null())
    for node in tree.find_all(exp.In):
        if node.expressions and all(isinstance(item, exp.Null) for item in node.expressions):
            node.set("expressions", [exp.Null()])
    return tree.sql(grammar, comments=False, identify=True)
