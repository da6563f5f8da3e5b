"""Intervals from text; what a server reads in them stands in test_parameters.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from proxy.doors.pgwire.readings import OutOfRange
from proxy.doors.pgwire.spans import interval_text, span


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00:00:00", timedelta(0)),
        ("1 day 02:03:04.5", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("@ 1 day 2 hours ago", "-1 days -7200 seconds"),
        ("1 years 2 mons 3 days 4 hours 5 mins 6.5 secs", "14 months 3 days 14706 seconds 500000 microseconds"),
        ("P1DT2H", timedelta(days=1, hours=2)),
        ("1 day 0 second 7 microsecond", timedelta(days=1, microseconds=7)),
        ("1.5 days", timedelta(days=1, hours=12)),
    ],
)
def test_values(text: str, value: timedelta | str) -> None:
    assert interval_text(text) == value


@pytest.mark.parametrize("text", ["infinity", "3000000000 days", "300000000 years"])
def test_what_cannot_be_held_is_out_of_range(text: str) -> None:
    with pytest.raises(OutOfRange):
        interval_text(text)


@pytest.mark.parametrize(
    "text", ["", "@", "1", "day", "1 day 1 day", "1 s 00:00:01", "1:60", "P", "P1", "0.5 mons", "1 fortnight"]
)
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the reader's own
        interval_text(text)
    assert not isinstance(caught.value, OutOfRange)


def test_days_and_times_stay_apart() -> None:
    assert span(0, 0, 86_400 * 10**6) == "86400 seconds"
    assert span(0, 1, 0) == timedelta(days=1)
    assert span(0, 0, -1) == "-1 microseconds"
