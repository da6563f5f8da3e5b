"""A caller's values as the statement's parameter types want them.

Rule kept here: a value is converted by the type that the server gave its parameter, and never becomes part of the
statement's text. What does not mean a value of that type in one way only is refused, without being quoted.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from proxy.errors import InvalidSql
from proxy.values import Reason, ReasonCode
from proxy.warehouses.postgres.types import ARRAYS, MICRO_SHIFT, SCALARS

_EPOCH = date(2000, 1, 1)
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}\Z")
_NUMBER = re.compile(r"(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?|NaN|[+-]?Infinity)\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?\Z")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z"
)
_SPAN = re.compile(r"([+-]?[0-9]{1,18}) *(year|month|week|day|hour|minute|second|microsecond)s?(?: +|\Z)")
_MONTHS = {"year": 12, "month": 1}
_DAYS = {"week": 7, "day": 1}
_MICROS = {"hour": 3600 * 10**6, "minute": 60 * 10**6, "second": 10**6, "microsecond": 1}
_TRUTHS = {"true": True, "t": True, "false": False, "f": False}


def converted(values: Sequence[Any], oids: Sequence[int], elements: Mapping[int, int]) -> list[Any]:
    """The values as the driver binds them to parameters of these types. Raises `InvalidSql` naming the parameter."""
    if len(values) != len(oids):
        text = f"The statement takes {len(oids)} parameters, and {len(values)} were given."
        raise InvalidSql(text, ReasonCode.PARAMETERS)
    return [_one(place, v, oid, elements) for place, (v, oid) in enumerate(zip(values, oids, strict=True), start=1)]


def _one(place: int, value: Any, oid: int, elements: Mapping[int, int]) -> Any:
    element = ARRAYS.get(oid) or elements.get(oid, 0)
    try:
        return _listed(value, element) if element else _scalar(value, oid)
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        name = SCALARS[oid].name if oid in SCALARS else "the type that the statement asks for"
        text = f"The parameter ${place} cannot be read as {'a list' if element else name}."
        raise InvalidSql(text, Reason(ReasonCode.PARAMETERS, f"${place}"), sqlstate="22P02") from None


def _listed(value: Any, element: int) -> Any:
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise TypeError
    return [_listed(v, element) if isinstance(v, list | tuple) else _scalar(v, element) for v in value]


def _scalar(value: Any, oid: int) -> Any:
    if value is None:
        return None
    convert: Callable[[Any], Any] = _CONVERSIONS.get(oid, _as_text)
    return convert(value)


# ------------------------------------------------------------------------------------------------------------ by type
def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        return _TRUTHS[value.lower()] if value.lower() in _TRUTHS else _refused()
    return value if isinstance(value, bool) else _refused()


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        whole = isinstance(value, float | Decimal) and value == int(value)
        if whole or (isinstance(value, str) and _WHOLE.match(value)):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return convert


def _float(value: Any) -> float:
    if isinstance(value, str) and _NUMBER.match(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError
    return float(value)


def _numeric(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise TypeError
    text = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(str(value), str(value))
    return text if _NUMBER.match(text) else _refused()


def _bytes(value: Any) -> bytes:
    if isinstance(value, str) and value.startswith("\\x"):
        return bytes.fromhex(value[2:])
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else _refused()


def _as_text(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | time | uuid.UUID | int | float | Decimal):
        value = value.isoformat() if isinstance(value, date | time) else str(value)
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    value.encode()
    return value


def _uuid(value: Any) -> bytes:
    return value.bytes if isinstance(value, uuid.UUID) else uuid.UUID(value).bytes


def _date(value: Any) -> bytes:
    if isinstance(value, str) and _DATE.match(value):
        value = date.fromisoformat(value)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError
    return (value - _EPOCH).days.to_bytes(4, "big", signed=True)


def _time(value: Any) -> bytes:
    if isinstance(value, str) and _TIME.match(value):
        value = time.fromisoformat(value)
    if not isinstance(value, time) or value.tzinfo is not None:
        raise TypeError
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return (seconds * 10**6 + value.microsecond).to_bytes(8, "big")


def _moment(zoned: bool) -> Callable[[Any], bytes]:
    """Timestamps: with a zone where the type has none, they would mean another time; without one, it is UTC."""

    def convert(value: Any) -> bytes:
        if isinstance(value, str) and _MOMENT.match(value):
            value = datetime.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
        if not isinstance(value, datetime) or (value.tzinfo is not None and not zoned):
            raise TypeError
        moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        micros = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return (micros - MICRO_SHIFT).to_bytes(8, "big", signed=True)

    return convert


def _interval(value: Any) -> bytes:
    months = days = micros = 0
    if isinstance(value, timedelta):
        days, micros = value.days, value.seconds * 10**6 + value.microseconds
    else:
        end = 0
        while (found := _SPAN.match(value, end)) is not None:
            number, unit, end = int(found[1]), found[2], found.end()
            months += number * _MONTHS.get(unit, 0)
            days += number * _DAYS.get(unit, 0)
            micros += number * _MICROS.get(unit, 0)
        if not value or end != len(value):
            raise ValueError
    return micros.to_bytes(8, "big", signed=True) + b"".join(n.to_bytes(4, "big", signed=True) for n in (days, months))


def _refused() -> Any:
    raise ValueError


_CONVERSIONS: Mapping[int, Callable[[Any], Any]] = {
    16: _boolean,
    17: _bytes,
    20: _integer(-(2**63), 2**63 - 1),
    21: _integer(-(2**15), 2**15 - 1),
    23: _integer(-(2**31), 2**31 - 1),
    26: _integer(0, 2**32 - 1),
    700: _float,
    701: _float,
    1082: _date,
    1083: _time,
    1114: _moment(zoned=False),
    1184: _moment(zoned=True),
    1186: _interval,
    1700: _numeric,
    2950: _uuid,
}
