"""PostgreSQL's types: which values come together, or turn into one another, without raising.

Rule kept here: operators and functions are chosen by type when a statement is read, and constants take their type then;
so what is left to raise on a row is a cast that loses something. Pairs of types that are not known to be safe are not.
"""

from __future__ import annotations

import re

from proxy.dialect import Conversions

_SPELLINGS = {
    "bool": "BOOLEAN",
    "boolean": "BOOLEAN",
    "bpchar": "VARCHAR",
    "char": "VARCHAR",
    "character": "VARCHAR",
    "character varying": "VARCHAR",
    "date": "DATE",
    "decimal": "DECIMAL",
    "double precision": "DOUBLE",
    "float4": "REAL",
    "float8": "DOUBLE",
    "int": "INTEGER",
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "numeric": "DECIMAL",
    "real": "REAL",
    "smallint": "SMALLINT",
    "text": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "varchar": "VARCHAR",
}
_MODIFIER = re.compile(r"\s*\(\s*(-?\d+)\s*(?:,\s*(-?\d+)\s*)?\)")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(-?\d+)\)")
_WHOLE = {"SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}
"""Whole numbers -> their digits."""
_REAL = frozenset({"REAL", "DOUBLE"})
_MOMENTS = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
_KNOWN = frozenset(
    """BOOLEAN|bit|bit varying|bytea|cidr|inet|interval|jsonb|macaddr|macaddr8|money|name|oid|time with time zone
    |time without time zone|uuid""".replace("\n    ", "").split("|")
)
"""Other types whose values compare with those of the same type, and have a text."""
_DIGITS_OF_DOUBLES = 300
_ENDLESS = 199
"""Of so many digits before its point a decimal may come from `extract`, whose answer for an infinite date is infinite,
which no decimal with limits can be."""
_OF_ROWS = 19
"""How many digits the number of rows of a group can have."""
_OF_A_QUOTIENT = 32
"""How many digits behind the point a quotient can have beyond those that its operands account for: the server gives 16
significant ones, in groups of four (`select_div_scale` in numeric.c)."""


def spelling(data_type: str) -> str:
    """The server's spelling of a type, or sqlglot's, in that by which types are compared: `VARCHAR`, `DECIMAL(10,2)`;
    arrays and types of other names stand for themselves."""
    text = " ".join(data_type.lower().split())
    if '"' in text or text.endswith("]"):
        return data_type
    plain = _MODIFIER.sub("", text)
    known = _SPELLINGS.get(plain, plain)
    modifier = _MODIFIER.search(text) if known == "DECIMAL" else None
    return known if modifier is None else f"DECIMAL({modifier[1]},{modifier[2] or 0})"


def comparable(one: str, two: str) -> bool:
    """Whether the server has an operator for both, or widens one of them."""
    if {one, two} <= _MOMENTS:
        return True
    return _numbers(one, two) or (one == two and (one == "VARCHAR" or one in _KNOWN))


def unifiable(one: str, two: str) -> bool:
    """Whether both come to one type: texts, numbers, or what is one type already."""
    return _numbers(one, two) or (one == two and (one in _MOMENTS or one == "VARCHAR" or one in _KNOWN))


def castable(one: str, two: str) -> bool:
    """Whether a cast keeps every value, or cuts it without complaint."""
    if one in _REAL or two in _REAL:
        return (
            one == two or (two == "DOUBLE" and _bounded(one)) or (two == "REAL" and one in _WHOLE) or two == "DECIMAL"
        )
    whole = _WHOLE.get(two)
    if whole is not None:
        return (one in _WHOLE and _WHOLE[one] <= whole) or (one == "BOOLEAN" and two == "INTEGER")
    if two.startswith("DECIMAL"):
        return _fits(one, two)
    return (one == two and (one in _MOMENTS or one in _KNOWN)) or (two == "DATE" and one in _MOMENTS)


def printable(one: str) -> bool:
    """Whether every value has a text."""
    return _is_number(one) or one in _MOMENTS or one == "VARCHAR" or one in _KNOWN - {"bytea"}


def _is_number(one: str) -> bool:
    return one in _WHOLE or one in _REAL or one.startswith("DECIMAL")


def _numbers(one: str, two: str) -> bool:
    """Whether two types are numbers, of which none is too large for a double where the other is one."""
    if not (_is_number(one) and _is_number(two)):
        return False
    return not ({one, two} & _REAL) or (_bounded(one) and _bounded(two))


def _bounded(one: str) -> bool:
    """Whether every value fits in a double."""
    found = _DECIMAL.fullmatch(one)
    if found is None:
        return one in _WHOLE or one in _REAL
    return int(found[1]) - int(found[2]) <= _DIGITS_OF_DOUBLES and int(found[2]) <= _DIGITS_OF_DOUBLES


def _fits(one: str, two: str) -> bool:
    """Whether numbers of one type fit in a decimal type: it has no limit, or room for every digit."""
    wide, narrow = _DECIMAL.fullmatch(two), _DECIMAL.fullmatch(one)
    if wide is None:
        return _is_number(one)
    room = int(wide[1]) - int(wide[2])
    if narrow is not None and int(narrow[1]) - int(narrow[2]) >= _ENDLESS:
        return False
    if narrow is not None:
        return int(narrow[2]) <= int(wide[2]) and int(narrow[1]) - int(narrow[2]) <= room
    return one in _WHOLE and _WHOLE[one] <= room and int(wide[2]) >= 0


def arithmetic(operator: str, one: str, two: str) -> str | None:
    """The decimal that an operator makes where one side is one, and both have few digits. (Whole numbers and doubles
    end at their largest.)"""
    if not any(side.startswith("DECIMAL") for side in (one, two)):
        return None
    first, second = _digits(one), _digits(two)
    if first is None or second is None:
        return None
    (before, after), (more_before, more_after) = first, second
    if operator in ("+", "-"):
        return _decimal(max(before, more_before) + 1, max(after, more_after))
    if operator == "*":
        return _decimal(before + more_before, after + more_after)
    return _decimal(before + more_after, after + more_before + _OF_A_QUOTIENT) if operator == "/" else None


def aggregated(function: str, over: str) -> tuple[str, bool] | None:
    """Sums of short whole numbers are counted in 64 bits, which the server does not check; other sums, and means, are
    decimals. A double ends at its largest, and a decimal without limits at its last digit."""
    if over in _REAL:
        return "DOUBLE", False
    if function == "sum" and over in ("SMALLINT", "INTEGER"):
        return "BIGINT", True
    digits = _digits(over)
    if digits is None:
        return ("DECIMAL", False) if over.startswith("DECIMAL") else None
    before, after = digits
    more = (before + _OF_ROWS, after) if function == "sum" else (before, after + _OF_ROWS + _OF_A_QUOTIENT)
    found = _decimal(*more)
    return ("DECIMAL", False) if found is None else (found, True)


def _digits(one: str) -> tuple[int, int] | None:
    """The most digits before and after the point that a number of a type has; None where there is no such limit."""
    found = _DECIMAL.fullmatch(one)
    if found is not None:
        return max(int(found[1]) - int(found[2]), 0), max(int(found[2]), 0)
    return (_WHOLE[one], 0) if one in _WHOLE else None


def _decimal(before: int, after: int) -> str | None:
    """A decimal with so many digits before and after its point, where they are few enough to fit in a double too."""
    return f"DECIMAL({before + after},{after})" if max(before, after) <= _DIGITS_OF_DOUBLES else None


CONVERSIONS = Conversions(
    comparable=comparable,
    unifiable=unifiable,
    castable=castable,
    printable=printable,
    arithmetic=arithmetic,
    aggregated=aggregated,
    early=True,
    backslash_escapes=True,
    collations=False,
    fences=True,
    fields=frozenset({"jsonb"}),
    dates=frozenset(
        {"century", "day", "decade", "dow", "doy", "isodow", "isoyear", "month", "quarter", "week", "year"}
    ),
    operators={
        "Add": "+",
        "Sub": "-",
        "Mul": "*",
        "Div": "/",
        "Mod": "%",
        "Pow": "^",
        "BitwiseAnd": "&",
        "BitwiseOr": "|",
        "BitwiseXor": "#",
        "BitwiseLeftShift": "<<",
        "BitwiseRightShift": ">>",
        "DPipe": "||",
    },
)
