"""PostgreSQL's values as Arrow columns, exactly.

Rule kept here: a value arrives as it is, or an error says what to cast; nothing is rounded, cut or wrapped. What Arrow
has no type for travels as the text that the server itself writes. Dates and timestamps without end are the extreme
values of their Arrow type, as the doors' calendar reads them.

    PostgreSQL                                  Arrow
      boolean                                   bool
      smallint, integer, bigint, oid            int16, int32, int64, uint32
      real, double precision                    float32, float64
      numeric(p, s), 0 <= s <= p <= 76          decimal128 or decimal256(p, s); NaN is an error
      numeric of any other form                 string, with every digit; NaN, Infinity, -Infinity
      text, varchar, char(n), name, json, enum  string
      bytea, uuid                               binary, uuid
      date, timestamp, timestamptz, time        date32, timestamp[us], timestamp[us, UTC], time64[us] (also 24:00:00)
      interval                                  month_day_nano; infinite, or time beyond 292 years: an error
      an array of any of these                  list, nested as deep as the first value; lower bounds are not kept
      everything else                           string
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute

from proxy.errors import QueryFailed
from proxy.values import ReasonCode

Values: TypeAlias = Sequence[Any]
_pc: Any = pyarrow.compute

NUMERIC = 1700
TYPE_METADATA = b"usher.type"
"""A field's metadata under which it names its own type."""
DAY_SHIFT = 10_957
"""Days from 1970-01-01 to 2000-01-01, where PostgreSQL counts from."""
MICRO_SHIFT = DAY_SHIFT * 86_400_000_000
_DAYS_END, _DAYS_BEGIN = 2**31 - 1, -(2**31)
_MICROS_END, _MICROS_BEGIN = 2**63 - 1, -(2**63)
_INTERVAL = np.dtype([("micros", ">i8"), ("days", ">i4"), ("months", ">i4")])
_MONTH_DAY_NANO = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanos", "<i8")])

NOT_A_NUMBER = "The result holds NaN in a numeric column. Cast the column to text, or to double precision."
TOO_LATE = "The result holds a timestamp after the year 294246. Cast it to text."
TOO_LONG = "The result holds an interval that is infinite or too long. Cast it to text."
RAGGED = "The result holds arrays of different dimensions in one column. Cast the column to text."
TOO_BIG = "The result holds a value that does not fit its column. Cast the column to text."


@dataclass(frozen=True, slots=True)
class Scalar:
    """How one type travels: `wire` is the form in which the driver hands values over (`native`: Python's own, `binary`:
    the server's bytes, `text`: the server's text), `build` makes the column of them."""

    name: str
    wire: str
    arrow: pa.DataType
    build: Callable[[Values, pa.DataType], Any]


class Column:
    """One result column, from its type as the server describes it. `array` says that values are arrays of it; how deep
    they nest is settled by the first value that shows it."""

    def __init__(self, scalar: Scalar, typmod: int, array: bool) -> None:
        self._build = scalar.build
        self._leaf = _numeric(typmod) if scalar is SCALARS[NUMERIC] else scalar.arrow
        self._array = array
        self._depth = 1 if array else 0
        self._settled = not array

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        kind = self._leaf
        for _ in range(self._depth):
            kind = pa.list_(kind)
        return kind

    def settle(self, values: Values) -> None:
        """Take the depth from the first value that shows one."""
        if not self._settled:
            self._depth = next((_depth_of(v) for v in values if v), 1)
            self._settled = True

    def build(self, values: Values) -> Any:
        """The Arrow column of some rows. Raises `QueryFailed`."""
        try:
            return self._nested(values, self._depth)
        except (pa.ArrowException, OverflowError) as error:
            raise QueryFailed(TOO_BIG, ReasonCode.OUT_OF_RANGE, sqlstate="22003") from error

    def _nested(self, values: Values, depth: int) -> Any:
        if depth == 0:
            if self._array and any(isinstance(v, list) for v in values):
                raise QueryFailed(RAGGED, ReasonCode.CONVERSION, sqlstate="2202E")
            return self._build(values, self._leaf)
        if any(v is not None and not isinstance(v, list) for v in values):
            raise QueryFailed(RAGGED, ReasonCode.CONVERSION, sqlstate="2202E")
        lengths = (len(v) if v else 0 for v in values)
        offsets = pa.array(list(itertools.accumulate(lengths, initial=0)), pa.int32())
        inner = self._nested(list(itertools.chain.from_iterable(v for v in values if v)), depth - 1)
        return pa.ListArray.from_arrays(offsets, inner, mask=pa.array([v is None for v in values], pa.bool_()))


def column(oid: int, typmod: int, elements: Mapping[int, int]) -> Column:
    """The column of a type; `elements` names the element types of array types that are not built in."""
    if oid in SCALARS:
        return Column(SCALARS[oid], typmod, array=False)
    element = ARRAYS.get(oid) or elements.get(oid, 0)
    if element:
        return Column(SCALARS.get(element, TEXT), typmod, array=True)
    return Column(TEXT, -1, array=False)


def field(name: str, oid: int, made: Column) -> pa.Field[Any]:
    """The Arrow field of a column; its metadata tells PostgreSQL's own name of the type, where Arrow's says less."""
    element = ARRAYS.get(oid, oid)
    own = SCALARS[element].name if element in SCALARS else TEXTS.get(element)
    return pa.field(name, made.arrow, metadata=None if own is None else {TYPE_METADATA: own.encode()})


def _depth_of(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        depth += 1
        value = value[0] if value else None
    return max(depth, 1)


def _numeric(typmod: int) -> pa.DataType:
    """The Arrow type of `numeric` with a type modifier (src/backend/utils/adt/numeric.c, make_numeric_typmod)."""
    if typmod < 4:
        return pa.string()
    precision, scale = (typmod - 4) >> 16 & 0xFFFF, ((typmod - 4 & 0x7FF) ^ 1024) - 1024
    if not 0 <= scale <= precision <= 76:
        return pa.string()
    return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)


# ----------------------------------------------------------------------------------------------------------- columns
def _plain(values: Values, kind: pa.DataType) -> Any:
    return pa.array(values, kind)


def _decimals(values: Values, kind: pa.DataType) -> Any:
    texts = pa.array(values, pa.string())
    if pa.types.is_string(kind):
        return texts
    if _pc.any(_pc.equal(texts, "NaN")).as_py():
        raise QueryFailed(NOT_A_NUMBER, ReasonCode.CONVERSION, sqlstate="22003")
    return texts.cast(kind)


def _dates(values: Values, kind: pa.DataType) -> Any:
    days, known = _numbers(values, ">i4", 4)
    shifted = np.select([days == _DAYS_END, days == _DAYS_BEGIN], [_DAYS_END, -_DAYS_END], days + DAY_SHIFT)
    return pa.array(shifted.astype(np.int32), pa.int32(), mask=~known).view(kind)


def _timestamps(values: Values, kind: pa.DataType) -> Any:
    micros, known = _numbers(values, ">i8", 8)
    finite = (micros != _MICROS_END) & (micros != _MICROS_BEGIN)
    if bool(np.any(finite & (micros >= _MICROS_END - MICRO_SHIFT))):
        raise QueryFailed(TOO_LATE, ReasonCode.OUT_OF_RANGE, sqlstate="22008")
    shifted = np.where(finite, micros, 0) + MICRO_SHIFT
    shifted = np.select([finite, micros > 0], [shifted, _MICROS_END], -_MICROS_END)
    return pa.array(shifted, pa.int64(), mask=~known).view(kind)


def _times(values: Values, kind: pa.DataType) -> Any:
    micros, known = _numbers(values, ">i8", 8)
    return pa.array(micros, pa.int64(), mask=~known).view(kind)


def _intervals(values: Values, kind: pa.DataType) -> Any:
    joined, known = _joined(values, 16)
    parts = np.frombuffer(joined, _INTERVAL)
    micros = parts["micros"].astype(np.int64)
    longest = _MICROS_END // 1000
    if bool(np.any((micros > longest) | (micros < -longest))):  # those without end hold the extreme values
        raise QueryFailed(TOO_LONG, ReasonCode.OUT_OF_RANGE, sqlstate="22008")
    made = np.empty(len(parts), _MONTH_DAY_NANO)
    made["months"], made["days"], made["nanos"] = parts["months"], parts["days"], micros * 1000
    return pa.Array.from_buffers(kind, len(parts), [_validity(known), pa.py_buffer(made.tobytes())])


def _uuids(values: Values, _: pa.DataType) -> Any:
    joined, known = _joined(values, 16)
    storage = pa.Array.from_buffers(pa.binary(16), len(values), [_validity(known), pa.py_buffer(joined)])
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)


def _joined(values: Values, width: int) -> tuple[bytes, Any]:
    """The bytes of all values, zeros for NULL, and which are not NULL."""
    known = np.fromiter((v is not None for v in values), np.bool_, len(values))
    if bool(known.all()):
        return b"".join(values), known
    zeros = bytes(width)
    return b"".join(zeros if v is None else v for v in values), known


def _numbers(values: Values, form: str, width: int) -> tuple[Any, Any]:
    joined, known = _joined(values, width)
    return np.frombuffer(joined, form).astype(np.int64), known


def _validity(known: Any) -> pa.Buffer | None:
    return None if bool(known.all()) else pa.array(known, pa.bool_()).buffers()[1]


# ------------------------------------------------------------------------------------------------------------- tables
TEXT = Scalar("text", "text", pa.string(), _plain)
"""What Arrow has no type for: the server's own text."""

SCALARS: Mapping[int, Scalar] = {
    16: Scalar("bool", "native", pa.bool_(), _plain),
    17: Scalar("bytea", "native", pa.binary(), _plain),
    19: Scalar("name", "native", pa.string(), _plain),
    20: Scalar("int8", "native", pa.int64(), _plain),
    21: Scalar("int2", "native", pa.int16(), _plain),
    23: Scalar("int4", "native", pa.int32(), _plain),
    25: Scalar("text", "native", pa.string(), _plain),
    26: Scalar("oid", "native", pa.uint32(), _plain),
    700: Scalar("float4", "native", pa.float32(), _plain),
    701: Scalar("float8", "native", pa.float64(), _plain),
    1042: Scalar("bpchar", "native", pa.string(), _plain),
    1043: Scalar("varchar", "native", pa.string(), _plain),
    1082: Scalar("date", "binary", pa.date32(), _dates),
    1083: Scalar("time", "binary", pa.time64("us"), _times),
    1114: Scalar("timestamp", "binary", pa.timestamp("us"), _timestamps),
    1184: Scalar("timestamptz", "binary", pa.timestamp("us", "UTC"), _timestamps),
    1186: Scalar("interval", "binary", pa.month_day_nano_interval(), _intervals),
    1700: Scalar("numeric", "text", pa.string(), _decimals),
    2950: Scalar("uuid", "binary", pa.uuid(), _uuids),
}
"""Built-in types (their numbers never change: src/include/catalog/pg_type.dat) that have a column of their own."""

ARRAYS: Mapping[int, int] = {
    1000: 16,
    1001: 17,
    1003: 19,
    1016: 20,
    1005: 21,
    1007: 23,
    1009: 25,
    1028: 26,
    1021: 700,
    1022: 701,
    1014: 1042,
    1015: 1043,
    1182: 1082,
    1183: 1083,
    1115: 1114,
    1185: 1184,
    1187: 1186,
    1231: 1700,
    2951: 2950,
}
"""Their array types, with the type of the elements."""

TEXTS: Mapping[int, str] = {
    18: "char",
    22: "int2vector",
    24: "regproc",
    27: "tid",
    28: "xid",
    29: "cid",
    30: "oidvector",
    114: "json",
    142: "xml",
    600: "point",
    601: "lseg",
    602: "path",
    603: "box",
    604: "polygon",
    628: "line",
    650: "cidr",
    705: "unknown",
    718: "circle",
    774: "macaddr8",
    790: "money",
    829: "macaddr",
    869: "inet",
    1266: "timetz",
    1560: "bit",
    1562: "varbit",
    2202: "regprocedure",
    2205: "regclass",
    2206: "regtype",
    2249: "record",
    2278: "void",
    3220: "pg_lsn",
    3614: "tsvector",
    3615: "tsquery",
    3802: "jsonb",
    3904: "int4range",
    3906: "numrange",
    3908: "tsrange",
    3910: "tstzrange",
    3912: "daterange",
    3926: "int8range",
    4072: "jsonpath",
    4451: "int4multirange",
    4532: "nummultirange",
    4533: "tsmultirange",
    4534: "tstzmultirange",
    4535: "datemultirange",
    4536: "int8multirange",
    5069: "xid8",
}
"""Built-in types that travel as the server's own text; others are found out when they are met."""
