"""Which expressions can raise on a row's value (design: errors as oracles).

Rule kept here: an expression is safe only when it is known to be; whatever is not known counts as one that can raise,
and costs no more than a guard in the policy view.
"""

from __future__ import annotations

from sqlglot import exp

from proxy.dialect import Dialect, FunctionKind
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
    exp.Interval,
    exp.Var,
    exp.Query,
    exp.Placeholder,
    exp.Cube,
    exp.Rollup,
    exp.GroupingSets,
    exp.IgnoreNulls,
    exp.RespectNulls,
    exp.Any,
    exp.All,
    exp.Escape,
)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_UNIFYING = (exp.Coalesce, exp.Case, exp.Nullif)
_PATTERNS = (exp.Like, exp.ILike, exp.RegexpLike, exp.RegexpFullMatch, exp.SimilarTo, exp.Glob)
_NUMERIC = {TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.FLOAT}
_MOMENTS = {TypeKind.DATE, TypeKind.TIMESTAMP}
_EXACT_DIGITS = 15

Kinds = dict[int, TypeKind | None]
"""What is known of operands: id of a node -> its kind."""


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


def can_raise(node: exp.Expr, sql: str, dialect: Dialect, kinds: Kinds) -> bool:
    """Whether this node itself, over values of its operands, can end the query with an error."""
    if isinstance(node, _COMPARISONS):
        return not _comparable(node.this, node.expression, kinds)
    if isinstance(node, exp.Between):
        return not all(_comparable(node.this, node.args[end], kinds) for end in ("low", "high"))
    if isinstance(node, exp.In):
        return not _in_is_safe(node, kinds)
    if isinstance(node, _PATTERNS):
        return not (isinstance(node.expression, exp.Literal) and node.expression.is_string)
    if isinstance(node, _UNIFYING):
        return not _unify(node, kinds)
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        return not _cast_is_safe(node, kinds)
    operator = _OPERATORS.get(type(node))
    if operator is not None:
        function = dialect.functions.get(operator)
        return function is None or function.can_raise
    if isinstance(node, exp.Func) and not isinstance(node, _SAFE):
        name = function_name(node, sql)
        function = dialect.functions.get(name) if name else None
        return function is None or function.can_raise
    return not isinstance(node, _SAFE)


def _kind(node: exp.Expr | None, kinds: Kinds) -> TypeKind | str | None:
    """A column's kind, or what a constant is: "string" (takes the other side's type), "number", or its cast's kind."""
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    if node is None:
        return None
    if isinstance(node, exp.Null | exp.Boolean):
        return "string" if isinstance(node, exp.Null) else TypeKind.BOOLEAN
    if isinstance(node, exp.Literal):
        return "string" if node.is_string else _number(str(node.this))
    if isinstance(node, exp.Placeholder):
        return "placeholder"
    if node.find(exp.Column, exp.Query) is None:
        return "number" if _short_sum(node) else "constant"
    return kinds.get(id(node))


def _short_sum(node: exp.Expr) -> bool:
    """A sum of short numbers, such as 0.06 - 0.01, has a type that any numeric column compares with."""
    for part in node.walk():
        if isinstance(part, exp.Literal):
            if part.is_string or _number(str(part.this)) != "number":
                return False
        elif not isinstance(part, exp.Add | exp.Sub | exp.Paren | exp.Neg):
            return False
    return True


def _number(text: str) -> TypeKind | str:
    return "number" if len(text) <= _EXACT_DIGITS and "e" not in text.lower() else "constant"


def _comparable(left: exp.Expr | None, right: exp.Expr | None, kinds: Kinds) -> bool:
    return _agree(_kind(left, kinds), _kind(right, kinds))


def _agree(one: TypeKind | str | None, two: TypeKind | str | None) -> bool:
    if one is None or two is None:
        return False
    if isinstance(one, str) and not isinstance(one, TypeKind):
        one, two = two, one
    if isinstance(one, TypeKind) and isinstance(two, TypeKind):
        return (
            one == two
            or {one, two} <= _MOMENTS
            or (one in _NUMERIC and two in _NUMERIC and TypeKind.DECIMAL not in (one, two))
        )
    if not isinstance(one, TypeKind):
        return True  # both constant: nothing of a row is computed
    if two == "string":
        return True  # the constant takes the column's type
    if two == "number":
        return one in _NUMERIC
    if two == "placeholder":
        return one is not TypeKind.TEXT and one is not TypeKind.DECIMAL
    return one in _MOMENTS or one is TypeKind.TEXT if two == "constant" else False


def _in_is_safe(node: exp.In, kinds: Kinds) -> bool:
    if node.args.get("query") is not None:
        return _agree(_kind(node.this, kinds), kinds.get(id(node.args["query"])))
    if node.args.get("unnest") is not None or node.args.get("field") is not None:
        return False
    return all(_comparable(node.this, item, kinds) for item in node.expressions)


def _unify(node: exp.Expr, kinds: Kinds) -> bool:
    """Whether the values that a CASE, COALESCE or NULLIF brings together are of one kind."""
    if isinstance(node, exp.Case):
        values = [branch.args.get("true") for branch in node.args["ifs"]]
        if node.args.get("default") is not None:
            values.append(node.args["default"])
        subject = node.args.get("this")
        tests = [branch.this for branch in node.args["ifs"]] if subject is not None else []
        if not all(_comparable(subject, test, kinds) for test in tests):
            return False
    elif isinstance(node, exp.Coalesce):
        values = [node.this, *node.expressions]
    else:
        values = [node.this, node.expression]
    found = [_kind(v, kinds) for v in values if v is not None]
    columns = {k for k in found if isinstance(k, TypeKind)}
    if None in found or not columns:
        return None not in found
    first = next(iter(columns))
    return all(_agree(first, k) for k in found)


def _cast_is_safe(node: exp.Cast, kinds: Kinds) -> bool:
    if node.this.find(exp.Column, exp.Query) is None:
        return True
    target = node.to
    kind = kinds.get(id(node.this))
    if target.is_type(*exp.DataType.TEXT_TYPES) and kind is not TypeKind.BINARY:
        return True
    return kind is TypeKind.DATE and target.is_type(exp.DataType.Type.DATE)
