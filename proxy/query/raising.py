"""Which expressions can raise on a row's value (design: errors as oracles).

Rule kept here: an expression is safe only when it is known to be; whatever is not known counts as one that can raise,
and costs no more than a guard in the policy view.
"""

from __future__ import annotations

import re

from sqlglot import exp

from proxy.dialect import Conversions, Dialect, Function, FunctionKind, Literals
from proxy.query.agreement import OF_ROWS, Types, agree, is_condition
from proxy.query.arithmetic import never_raises
from proxy.query.classes import Among
from proxy.query.constants import is_harmless, is_read_early
from proxy.query.scopes import TEXT
from proxy.values import TypeKind

_SAFE = (
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
    exp.Group,
    exp.Tuple,
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
    exp.JSONPath,
    exp.JSONPathPart,
)
_INERT = frozenset((exp.Alias, exp.Boolean, exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Paren, exp.Star))
"""Those of the safe ones that are most frequent, and need no closer look."""
_CALLS = Among(exp.Func, exp.AggFunc, exp.Window)
_STRICT = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Paren,
    exp.Neg,
    exp.Cast,
    exp.DataType,
    exp.DataTypeParam,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Mod,
    exp.DPipe,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Like,
    exp.ILike,
    exp.RegexpLike,
    exp.Substring,
    exp.Lower,
    exp.Upper,
    exp.Length,
    exp.Interval,
    exp.Var,
)
"""Of these, what is computed of NULL is NULL, and nothing raises."""
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_LOGICAL = (exp.And, exp.Or, exp.Not, exp.Is, exp.Where, exp.Having, exp.Qualify)
_TIMESTAMPS = frozenset({"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
_PART = "date_part"
_SPELT_OUT: dict[type[exp.Expr], str] = {exp.Substring: "substring"}
"""Calls in words, such as `substring(x FROM 1 FOR 2)`, of which sqlglot keeps no place."""
_UNIFYING = (exp.Coalesce, exp.Case, exp.Nullif)
_WILDCARDS = (exp.Like, exp.ILike, exp.Glob)
_PATTERNS = (*_WILDCARDS, exp.RegexpLike, exp.RegexpILike, exp.RegexpFullMatch, exp.SimilarTo)
_FIELDS = (exp.JSONExtract, exp.JSONExtractScalar)
_OF_TEXTS = frozenset(
    [
        "ascii",
        "base64",
        "bit_length",
        "char_length",
        "character_length",
        "concat",
        "concat_ws",
        "contains",
        "encode",
        "ends_with",
        "hash",
        "instr",
        "jaro_similarity",
        "jaro_winkler_similarity",
        "json_valid",
        "lcase",
        "len",
        "length",
        "length_grapheme",
        "levenshtein",
        "lower",
        "ltrim",
        "md5",
        "nfc_normalize",
        "octet_length",
        "ord",
        "pg_typeof",
        "position",
        "prefix",
        "regexp_escape",
        "replace",
        "reverse",
        "rtrim",
        "sha1",
        "sha256",
        "split",
        "starts_with",
        "str_split",
        "string_split",
        "string_to_array",
        "strip_accents",
        "strlen",
        "strpos",
        "suffix",
        "translate",
        "trim",
        "typeof",
        "ucase",
        "unicode",
        "upper",
    ]
)
"""Functions whose every argument is a text, or of any type: a text literal is never converted there."""
_LEADING_TEXTS = {"split_part": 2}
"""Functions that take so many texts before other arguments."""
_REGEXP = re.compile(r"\^?(?:[\w %@,;:/<>=!#&~'\"-][*+?]?|\.[*+?]?|\|)*\$?", re.ASCII)
"""Regular expressions of a form that every engine can read; one that it cannot read raises."""
_COUNT = re.compile(r"[1-9]\d{0,5}")
_SHORT = 100
"""The most characters of a literal that cannot make a text too large, however often it is put in."""


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
    if not _CALLS[type(node)]:
        return False
    if isinstance(node, exp.AggFunc | exp.Window):
        return True
    name = function_name(node, sql) if isinstance(node, exp.Func) else None
    function = dialect.functions.get(name) if name else None
    return function is not None and function.kind in (FunctionKind.AGGREGATE, FunctionKind.WINDOW)


def is_strict(node: exp.Expr) -> bool:
    """Whether an expression that can raise does not where a column in it is NULL: it has one, and nothing in it makes a
    value of NULL."""
    return node.find(exp.Column) is not None and all(isinstance(part, _STRICT) for part in node.walk())


def can_raise(node: exp.Expr, sql: str, dialect: Dialect, types: Types) -> bool:
    """Whether this node itself, over values of its operands, can end the query with an error."""
    if type(node) in _INERT:
        return False
    if isinstance(node, exp.Limit | exp.Offset | exp.Fetch | exp.WindowSpec):
        return not all(_is_count(bound) for bound in _bounds(node))
    if not _can_raise(node, sql, dialect, types):
        return False
    return node.find(*OF_ROWS) is not None or not is_harmless(node)


def _bounds(node: exp.Expr) -> list[exp.Expr]:
    """How many rows a LIMIT, OFFSET, FETCH or window frame takes, where it is no keyword."""
    if isinstance(node, exp.WindowSpec):
        bounds = [node.args.get("start"), node.args.get("end")]
    else:
        bounds = [node.args.get("count") if isinstance(node, exp.Fetch) else node.expression]
    return [bound for bound in bounds if isinstance(bound, exp.Expr)]


def _is_count(bound: exp.Expr) -> bool:
    """Whether a number of rows is written out, and not negative."""
    return isinstance(bound, exp.Literal) and not bound.is_string and str(bound.this).isdecimal()


def _can_raise(node: exp.Expr, sql: str, dialect: Dialect, types: Types) -> bool:
    known = dialect.conversions
    if isinstance(node, _LOGICAL):
        return not known.early and not all(is_condition(part, types) for part in _conditions(node))
    if isinstance(node, exp.If):
        return not _if_is_safe(node, types, known)
    if isinstance(node, _COMPARISONS):
        return not agree((node.this, node.expression), types, known, compared=True)
    if isinstance(node, exp.Between):
        return not agree((node.this, node.args["low"], node.args["high"]), types, known, compared=True)
    if isinstance(node, exp.In):
        return not _in_is_safe(node, types, known)
    if isinstance(node, exp.Escape):
        return not _escape_is_safe(node)
    if isinstance(node, _PATTERNS):
        return not _pattern_is_safe(node, types, known)
    if isinstance(node, _UNIFYING):
        return not _unify(node, types, known)
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        return not _cast_is_safe(node, types, dialect)
    if isinstance(node, exp.Collate):
        return not known.collations
    if isinstance(node, exp.DPipe) and known.printable is not None:
        return not _joins_texts(node, types, known)
    if never_raises(node, types, known):
        return False
    operator = known.operators.get(type(node).__name__)
    if operator is not None:
        function = dialect.functions.get(operator)
        return function is None or function.can_raise
    if isinstance(node, exp.Func) and not isinstance(node, _SAFE):
        return not _call_is_safe(node, sql, types, dialect)
    return not isinstance(node, _SAFE) and not (known.early and isinstance(node, exp.Parameter))


def _call_is_safe(node: exp.Func, sql: str, types: Types, dialect: Dialect) -> bool:
    """Whether a call is one that raises on no row."""
    known = dialect.conversions
    if isinstance(node, _FIELDS) and known.fields:
        return _reads_a_field(node, types, known)
    if isinstance(node, exp.Extract) and known.dates:
        return _is_part_of_a_date(node, sql, types, known)
    name = function_name(node, sql) or _SPELT_OUT.get(type(node))
    function = dialect.functions.get(name) if name else None
    if function is None or name is None:
        return False
    if function.can_raise and not _is_safe_here(function, list(node.iter_expressions())):
        return False
    return known.early or _takes_its_literals(name, node)


def _is_part_of_a_date(node: exp.Extract, sql: str, types: Types, known: Conversions) -> bool:
    """Whether a part that every date and time has is taken of one; `date_part`, which sqlglot takes for the same, makes
    a timestamp of a date first."""
    moment = types.get(id(node.expression))
    part = str(node.this.name).lower() if isinstance(node.this, exp.Var) else ""
    sure = moment is not None and (moment.text in _TIMESTAMPS or (moment.text == "DATE" and _PART not in sql.lower()))
    return sure and part in known.dates


def _is_safe_here(function: Function, arguments: list[exp.Expr]) -> bool:
    """Whether a call that can raise cannot with these arguments: by their number, or by the literals among them."""
    if len(arguments) in function.safe_with:
        return True
    if function.safe_literals is None:
        return False
    return all(_is_short(one, function.safe_literals) for one in arguments[1:])


def _is_short(node: exp.Expr, allowed: Literals) -> bool:
    text = _text(node)
    if text is not None:
        return allowed is Literals.SHORT and len(text) <= _SHORT
    return isinstance(node, exp.Literal) and _COUNT.fullmatch(str(node.this)) is not None


def _reads_a_field(node: exp.Expr, types: Types, known: Conversions) -> bool:
    """Whether a field or element that is named by a constant is taken of JSON that the engine keeps in parts."""
    value = types.get(id(node.this))
    return value is not None and value.text in known.fields and node.expression.find(*OF_ROWS) is None


def _joins_texts(node: exp.DPipe, types: Types, known: Conversions) -> bool:
    """Whether a concatenation is one of texts, perhaps with other values that have a text."""
    parts = [part for part in (node.this, node.expression) if not is_read_early(part)]
    found = [types.get(id(part)) for part in parts]
    if known.printable is None or any(one is None or not known.printable(one.text) for one in found):
        return False
    return any(one is not None and one.kind is TypeKind.TEXT for one in found)


def _takes_its_literals(name: str, call: exp.Func) -> bool:
    """Whether a call has no text literal or parameter that the engine would convert to a number, a list or a date."""
    if name in _OF_TEXTS:
        return True
    arguments = list(call.iter_expressions())[_LEADING_TEXTS.get(name, 0) :]
    return not any(_text(part) is not None or isinstance(part, exp.Placeholder) for part in arguments)


def _text(node: exp.Expr | None) -> str | None:
    """The value of a string literal."""
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None


def _pattern_is_safe(node: exp.Expr, types: Types, known: Conversions) -> bool:
    """Whether a match has a literal pattern that cannot be wrong: any wildcards, or a plain regular expression."""
    pattern = _text(node.expression)
    if known.early and not _is_text(node.this, types):
        return False
    if pattern is None or isinstance(node, _WILDCARDS):
        return pattern is not None and not (known.backslash_escapes and pattern.endswith("\\"))
    extra = any(value for key, value in node.args.items() if key not in ("this", "expression"))
    return not extra and _REGEXP.fullmatch(pattern) is not None


def _is_text(node: exp.Expr, types: Types) -> bool:
    found = types.get(id(node))
    return found is not None and found.text == TEXT.text


def _escape_is_safe(node: exp.Expr) -> bool:
    """Whether ESCAPE names one character that the pattern does not end with: where it does, a row that matches so far
    raises."""
    pattern, escape = _text(node.this.expression), _text(node.expression)
    if pattern is None or escape is None or len(escape) != 1 or not escape.isascii():
        return False
    return not pattern.endswith(escape)


def _conditions(node: exp.Expr) -> tuple[exp.Expr | None, ...]:
    """The parts of a logical node that must be true or false."""
    if isinstance(node, exp.Is):
        return (node.this,) if isinstance(node.expression, exp.Boolean) else ()
    return (node.this, node.args.get("expression"))


def _if_is_safe(node: exp.If, types: Types, known: Conversions) -> bool:
    """Whether a branch of CASE, or a call of if(), casts nothing; the values of CASE are looked at as a whole."""
    if isinstance(node.parent, exp.Case):
        return known.early or node.parent.args.get("this") is not None or is_condition(node.this, types)
    values = [v for v in (node.args.get("true"), node.args.get("false")) if v is not None]
    return is_condition(node.this, types) and agree(values, types, known)


def _in_is_safe(node: exp.In, types: Types, known: Conversions) -> bool:
    if node.args.get("query") is not None:
        return agree((node.this, node.args["query"]), types, known, compared=True)
    if node.args.get("unnest") is not None or node.args.get("field") is not None:
        return False
    return agree((node.this, *node.expressions), types, known, compared=True)


def _unify(node: exp.Expr, types: Types, known: Conversions) -> bool:
    """Whether the values that a CASE, COALESCE or NULLIF brings together are of one kind."""
    if isinstance(node, exp.Case):
        values = [branch.args.get("true") for branch in node.args["ifs"]]
        if node.args.get("default") is not None:
            values.append(node.args["default"])
        subject = node.args.get("this")
        tests = [branch.this for branch in node.args["ifs"]] if subject is not None else []
        tested = subject is None or agree((subject, *tests), types, known, compared=True)
        return tested and agree(values, types, known)
    if isinstance(node, exp.Coalesce):
        return agree([node.this, *node.expressions], types, known)
    return agree([node.this, node.expression], types, known, compared=True)


def _cast_is_safe(node: exp.Cast, types: Types, dialect: Dialect) -> bool:
    target, conversions = node.to, dialect.conversions
    if conversions.early and is_read_early(node):
        return True
    known = types.get(id(node.this))
    if known is None:
        return False
    if target.is_type(*exp.DataType.TEXT_TYPES):
        if conversions.printable is not None:
            return conversions.printable(known.text)
        return known.kind is not TypeKind.BINARY and known.kind is not TypeKind.OTHER
    return conversions.castable(known.text, dialect.types(target.sql(dialect.name)))
