"""Intervals as a client binds them, from text and from their three numbers.

Rule kept here: as in `readings`. Months, days and times stay apart, as the server keeps them: what Python's `timedelta`
would run together travels as text of whole parts, which every engine reads the same way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from proxy.doors.pgwire.readings import BLANKS, DAY_MICROS, ENDLESS, OutOfRange

_UNITS: Mapping[str, tuple[str, int, str]] = {
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), ("months", 12, "year")),
    **dict.fromkeys(("mon", "mons", "month", "months"), ("months", 1, "month")),
    **dict.fromkeys(("w", "week", "weeks"), ("days", 7, "week")),
    **dict.fromkeys(("d", "day", "days"), ("days", 1, "day")),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("micros", 3600 * 10**6, "hour")),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), ("micros", 60 * 10**6, "minute")),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("micros", 10**6, "second")),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), ("micros", 1000, "milli")),
    **dict.fromkeys(("us", "usec", "usecs", "microsecond", "microseconds"), ("micros", 1, "micro")),
}
"""Of each unit: the part of an interval it counts in, how much it is, and its name; none may be named twice."""
_CLOCK_UNITS = ["hour", "minute", "second"]
_SPAN = re.compile(r"\s*([+-]?)\s*([0-9]{1,18}(?:\.[0-9]*)?|\.[0-9]+) *([a-z]+)", re.ASCII)
_CLOCK_SPAN = re.compile(r"\s*([+-]?)([0-9]{1,10}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]*)?))?(?=\s|\Z)", re.ASCII)
_MOST_DAYS = timedelta.max.days
_ISO = re.compile(
    r"P(?:([+-]?[0-9]{1,9})Y)?(?:([+-]?[0-9]{1,9})M)?(?:([+-]?[0-9]{1,9})W)?(?:([+-]?[0-9]{1,9})D)?"
    r"(?:T(?:([+-]?[0-9]{1,10})H)?(?:([+-]?[0-9]{1,10})M)?(?:([+-]?[0-9]{1,12}(?:\.[0-9]*)?)S)?)?\Z"
)


def interval_text(text: str) -> timedelta | str:
    """An interval in the server's own style, the verbose one or ISO 8601."""
    stripped = text.strip(BLANKS)
    if stripped.lower() in ENDLESS:
        raise OutOfRange
    if stripped.startswith("P"):
        return span(*_iso_parts(stripped))
    return span(*_parts(stripped.lower()))


def span(months: int, days: int, micros: int) -> timedelta | str:
    """An interval as Python's, or as text of whole parts where it has what Python's cannot tell apart: months, and
    times of less than nothing or more than a day."""
    if max(abs(months), abs(days)) > 2**31 - 1 or abs(micros) >= 2**63:
        raise OutOfRange
    if not months and 0 <= micros < DAY_MICROS and abs(days) < _MOST_DAYS:
        return timedelta(days=days, microseconds=micros)
    seconds = abs(micros) // 10**6 * (1 if micros > 0 else -1)
    parts = ((months, "months"), (days, "days"), (seconds, "seconds"), (micros - seconds * 10**6, "microseconds"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n)


def _iso_parts(text: str) -> tuple[int, int, int]:
    found = _ISO.match(text)
    if found is None or not any(found.groups()) or text.endswith("T"):
        raise ValueError
    years, months, weeks, days, hours, minutes = (int(n or 0) for n in found.groups()[:6])
    seconds = Decimal(found[7] or 0)
    return years * 12 + months, weeks * 7 + days, (hours * 60 + minutes) * 60 * 10**6 + round(seconds * 10**6)


def _parts(text: str) -> tuple[int, int, int]:
    """Parts, each a number with a unit, or a clock: `@ 1 year 2 mons -3 days 04:05:06.7 ago`."""
    totals = {"months": Decimal(0), "days": Decimal(0), "micros": Decimal(0)}
    named: list[str] = []
    at = 1 if text.startswith("@") else 0
    end = len(text) - 4 if text.endswith(" ago") else len(text)
    while at < end:
        clock = _CLOCK_SPAN.match(text, at, end)
        part = clock or _SPAN.match(text, at, end)
        if part is None:
            raise ValueError
        kind, amount, units = _clock_part(part) if clock else _unit_part(part)
        totals[kind] += -amount if part[1] == "-" else amount
        named += units
        at = part.end()
    days = totals["days"].to_integral_value(rounding="ROUND_DOWN")
    totals["micros"] += (totals["days"] - days) * DAY_MICROS
    if not named or len(set(named)) < len(named) or totals["months"] % 1:
        raise ValueError
    ago = -1 if end < len(text) else 1
    return ago * int(totals["months"]), ago * int(days), ago * round(totals["micros"])


def _clock_part(part: re.Match[str]) -> tuple[str, Decimal, list[str]]:
    minutes, seconds = int(part[3]), Decimal(part[4] or 0)
    if minutes > 59 or seconds >= 60:
        raise ValueError
    return "micros", ((int(part[2]) * 60 + minutes) * 60 + seconds) * 10**6, _CLOCK_UNITS


def _unit_part(part: re.Match[str]) -> tuple[str, Decimal, list[str]]:
    if part[3] not in _UNITS:
        raise ValueError
    kind, factor, unit = _UNITS[part[3]]
    units = ["second", "milli", "micro"] if unit == "second" and "." in part[2] else [unit]
    return kind, Decimal(part[2]) * factor, units
