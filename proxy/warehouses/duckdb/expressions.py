"""How masks are said in DuckDB.

Rule kept here: every expression keeps NULL as NULL, raises on no value, and names the engine's own functions by their
full name, so that no macro can stand in for them. Constants are literals in the tree; secrets are placeholders.
"""

from __future__ import annotations

from sqlglot import exp

from proxy.dialect import Expressions
from proxy.values import TypeKind


def call(name: str, *arguments: exp.Expression) -> exp.Expression:
    """A built-in function by its full name, `system.main.name(..)`."""
    function = exp.Anonymous(this=name, expressions=list(arguments))
    schema = exp.Dot(this=exp.to_identifier("system", quoted=True), expression=exp.to_identifier("main", quoted=True))
    return exp.Dot(this=schema, expression=function)


def to_text(value: exp.Expression) -> exp.Expression:
    """The value as the engine prints it."""
    return exp.cast(value, exp.DataType.Type.VARCHAR, copy=False)


def replace_all(value: exp.Expression, pattern: str, replacement: str) -> exp.Expression:
    """Every match of an RE2 pattern, replaced; the replacement is literal text."""
    literal = replacement.replace("\\", "\\\\")
    arguments = (exp.Literal.string(pattern), exp.Literal.string(literal), exp.Literal.string("g"))
    return call("regexp_replace", value, *arguments)


def matches(value: exp.Expression, pattern: str) -> exp.Expression:
    """Whether the whole text matches an RE2 pattern."""
    return call("regexp_full_match", value, exp.Literal.string(pattern))


def hmac_hex(value: exp.Expression) -> exp.Expression:
    """HMAC-SHA-256 (RFC 2104): H(outer block || H(inner block || text)), the blocks bound."""
    inner = exp.DPipe(this=_block("secret:mask_key_inner"), expression=call("encode", value), safe=False)
    digest = call("unhex", call("sha256", inner))
    outer = exp.DPipe(this=_block("secret:mask_key_outer"), expression=digest, safe=False)
    return call("sha256", outer)


def _block(name: str) -> exp.Expression:
    return exp.cast(exp.Placeholder(this=name), exp.DataType.Type.BLOB, copy=False)


def first(value: exp.Expression, count: int) -> exp.Expression:
    """The first `count` characters (code points)."""
    return call("left", value, exp.Literal.number(count))


def last(value: exp.Expression, count: int) -> exp.Expression:
    """The last `count` characters (code points)."""
    return call("right", value, exp.Literal.number(count))


def length(value: exp.Expression) -> exp.Expression:
    """The number of characters (code points)."""
    return call("length", value)


def year(value: exp.Expression) -> exp.Expression:
    """The year of a date or timestamp (in UTC); NULL for an infinite one. By way of TIMESTAMP, since with time zones
    the engine counts years before Christ up, and dates beyond it are NULL."""
    moment = exp.TryCast(this=value, to=exp.DataType.build("TIMESTAMP", dialect="duckdb"))
    return call("year", moment)


def truncated(value: exp.Expression, unit: str) -> exp.Expression:
    """A date or timestamp cut to the start of its `year` or `month`; called on years 1 to 9999 only."""
    return call("date_trunc", exp.Literal.string(unit), value)


def floating(value: exp.Expression) -> exp.Expression:
    """A number as a double."""
    return exp.cast(value, exp.DataType.Type.DOUBLE, copy=False)


def ordered(value: exp.Expression, kind: TypeKind) -> exp.Expression:
    """A number as a double, whatever its `kind`; NULL for NaN, which the engine holds for larger than every number."""
    number = floating(value) if kind in (TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.FLOAT) else exp.Null()
    return exp.Case().when(exp.NEQ(this=number, expression=floating(exp.Literal.string("nan"))), number.copy())


def truncated_number(value: exp.Expression) -> exp.Expression:
    """A double without its fraction, towards zero."""
    return call("trunc", value)


def whole(value: exp.Expression) -> exp.Expression:
    """A decimal without its fraction, towards zero, in an integer type that holds all of them."""
    return exp.cast(call("trunc", value), exp.DataType.Type.INT128, copy=False)


def opaque(value: exp.Expression) -> exp.Expression:
    """A column's value without its statistics. The engine hands the least and greatest value of a column on through
    CASE, hidden rows included, and folds conditions away by them; it hands nothing on through TRY."""
    return exp.Try(this=value)


EXPRESSIONS = Expressions(
    to_text=to_text,
    replace_all=replace_all,
    hmac_hex=hmac_hex,
    matches=matches,
    first=first,
    last=last,
    length=length,
    year=year,
    truncated=truncated,
    floating=floating,
    ordered=ordered,
    truncated_number=truncated_number,
    whole=whole,
    opaque=opaque,
)
