"""Which types a statement's parameters take, told by what stands beside them.

Rule kept here: the engine does not say, so it is asked for the type of the neighbour (`id = $1`: that of `id`), in a
statement that is bound and never run. What cannot be told is told to nobody: then a text is read as what it meets, as
the engine reads text constants.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

WHOLE, TEXT = "BIGINT", "VARCHAR"
UNKNOWN = '"NULL"'
_SIDES = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod)
_TEXTUAL = (exp.Like, exp.ILike, exp.SimilarTo, exp.RegexpLike, exp.DPipe, exp.StartsWith, exp.EndsWith)
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def types(cursor: duckdb.DuckDBPyConnection, sql: str, names: frozenset[str]) -> dict[str, str]:
    """The engine's spelling of the type of each parameter for which it can be told, by the parameter's name."""
    if not names:
        return {}
    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except (SqlglotError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for node in tree.find_all(exp.Parameter, exp.Placeholder):
        name = str(node.this.name if isinstance(node.this, exp.Expression) else node.this)
        if name in names and name not in found:
            told = _type(cursor, tree, node)
            if told is not None:
                found[name] = told
    return found


def _type(cursor: duckdb.DuckDBPyConnection, tree: exp.Expr, node: exp.Expr) -> str | None:
    """The type of one parameter at one place, or None."""
    inner = node
    while isinstance(inner.parent, exp.Paren | exp.Neg):
        inner = inner.parent
    parent = inner.parent
    if isinstance(parent, exp.Cast) and parent.this is inner:
        return parent.to.sql(dialect="duckdb")
    if isinstance(parent, exp.Limit | exp.Offset):
        return WHOLE
    if isinstance(parent, _TEXTUAL):
        return TEXT
    for neighbour in _neighbours(parent, inner):
        told = _asked(cursor, tree, neighbour)
        if told is not None and (not isinstance(parent, _ARITHMETIC) or told.startswith(_NUMBERS)):
            return told
    return None


def _neighbours(parent: exp.Expr | None, node: exp.Expr) -> Iterator[exp.Expr]:
    """What a parameter is compared or brought together with."""
    if isinstance(parent, _SIDES + _ARITHMETIC):
        yield parent.right if parent.left is node else parent.left
    elif isinstance(parent, exp.Between | exp.In | exp.Coalesce | exp.Nullif):
        found = [parent.this, *parent.expressions, *(parent.args.get(key) for key in ("low", "high", "expression"))]
        yield from (other for other in found if isinstance(other, exp.Expression) and other is not node)
    elif isinstance(parent, exp.If) and isinstance(parent.parent, exp.Case):
        yield from (branch.args["true"] for branch in parent.parent.args["ifs"] if branch is not parent)
        if isinstance(parent.parent.args.get("default"), exp.Expression):
            yield parent.parent.args["default"]
    elif isinstance(parent, exp.Case) and parent.args.get("default") is node:
        yield from (branch.args["true"] for branch in parent.args["ifs"])


def _asked(cursor: duckdb.DuckDBPyConnection, tree: exp.Expr, neighbour: exp.Expr) -> str | None:
    """The type of an expression, in the nearest SELECT around it that knows its names. It is bound and not run."""
    select = neighbour.find_ancestor(exp.Select)
    while select is not None:
        probe = exp.Select(expressions=[neighbour.copy()])
        for key in ("from_", "joins", "laterals"):
            part = select.args.get(key)
            if part:
                probe.set(key, [p.copy() for p in part] if isinstance(part, list) else part.copy())
        ctes = tree.args.get("with_")
        if ctes is not None and not any(p is ctes for p in _above(neighbour)):
            probe.set("with_", ctes.copy())
        told = _bound(cursor, probe)
        if told is not None:
            return None if told == UNKNOWN else told
        select = select.parent.find_ancestor(exp.Select) if select.parent is not None else None
    return None


def _above(node: exp.Expr) -> Iterator[exp.Expr]:
    while node.parent is not None:
        node = node.parent
        yield node


def _bound(cursor: duckdb.DuckDBPyConnection, probe: exp.Select) -> str | None:
    """The type of the one column of a statement, or None where the engine does not understand it."""
    try:
        (statement,) = cursor.extract_statements(probe.sql(dialect="duckdb", comments=False))
        nulls = dict.fromkeys(statement.named_parameters)
        return str(cursor.sql(statement, params=nulls or None).types[0])
    except (duckdb.Error, SqlglotError, ValueError):
        return None
