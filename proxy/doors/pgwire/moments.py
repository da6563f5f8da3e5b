"""Dates, times and intervals in PostgreSQL's own texts: DateStyle ISO, IntervalStyle postgres, TimeZone UTC.

Rule kept here: the text is the server's to the last byte (src/backend/utils/adt/datetime.c), for columns whole and for
single values alike. Trailing zeros of fractions are cut; years before 1 bear `BC`; the extreme values of an Arrow type,
with which engines write what has no end, read `infinity` and `-infinity`. What is finer than a microsecond is cut.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from proxy.doors.pgwire.columns import Array, Numbers, booleans, chosen, joined, known, pc, ticks
from proxy.gregorian import civil

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
DAY_S = 86_400
LAST_DAY, LAST_TICK = 2**31 - 1, 2**63 - 1
"""What has no end: these, and their negatives."""
INTERVAL = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanos", "<i8")])
"""How Arrow holds an interval."""
_FIRST_DAY, _LAST_PLAIN_DAY = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31, between which Arrow writes dates as the server does."""
_HOUR = 3600 * 10**6
_SAMPLE = 64


# ------------------------------------------------------------------------------------------------------ single values
def date_text(days: int) -> str:
    """A date, from days since 1970-01-01."""
    if abs(days) >= LAST_DAY:
        return "infinity" if days > 0 else "-infinity"
    date, era = _day(days)
    return date + era


def timestamp_text(count: int, per_second: int, zone: str) -> str:
    """A timestamp, from ticks since 1970-01-01 00:00; `zone` stands behind it (`+00`, or nothing)."""
    if abs(count) >= LAST_TICK:
        return "infinity" if count > 0 else "-infinity"
    days, rest = divmod(count, DAY_S * per_second)
    date, era = _day(days)
    return f"{date} {time_text(rest, per_second)}{zone}{era}"


def time_text(count: int, per_second: int) -> str:
    """A time of day, from ticks since midnight."""
    seconds, fraction = divmod(count, per_second)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    micros = fraction * 10**6 // per_second
    return f"{hour:02}:{minute:02}:{second:02}" + (f".{micros:06}".rstrip("0") if micros else "")


def interval_text(months: int, days: int, micros: int) -> str:
    """An interval (EncodeInterval, INTSTYLE_POSTGRES): a sign says where one is not what the part before had."""
    years = abs(months) // 12 * (1 if months > 0 else -1)
    text, before = "", False
    for value, unit in ((years, "year"), (months - years * 12, "mon"), (days, "day")):
        if value:
            plus = "+" if before and value > 0 else ""
            text += f"{' ' if text else ''}{plus}{value} {unit}{'' if value == 1 else 's'}"
            before = value < 0
    if micros or not text:
        sign = "-" if micros < 0 else "+" if before else ""
        text += f"{' ' if text else ''}{sign}{time_text(abs(micros), 10**6)}"
    return text


def _day(days: int) -> tuple[str, str]:
    """Year, month and day, and the era."""
    year, month, day = civil(days)
    return f"{year if year > 0 else 1 - year:04}-{month:02}-{day:02}", "" if year > 0 else " BC"


# ------------------------------------------------------------------------------------------------------------ columns
def date_texts(array: Array) -> Array:
    """A column of dates."""
    days = array.cast(pa.date32()) if array.type == pa.date64() else array
    if _within(days.view(pa.int32()), _FIRST_DAY, _LAST_PLAIN_DAY):
        return days.cast(pa.string())
    numbers = ticks(days, np.int32).astype(np.int64)
    plain = (numbers >= _FIRST_DAY) & (numbers <= _LAST_PLAIN_DAY)
    safe = pc.if_else(booleans(plain), days, pa.scalar(0, pa.int32()).cast(pa.date32()))
    return _with_odd(safe.cast(pa.string()), numbers, plain, LAST_DAY, known(array), date_text)


def timestamp_texts(array: Array) -> Array:
    """A column of timestamps; with a zone, they are moments, and written in UTC."""
    unit, zone = array.type.unit, "" if array.type.tz is None else "+00"
    counts = array.view(pa.int64())
    day = DAY_S * PER_SECOND[unit]
    low = max(_FIRST_DAY * day, -LAST_TICK + 1)
    high = min((_LAST_PLAIN_DAY + 1) * day, LAST_TICK) - 1
    if _within(counts, low, high):
        return _moments(counts.view(pa.timestamp(unit)), zone)
    numbers = ticks(array, np.int64)
    plain = (numbers >= low) & (numbers <= high)
    safe = pc.if_else(booleans(plain), counts, pa.scalar(0, pa.int64())).view(pa.timestamp(unit))
    texts = _moments(safe, zone)
    return _with_odd(
        texts, numbers, plain, LAST_TICK, known(array), lambda n: timestamp_text(n, PER_SECOND[unit], zone)
    )


def time_texts(array: Array) -> Array:
    """A column of times of day."""
    unit = array.type.unit
    micros = _micros(array.view(pa.int32() if unit in ("s", "ms") else pa.int64()).cast(pa.int64()), unit)
    last = DAY_S * 10**6
    if _within(micros, 0, last - 1):
        return _shortened(micros, pa.time64("us"), pa.time32("s"))
    end = pc.equal(micros, last)
    safe = pc.if_else(end, pa.scalar(0, pa.int64()), micros)
    return pc.if_else(end, pa.scalar("24:00:00"), _shortened(safe, pa.time64("us"), pa.time32("s")))


def interval_texts(array: Array) -> Array:
    """A column of intervals or durations."""
    months, days, micros = interval_parts(array)
    years = np.sign(months) * (np.abs(months) // 12)
    texts, before, begun = [], np.zeros(len(array), bool), np.zeros(len(array), bool)
    for value, unit in ((years, "year"), (months - years * 12, "mon"), (days, "day")):
        there = value != 0
        lead = chosen(["", " ", "+", " +"], begun * 1 + (before & (value > 0)) * 2)
        text = joined(lead, pa.array(value).cast(pa.string()), chosen([f" {unit}", f" {unit}s"], value != 1))
        texts.append(pc.if_else(booleans(there), text, pa.scalar("")))
        before, begun = np.where(there, value < 0, before), begun | there
    sign = np.where(micros < 0, 1, np.where(before, 2, 0))
    lead = chosen(["", "-", "+", " ", " -", " +"], begun * 3 + sign)
    hours = pc.utf8_lpad(pa.array(np.abs(micros) // _HOUR).cast(pa.string()), 2, "0")
    rest = time_texts(pa.array(np.abs(micros) % _HOUR).cast(pa.time64("us")))
    time = joined(lead, hours, pc.utf8_slice_codeunits(rest, 2))
    made = joined(*texts, pc.if_else(booleans((micros != 0) | ~begun), time, pa.scalar("")))
    return pc.if_else(array.is_valid(), made, pa.scalar(None, pa.string())) if array.null_count else made


def interval_parts(array: Array) -> tuple[Numbers, Numbers, Numbers]:
    """Months, days and microseconds of a column of intervals or durations; zeros for NULL."""
    if pa.types.is_duration(array.type):
        micros = _micros(array.view(pa.int64()), array.type.unit).fill_null(0).to_numpy()
        return np.zeros(len(array), np.int64), np.zeros(len(array), np.int64), micros
    parts = ticks_of_intervals(array)
    nanos = parts["nanos"].astype(np.int64)
    micros = np.sign(nanos) * (np.abs(nanos) // 1000)
    return parts["months"].astype(np.int64), parts["days"].astype(np.int64), micros


def ticks_of_intervals(array: Array) -> Numbers:
    """The parts in which Arrow holds a column of intervals; zeros for NULL."""
    if not len(array):
        return np.empty(0, INTERVAL)
    parts = np.frombuffer(array.buffers()[1], INTERVAL, len(array), array.offset * 16)
    if array.null_count:
        parts = parts.copy()
        parts[~known(array)] = 0
    return parts


def micros_of(array: Array) -> Numbers:
    """Ticks of a column of timestamps or times, in microseconds since 1970-01-01 or midnight; zero for NULL."""
    wide = array.view(pa.int32()).cast(pa.int64()) if pa.types.is_time32(array.type) else array.view(pa.int64())
    return _micros(wide, array.type.unit).fill_null(0).to_numpy(zero_copy_only=False)


# ------------------------------------------------------------------------------------------------------------- pieces
def _micros(counts: Array, unit: str) -> Array:
    """Ticks in microseconds, cut downwards."""
    if unit == "us":
        return counts
    if unit == "ns":
        return pa.array(ticks(counts, np.int64) // 1000, pa.int64(), mask=~known(counts))
    return pc.multiply(counts, 10**6 // PER_SECOND[unit])


def _moments(array: Array, zone: str) -> Array:
    """Timestamps of the years 1 to 9999."""
    unit = array.type.unit
    counts = array.view(pa.int64())
    if unit == "s":
        texts = array.cast(pa.string())
    else:
        texts = _shortened(_micros(counts, unit), pa.timestamp("us"), pa.timestamp("s"))
    return joined(texts, pa.scalar(zone)) if zone else texts


def _shortened(micros: Array, fine: pa.DataType, coarse: pa.DataType) -> Array:
    """Texts of moments without the zeros at the end of their fractions."""
    if _whole(micros):
        seconds = pc.divide(micros, 10**6)
        return seconds.cast(pa.int32() if pa.types.is_time(coarse) else pa.int64()).view(coarse).cast(pa.string())
    return pc.ascii_rtrim(pc.ascii_rtrim(micros.view(fine).cast(pa.string()), "0"), ".")


def _whole(micros: Array) -> bool:
    """Whether all are whole seconds; the first few mostly tell."""
    numbers = ticks(micros, np.int64)
    return not (numbers[:_SAMPLE] % 10**6).any() and not (numbers % 10**6).any()


def _within(numbers: Array, low: int, high: int) -> bool:
    extremes = pc.min_max(numbers)
    least, most = extremes["min"].as_py(), extremes["max"].as_py()
    return least is None or (low <= least and most <= high)


def _with_odd(
    texts: Array, numbers: Numbers, plain: Numbers, end: int, valid: Numbers, text: Callable[[int], str]
) -> Array:
    """The texts, with those of values that Arrow cannot write put in: many have no end, few are of other eras."""
    texts = pc.if_else(booleans(numbers >= end), pa.scalar("infinity"), texts)
    texts = pc.if_else(booleans(numbers <= -end), pa.scalar("-infinity"), texts)
    other = ~plain & (numbers < end) & (numbers > -end) & valid
    if other.any():
        found = pa.array([text(int(n)) for n in numbers[other]], pa.string())
        texts = pc.replace_with_mask(texts, booleans(other), found)
    return pc.if_else(booleans(valid), texts, pa.scalar(None, pa.string()))
