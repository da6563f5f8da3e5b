"""Rows on their way: the types that were described, and no other."""

from __future__ import annotations

from typing import Any, cast

import pyarrow as pa
import pytest

from proxy.doors.pgwire.connection import Connection
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.sending import Sending
from proxy.doors.pgwire.sources import Fixed

SENDING = Sending(cast(Connection, None))  # as_described asks for no connection


def fixed(kind: pa.DataType, values: list[Any]) -> Fixed:
    return Fixed(pa.RecordBatch.from_arrays([pa.array(values, kind)], names=["n"]))


def described(kind: pa.DataType) -> pa.Schema:
    return pa.schema([("n", kind)])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (pa.int32(), pa.int64()),
        (pa.int16(), pa.int32()),
        (pa.null(), pa.string()),
    ],
)
async def test_what_means_the_same_in_the_described_type_is_sent_in_it(given: pa.DataType, told: pa.DataType) -> None:
    values = [None, None] if given == pa.null() else [7, None]
    source = SENDING.as_described(fixed(given, values), described(told))
    assert source.answered is None
    batch = await source.next(None)
    assert batch is not None
    assert source.schema.field(0).type == batch.schema.field(0).type
    assert batch.column(0).to_pylist() == values


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (pa.int64(), pa.int32()),
        (pa.string(), pa.int32()),
        (pa.int32(), pa.string()),
        (pa.float64(), pa.int64()),
        (pa.timestamp("us"), pa.timestamp("us", "UTC")),
    ],
)
def test_anything_else_is_an_error(given: pa.DataType, told: pa.DataType) -> None:
    with pytest.raises(Refused, match="must not change"):
        SENDING.as_described(fixed(given, []), described(told))


def test_another_number_of_columns_is_an_error() -> None:
    with pytest.raises(Refused):
        SENDING.as_described(fixed(pa.int32(), []), pa.schema([("n", pa.int32()), ("m", pa.int32())]))


def test_the_same_types_are_sent_as_they_are() -> None:
    source = fixed(pa.string(), ["a"])
    assert SENDING.as_described(source, described(pa.large_string())) is source
