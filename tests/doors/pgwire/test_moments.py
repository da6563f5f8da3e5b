"""Dates, times and intervals; what a server says of them stands in test_rows.py."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proxy.doors.pgwire import moments


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "1970-01-01"),
        (-719_162, "0001-01-01"),
        (-719_163, "0001-12-31 BC"),
        (-735_160, "0044-03-15 BC"),
        (2_932_897, "10000-01-01"),
        (2**31 - 1, "infinity"),
        (-(2**31) + 1, "-infinity"),
    ],
)
def test_dates(days: int, text: str) -> None:
    assert moments.date_text(days) == text
    column = pa.array([days, None, 0], pa.int32()).view(pa.date32())
    assert moments.date_texts(column).to_pylist() == [text, None, "1970-01-01"]
    assert moments.date_texts(column.slice(1)).to_pylist() == [None, "1970-01-01"]


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "1970-01-01 00:00:00"),
        (1_500_000, "1970-01-01 00:00:01.5"),
        (-1, "1969-12-31 23:59:59.999999"),
        (600 * 10**6, "1970-01-01 00:10:00"),
        (-62_135_596_800_000_001, "0001-12-31 23:59:59.999999 BC"),
        (2**63 - 1, "infinity"),
    ],
)
def test_timestamps(micros: int, text: str) -> None:
    column = pa.array([micros, None], pa.int64()).view(pa.timestamp("us"))
    assert moments.timestamp_texts(column).to_pylist() == [text, None]
    assert moments.timestamp_text(micros, 10**6, "") == text
    zoned = moments.timestamp_texts(column.cast(pa.timestamp("us", "Europe/Berlin"))).to_pylist()[0]
    assert zoned == (text if text == "infinity" else text.replace(" BC", "") + "+00" + " BC" * text.endswith(" BC"))


def test_what_is_finer_than_a_microsecond_is_cut() -> None:
    column = pa.array([1999, -1, -1000], pa.int64()).view(pa.timestamp("ns"))
    expected = ["1970-01-01 00:00:00.000001", "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"]
    assert moments.timestamp_texts(column).to_pylist() == expected
    assert [moments.timestamp_text(n, 10**9, "") for n in (1999, -1, -1000)] == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_every_unit(unit: str) -> None:
    per = moments.PER_SECOND[unit]
    kind, storage = (pa.time32(unit), pa.int32()) if per < 10**6 else (pa.time64(unit), pa.int64())
    counts = [0, 36_610 * per, 86_400 * per, None] + ([per // 2] if per > 1 else [])
    expected = ["00:00:00", "10:10:10", "24:00:00", None] + (["00:00:00.5"] if per > 1 else [])
    assert moments.time_texts(pa.array(counts, storage).view(kind)).to_pylist() == expected
    assert [n if n is None else moments.time_text(n, per) for n in counts] == expected


@pytest.mark.parametrize(
    ("months", "days", "micros", "text"),
    [
        (0, 0, 0, "00:00:00"),
        (14, -3, 5_000_000, "1 year 2 mons -3 days +00:00:05"),
        (-1, 1, 0, "-1 mons +1 day"),
        (-12, 0, -1, "-1 years -00:00:00.000001"),
        (0, -1, 3_600_000_000 * 100, "-1 days +100:00:00"),
    ],
)
def test_intervals(months: int, days: int, micros: int, text: str) -> None:
    column = pa.array([pa.MonthDayNano([months, days, micros * 1000]), None], pa.month_day_nano_interval())
    assert moments.interval_texts(column).to_pylist() == [text, None]
    assert moments.interval_text(months, days, micros) == text


def test_durations_are_intervals_of_hours() -> None:
    assert moments.interval_texts(pa.array([90_061_500, None], pa.duration("ms"))).to_pylist() == ["25:01:01.5", None]


def test_columns_without_rows() -> None:
    for kind in (pa.date32(), pa.date64(), pa.timestamp("us", "UTC"), pa.time64("us"), pa.month_day_nano_interval()):
        empty = pa.array([], kind)
        texts = (
            moments.interval_texts
            if pa.types.is_interval(kind)
            else (
                moments.date_texts
                if pa.types.is_date(kind)
                else moments.time_texts
                if pa.types.is_time(kind)
                else moments.timestamp_texts
            )
        )
        assert texts(empty).to_pylist() == []
