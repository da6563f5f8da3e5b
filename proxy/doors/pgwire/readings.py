"""Single values from the text format, in the forms that PostgreSQL's input functions read.

Rule kept here: one function a type, `ValueError` for what is no value of it and `OutOfRange` for what is one that
cannot be held; nothing is guessed. Dates and times are ISO 8601 as drivers send them; a time zone is an offset.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import NoReturn

DAY_MICROS = 86_400 * 10**6
_WHOLE = re.compile(r"[+-]?[0-9]+\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_NOT_ZERO = re.compile(r"[^eE]*[1-9]")
_SPECIAL = {"nan": "nan", "inf": "inf", "infinity": "inf", "+inf": "inf", "+infinity": "inf", "-inf": "-inf"}
_SPECIAL["-infinity"] = "-inf"
ENDLESS = frozenset({"infinity", "+infinity", "-infinity"})
BLANKS = " \t\n\r\f\v"
_MOST_DIGITS, _MOST_PLACES = 131_072, 16_383
"""Digits before and behind the point of a numeric."""
_TRUTHS = {word[:n]: truth for word, truth in (("true", True), ("yes", True)) for n in range(1, len(word) + 1)}
_TRUTHS |= {word[:n]: truth for word, truth in (("false", False), ("no", False)) for n in range(1, len(word) + 1)}
_TRUTHS |= {"on": True, "1": True, "of": False, "off": False, "0": False}
_UUID = re.compile(r"\{?(?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}\}?\Z")
_DATE = r"(?P<year>[0-9]{4,7})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?P<fraction>\.[0-9]*)?)?"
_ZONE = r"(?: ?(?P<zone>[zZ]|UTC|[+-][0-9]{1,2}(?::?[0-9]{2}(?::[0-9]{2})?)?))?"
_DAY = re.compile(rf"{_DATE}{_ZONE}(?P<era> BC)?\Z")
_TIME = re.compile(rf"{_CLOCK}{_ZONE}\Z")
_MOMENT = re.compile(rf"{_DATE}(?:[ tT]{_CLOCK})?{_ZONE}(?P<era> BC)?\Z")


class OutOfRange(ValueError):
    """A value of the type, that cannot be held."""


# ------------------------------------------------------------------------------------------------------------ numbers
def boolean(text: str) -> bool:
    """A boolean: any beginning of true, false, yes and no, on, off, 1, 0."""
    return _TRUTHS[text.strip(BLANKS).lower()] if text.strip(BLANKS).lower() in _TRUTHS else _no()


def integer(low: int, high: int) -> Callable[[str], int]:
    """A whole number in a range."""

    def read(text: str) -> int:
        digits = text.strip(BLANKS)
        if not _WHOLE.match(digits):
            raise ValueError
        number = int(digits) if len(digits) < 50 else high + 1
        return number if low <= number <= high else _beyond()

    return read


def object_id(text: str) -> int:
    """An oid; one that begins with a zero would be octal to the server."""
    return integer(0, 2**32 - 1)(text) if not re.match(r"\s*[+-]?0[0-9]", text) else _no()


def floating(least: float, most: float) -> Callable[[str], float]:
    """A float, whose size is zero, or above `least` and below `most`."""

    def read(text: str) -> float:
        digits = text.strip(BLANKS)
        if digits.lower() in _SPECIAL:
            return float(_SPECIAL[digits.lower()])
        number = float(digits) if _NUMBER.match(digits) else _no()
        if math.isinf(number) or abs(number) >= most or (abs(number) <= least and _NOT_ZERO.match(digits)):
            raise OutOfRange
        return number

    return read


def numeric(text: str) -> Decimal:
    """A decimal, with every digit and place that is given."""
    digits = text.strip(BLANKS)
    if digits.lower() in _SPECIAL:
        return Decimal(_SPECIAL[digits.lower()])
    if not _NUMBER.match(digits):
        raise ValueError
    if len(digits.lower().partition("e")[2]) > 8:
        raise OutOfRange
    number = Decimal(digits)
    _, found, exponent = number.as_tuple()
    if number.adjusted() >= _MOST_DIGITS or -int(exponent) > _MOST_PLACES or len(found) > _MOST_DIGITS + _MOST_PLACES:
        raise OutOfRange
    return number


def bytea(text: str) -> bytes:
    """Bytes: hexadecimal behind `\\x`, or as signs with `\\\\` and `\\ooo`."""
    if text.startswith("\\x"):
        return bytes.fromhex(text[2:])
    made, at = bytearray(), 0
    raw = text.encode()
    while at < len(raw):
        if raw[at] != ord("\\"):
            made.append(raw[at])
            at += 1
        elif raw[at + 1 : at + 2] == b"\\":
            made.append(raw[at])
            at += 2
        elif re.match(rb"[0-3][0-7][0-7]", raw[at + 1 : at + 4]):
            made.append(int(raw[at + 1 : at + 4], 8))
            at += 4
        else:
            raise ValueError
    return bytes(made)


def uuid_text(text: str) -> uuid.UUID:
    """A UUID, with dashes behind any group of four digits, and in braces or not."""
    if not _UUID.match(text) or text.startswith("{") != text.endswith("}"):
        raise ValueError
    return uuid.UUID(text)


# ------------------------------------------------------------------------------------------------------------ moments
def date_text(text: str) -> date:
    """A date; a time zone behind it is ignored, as the server does."""
    return _date(_found(_DAY, text))


def time_text(text: str) -> time:
    """A time of day; a time zone behind it is ignored, as the server does."""
    return _time(micros_of_clock(_found(_TIME, text)))


def timetz_text(text: str) -> time:
    """A time of day in its zone, UTC where there is none."""
    found = _found(_TIME, text)
    return _time(micros_of_clock(found)).replace(tzinfo=timezone(_offset(found["zone"])))


def timestamp_text(text: str) -> datetime:
    """A timestamp; a time zone behind it is ignored, as the server does."""
    found = _found(_MOMENT, text)
    return _datetime(found)


def timestamptz_text(text: str) -> datetime:
    """A moment, in UTC; so is one without a time zone."""
    found = _found(_MOMENT, text)
    try:
        return (_datetime(found) - _offset(found["zone"])).replace(tzinfo=UTC)
    except OverflowError:
        raise OutOfRange from None


def micros_of_clock(found: re.Match[str]) -> int:
    """Microseconds since midnight, rounded as the server rounds."""
    if found["hour"] is None:
        return 0
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    fraction = Decimal("0" + (found["fraction"] or "."))
    micros = ((hour * 60 + minute) * 60 + second) * 10**6 + round(fraction * 10**6)
    if hour > 24 or minute > 59 or second > 60 or micros > DAY_MICROS:
        raise ValueError
    return micros


def _found(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    stripped = text.strip(BLANKS)
    if stripped.lower() in ENDLESS:
        raise OutOfRange
    found = pattern.match(stripped)
    if found is None:
        raise ValueError
    _offset(found["zone"])
    return found


def _date(found: re.Match[str]) -> date:
    if found["era"] or len(found["year"].lstrip("0")) > 4:
        raise OutOfRange
    return date(int(found["year"]), int(found["month"]), int(found["day"]))


def _time(micros: int) -> time:
    if micros == DAY_MICROS:
        raise OutOfRange
    return (datetime(2000, 1, 1) + timedelta(microseconds=micros)).time()


def _datetime(found: re.Match[str]) -> datetime:
    day = _date(found)
    try:
        return datetime(day.year, day.month, day.day) + timedelta(microseconds=micros_of_clock(found))
    except OverflowError:
        raise OutOfRange from None


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in ("z", "Z", "UTC"):
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "")
    digits = digits.rjust(2, "0") if len(digits) < 3 else digits
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4] or 0), int(digits[4:6] or 0)
    if hours > 15 or minutes > 59 or seconds > 59:
        raise ValueError
    return sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _no() -> NoReturn:
    raise ValueError


def _beyond() -> NoReturn:
    raise OutOfRange
