"""Whether values can come together without a cast that can raise: in comparisons, lists, CASE, and as conditions.

Rule kept here: constants are read by their value where the engine converts a constant to the other side's type only
when it computes the expression, so that a wrong one raises where a row gets that far. What two types do together, the
dialect says.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from enum import StrEnum

from sqlglot import exp

from proxy.dialect import Conversions
from proxy.query.constants import is_harmless, is_moment, is_of_moments, is_read_early
from proxy.query.scopes import DOUBLE, INTEGER, TEXT, Type
from proxy.values import TypeKind

OF_ROWS = (exp.Column, exp.Query, exp.Columns, exp.PositionalColumn)
"""What takes its value from a row."""
_LATE = Conversions()
_NUMERIC = frozenset({TypeKind.INTEGER, TypeKind.FLOAT})
_MOMENTS = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
_EXACT_DIGITS = 15
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_DECIMAL_DIGITS = 38
_ANY_DECIMAL = Type(TypeKind.DECIMAL, "DECIMAL")
_WIDE_BEFORE, _WIDE_AFTER = 199, 100
WIDE = Type(TypeKind.DECIMAL, f"DECIMAL({_WIDE_BEFORE + _WIDE_AFTER},{_WIDE_AFTER})")
"""A decimal of which nothing is known but that it fits in a double."""
_CONDITIONS = (
    exp.And,
    exp.Or,
    exp.Not,
    exp.Is,
    exp.Between,
    exp.In,
    exp.Exists,
    exp.Boolean,
    exp.Null,
    exp.Escape,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
    exp.Like,
    exp.ILike,
    exp.Glob,
    exp.RegexpLike,
    exp.RegexpFullMatch,
    exp.SimilarTo,
    exp.StartsWith,
    exp.EndsWith,
    exp.Contains,
    exp.ArrayContains,
    exp.IsNan,
    exp.IsInf,
    exp.LogicalAnd,
    exp.LogicalOr,
)
_CONDITION_CALLS = frozenset({"contains", "ends_with", "isfinite", "list_contains", "list_has", "prefix", "suffix"})

Types = dict[int, Type | None]
"""What is known of operands: id of a node -> its type."""


class Constant(StrEnum):
    """What is known of an operand that holds nothing of a row."""

    NULL = "null"
    STRING = "string"
    """A text; it takes the other side's type, which may fail."""
    MOMENT = "moment"
    """A text that is a date or time of day: it can be taken for either."""
    INSTANT = "instant"
    """A date or time: current_date, DATE '2024-01-01', and sums of such."""
    WHOLE = "whole"
    """A whole number of few digits."""
    NUMBER = "number"
    """A number of few digits, or a sum of such."""


_TOGETHER = (
    frozenset({Constant.STRING, Constant.MOMENT}),
    frozenset({Constant.MOMENT, Constant.INSTANT}),
    frozenset({Constant.WHOLE, Constant.NUMBER}),
)


def agree(
    nodes: Iterable[exp.Expr | None], types: Types, conversions: Conversions = _LATE, compared: bool = False
) -> bool:
    """Whether the values of all these can be brought to one type, or be `compared`, without a cast that can raise."""
    same = conversions.comparable if compared else conversions.unifiable
    if conversions.early:
        return _agree_early(nodes, types, same)
    found = {_operand(node, types) for node in nodes}
    if None in found:
        return False
    found.discard(Constant.NULL)
    known = [one for one in found if isinstance(one, Type)]
    constants = [one for one in found if isinstance(one, Constant)]
    if not known:
        return any(set(constants) <= kinds for kinds in _TOGETHER) or len(constants) <= 1
    return all(same(known[0].text, one.text) for one in known) and all(
        _takes(one, c) for one in known for c in constants
    )


def _agree_early(nodes: Iterable[exp.Expr | None], types: Types, same: Callable[[str, str], bool]) -> bool:
    """The same where constants take a type when the statement is read: what is left are pairs of known types."""
    known: list[str] = []
    for node in nodes:
        if is_read_early(node) or (node is not None and node.find(*OF_ROWS) is None and is_harmless(node)):
            continue
        operand = _operand(_compared(node), types)
        if not isinstance(operand, Type):
            return False
        known.append(operand.text)
    return all(same(one, two) for one, two in itertools.combinations_with_replacement(known, 2))


def _compared(node: exp.Expr | None) -> exp.Expr | None:
    """What ANY or ALL of a sub-query are compared by: its column."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node.this if isinstance(node, exp.Any | exp.All) and isinstance(node.this, exp.Query) else node


def common(nodes: Iterable[exp.Expr | None], types: Types, conversions: Conversions = _LATE) -> Type | None:
    """The type that values which agree are brought to, where it is known."""
    parts = list(nodes)
    if conversions.early and agree(parts, types, conversions):
        number = _common_number({_operand(node, types) for node in parts} - {Constant.NULL})
        if number is not None:
            return number
    found = {_operand(node, types) for node in parts} - {Constant.NULL}
    known = [one for one in found if isinstance(one, Type)]
    if len(known) == 1 and known[0].kind is TypeKind.TEXT and agree(parts, types):
        return known[0]
    if found <= {Constant.STRING, Constant.MOMENT}:
        return TEXT if found else None
    return next(iter(known)) if len(found) == len(known) == 1 else INTEGER if found == {Constant.WHOLE} else None


def _common_number(found: set[Type | Constant | None]) -> Type | None:
    """The type of numbers of several types, or of one and short constants: wide enough for all of them."""
    known = [one for one in found if isinstance(one, Type)]
    numbers = {TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.FLOAT}
    if len(found) == 1 or not known or not {one.kind for one in known} <= numbers:
        return None
    if not found - set(known) <= {Constant.WHOLE, Constant.NUMBER}:
        return None
    if any(one.kind is TypeKind.FLOAT for one in known):
        return DOUBLE
    return WIDE if all(_is_within_wide(one) for one in known) else _ANY_DECIMAL


def _is_within_wide(known: Type) -> bool:
    """Whether every value of a whole or decimal type is one of `WIDE`."""
    found = _DECIMAL.fullmatch(known.text)
    if found is None:
        return known.kind is TypeKind.INTEGER
    return int(found[1]) - int(found[2]) <= _WIDE_BEFORE and int(found[2]) <= _WIDE_AFTER


def is_condition(node: exp.Expr | None, types: Types) -> bool:
    """Whether a value is known to be true, false or NULL: any other, in the place of a condition, is cast."""
    while isinstance(node, exp.Paren):
        node = node.this
    if node is None or isinstance(node, _CONDITIONS):
        return True
    if isinstance(node, exp.Anonymous) and str(node.name).lower() in _CONDITION_CALLS:
        return True
    known = types.get(id(node))
    return known is not None and known.kind is TypeKind.BOOLEAN


def _operand(node: exp.Expr | None, types: Types) -> Type | Constant | None:
    """An operand's type, or which constant it is; None where neither is known, as for a parameter."""
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    if node is None or isinstance(node, exp.Null):
        return Constant.NULL if node is not None else None
    if node.find(*OF_ROWS) is not None:
        return types.get(id(node))
    if isinstance(node, exp.Boolean):
        return Type(TypeKind.BOOLEAN, "BOOLEAN")
    if isinstance(node, exp.Literal) and node.is_string:
        return Constant.MOMENT if is_moment(str(node.this)) else Constant.STRING
    if isinstance(node, exp.Literal) and str(node.this).isdecimal() and len(str(node.this)) <= _EXACT_DIGITS:
        return Constant.WHOLE
    if _short_sum(node):
        return Constant.NUMBER
    if not is_harmless(node):
        return None
    if is_of_moments(node):
        return Constant.INSTANT
    return Constant.STRING if types.get(id(node)) == TEXT else None


def _short_sum(node: exp.Expr) -> bool:
    """A short number, or a sum of them such as 0.06 - 0.01: any numeric column compares with it."""
    for part in node.walk():
        if isinstance(part, exp.Literal):
            text = str(part.this)
            if part.is_string or len(text) > _EXACT_DIGITS or "e" in text.lower():
                return False
        elif not isinstance(part, exp.Add | exp.Sub | exp.Paren | exp.Neg):
            return False
    return True


def _takes(known: Type, constant: Constant) -> bool:
    if constant is Constant.STRING:
        return known.kind is TypeKind.TEXT
    if constant is Constant.MOMENT:
        return known.kind is TypeKind.TEXT or known.text in _MOMENTS
    if constant is Constant.INSTANT:
        return known.text in _MOMENTS
    if constant is Constant.WHOLE:
        return known.kind in _NUMERIC or _has_digits(known)
    return (known.kind in _NUMERIC and "HUGEINT" not in known.text) or _has_room(known)


def _has_digits(known: Type) -> bool:
    """Whether a decimal type stays within its digits when it takes on those of a short whole number."""
    found = _DECIMAL.fullmatch(known.text)
    return found is not None and max(int(found[1]) - int(found[2]), _EXACT_DIGITS) + int(found[2]) <= _DECIMAL_DIGITS


def _has_room(known: Type) -> bool:
    """Whether a decimal type stays within its digits when it takes on the scale of a short number."""
    found = _DECIMAL.fullmatch(known.text)
    return found is not None and int(found[1]) - int(found[2]) + max(int(found[2]), _EXACT_DIGITS) <= _DECIMAL_DIGITS
