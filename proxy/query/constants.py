"""Constants that are known not to raise: the forms in which people write dates, intervals and small numbers.

Rule kept here: a closed list of forms, checked by value. A constant that raises is an oracle as good as a column:
whether the engine computes it at all can depend on what it knows of rows that are hidden.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlglot import exp

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)?")
_DIGITS = re.compile(r"\d{1,6}(?:\.\d{1,6})?")
_WHOLE = re.compile(r"-?\d{1,6}")
_MOMENTS = tuple(exp.DataType.Type[name] for name in ("DATE", "TIMESTAMP", "TIMESTAMPNTZ", "TIMESTAMPTZ"))
_NUMBERS = (exp.DataType.Type.INT, exp.DataType.Type.BIGINT, exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)
_NOW = (exp.CurrentDate, exp.CurrentTimestamp)
_NOW_CALLS = frozenset({"now", "today", "get_current_timestamp"})
_UNITS = {"SECOND": 6, "MINUTE": 6, "HOUR": 6, "DAY": 5, "WEEK": 4, "MONTH": 4, "QUARTER": 4, "YEAR": 4}
"""Units of intervals -> how many digits of them stay within the calendar of every engine."""
_CALLS = (exp.TimestampTrunc, exp.DateTrunc, exp.Lower, exp.Upper, exp.Length)
_DEEPEST = 6


def is_harmless(node: exp.Expr | None, depth: int = 0) -> bool:
    """Whether an expression without columns is of a form that cannot raise."""
    if node is None or depth > _DEEPEST:
        return False
    if isinstance(node, exp.Paren | exp.Neg):
        return is_harmless(node.this, depth + 1)
    if isinstance(node, exp.Literal):
        return node.is_string or _DIGITS.fullmatch(str(node.this)) is not None
    if isinstance(node, exp.Null | exp.Boolean | exp.Placeholder | exp.Var | exp.CurrentDate | exp.CurrentTimestamp):
        return True
    if isinstance(node, exp.Interval):
        return _is_interval(node)
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower() in _NOW_CALLS and not node.expressions
    if isinstance(node, exp.Add | exp.Sub):
        return _is_part(node.this, depth) and _is_part(node.expression, depth)
    if isinstance(node, exp.Mul | exp.Div):
        return _is_nonzero(node.this) and _is_nonzero(node.expression)
    if isinstance(node, exp.Cast):
        return _is_cast(node, depth)
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc) and _unit(node) not in _UNITS:
        return False
    return isinstance(node, _CALLS) and all(is_harmless(c, depth + 1) for c in node.iter_expressions())


def _unit(node: exp.Expr) -> str:
    """The unit that a date is cut to; one that the engine does not know raises."""
    unit = node.args.get("unit")
    return str(unit.name).upper() if isinstance(unit, exp.Expr) else ""


def is_read_early(node: exp.Expr | None) -> bool:
    """Whether a constant is one that an engine which settles types when it reads a statement has converted by then, so
    that a wrong one raises always: a literal, a parameter (converted before it is sent), or a cast of a text."""
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    if isinstance(node, exp.Cast):
        return isinstance(node.this, exp.Null) or (isinstance(node.this, exp.Literal) and node.this.is_string)
    return isinstance(node, exp.Literal | exp.Null | exp.Boolean | exp.Placeholder | exp.Parameter)


def is_of_moments(node: exp.Expr) -> bool:
    """Whether a harmless expression is a date or time: what it is made of is one, and nothing makes it a text again."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Add | exp.Sub):
        return is_of_moments(node.this) or is_of_moments(node.expression)
    if isinstance(node, exp.Cast):
        return node.to.is_type(*_MOMENTS)
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        return is_of_moments(node.this)
    return isinstance(node, _NOW) or (isinstance(node, exp.Anonymous) and is_harmless(node))


def _is_interval(node: exp.Interval) -> bool:
    """A whole number of a common unit."""
    count, unit = node.this, str(node.args.get("unit") or "").upper().removesuffix("S")
    if not isinstance(count, exp.Literal) or _WHOLE.fullmatch(str(count.this)) is None:
        return False
    return len(str(count.this).lstrip("-")) <= _UNITS.get(unit, 0)


def _is_part(node: exp.Expr, depth: int) -> bool:
    """A part of a sum: a number, a moment or an interval, not a text."""
    return not (isinstance(node, exp.Literal) and node.is_string) and is_harmless(node, depth + 1)


def _is_nonzero(node: exp.Expr) -> bool:
    if not isinstance(node, exp.Literal) or node.is_string:
        return False
    text = str(node.this)
    return len(text) <= 4 and _DIGITS.fullmatch(text) is not None and float(text) != 0


def _is_cast(node: exp.Cast, depth: int) -> bool:
    if isinstance(node, exp.TryCast) or node.to.is_type(*exp.DataType.TEXT_TYPES):
        return is_harmless(node.this, depth + 1)
    value = node.this
    if node.to.is_type(*_MOMENTS):
        if isinstance(value, exp.Literal):
            return value.is_string and is_moment(str(value.this))
        return isinstance(value, (exp.Cast, exp.Add, exp.Sub, *_NOW, *_CALLS)) and is_harmless(value, depth + 1)
    if node.to.is_type(*_NUMBERS):
        return isinstance(value, exp.Literal) and not value.is_string and is_harmless(value, depth + 1)
    return isinstance(value, exp.Null)


def is_moment(text: str) -> bool:
    """Whether a text is a date or a date and time as ISO 8601 writes them, and there is such a day."""
    if _ISO.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
