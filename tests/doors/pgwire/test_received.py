"""Values from bytes; what a server reads in them stands in test_parameters.py."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from proxy.doors.pgwire import received
from proxy.doors.pgwire.numerics import numeric_binary
from proxy.doors.pgwire.readings import OutOfRange


@pytest.mark.parametrize(
    "text", ["0", "0.00", "-12345.678", "0.00001", "100000000", "1234567890123456789012345.6789", "Infinity"]
)
def test_numerics(text: str) -> None:
    assert str(received.numeric(numeric_binary(text))) == str(Decimal(text))


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (received.boolean, b"\2", True),
        (received.jsonb, b"\1{}", "{}"),
        (received.day, struct.pack("!i", -1), date(1999, 12, 31)),
        (received.clock, struct.pack("!q", 1), time(0, 0, 0, 1)),
        (received.zoned_clock, struct.pack("!qi", 0, -3600), time(tzinfo=timezone(timedelta(hours=1)))),
        (received.timestamp, struct.pack("!q", -1), datetime(1999, 12, 31, 23, 59, 59, 999_999)),
        (received.moment, struct.pack("!q", 0), datetime(2000, 1, 1, tzinfo=UTC)),
        (received.interval, struct.pack("!qii", 1, 2, 3), "3 months 2 days 1 microseconds"),
    ],
)
def test_values(read: Callable[[bytes], Any], value: bytes, expected: Any) -> None:
    assert read(value) == expected


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (received.day, struct.pack("!i", 2**31 - 1)),
        (received.clock, struct.pack("!q", 86_400 * 10**6)),
        (received.timestamp, struct.pack("!q", -(2**63))),
        (received.interval, struct.pack("!qii", -(2**63), -(2**31), -(2**31))),
    ],
)
def test_what_cannot_be_held_is_out_of_range(read: Callable[[bytes], Any], value: bytes) -> None:
    with pytest.raises(OutOfRange):
        read(value)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (received.boolean, b""),
        (received.jsonb, b"\2{}"),
        (received.text, b"a\0"),
        (received.number("!i"), b"\0"),
        (received.numeric, struct.pack("!hhHHh", 1, 0, 0, 0, 10_000)),
        (received.numeric, struct.pack("!hhHH", 1, 0, 0, 0)),
        (received.numeric, struct.pack("!hhHH", 0, 0, 0x1234, 0)),
        (received.identifier, b"\0" * 15),
        (received.clock, struct.pack("!q", -1)),
        (received.zoned_clock, struct.pack("!qi", 0, 10**6)),
    ],
)
def test_what_is_no_value_is_refused(read: Callable[[bytes], Any], value: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        read(value)
