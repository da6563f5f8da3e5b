"""How much larger a value can become than the columns it is made of.

Rule kept here: an expression that raises on no ordinary value still raises on one that is too large for the engine, and
texts that are joined to themselves, or replaced by longer ones, are soon too large. So growth is counted, in cells:
through functions, through sub-queries and from one select item to the next. Past `MOST` an expression can raise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

MOST = 64
"""Cells in one value. Engines end at 1 GB or 4 GB: a cell of the warehouse is taken for smaller than 16 MB."""
_TOO_MANY = 1e9
_CONSTANT = 0.001
_LITERAL_CELL = 65_536
"""Characters of a literal that count as a cell."""
_JOINED = (exp.DPipe, exp.Concat, exp.ConcatWs, exp.Array, exp.Tuple, exp.Struct)
_JOINED_CALLS = frozenset({"list_pack", "row", "struct_pack"})
_WIDENED_CALLS = {"base64": 2, "jsonb_pretty": 100, "quote_ident": 2, "quote_literal": 2, "quote_nullable": 2}
_WIDENED_CALLS |= {"regexp_escape": 2, "to_base64": 2}
_GATHERED = (exp.ArrayAgg, exp.GroupConcat)
GROWING = (*_JOINED, *_GATHERED, exp.Replace, exp.ToBase64, exp.Pad, exp.Anonymous)
"""Classes of nodes whose value can be larger than each of those it is made of; `grows` says whether it can."""


def grows(node: exp.Expr) -> bool:
    """Whether a value can be larger than each of those that this node makes it of."""
    if isinstance(node, exp.Anonymous):
        return (name := str(node.name).lower()) in _JOINED_CALLS or name in _WIDENED_CALLS
    return isinstance(node, GROWING)


def sizes(nodes: Sequence[exp.Expr], leaves: Mapping[int, float]) -> dict[int, float]:
    """The cells in the value of each node of an expression, by id. `nodes` are its inner ones, parents first; `leaves`
    the cells of its columns and sub-queries."""
    found: dict[int, float] = dict(leaves)
    for node in reversed(nodes):
        found[id(node)] = min(_size(node, found), _TOO_MANY)
    return found


def _size(node: exp.Expr, found: Mapping[int, float]) -> float:
    if isinstance(node, exp.Literal):
        return max(_CONSTANT, len(str(node.this)) / _LITERAL_CELL)
    parts = [found[id(child)] for child in node.iter_expressions() if id(child) in found]
    if not parts:
        return 1 if isinstance(node, exp.Placeholder | exp.Parameter) else _CONSTANT
    if isinstance(node, _GATHERED):
        return _TOO_MANY
    if isinstance(node, exp.Replace):
        return max(parts) * _longer(node)
    if isinstance(node, exp.Pad):
        return max(*parts, _number(node.expression) / _LITERAL_CELL)
    if isinstance(node, exp.ToBase64):
        return 2 * max(parts)
    if isinstance(node, exp.Anonymous):
        name = str(node.name).lower()
        return sum(parts) if name in _JOINED_CALLS else _WIDENED_CALLS.get(name, 1) * max(parts)
    return sum(parts) if isinstance(node, _JOINED) else max(parts)


def _longer(node: exp.Replace) -> float:
    """How many times as long a text can be once all of one text in it is replaced by another."""
    old, new = node.expression, node.args.get("replacement")
    if not isinstance(new, exp.Literal):
        return 1 if new is None else _TOO_MANY
    replaced = len(str(old.this)) if isinstance(old, exp.Literal) else 1
    return max(1.0, len(str(new.this).encode()) / max(replaced, 1))


def _number(node: exp.Expr | None) -> float:
    return float(node.this) if isinstance(node, exp.Literal) and str(node.this).isdecimal() else _TOO_MANY
