"""DuckDB's types: what sums and means of them are.

Rule kept here: a sum is known not to raise only where its total is wide enough for as many rows as there can be (2^63).
"""

from __future__ import annotations

import re

from proxy.dialect import Conversions

_REAL = frozenset({"FLOAT", "REAL", "DOUBLE"})
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
_WIDE = frozenset({"UBIGINT", "HUGEINT", "UHUGEINT"})
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_LONG_DIGITS = 18
"""Decimals of so many digits are kept in 64 bits, and summed up in 128."""


def aggregated(function: str, over: str) -> tuple[str, bool] | None:
    """Whole numbers and decimals are summed up in 128 bits, unless they have as many themselves; doubles in doubles,
    which end at their largest."""
    found = _DECIMAL.fullmatch(over)
    if found is None and over not in _REAL | _WHOLE | _WIDE:
        return None
    safe = over in _WHOLE or (found is not None and int(found[1]) <= _LONG_DIGITS)
    if function == "avg" or over in _REAL:
        return "DOUBLE", safe
    return f"DECIMAL(38,{found[2]})" if found is not None else "HUGEINT", safe


CONVERSIONS = Conversions(aggregated=aggregated)
