"""ISO 8601 over the whole range an engine can store."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.doors.http.calendar import date_text, duration_text, interval_text, time_text, timestamp_text

EPOCH = dt.date(1970, 1, 1)


@given(st.dates())
def test_dates_agree_with_python_where_python_has_them(date: dt.date) -> None:
    assert date_text((date - EPOCH).days) == date.isoformat()


@given(st.datetimes())
def test_timestamps_agree_with_python_where_python_has_them(moment: dt.datetime) -> None:
    ticks = (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
    assert timestamp_text(ticks, 10**6, zoned=False) == moment.isoformat()
    assert timestamp_text(ticks, 10**6, zoned=True) == moment.isoformat() + "Z"


@given(st.integers(-(2**31) + 2, 2**31 - 2))
def test_every_day_differs_from_the_next(days: int) -> None:
    assert date_text(days) != date_text(days + 1)


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (2_932_897, "+10000-01-01"),
        (-719_163, "0000-12-31"),
        (-719_528, "0000-01-01"),
        (-719_529, "-0001-12-31"),
        (2**31 - 2, "+5881580-07-10"),
        (2**31 - 1, "infinity"),
        (-(2**31) + 1, "-infinity"),
        (-(2**31), "-infinity"),
    ],
)
def test_extreme_dates(days: int, text: str) -> None:
    assert date_text(days) == text


@pytest.mark.parametrize(
    ("ticks", "per_second", "text"),
    [
        (2**63 - 1, 10**6, "infinity"),
        (-(2**63), 10**6, "-infinity"),
        (-1, 10**9, "1969-12-31T23:59:59.999999999"),
        (-1, 1, "1969-12-31T23:59:59"),
        (253_402_300_800, 1, "+10000-01-01T00:00:00"),
    ],
)
def test_extreme_timestamps(ticks: int, per_second: int, text: str) -> None:
    assert timestamp_text(ticks, per_second, zoned=False) == text


@pytest.mark.parametrize(
    ("ticks", "per_second", "text"),
    [
        (0, 1, "00:00:00"),
        (86_399, 1, "23:59:59"),
        (86_400, 1, "24:00:00"),
        (45_296_007, 1000, "12:34:56.007"),
        (1, 10**9, "00:00:00.000000001"),
    ],
)
def test_times(ticks: int, per_second: int, text: str) -> None:
    assert time_text(ticks, per_second) == text


@pytest.mark.parametrize(
    ("months", "days", "nanoseconds", "text"),
    [
        (0, 0, 0, "PT0S"),
        (14, 3, 0, "P1Y2M3D"),
        (-14, 3, 0, "P-1Y-2M3D"),
        (0, -1, 3_600_000_000_000, "P-1DT1H"),
        (0, 0, 5_400_500_000_000, "PT1H30M0.5S"),
        (0, 0, -500_000_000, "PT-0.5S"),
        (0, 0, -61_000_000_000, "PT-1M-1S"),
        (0, 0, 1, "PT0.000000001S"),
        (0, 0, 90_000_000_000_000, "PT25H"),
        (12, 0, 60_000_000_000, "P1YT1M"),
    ],
)
def test_intervals(months: int, days: int, nanoseconds: int, text: str) -> None:
    assert interval_text(months, days, nanoseconds) == text


def test_durations_have_no_days() -> None:
    assert duration_text(90_061_000_000_000) == "PT25H1M1S"
