"""Days as dates: as Python's own where it has them, and beyond."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.gregorian import civil

EPOCH = date(1970, 1, 1)


@given(st.dates())
def test_days_that_python_knows(day: date) -> None:
    assert civil((day - EPOCH) // timedelta(days=1)) == (day.year, day.month, day.day)


@pytest.mark.parametrize(
    ("days", "day"), [(-719_529, (-1, 12, 31)), (-719_528, (0, 1, 1)), (2_932_897, (10_000, 1, 1))]
)
def test_days_that_it_does_not(days: int, day: tuple[int, int, int]) -> None:
    assert civil(days) == day
