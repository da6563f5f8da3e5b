"""How masks are said in PostgreSQL.

Rule kept here: every expression keeps NULL as NULL, raises on no value, and names the engine's own functions by their
full name, so that no other can stand in for them. Constants are literals in the tree; secrets are placeholders. The
session is pinned to UTC and to an empty search path, so that operators and casts are the engine's own.
"""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp

from proxy.dialect import Expressions
from proxy.values import TypeKind
from proxy.warehouses.postgres.patterns import advanced
from proxy.warehouses.postgres.retyping import call, converted, matched, numeric


@lru_cache(maxsize=1024)
def _pattern(pattern: str, whole: bool) -> str:
    return f"^(?:{advanced(pattern)})$" if whole else advanced(pattern)


def to_text(value: exp.Expression) -> exp.Expression:
    """The value as the engine prints it."""
    return exp.cast(value, exp.DataType.Type.TEXT, copy=False)


def replace_all(value: exp.Expression, pattern: str, replacement: str) -> exp.Expression:
    """Every match of an RE2 pattern, replaced; the replacement is literal text."""
    literal = replacement.replace("\\", "\\\\")
    arguments = (exp.Literal.string(_pattern(pattern, whole=False)), exp.Literal.string(literal))
    return call("regexp_replace", value, *arguments, exp.Literal.string("g"))


def matches(value: exp.Expression, pattern: str) -> exp.Expression:
    """Whether the whole text matches an RE2 pattern."""
    return matched(value, _pattern(pattern, whole=True))


def hmac_hex(value: exp.Expression) -> exp.Expression:
    """HMAC-SHA-256 (RFC 2104): H(outer block || H(inner block || text)), the blocks bound."""
    text = call("convert_to", to_text(value), exp.Literal.string("UTF8"))
    inner = call("sha256", exp.DPipe(this=_block("secret:mask_key_inner"), expression=text, safe=False))
    outer = call("sha256", exp.DPipe(this=_block("secret:mask_key_outer"), expression=inner, safe=False))
    return call("encode", outer, exp.Literal.string("hex"))


def _block(name: str) -> exp.Expression:
    return exp.cast(exp.Placeholder(this=name), exp.DataType.Type.VARBINARY, copy=False)


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
    """The year of a date or timestamp (in UTC); below zero before Christ; NULL for an infinite one."""
    found = call("extract", exp.Literal.string("year"), value.copy())
    return exp.Case().when(call("isfinite", value.copy()), found, copy=False)


def truncated(value: exp.Expression, unit: str) -> exp.Expression:
    """A date or timestamp cut to the start of its `year` or `month`; called on years 1 to 9999 only."""
    return call("date_trunc", exp.Literal.string(unit), value)


def floating(value: exp.Expression) -> exp.Expression:
    """A floating or whole number as a double."""
    return exp.cast(value, exp.DataType.Type.DOUBLE, copy=False)


def ordered(value: exp.Expression, kind: TypeKind) -> exp.Expression:
    """A number as it is; NULL for NaN."""
    if kind is TypeKind.INTEGER:
        return value
    nan = numeric(exp.Literal.string("nan")) if kind is TypeKind.DECIMAL else floating(exp.Literal.string("nan"))
    return exp.Case().when(exp.NEQ(this=value.copy(), expression=nan), value.copy(), copy=False)


def truncated_number(value: exp.Expression) -> exp.Expression:
    """A double without its fraction, towards zero."""
    return call("trunc", value)


def whole(value: exp.Expression) -> exp.Expression:
    """A decimal without its fraction, towards zero, as a decimal; NULL for NaN and infinities."""
    odd = [numeric(exp.Literal.string(word)) for word in ("nan", "inf", "-inf")]
    finite = exp.Not(this=exp.In(this=value.copy(), expressions=odd))
    return exp.Case().when(finite, call("trunc", value.copy()), copy=False)


def opaque(value: exp.Expression) -> exp.Expression:
    """The column itself: the planner knows nothing of a column inside of CASE."""
    return value


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
    converted=converted,
)
