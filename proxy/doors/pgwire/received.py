"""Single values from the binary format, in the forms that PostgreSQL's receive functions read.

Rule kept here: as in `readings`, one function a type; bytes that are too many or too few are no value.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from proxy.doors.pgwire.readings import DAY_MICROS, OutOfRange
from proxy.doors.pgwire.spans import span

_EPOCH_DAY = date(2000, 1, 1).toordinal()
_EPOCH = datetime(2000, 1, 1)
_SIGNS = {0x0000: 0, 0x4000: 1}
_SPECIAL = {0xC000: Decimal("nan"), 0xD000: Decimal("inf"), 0xF000: Decimal("-inf")}
_MOST_SCALE = 0x3FFF
_FIRST_DAY, _LAST_DAY = date.min.toordinal() - _EPOCH_DAY, date.max.toordinal() - _EPOCH_DAY


def number(form: str) -> Callable[[bytes], Any]:
    """A number of one width, as `struct` calls it."""
    unpack = struct.Struct(form).unpack

    def read(value: bytes) -> Any:
        return unpack(value)[0]

    return read


def boolean(value: bytes) -> bool:
    """A byte that is 0, or not."""
    if len(value) != 1:
        raise ValueError
    return value != b"\0"


def text(value: bytes) -> str:
    """Text in UTF-8 without zero bytes. Raises `UnicodeDecodeError`."""
    if b"\0" in value:
        raise UnicodeDecodeError("utf-8", value, 0, 1, "zero byte")
    return value.decode("utf-8")


def char(value: bytes) -> str:
    """One byte, which is zero for the empty text."""
    if len(value) != 1 or value > b"\x7f":
        raise ValueError
    return value.decode("ascii").rstrip("\0")


def jsonb(value: bytes) -> str:
    """The text behind the number of the version."""
    if value[:1] != b"\1":
        raise ValueError
    return text(value[1:])


def numeric(value: bytes) -> Decimal:
    """A decimal of its stated scale: what stands behind it is cut."""
    count, weight, sign, scale = struct.unpack_from("!HhHH", value)
    if len(value) != 8 + 2 * count:
        raise ValueError
    if sign in _SPECIAL:
        return _SPECIAL[sign]
    digits = struct.unpack_from(f"!{count}H", value, 8)
    if sign not in _SIGNS or scale > _MOST_SCALE or any(d > 9999 for d in digits):
        raise ValueError
    joined = "".join(f"{d:04}" for d in digits)
    places = 4 * (weight + 1)
    whole = joined[: max(places, 0)].ljust(max(places, 0), "0")
    fraction = ("0" * max(-places, 0) + joined[max(places, 0) :])[:scale].ljust(scale, "0")
    return Decimal(f"{'-' if sign else ''}{whole or '0'}" + (f".{fraction}" if scale else ""))


def identifier(value: bytes) -> uuid.UUID:
    """A UUID of 16 bytes."""
    return uuid.UUID(bytes=value)


def day(value: bytes) -> date:
    """A date, from days since 2000-01-01."""
    (days,) = struct.unpack("!i", value)
    if not _FIRST_DAY <= days <= _LAST_DAY:
        raise OutOfRange
    return date.fromordinal(_EPOCH_DAY + days)


def clock(value: bytes) -> time:
    """A time of day, from microseconds since midnight."""
    (micros,) = struct.unpack("!q", value)
    if not 0 <= micros <= DAY_MICROS:
        raise ValueError
    if micros == DAY_MICROS:
        raise OutOfRange
    return (_EPOCH + timedelta(microseconds=micros)).time()


def zoned_clock(value: bytes) -> time:
    """A time of day, with its zone in seconds west of UTC."""
    (west,) = struct.unpack("!i", value[8:])
    return clock(value[:8]).replace(tzinfo=timezone(timedelta(seconds=-west)))


def timestamp(value: bytes) -> datetime:
    """A timestamp, from microseconds since 2000-01-01."""
    (micros,) = struct.unpack("!q", value)
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise OutOfRange from None


def moment(value: bytes) -> datetime:
    """A moment, in UTC."""
    return timestamp(value).replace(tzinfo=UTC)


def interval(value: bytes) -> timedelta | str:
    """An interval, from microseconds, days and months."""
    micros, days, months = struct.unpack("!qii", value)
    return span(months, days, micros)
