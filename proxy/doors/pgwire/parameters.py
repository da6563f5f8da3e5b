"""What Bind gives, as the values that a gateway's request takes.

Rule kept here: a value is read by the type that its parameter was declared with, in the forms that PostgreSQL reads,
and by nothing else; what means no value of that type, or one that Python cannot hold, is refused by SQLSTATE, naming
the parameter and never quoting it. Text of an unknown type stays text.

    bool, int2, int4, int8, oid     bool, int          bytea                     bytes
    float4, float8                  float              uuid                      UUID
    numeric                         Decimal            date, time, timetz        date, time
    text and the like, json, jsonb  str                timestamp, timestamptz    datetime, the latter in UTC
    arrays                          lists              interval                  timedelta; with months: text
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from proxy.doors.pgwire import arrays, readings, received, spans
from proxy.doors.pgwire.types import BY_NAME, BY_OID, VECTORS
from proxy.errors import InvalidSql
from proxy.values import Reason, ReasonCode

Read: TypeAlias = Callable[[Any], Any]
UNKNOWN = frozenset({0, 705})
"""The client leaves the type open."""
LONG_VALUES = 2048
"""Bytes of values, and their number, from which reading them takes its time: some 2 µs a byte of an array's text."""
_MOMENTS = frozenset({"date", "time", "timetz", "timestamp", "timestamptz", "interval"})


def decoded(values: Sequence[bytes | None], oids: Sequence[int], formats: Sequence[int] = ()) -> list[Any]:
    """The values of $1, $2, ..; types beyond the end of `oids` are unknown; `formats` is as Bind gives it: none (all
    text), one for all, or one for each. Raises `InvalidSql`."""
    count = len(values)
    forms = list(formats) * count if len(formats) == 1 else list(formats) or [0] * count
    if len(forms) != count or not set(forms) <= {0, 1}:
        text = f"There are {count} parameters; give no format, one, or one for each, of 0 (text) or 1 (binary)."
        raise InvalidSql(text, ReasonCode.PARAMETERS, sqlstate="08P01")
    types = [*oids, *[0] * (count - len(oids))]
    bound = zip(values, types, forms, strict=False)
    return [None if v is None else _one(place, v, oid, form) for place, (v, oid, form) in enumerate(bound, start=1)]


def need_types(values: Sequence[bytes | None], formats: Sequence[int]) -> bool:
    """Whether values of unknown types cannot stay text: binary ones, and what may be the text of an array."""
    return any(formats) or any(v is not None and v[:1] == b"{" for v in values)


def _one(place: int, value: bytes, oid: int, form: int) -> Any:
    kind = BY_OID.get(oid)
    if kind is None and form == 1 and oid not in UNKNOWN:
        raise _refused(place, "has a type that is read as text only; send it in the text format", "0A000")
    name = "text" if kind is None else kind.name
    readers = _FROM_BINARY if form == 1 else _FROM_TEXT
    try:
        return readers[name](value)
    except (ValueError, ArithmeticError, struct.error) as error:
        raise _why(place, name, form, error) from None


def _why(place: int, name: str, form: int, error: Exception) -> InvalidSql:
    element = name.removeprefix("_")
    moment, words = element in _MOMENTS, f"an array of {element}" if name.startswith("_") else element
    if isinstance(error, UnicodeDecodeError):
        return _refused(place, "is no text in UTF-8, or holds a zero byte", "22021")
    if isinstance(error, readings.OutOfRange) and moment:
        return _refused(place, "lies outside of what can be passed on: the years 1 to 9999, and an end", "22008")
    if isinstance(error, readings.OutOfRange):
        return _refused(place, f"is out of range for {words}", "22003")
    if form == 1:
        return _refused(place, f"cannot be read as {words} in binary form", "22P03")
    return _refused(place, f"cannot be read as {words}", "22007" if moment else "22P02")


def _refused(place: int, why: str, sqlstate: str) -> InvalidSql:
    return InvalidSql(f"The parameter ${place} {why}.", Reason(ReasonCode.PARAMETERS, f"${place}"), sqlstate=sqlstate)


# ------------------------------------------------------------------------------------------------------------ by type
def _vector(name: str) -> Read:
    """Numbers as a text with blanks between them."""
    element = BY_NAME[VECTORS[name]]
    read = received.number("!h" if element.size == 2 else "!I")
    return lambda value: " ".join(str(n) for n in arrays.from_binary(value, element.oid, read))


_TEXTUAL = ("text", "varchar", "bpchar", "name", "char", "json", "jsonb", *VECTORS)
_TEXTS: Mapping[str, Read] = {
    **dict.fromkeys(_TEXTUAL, str),
    "bool": readings.boolean,
    "bytea": readings.bytea,
    "int2": readings.integer(-(2**15), 2**15 - 1),
    "int4": readings.integer(-(2**31), 2**31 - 1),
    "int8": readings.integer(-(2**63), 2**63 - 1),
    "oid": readings.object_id,
    "float4": readings.floating(2.0**-150, float.fromhex("0x1.ffffffp127")),
    "float8": readings.floating(0.0, float("inf")),
    "numeric": readings.numeric,
    "uuid": readings.uuid_text,
    "date": readings.date_text,
    "time": readings.time_text,
    "timetz": readings.timetz_text,
    "timestamp": readings.timestamp_text,
    "timestamptz": readings.timestamptz_text,
    "interval": spans.interval_text,
}
_BINARY: Mapping[str, Read] = {
    **dict.fromkeys(_TEXTUAL, received.text),
    "jsonb": received.jsonb,
    "bool": received.boolean,
    "bytea": bytes,
    "char": received.char,
    **{name: _vector(name) for name in VECTORS},
    "int2": received.number("!h"),
    "int4": received.number("!i"),
    "int8": received.number("!q"),
    "oid": received.number("!I"),
    "float4": received.number("!f"),
    "float8": received.number("!d"),
    "numeric": received.numeric,
    "uuid": received.identifier,
    "date": received.day,
    "time": received.clock,
    "timetz": received.zoned_clock,
    "timestamp": received.timestamp,
    "timestamptz": received.moment,
    "interval": received.interval,
}


def _of_text(read: Read) -> Read:
    return lambda value: read(received.text(value))


def _array_of_text(read: Read) -> Read:
    return lambda value: arrays.from_text(received.text(value), read)


def _array_of_binary(name: str) -> Read:
    return lambda value: arrays.from_binary(value, BY_NAME[name].oid, _BINARY[name])


_FROM_TEXT: Mapping[str, Read] = {
    **{name: _of_text(read) for name, read in _TEXTS.items()},
    **{f"_{name}": _array_of_text(read) for name, read in _TEXTS.items()},
}
_FROM_BINARY: Mapping[str, Read] = {**_BINARY, **{f"_{name}": _array_of_binary(name) for name in _BINARY}}
