"""Dates, times and intervals as ISO 8601 text, over the whole range an engine can store.

Rule kept here: pure arithmetic on whole numbers, in the proleptic Gregorian calendar with a year 0, so that no value
is out of range and none is rounded. Years beyond 9999 and before 0 are written expanded (`+10000-01-01`,
`-0043-03-15`). The extreme values of the type, with which engines write infinity, read `infinity` and `-infinity`.
"""

from __future__ import annotations

from proxy.gregorian import civil

_NS = 10**9


def date_text(days: int) -> str:
    """A date, from days since 1970-01-01."""
    if abs(days) >= 2**31 - 1:
        return _infinity(days)
    return _day(days)


def timestamp_text(ticks: int, per_second: int, zoned: bool) -> str:
    """A moment, from ticks since 1970-01-01T00:00:00; with `Z` where it is a moment in UTC."""
    if abs(ticks) >= 2**63 - 1:
        return _infinity(ticks)
    days, rest = divmod(ticks, 86_400 * per_second)
    return f"{_day(days)}T{time_text(rest, per_second)}{'Z' if zoned else ''}"


def time_text(ticks: int, per_second: int) -> str:
    """A time of day, from ticks since midnight. The end of the day is 24:00:00."""
    seconds, fraction = divmod(ticks, per_second)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    places = len(str(per_second)) - 1
    return f"{hour:02}:{minute:02}:{second:02}" + (f".{fraction:0{places}}" if fraction else "")


def duration_text(nanoseconds: int) -> str:
    """A length of time, in hours, minutes and seconds."""
    return interval_text(0, 0, nanoseconds)


def interval_text(months: int, days: int, nanoseconds: int) -> str:
    """An interval, each part with its own sign (`P1Y-2M3DT-0.5S`), since a month has no fixed number of days."""
    date = _parts(abs(months) // 12, abs(months) % 12, "Y", "M", months < 0)
    date += f"{days}D" if days else ""
    sign = "-" if nanoseconds < 0 else ""
    minutes, rest = divmod(abs(nanoseconds), 60 * _NS)
    time = _parts(minutes // 60, minutes % 60, "H", "M", nanoseconds < 0)
    if rest:
        fraction = f".{rest % _NS:09}".rstrip("0") if rest % _NS else ""
        time += f"{sign}{rest // _NS}{fraction}S"
    if not date and not time:
        return "PT0S"
    return "P" + date + (f"T{time}" if time else "")


def _parts(large: int, small: int, large_unit: str, small_unit: str, negative: bool) -> str:
    sign = "-" if negative else ""
    return (f"{sign}{large}{large_unit}" if large else "") + (f"{sign}{small}{small_unit}" if small else "")


def _infinity(value: int) -> str:
    return "infinity" if value > 0 else "-infinity"


def _day(days: int) -> str:
    """Days since the epoch to year, month, day."""
    year, month, day = civil(days)
    digits = f"{year:04}" if 0 <= year <= 9999 else f"{year:+05}"
    return f"{digits}-{month:02}-{day:02}"
