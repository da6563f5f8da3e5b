"""A smaller statement that still tells the two sides apart: delta debugging on the tree.

Rule kept here: every step keeps a statement only if the given test holds of it, so that what is left is a case,
whatever the steps do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

TRIES = 600
SIMPLE = ("NULL", "1", "'x'", "TRUE")


def shrunk(sql: str, dialect: str, holds: Callable[[str], bool], tries: int = TRIES) -> str:
    """The smallest statement found for which `holds` is true; it is true of `sql`."""
    best, left = sql, tries
    better = True
    while better and left > 0:
        better = False
        for candidate in _smaller(best, dialect):
            left -= 1
            if left < 0:
                break
            if len(candidate) < len(best) and holds(candidate):
                best, better = candidate, True
                break
    return best


def _smaller(sql: str, dialect: str) -> Iterator[str]:
    """Statements with one thing less, the largest cuts first."""
    try:
        tree = sqlglot.parse_one(sql, read=dialect)
    except SqlglotError:
        return
    count = sum(1 for _ in tree.walk())
    for index in range(count):
        for change in (_replaced_by_child, _dropped):
            yield from _changed(tree, index, change, dialect)
    for index in range(count):
        yield from _changed(tree, index, _simple, dialect)


def _changed(
    tree: exp.Expression, index: int, change: Callable[[exp.Expression, int], bool], dialect: str
) -> Iterator[str]:
    for number in range(12):
        copy = tree.copy()
        node = next((n for i, n in enumerate(copy.walk()) if i == index), None)
        if node is None:
            return
        holder = exp.Paren(this=copy)  # so that the root can be replaced as well
        if not change(node, number):
            return
        try:
            yield holder.this.sql(dialect)
        except (SqlglotError, TypeError, ValueError, AttributeError):  # a tree that cannot be said
            continue


def _replaced_by_child(node: exp.Expression, number: int) -> bool:
    children = [
        c
        for c in node.iter_expressions()
        if isinstance(c, exp.Query if isinstance(node, exp.Query) else exp.Expression)
    ]
    if isinstance(node, exp.Query):
        children = [q for q in node.find_all(exp.Query) if q is not node]
    if number >= len(children) or isinstance(node, exp.Table | exp.From | exp.Where | exp.Alias):
        return False
    node.replace(children[number])
    return True


def _dropped(node: exp.Expression, number: int) -> bool:
    """Without one optional part, or one element of a list."""
    parts = [
        (k, None)
        for k, v in node.args.items()
        if isinstance(v, exp.Expression) and k not in ("this", "from_", "expression")
    ]
    lists = [(k, i) for k, v in node.args.items() if isinstance(v, list) and v for i in range(len(v))]
    places = [*parts, *lists]
    if number >= len(places):
        return False
    key, index = places[number]
    if index is None:
        node.set(key, None)
    else:
        node.set(key, [v for i, v in enumerate(node.args[key]) if i != index])
    return True


def _simple(node: exp.Expression, number: int) -> bool:
    """A constant in the place of an expression."""
    if number >= len(SIMPLE) or isinstance(
        node, exp.Query | exp.Table | exp.Identifier | exp.From | exp.Where | exp.Literal
    ):
        return False
    node.replace(sqlglot.parse_one(SIMPLE[number]))
    return True
