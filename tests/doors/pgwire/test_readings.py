"""Values from text; what a server reads in them stands in test_parameters.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from proxy.doors.pgwire import readings


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (readings.boolean, " Yes ", True),
        (readings.integer(-5, 5), "-5", -5),
        (readings.object_id, "0", 0),
        (readings.floating(0.0, float("inf")), "-Infinity", -float("inf")),
        (readings.numeric, "1.500", Decimal("1.500")),
        (readings.bytea, "a\\\\\\001", b"a\\\x01"),
        (readings.time_text, "03:04:05.6789012", time(3, 4, 5, 678_901)),
        (readings.timestamp_text, "2020-01-02 24:00:00", datetime(2020, 1, 3)),
        (readings.timestamptz_text, "2020-01-02 00:30:00+0230", datetime(2020, 1, 1, 22, tzinfo=UTC)),
    ],
)
def test_values(read: Callable[[str], Any], text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (readings.integer(-5, 5), "6"),
        (readings.integer(-5, 5), "9" * 100_000),
        (readings.floating(0.0, float("inf")), "1e999"),
        (readings.floating(0.0, float("inf")), "1e-999"),
        (readings.numeric, "1e200000"),
        (readings.numeric, "1e999999999999999"),
        (readings.numeric, "1e-20000"),
        (readings.date_text, "infinity"),
        (readings.date_text, "0044-03-15 BC"),
        (readings.time_text, "24:00:00"),
        (readings.timestamp_text, "9999-12-31 24:00:00"),
        (readings.timestamptz_text, "0001-01-01 00:00:00+01"),
    ],
)
def test_what_cannot_be_held_is_out_of_range(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(readings.OutOfRange):
        read(text)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (readings.boolean, "maybe"),
        (readings.integer(-5, 5), "١"),
        (readings.object_id, "010"),
        (readings.numeric, "0x10"),
        (readings.bytea, "\\x1"),
        (readings.uuid_text, "{" + "0" * 32),
        (readings.date_text, "2020-02-30"),
        (readings.date_text, "tomorrow"),
        (readings.timestamp_text, "2020-01-01 00:00:00+99"),
    ],
)
def test_what_is_no_value_is_refused(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the reader's own
        read(text)
    assert not isinstance(caught.value, readings.OutOfRange)
