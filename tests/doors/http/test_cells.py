"""Values keep every digit on their way to JSON."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from decimal import Decimal
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.doors.http.cells import type_name, values_of

BIG = 2**53
LONG = "12345678901234567890.1234567890"
NOON = dt.datetime(2020, 1, 2, 12)
CASES: list[tuple[str, pa.Array, list[Any]]] = [
    ("integer", pa.array([1, None, -5], pa.int32()), [1, None, -5]),
    (
        "integer",
        pa.array([BIG, -BIG, BIG + 1, -BIG - 1, None], pa.int64()),
        [BIG, -BIG, str(BIG + 1), str(-BIG - 1), None],
    ),
    ("integer", pa.array([2**64 - 1, 0], pa.uint64()), [str(2**64 - 1), 0]),
    ("integer", pa.array([None, None], pa.int64()), [None, None]),
    ("integer", pa.array([Decimal(7), Decimal(10**37), None], pa.decimal128(38, 0)), [7, str(10**37), None]),
    ("integer", pa.array([Decimal(-(10**50))], pa.decimal256(60, 0)), [str(-(10**50))]),
    ("decimal(10,0)", pa.array([Decimal(7)], pa.decimal128(10, 0)), ["7"]),
    ("decimal(18,3)", pa.array([Decimal("1.500"), None], pa.decimal128(18, 3)), ["1.500", None]),
    ("decimal(18,8)", pa.array([Decimal("0.00000001")], pa.decimal128(18, 8)), ["0.00000001"]),
    (
        "decimal(38,10)",
        pa.array([Decimal("-12345678901234567890.1234567890")], pa.decimal128(38, 10)),
        ["-12345678901234567890.1234567890"],
    ),
    ("float", pa.array([0.1, -0.0, 1e300, None]), [0.1, -0.0, 1e300, None]),
    ("float", pa.array([math.nan, math.inf, -math.inf, 1.5]), ["NaN", "Infinity", "-Infinity", 1.5]),
    ("float", pa.array([0.1, None, 16777216.0], pa.float32()), [0.1, None, 16777216.0]),
    ("float", pa.array([math.nan, -math.inf], pa.float32()), ["NaN", "-Infinity"]),
    ("boolean", pa.array([True, False, None]), [True, False, None]),
    ("text", pa.array(["", 'é\n"', None]), ["", 'é\n"', None]),
    ("text", pa.array(["a", None], pa.large_string()), ["a", None]),
    ("text", pa.array(["a", None], pa.string_view()), ["a", None]),
    ("text", pa.array(["x", "y", None, "x"]).dictionary_encode(), ["x", "y", None, "x"]),
    ("date", pa.array([dt.date(2020, 2, 29), None]), ["2020-02-29", None]),
    ("date", pa.array([dt.date(2020, 2, 29)], pa.date64()), ["2020-02-29"]),
    ("date", pa.array([2**31 - 1, 0], pa.int32()).view(pa.date32()), ["infinity", "1970-01-01"]),
    ("timestamp", pa.array([dt.datetime(2020, 1, 2, 3, 4, 5), None]), ["2020-01-02T03:04:05", None]),
    (
        "timestamp",
        pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 600)], pa.timestamp("us")),
        ["2020-01-02T03:04:05.000600"],
    ),
    ("timestamp", pa.array([1], pa.timestamp("ns")), ["1970-01-01T00:00:00.000000001"]),
    ("timestamp", pa.array([1], pa.timestamp("s")), ["1970-01-01T00:00:01"]),
    ("timestamp", pa.array([2**63 - 1, 0], pa.timestamp("us")), ["infinity", "1970-01-01T00:00:00"]),
    (
        "timestamp with time zone",
        pa.array([0, None], pa.timestamp("us", "Europe/Berlin")),
        ["1970-01-01T00:00:00Z", None],
    ),
    ("timestamp with time zone", pa.array([10**18], pa.timestamp("us", "UTC")), ["+33658-09-27T01:46:40Z"]),
    ("time", pa.array([dt.time(12, 34, 56, 7), None]), ["12:34:56.000007", None]),
    ("time", pa.array([86_400_000_000], pa.int64()).view(pa.time64("us")), ["24:00:00"]),
    ("time", pa.array([5], pa.time32("ms")), ["00:00:00.005"]),
    ("interval", pa.array([dt.timedelta(hours=1), None]), ["PT1H", None]),
    ("interval", pa.array([pa.MonthDayNano([14, 3, 500_000_000]), None]), ["P1Y2M3DT0.5S", None]),
    ("binary", pa.array([b"\x00\xff", b"", None]), ["AP8=", "", None]),
    ("binary", pa.array([b"ab"], pa.binary(2)), ["YWI="]),
    ("null", pa.nulls(2), [None, None]),
    ("list<integer>", pa.array([[1, None], [], None, [BIG * 2]]), [[1, None], [], None, [str(BIG * 2)]]),
    ("list<integer>", pa.array([[1, 2], None], pa.list_(pa.int32(), 2)), [[1, 2], None]),
    ("list<list<text>>", pa.array([[["a"], None], []], pa.list_(pa.list_(pa.string()))), [[["a"], None], []]),
    ("list<float>", pa.array([[math.nan]], pa.large_list(pa.float64())), [["NaN"]]),
    (
        "struct<a: integer, b: decimal(3,1)>",
        pa.array([{"a": 1, "b": Decimal("1.5")}, None], pa.struct([("a", pa.int32()), ("b", pa.decimal128(3, 1))])),
        [{"a": 1, "b": "1.5"}, None],
    ),
    (
        "map<text, date>",
        pa.array([[("a", dt.date(2020, 1, 1))], [], None], pa.map_(pa.string(), pa.date32())),
        [{"a": "2020-01-01"}, {}, None],
    ),
    ("map<integer, text>", pa.array([[(1, "x")], None], pa.map_(pa.int32(), pa.string())), [[[1, "x"]], None]),
    (
        "uuid",
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=1).bytes, None], pa.binary(16))),
        ["00000000-0000-0000-0000-000000000001", None],
    ),
    ("text", pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":1}', None])), ['{"a":1}', None]),
    (
        "union<n: integer, t: text>",
        pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 0]), pa.array(["", "x"])], ["n", "t"]),
        [1, "x"],
    ),
    (
        "union<n: integer, t: text>",
        pa.UnionArray.from_dense(
            pa.array([1, 0], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array([1]), pa.array(["x"])], ["n", "t"]
        ),
        ["x", 1],
    ),
]


def type_of(case: object) -> str | None:
    return str(case.type) if isinstance(case, pa.Array) else None


@pytest.mark.parametrize(("name", "array", "values"), CASES, ids=type_of)
def test_every_type_has_its_form_and_name(name: str, array: pa.Array, values: list[Any]) -> None:
    assert type_name(array.type) == name
    got = values_of(array)
    assert repr(got) == repr(values)
    assert orjson.loads(orjson.dumps(got)) == values


@pytest.mark.parametrize(("name", "array", "values"), CASES, ids=type_of)
def test_every_type_has_its_form_in_a_slice(name: str, array: pa.Array, values: list[Any]) -> None:
    """Pieces of a batch are slices: offsets, validity and children must be taken from the slice's own place."""
    repeated = pa.concat_arrays([array, array, array])
    start = len(array)
    assert repr(values_of(repeated.slice(start, len(array)))) == repr(values)
    assert values_of(repeated.slice(1, 0)) == []


def test_rows_whose_fields_share_a_name_lose_none() -> None:
    array = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert values_of(array) == [[1, 2]]


def test_a_type_without_a_form_is_an_error_and_not_a_guess() -> None:
    array = pa.RunEndEncodedArray.from_arrays([2, 3], [1, 2])
    with pytest.raises(TypeError, match="cannot be written"):
        values_of(array)


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_no_integer_loses_a_digit(integers: list[int | None]) -> None:
    got = orjson.loads(orjson.dumps(values_of(pa.array(integers, pa.int64()))))
    assert [None if v is None else int(v) for v in got] == integers
    assert all(isinstance(v, str) == (abs(int(v)) > BIG) for v in got if v is not None)


@given(
    st.lists(
        st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**20), max_value=10**20)
    )
)
def test_no_decimal_loses_a_digit(decimals: list[Decimal | None]) -> None:
    got = values_of(pa.array(decimals, pa.decimal128(38, 9)))
    assert [None if v is None else Decimal(v) for v in got] == decimals
    assert all("e" not in v.lower() for v in got if v is not None)


@given(st.lists(st.floats(width=32) | st.none()))
def test_no_float_loses_a_digit(floats: list[float | None]) -> None:
    got = values_of(pa.array(floats, pa.float32()))
    back = pa.array([None if v is None else float(v) for v in got], pa.float32())
    assert repr(back.to_pylist()) == repr(pa.array(floats, pa.float32()).to_pylist())


@given(st.lists(st.datetimes() | st.none()))
def test_timestamps_are_read_back(moments: list[dt.datetime | None]) -> None:
    got = values_of(pa.array(moments, pa.timestamp("us")))
    assert [None if v is None else dt.datetime.fromisoformat(v) for v in got] == moments


def test_every_type_of_a_real_engine_has_a_form() -> None:
    with duckdb.connect() as connection:
        table = connection.sql("SELECT * FROM test_all_types()").to_arrow_table()
    for name in table.column_names:
        for chunk in table[name].chunks:
            assert orjson.dumps(values_of(chunk)), name
