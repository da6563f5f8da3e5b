"""A mask's value as the column's own type, or NULL: what other engines have TRY_CAST for.

Rule kept here: nothing raises. A value whose type is not known becomes a text first, and only a text of a form that is
known to be right, and a number that is known to fit, is cast on. Texts are cut to the column's length. Types without
such forms take values of that very type, and nothing else.
"""

from __future__ import annotations

from sqlglot import exp

_BIGGEST_DOUBLE = "1e308"
_BIGGEST_REAL = "3.4e38"
_SMALLEST_DOUBLE = "1e-300"
_SMALLEST_REAL = "1.2e-38"
_LONGEST_NUMBER = 2000
_NUMBER = "^[+-]?[0-9]+([.][0-9]+)?(e[+-]?[0-9]{1,3})?$"
_ODD = "^(NaN|-?Infinity)$"
_WHOLE = {
    exp.DataType.Type.SMALLINT: 2**15,
    exp.DataType.Type.INT: 2**31,
    exp.DataType.Type.BIGINT: 2**63,
}
_REALS = {
    exp.DataType.Type.FLOAT: (_SMALLEST_REAL, _BIGGEST_REAL),
    exp.DataType.Type.DOUBLE: (_SMALLEST_DOUBLE, _BIGGEST_DOUBLE),
}
_MOMENTS = (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ)
_LEAP = "(([0-9]{2}(0[48]|[2468][048]|[13579][26]))|(([02468][048]|[13579][26])00))-02-29"
_DAYS = "[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
_TIME = "[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?([+-](0[0-9]|1[0-4])(:[0-5][0-9])?)?"
_MOMENT = f"^(?!0000)({_DAYS}|{_LEAP})({_TIME})?$"
"""Every day of the years 1 to 9999 in the Gregorian calendar, as ISO 8601 and the server write it."""


def call(name: str, *arguments: exp.Expression) -> exp.Expression:
    """A built-in function by its full name, `pg_catalog.name(..)`."""
    function = exp.Anonymous(this=name, expressions=list(arguments))
    return exp.Dot(this=exp.to_identifier("pg_catalog", quoted=True), expression=function)


def matched(text: exp.Expression, pattern: str) -> exp.Expression:
    """Whether a text matches a pattern that PostgreSQL reads."""
    return call("regexp_like", text, exp.Literal.string(pattern))


def number(text: str) -> exp.Expression:
    """A number, written as it is."""
    negative = text.startswith("-")
    literal = exp.Literal.number(text.lstrip("-"))
    return exp.Paren(this=exp.Neg(this=literal)) if negative else literal


def between(value: exp.Expression, low: str, high: str) -> exp.Expression:
    """Whether a number lies in a range, ends included."""
    return exp.Between(this=value, low=number(low), high=number(high))


def numeric(value: exp.Expression) -> exp.Expression:
    """A number, or the text of one, as a decimal without limits."""
    return exp.cast(value, exp.DataType.Type.DECIMAL, copy=False)


def converted(value: exp.Expression, target: exp.DataType) -> exp.Expression:
    """The value as the target's type; NULL where it does not fit, or is not known to be one."""
    if target.is_type(*exp.DataType.TEXT_TYPES):
        return exp.Cast(this=_text(value), to=target.copy())
    kind = target.this
    if kind in _WHOLE:
        return _limited(value, target, str(-_WHOLE[kind]), str(_WHOLE[kind] - 1))
    if kind is exp.DataType.Type.DECIMAL:
        return _decimal(value, target)
    if kind in _REALS:
        return _real(value, target, *_REALS[kind])
    if kind in _MOMENTS:
        return _cast_where(matched(_text(value), _MOMENT), value, target)
    if kind is exp.DataType.Type.BOOLEAN:
        words = [exp.Literal.string(word) for word in ("true", "false")]
        return _cast_where(exp.In(this=_text(value), expressions=words), value, target)
    return _of_that_type(value, target)


def _text(value: exp.Expression) -> exp.Expression:
    return exp.cast(value.copy(), exp.DataType.Type.TEXT, copy=False)


def _cast_where(condition: exp.Expression, value: exp.Expression, target: exp.DataType) -> exp.Expression:
    """The cast of the value's text, computed only where a condition holds."""
    return exp.Case().when(condition, exp.Cast(this=_text(value), to=target.copy()), copy=False)


def _is_number(value: exp.Expression) -> exp.Expression:
    short = exp.LTE(this=call("length", _text(value)), expression=exp.Literal.number(_LONGEST_NUMBER))
    return exp.And(this=short, expression=matched(_text(value), _NUMBER))


def _limited(value: exp.Expression, target: exp.DataType, low: str, high: str) -> exp.Expression:
    """A whole number, rounded where there is a fraction."""
    rounded = call("round", numeric(_text(value)))
    fits = between(rounded, low, high)
    whole = exp.Case().when(fits, exp.Cast(this=rounded.copy(), to=target.copy()), copy=False)
    return exp.Case().when(_is_number(value), whole, copy=False)


def _decimal(value: exp.Expression, target: exp.DataType) -> exp.Expression:
    parameters = [int(str(p.this)) for p in target.expressions]
    found = numeric(_text(value))
    if not parameters:
        return exp.Case().when(_is_number(value), found, copy=False)
    precision, scale = parameters[0], parameters[1] if len(parameters) > 1 else 0
    rounded = call("round", found, exp.Literal.number(scale))
    size = call("abs", rounded)
    fits = exp.LT(this=size, expression=exp.Literal.number(f"1e{precision - scale}"))
    kept = exp.Case().when(fits, exp.Cast(this=rounded.copy(), to=target.copy()), copy=False)
    return exp.Case().when(_is_number(value), kept, copy=False)


def _real(value: exp.Expression, target: exp.DataType, least: str, most: str) -> exp.Expression:
    """A floating number; what is nearer to zero than the type can say is zero."""
    size = call("abs", numeric(_text(value)))
    cast = exp.Cast(this=_text(value), to=target.copy())
    zero = exp.Cast(this=exp.Literal.number(0), to=target.copy())
    small = exp.LT(this=size, expression=number(least))
    fits = exp.LTE(this=size.copy(), expression=number(most))
    kept = exp.Case().when(small, zero, copy=False).when(fits, cast, copy=False)
    odd = matched(_text(value), _ODD)
    return exp.Case().when(odd, cast.copy(), copy=False).when(_is_number(value), kept, copy=False)


def _of_that_type(value: exp.Expression, target: exp.DataType) -> exp.Expression:
    """The value where it is of the very type: a cast from another is not even tried on it."""
    regtype = exp.DataType.build("pg_catalog.regtype", dialect="postgres", udt=True)
    name = exp.Cast(this=exp.Literal.string(target.sql("postgres")), to=regtype)
    same = exp.EQ(this=call("pg_typeof", value.copy()), expression=name)
    return exp.Cast(this=exp.Case().when(same, value.copy(), copy=False), to=target.copy())
