"""Which expressions can raise on a row's value (design: errors as oracles).

Rule kept here: an expression is safe only when it is known to be; whatever is not known counts as one that can raise,
and costs no more than a guard in the policy view.
"""

from __future__ import annotations

import re
from enum import StrEnum

from sqlglot import exp

from proxy.dialect import Dialect, FunctionKind
from proxy.query.constants import is_harmless, is_moment
from proxy.query.scopes import Type
from proxy.values import TypeKind

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.IntDiv: "//",
    exp.Mod: "%",
    exp.Pow: "**",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.DPipe: "||",
}
_SAFE = (
    exp.And,
    exp.Or,
    exp.Not,
    exp.Is,
    exp.Paren,
    exp.Alias,
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Boolean,
    exp.Null,
    exp.Exists,
    exp.Collate,
    exp.Ordered,
    exp.Order,
    exp.Where,
    exp.Having,
    exp.Qualify,
    exp.Group,
    exp.Tuple,
    exp.If,
    exp.TryCast,
    exp.DataType,
    exp.Star,
    exp.Filter,
    exp.Window,
    exp.WindowSpec,
    exp.Distinct,
    exp.Var,
    exp.Query,
    exp.Placeholder,
    exp.Limit,
    exp.Offset,
    exp.Cube,
    exp.Rollup,
    exp.GroupingSets,
    exp.IgnoreNulls,
    exp.RespectNulls,
    exp.Any,
    exp.All,
)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_UNIFYING = (exp.Coalesce, exp.Case, exp.Nullif)
_WILDCARDS = (exp.Like, exp.ILike, exp.Glob)
_PATTERNS = (*_WILDCARDS, exp.RegexpLike, exp.RegexpFullMatch, exp.SimilarTo)
_OF_ROWS = (exp.Column, exp.Query, exp.Columns, exp.PositionalColumn)
"""What takes its value from a row."""
_REGEXP = re.compile(r"\^?(?:[\w %@,;:/<>=!#&~'\"-][*+?]?|\.[*+?]?|\|)*\$?", re.ASCII)
"""Regular expressions of a form that every engine can read; one that it cannot read raises."""
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"})
"""Types that the engine widens to each other without loss."""
_NUMERIC = frozenset({TypeKind.INTEGER, TypeKind.FLOAT})
_MOMENTS = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
_EXACT_DIGITS = 15
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_DECIMAL_DIGITS = 38

Types = dict[int, Type | None]
"""What is known of operands: id of a node -> its type."""


class Constant(StrEnum):
    """What is known of an operand that holds nothing of a row."""

    NULL = "null"
    STRING = "string"
    """A text; it takes the other side's type, which may fail."""
    MOMENT = "moment"
    """A text that is a date or time of day."""
    WHOLE = "whole"
    """A whole number of few digits."""
    NUMBER = "number"
    """A number of few digits, or a sum of such."""
    PARAMETER = "parameter"
    OTHER = "other"


def function_name(node: exp.Expr, sql: str) -> str | None:
    """A call's name as the user wrote it, folded; None where sqlglot kept no place of it."""
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    start, end = node.meta.get("start"), node.meta.get("end")
    if start is None or end is None:
        return None
    return sql[start : end + 1].strip('"').lower()


def is_settling(node: exp.Expr, sql: str, dialect: Dialect) -> bool:
    """Whether a call is an aggregate or window function: computed only over rows that passed the filter."""
    if isinstance(node, exp.AggFunc | exp.Window):
        return True
    name = function_name(node, sql) if isinstance(node, exp.Func) else None
    function = dialect.functions.get(name) if name else None
    return function is not None and function.kind in (FunctionKind.AGGREGATE, FunctionKind.WINDOW)


def can_raise(node: exp.Expr, sql: str, dialect: Dialect, types: Types) -> bool:
    """Whether this node itself, over values of its operands, can end the query with an error."""
    if not _can_raise(node, sql, dialect, types):
        return False
    return node.find(*_OF_ROWS) is not None or not is_harmless(node)


def _can_raise(node: exp.Expr, sql: str, dialect: Dialect, types: Types) -> bool:
    if isinstance(node, _COMPARISONS):
        return not _comparable(node.this, node.expression, types)
    if isinstance(node, exp.Between):
        return not all(_comparable(node.this, node.args[end], types) for end in ("low", "high"))
    if isinstance(node, exp.In):
        return not _in_is_safe(node, types)
    if isinstance(node, exp.Escape):
        return not _escape_is_safe(node)
    if isinstance(node, _PATTERNS):
        return not _pattern_is_safe(node)
    if isinstance(node, _UNIFYING):
        return not _unify(node, types)
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        return not _cast_is_safe(node, types)
    operator = _OPERATORS.get(type(node))
    if operator is not None:
        function = dialect.functions.get(operator)
        return function is None or function.can_raise
    if isinstance(node, exp.Func) and not isinstance(node, _SAFE):
        name = function_name(node, sql)
        function = dialect.functions.get(name) if name else None
        return function is None or function.can_raise
    return not isinstance(node, _SAFE)


def _text(node: exp.Expr | None) -> str | None:
    """The value of a string literal."""
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None


def _pattern_is_safe(node: exp.Expr) -> bool:
    """Whether a match has a literal pattern that cannot be wrong: any wildcards, or a plain regular expression."""
    pattern = _text(node.expression)
    if pattern is None or isinstance(node, _WILDCARDS):
        return pattern is not None
    extra = any(value for key, value in node.args.items() if key not in ("this", "expression"))
    return not extra and _REGEXP.fullmatch(pattern) is not None


def _escape_is_safe(node: exp.Expr) -> bool:
    """Whether ESCAPE names one character that the pattern does not end with: where it does, a row that matches so far
    raises."""
    pattern, escape = _text(node.this.expression), _text(node.expression)
    if pattern is None or escape is None or len(escape) != 1 or not escape.isascii():
        return False
    return not pattern.endswith(escape)


def _operand(node: exp.Expr | None, types: Types) -> Type | Constant | None:
    """An operand's type, or which constant it is; None where neither is known."""
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    if node is None:
        return None
    if isinstance(node, exp.Null):
        return Constant.NULL
    if isinstance(node, exp.Literal) and node.is_string:
        return Constant.MOMENT if is_moment(str(node.this)) else Constant.STRING
    if isinstance(node, exp.Placeholder):
        return Constant.PARAMETER
    if node.find(*_OF_ROWS) is None:
        if isinstance(node, exp.Literal) and str(node.this).isdecimal() and len(str(node.this)) <= _EXACT_DIGITS:
            return Constant.WHOLE
        return Constant.NUMBER if _short_sum(node) else Constant.OTHER
    return types.get(id(node))


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


def _comparable(left: exp.Expr | None, right: exp.Expr | None, types: Types) -> bool:
    return _agree(_operand(left, types), _operand(right, types))


def _agree(one: Type | Constant | None, two: Type | Constant | None) -> bool:
    """Whether values of the two can be brought together without a cast that can raise."""
    if one is None or two is None:
        return False
    if isinstance(one, Constant) and isinstance(two, Constant):
        return True  # nothing of a row is computed
    if isinstance(one, Type) and isinstance(two, Type):
        return one == two or {one.text, two.text} <= _WHOLE
    known, constant = (one, two) if isinstance(one, Type) else (two, one)
    return isinstance(known, Type) and isinstance(constant, Constant) and _takes(known, constant)


def _takes(known: Type, constant: Constant) -> bool:
    if constant is Constant.NULL:
        return True
    if constant is Constant.STRING:
        return known.kind is TypeKind.TEXT
    if constant is Constant.MOMENT:
        return known.kind is TypeKind.TEXT or known.text in _MOMENTS
    if constant is Constant.WHOLE:
        return known.kind in _NUMERIC or _has_digits(known)
    if constant is Constant.NUMBER:
        return known.kind in _NUMERIC or _has_room(known)
    if constant is Constant.PARAMETER:
        return known.kind in _NUMERIC or known.text in _MOMENTS
    return known.text in _MOMENTS


def _has_digits(known: Type) -> bool:
    """Whether a decimal type stays within its digits when it takes on those of a short whole number."""
    found = _DECIMAL.fullmatch(known.text)
    return found is not None and max(int(found[1]) - int(found[2]), _EXACT_DIGITS) + int(found[2]) <= _DECIMAL_DIGITS


def _has_room(known: Type) -> bool:
    """Whether a decimal type stays within its digits when it takes on the scale of a short number."""
    found = _DECIMAL.fullmatch(known.text)
    return found is not None and int(found[1]) - int(found[2]) + max(int(found[2]), _EXACT_DIGITS) <= _DECIMAL_DIGITS


def _in_is_safe(node: exp.In, types: Types) -> bool:
    if node.args.get("query") is not None:
        return _agree(_operand(node.this, types), types.get(id(node.args["query"])))
    if node.args.get("unnest") is not None or node.args.get("field") is not None:
        return False
    return all(_comparable(node.this, item, types) for item in node.expressions)


def _unify(node: exp.Expr, types: Types) -> bool:
    """Whether the values that a CASE, COALESCE or NULLIF brings together are of one kind."""
    if isinstance(node, exp.Case):
        values = [branch.args.get("true") for branch in node.args["ifs"]]
        if node.args.get("default") is not None:
            values.append(node.args["default"])
        subject = node.args.get("this")
        tests = [branch.this for branch in node.args["ifs"]] if subject is not None else []
        if not all(_comparable(subject, test, types) for test in tests):
            return False
    elif isinstance(node, exp.Coalesce):
        values = [node.this, *node.expressions]
    else:
        values = [node.this, node.expression]
    found = [_operand(v, types) for v in values if v is not None]
    known = [t for t in found if isinstance(t, Type)]
    return None not in found and all(_agree(t, other) for t in known for other in found)


def _cast_is_safe(node: exp.Cast, types: Types) -> bool:
    target = node.to
    known = types.get(id(node.this))
    if known is None:
        return False
    if target.is_type(*exp.DataType.TEXT_TYPES):
        return known.kind is not TypeKind.BINARY and known.kind is not TypeKind.OTHER
    return known.kind is TypeKind.DATE and target.is_type(exp.DataType.Type.DATE)
