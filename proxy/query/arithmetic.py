"""Sums, products and means whose values are bounded by their types, so that nothing makes them raise.

Rule kept here: every operand is a number of a known type, or written out and short; what the engine makes of two such
types, and whether it has room for every value of them, the dialect says. A number that is divided by is written out,
and not zero.
"""

from __future__ import annotations

import re

from sqlglot import exp

from proxy.dialect import Conversions
from proxy.query.agreement import Types
from proxy.query.scopes import Type
from proxy.values import TypeKind

_OPERATORS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_AGGREGATES: dict[type[exp.Expr], str] = {exp.Sum: "sum", exp.Avg: "avg"}
_NUMBER = re.compile(r"(\d{1,15})(?:\.(\d{1,15}))?")
_INTEGER_DIGITS = 9
_KINDS = {
    "BIGINT": TypeKind.INTEGER,
    "DOUBLE": TypeKind.FLOAT,
    "HUGEINT": TypeKind.INTEGER,
    "REAL": TypeKind.FLOAT,
}


def computed(node: exp.Expr, types: Types, known: Conversions) -> Type | None:
    """The type of a sum, difference, product or quotient that raises on no values; None where it is not known to be
    one."""
    operator = _OPERATORS.get(type(node))
    if operator is None or (operator == "/" and not _is_nonzero(node.expression)):
        return None
    one, two = (_number(part, types) for part in (node.this, node.expression))
    found = known.arithmetic(operator, one, two) if one is not None and two is not None else None
    return None if found is None else _type(found)


def aggregated(node: exp.Expr, types: Types, known: Conversions) -> Type | None:
    """The type of a sum or mean over values of a known type."""
    found = _aggregated(node, types, known)
    return None if found is None else _type(found[0])


def never_raises(node: exp.Expr, types: Types, known: Conversions) -> bool:
    """Whether this is arithmetic, or a sum or mean, with room for whatever values and rows there are."""
    found = _aggregated(node, types, known)
    return (found is not None and found[1]) or computed(node, types, known) is not None


def _aggregated(node: exp.Expr, types: Types, known: Conversions) -> tuple[str, bool] | None:
    function, over = _AGGREGATES.get(type(node)), types.get(id(node.this))
    return None if function is None or over is None else known.aggregated(function, over.text)


def _number(node: exp.Expr, types: Types) -> str | None:
    """The type of an operand, or of a number that is written out."""
    while isinstance(node, exp.Paren | exp.Neg):
        if isinstance(node, exp.Neg) and _literal(node.this) is None:
            return None  # of whole numbers, the least has no negative
        node = node.this
    written = _literal(node)
    if written is None:
        known = types.get(id(node))
        return None if known is None else known.text
    whole, fraction = written
    if fraction:
        return f"DECIMAL({len(whole) + len(fraction)},{len(fraction)})"
    return "INTEGER" if len(whole) <= _INTEGER_DIGITS else "BIGINT"


def _literal(node: exp.Expr) -> tuple[str, str] | None:
    """The digits of a short number before and after its point."""
    while isinstance(node, exp.Paren):
        node = node.this
    found = _NUMBER.fullmatch(str(node.this)) if isinstance(node, exp.Literal) and not node.is_string else None
    return None if found is None else (found[1], found[2] or "")


def _is_nonzero(node: exp.Expr) -> bool:
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    written = _literal(node)
    return written is not None and bool("".join(written).strip("0"))


def _type(text: str) -> Type:
    return Type(_KINDS.get(text, TypeKind.DECIMAL), text)
