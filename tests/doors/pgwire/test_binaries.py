"""Columns in the binary format; what a server says of them stands in test_rows.py."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proxy.doors.pgwire.binaries import binaries, fixed_binaries
from proxy.doors.pgwire.types import BY_NAME, BY_OID, of_field
from proxy.errors import QueryFailed

NAMED = ("timetz", "jsonb", "oid", "name", "varchar", "bpchar", "char", "int2vector", "oidvector")
_FIRST = -(2**63) + 2


@pytest.mark.parametrize("ticks", [_FIRST, _FIRST + 10**13])
def test_moments_before_the_servers_time_are_refused(ticks: int) -> None:
    column = pa.array([ticks], pa.int64()).view(pa.timestamp("us"))
    with pytest.raises(QueryFailed) as caught:
        binaries(column, BY_NAME["timestamp"])
    assert caught.value.sqlstate == "22008"


def test_seconds_that_microseconds_cannot_hold_are_refused() -> None:
    column = pa.array([2**60], pa.int64()).view(pa.timestamp("s"))
    with pytest.raises(QueryFailed):
        binaries(column, BY_NAME["timestamp"])


def test_text_that_is_no_uuid_any_more_is_refused() -> None:
    column = pa.array(["<PERSON>", None])
    with pytest.raises(QueryFailed) as caught:
        binaries(column, BY_NAME["uuid"])
    assert "PERSON" not in str(caught.value)


def test_columns_without_rows_and_of_null() -> None:
    for kind in BY_OID.values():
        if kind.element or kind.name in NAMED:
            continue
        arrow = {"bool": pa.bool_(), "json": pa.string(), "uuid": pa.uuid(), "bytea": pa.binary(), "text": pa.string()}
        more = {"date": pa.date32(), "time": pa.time64("us"), "timestamp": pa.timestamp("s"), "numeric": pa.uint64()}
        rest = {"timestamptz": pa.timestamp("ns", "UTC"), "interval": pa.duration("s")}
        number = {
            "int2": pa.int8(),
            "int4": pa.int32(),
            "int8": pa.int64(),
            "float4": pa.float16(),
            "float8": pa.float64(),
        }
        column = pa.nulls(3, {**arrow, **more, **rest, **number}[kind.name])
        assert of_field(pa.field("v", column.type)).name in (kind.name, "text")
        assert binaries(column, kind).to_pylist() == [None] * 3
        assert binaries(column.slice(0, 0), kind).to_pylist() == []


def test_fixed_forms_are_the_varying_ones() -> None:
    column = pa.array([1, -2], pa.int32())
    made = fixed_binaries(column, BY_NAME["int4"])
    assert [bytes(row) for row in made] == binaries(column, BY_NAME["int4"]).to_pylist()
    assert fixed_binaries(pa.array(["a"]), BY_NAME["text"]) is None
