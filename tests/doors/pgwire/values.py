"""Values for tests of both formats: Arrow columns beside what the server is given for the same values."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from proxy.doors.pgwire.rows import RowEncoder
from proxy.doors.pgwire.types import METADATA, of_field
from tests.doors.pgwire.server import Parameter, Raw

_FIRST_MICRO = -210_866_803_200_000_000
"""4714-11-24 BC, the server's first timestamp, in microseconds since 1970."""
_LAST_MICRO = 9_224_318_015_999_999_999 - 10_957 * 86_400 * 10**6
_MICRO_SHIFT = 10_957 * 86_400 * 10**6


@dataclass(frozen=True)
class Case:
    """Values of one type: how to draw one, the Arrow column of some, and one as the server is given it."""

    name: str
    type: str
    draw: st.SearchStrategy[Any]
    arrow: Callable[[Sequence[Any]], Any]
    server: Callable[[Any], tuple[int, bytes]]
    metadata: str = ""

    def field(self, values: Sequence[Any]) -> tuple[pa.Field[Any], Any]:
        array = self.arrow(values)
        return pa.field("v", array.type, metadata={METADATA: self.metadata} if self.metadata else None), array

    def parameter(self, value: Any, oid: int) -> Parameter:
        if value is None:
            return (oid, 0, None)
        form, text = self.server(value)
        return (oid, form, text)


def _text(value: Any) -> tuple[int, bytes]:
    return 0, str(value).encode()


def _packed(form: str) -> Callable[[Any], tuple[int, bytes]]:
    return lambda value: (1, struct.pack(form, value))


def _ints(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high) | st.sampled_from([low, high, 0])


def _plain(kind: pa.DataType) -> Callable[[Sequence[Any]], Any]:
    return lambda values: pa.array(values, kind)


def _viewed(storage: pa.DataType, kind: pa.DataType) -> Callable[[Sequence[Any]], Any]:
    return lambda values: pa.array(values, storage).view(kind)


def _moment(per_second: int) -> Callable[[int], tuple[int, bytes]]:
    def given(ticks: int) -> tuple[int, bytes]:
        if abs(ticks) == 2**63 - 1:
            return 1, struct.pack("!q", 2**63 - 1 if ticks > 0 else -(2**63))
        return 1, struct.pack("!q", ticks * 10**6 // per_second - _MICRO_SHIFT)

    return given


def _day(days: int) -> tuple[int, bytes]:
    if abs(days) == 2**31 - 1:
        return 1, struct.pack("!i", 2**31 - 1 if days > 0 else -(2**31))
    return 1, struct.pack("!i", days - 10_957)


def _moments(per_second: int) -> st.SearchStrategy[int]:
    low, high = _FIRST_MICRO * per_second // 10**6, _LAST_MICRO * per_second // 10**6
    if per_second == 10**9:
        low, high = -(2**63) + 10**6, 2**63 - 10**6
    near = st.integers(0, 2 * 10**9 * per_second)
    even = st.integers(-(10**9), 10**9).map(lambda n: n * per_second)
    return st.integers(low, high) | near | even | st.sampled_from([2**63 - 1, -(2**63 - 1), -1, 0, low, high])


def _decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**precision - 1
    whole = st.integers(-most, most) | st.integers(-(10**5), 10**5) | st.sampled_from([0, most, -most])
    tens = st.tuples(st.integers(-9, 9), st.integers(0, precision - 1)).map(lambda t: t[0] * 10 ** t[1])
    return (whole | tens).map(lambda n: Decimal((int(n < 0), tuple(map(int, str(abs(n)))), -scale)))


def _interval(value: tuple[int, int, int]) -> tuple[int, bytes]:
    return 1, struct.pack("!qii", value[2], value[1], value[0])


def _intervals(values: Sequence[Any]) -> Any:
    made = [None if v is None else pa.MonthDayNano([v[0], v[1], v[2] * 1000]) for v in values]
    return pa.array(made, pa.month_day_nano_interval())


def _vectors(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(low, high), max_size=5).map(lambda numbers: " ".join(map(str, numbers)))


def _uuids(values: Sequence[Any]) -> Any:
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.array(values, pa.binary(16)))


def _numeric(places: int) -> st.SearchStrategy[str]:
    return _decimals(30, places).map(lambda d: format(d, "f"))


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "NULL", "null", "a,b", '"', "\\", "{}", " ", "a\tb\nc", "\v", "é", "😀", "\u00a0", "\u2003", "\\.", "\\N"]
)


def _halfway(tens: int) -> st.SearchStrategy[float]:
    """What a decimal reads as that lies exactly between two floats."""
    return st.integers(2**53 // 5**tens + 1, 2**54 // 5**tens).map(lambda n: float((n | 1) * 10**tens))


def _one_nan(value: float) -> float:
    """NaN without a sign or a payload, which no text tells."""
    return float("nan") if value != value else value


_SPECIAL_FLOATS = [0.0, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324, 1e23, 1e15, 1e14, 999999999999999.9]
_FLOATS = (
    st.floats()
    | st.floats(1e-8, 1e-3)
    | st.floats(1e13, 1e40)
    | st.integers(-(2**63), 2**63).map(float)
    | st.integers(1, 22).flatmap(lambda e: st.integers(1, 999).map(lambda n: n * 10.0**e))
    | st.integers(-1074, 1023).map(lambda e: 2.0**e)
    | st.integers(1, 22).flatmap(_halfway)
    | st.sampled_from(_SPECIAL_FLOATS)
).map(_one_nan)
_SINGLES = (
    st.floats(width=32)
    | st.floats(2**-20, 2**-10, width=32)
    | st.floats(2**13, 2**64, width=32)
    | st.integers(-149, 127).map(lambda e: 2.0**e)
    | st.integers(-(10**9), 10**9).map(lambda n: struct.unpack("f", struct.pack("f", n))[0])
    | st.sampled_from([0.0, -0.0, float("nan"), float("inf"), 999999.0, 1e6, 16777216.0, 33554432.0])
).map(_one_nan)
_MICROS_OF_DAY = _ints(0, 86_400 * 10**6)
_DAYS = st.integers(-2_400_000, 2_145_031_948) | _ints(-30_000, 30_000) | st.sampled_from([2**31 - 1, -(2**31 - 1)])
_SPANS = st.tuples(
    _ints(-(10**5), 10**5) | _ints(-13, 13),
    _ints(-(10**6), 10**6) | _ints(-1, 1),
    _ints(-(9 * 10**15), 9 * 10**15) | _ints(-(10**7), 10**7),
)

CASES = (
    Case("bool", "bool", st.booleans(), _plain(pa.bool_()), _text),
    Case("int8", "int2", _ints(-128, 127), _plain(pa.int8()), _text),
    Case("int16", "int2", _ints(-(2**15), 2**15 - 1), _plain(pa.int16()), _text),
    Case("int32", "int4", _ints(-(2**31), 2**31 - 1), _plain(pa.int32()), _text),
    Case("int64", "int8", _ints(-(2**63), 2**63 - 1), _plain(pa.int64()), _text),
    Case("uint8", "int2", _ints(0, 255), _plain(pa.uint8()), _text),
    Case("uint16", "int4", _ints(0, 2**16 - 1), _plain(pa.uint16()), _text),
    Case("uint32", "int8", _ints(0, 2**32 - 1), _plain(pa.uint32()), _text),
    Case("oid", "oid", _ints(0, 2**32 - 1), _plain(pa.uint32()), _text, "oid"),
    Case("uint64", "numeric", _ints(0, 2**64 - 1), _plain(pa.uint64()), _text),
    Case("hugeint", "numeric", _decimals(38, 0), _plain(pa.decimal128(38, 0)), _text),
    Case("money", "numeric", _decimals(12, 2), _plain(pa.decimal128(12, 2)), _text),
    Case("small", "numeric", _decimals(9, 9), _plain(pa.decimal128(9, 9)), _text),
    Case("decimal3", "numeric", _decimals(18, 3), _plain(pa.decimal128(18, 3)), _text),
    Case("decimal128", "numeric", _decimals(38, 17), _plain(pa.decimal128(38, 17)), _text),
    Case("decimal256", "numeric", _decimals(76, 38), _plain(pa.decimal256(76, 38)), _text),
    Case(
        "numeric",
        "numeric",
        st.integers(0, 20).flatmap(_numeric) | st.sampled_from(["NaN", "Infinity", "-Infinity", "1" + "0" * 80]),
        _plain(pa.string()),
        _text,
        "numeric",
    ),
    Case("float32", "float4", _SINGLES, _plain(pa.float32()), _packed("!f")),
    Case("float64", "float8", _FLOATS, _plain(pa.float64()), _packed("!d")),
    Case("text", "text", TEXTS, _plain(pa.string()), _text),
    Case("large", "text", TEXTS, _plain(pa.large_string()), _text),
    Case("view", "text", TEXTS, _plain(pa.string_view()), _text),
    Case(
        "enum", "text", st.sampled_from(["a", "b c", ""]), lambda v: pa.array(v, pa.string()).dictionary_encode(), _text
    ),
    Case("bytea", "bytea", st.binary(max_size=9), _plain(pa.binary()), lambda v: (1, v)),
    Case("fixed", "bytea", st.binary(min_size=3, max_size=3), _plain(pa.binary(3)), lambda v: (1, v)),
    Case("uuid", "uuid", st.binary(min_size=16, max_size=16), _uuids, lambda v: (1, v)),
    Case("uuid text", "uuid", st.uuids().map(str), _plain(pa.string()), _text, "uuid"),
    Case("char", "char", st.sampled_from(["r", "i", ""]), _plain(pa.string()), _text, "char"),
    Case("int2vector", "int2vector", _vectors(-(2**15), 2**15 - 1), _plain(pa.string()), _text, "int2vector"),
    Case("oidvector", "oidvector", _vectors(0, 2**32 - 1), _plain(pa.string()), _text, "oidvector"),
    Case("json", "json", st.sampled_from(['{"a": 1}', "[]", '"x"']), _plain(pa.string()), _text, "json"),
    Case("jsonb", "jsonb", st.sampled_from(['{"a": 1}', "[]", '"x"']), _plain(pa.string()), _text, "jsonb"),
    Case("date", "date", _DAYS, _viewed(pa.int32(), pa.date32()), _day),
    Case("seconds", "timestamp", _moments(1), _viewed(pa.int64(), pa.timestamp("s")), _moment(1)),
    Case("millis", "timestamp", _moments(10**3), _viewed(pa.int64(), pa.timestamp("ms")), _moment(10**3)),
    Case("micros", "timestamp", _moments(10**6), _viewed(pa.int64(), pa.timestamp("us")), _moment(10**6)),
    Case("nanos", "timestamp", _moments(10**9), _viewed(pa.int64(), pa.timestamp("ns")), _moment(10**9)),
    Case("zoned", "timestamptz", _moments(10**6), _viewed(pa.int64(), pa.timestamp("us", "UTC")), _moment(10**6)),
    Case("time", "time", _MICROS_OF_DAY, _viewed(pa.int64(), pa.time64("us")), _packed("!q")),
    Case("interval", "interval", _SPANS, _intervals, _interval),
)
"""One for each form in which a warehouse delivers a type."""


def encoded(case: Case, values: Sequence[Any], form: int, rows: int = 0) -> bytes:
    """The values as DataRow messages; `rows` at a time where it is not 0."""
    field, array = case.field(values)
    batch = pa.RecordBatch.from_arrays([array], schema=pa.schema([field]))
    encoder = RowEncoder(batch.schema, [form])
    assert encoder.columns[0].type.name == case.type
    parts = [batch.slice(i, rows) for i in range(0, len(values), rows)] if rows else [batch]
    return b"".join(bytes(piece) for part in parts for piece in encoder.encode(part))


def from_server(raw: Raw, case: Case, values: Sequence[Any], form: int) -> bytes:
    """The same values as the server sends them."""
    oid = of_field(case.field(values)[0]).oid
    places = ", ".join(f"(${i})" for i in range(1, len(values) + 1))
    given = [case.parameter(v, oid) for v in values]
    return b"".join(raw.rows(f"SELECT v FROM (VALUES {places}) AS t(v)", given, [form]))
