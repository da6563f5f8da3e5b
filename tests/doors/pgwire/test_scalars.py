"""The way of few rows is the columns' way: that of values in test_rows.py, of types here."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from proxy.doors.pgwire.binaries import binaries
from proxy.doors.pgwire.scalars import binary_way, text_way
from proxy.doors.pgwire.texts import texts
from proxy.doors.pgwire.types import of_field

COLUMNS: list[Any] = [
    pa.array([1, None], pa.int8()),
    pa.array([1, None], pa.uint64()),
    pa.array([1.5, None], pa.float32()).cast(pa.float16()),
    pa.array([1.5, None, float("inf")]),
    pa.array([True, None]),
    pa.array([Decimal("1.50"), None], pa.decimal256(40, 2)),
    pa.array(["é", None], pa.large_string()),
    pa.array(["é", None], pa.string_view()),
    pa.array([b"\xff", None], pa.binary(1)),
    pa.array([dt.date(2020, 1, 2), None], pa.date64()),
    pa.array([dt.time(1, 2, 3), None], pa.time32("s")),
    pa.array([dt.datetime(2020, 1, 2), None], pa.timestamp("s", "UTC")),
    pa.array([dt.timedelta(seconds=-1.5), None], pa.duration("ms")),
    pa.array(["a", None]).dictionary_encode(),
    pa.array([[["a"]], None]),
    pa.array([{"a": [1]}, None]),
    pa.nulls(2),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: str(c.type))
def test_both_ways_agree(column: Any) -> None:
    kind = of_field(pa.field("v", column.type))
    for given in (column, column.slice(1), column.slice(0, 0)):
        assert text_way(column.type)(given) == texts(given).cast(pa.binary()).to_pylist()
        assert binary_way(column.type, kind)(given) == binaries(given, kind).to_pylist()
