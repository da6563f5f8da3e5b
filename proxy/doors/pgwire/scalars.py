"""A few values of a column as bytes, one by one: what short answers are made of.

Rule kept here: the bytes are those of `texts` and `binaries`, which a property test holds; this is only the faster way
for few rows, since a column's way costs as much for one row as for a hundred. What is rare goes the column's way.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.types as at

from proxy.doors.pgwire import moments
from proxy.doors.pgwire.binaries import DAY_SHIFT, binaries
from proxy.doors.pgwire.columns import Array, binary
from proxy.doors.pgwire.floats import float_text
from proxy.doors.pgwire.moments import LAST_DAY, date_text, interval_text, time_text, timestamp_text
from proxy.doors.pgwire.numerics import numeric_binary
from proxy.doors.pgwire.texts import texts
from proxy.doors.pgwire.types import WireType, is_uuid

Cells: TypeAlias = "list[bytes | None]"
Convert: TypeAlias = Callable[[Any], bytes]


Way: TypeAlias = Callable[[Array], Cells]


def text_way(kind: pa.DataType) -> Way:
    """How the values of a type are written in the text format."""
    convert = _TEXTS.get(kind.id) or _textual(kind)
    return (lambda array: binary(texts(array)).to_pylist()) if convert is None else _way(kind, convert)


def binary_way(kind: pa.DataType, wire: WireType) -> Way:
    """How the values of a type are written in the binary format of another."""
    convert = _BINARIES.get((kind.id, wire.name))
    return (lambda array: binaries(array, wire).to_pylist()) if convert is None else _way(kind, convert)


def _way(kind: pa.DataType, convert: Convert) -> Way:
    storage = _storage(kind)

    def written(array: Array) -> Cells:
        plain = array if storage is None else array.view(storage)
        return [None if v is None else convert(v) for v in plain.to_pylist()]

    def of_storage(array: Array) -> Cells:
        return [None if v is None else convert(v) for v in array.storage.to_pylist()]

    return of_storage if is_uuid(kind) else written


def _storage(kind: pa.DataType) -> pa.DataType | None:
    """The numbers under a type whose values Python cannot always hold."""
    if at.is_timestamp(kind) or at.is_time64(kind):
        return pa.int64()
    return pa.int32() if at.is_date32(kind) or at.is_time32(kind) else None


def _textual(kind: Any) -> Convert | None:
    if at.is_timestamp(kind):
        per, zone = moments.PER_SECOND[kind.unit], "" if kind.tz is None else "+00"
        return lambda v: timestamp_text(v, per, zone).encode()
    if at.is_time(kind):
        per = moments.PER_SECOND[kind.unit]
        return lambda v: time_text(v, per).encode()
    return _uuid_text if is_uuid(kind) else None


def _uuid_text(value: bytes) -> bytes:
    return str(uuid.UUID(bytes=value)).encode()


def _whole(value: int) -> bytes:
    return b"%d" % value


def _packed(form: str) -> Convert:
    return struct.Struct(form).pack


def _date_binary(days: int) -> bytes:
    if abs(days) >= LAST_DAY:
        days = LAST_DAY + DAY_SHIFT if days > 0 else -LAST_DAY - 1 + DAY_SHIFT
    return struct.pack("!i", days - DAY_SHIFT)


_INTEGERS = tuple(t.id for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()))
_TEXTS: Mapping[int, Convert] = {
    **dict.fromkeys((*_INTEGERS, pa.uint64().id), _whole),
    pa.bool_().id: lambda v: b"t" if v else b"f",
    pa.string().id: str.encode,
    pa.large_string().id: str.encode,
    pa.binary().id: lambda v: b"\\x" + v.hex().encode(),
    pa.float64().id: lambda v: float_text(v, single=False).encode(),
    pa.float32().id: lambda v: float_text(v, single=True).encode(),
    pa.decimal128(1).id: lambda v: format(v, "f").encode(),
    pa.decimal256(1).id: lambda v: format(v, "f").encode(),
    pa.date32().id: lambda v: date_text(v).encode(),
    pa.month_day_nano_interval().id: lambda v: interval_text(v[0], v[1], _micros(v[2])).encode(),
}


def _micros(nanos: int) -> int:
    return nanos // 1000 if nanos >= 0 else -(-nanos // 1000)


_BINARIES: Mapping[tuple[int, str], Convert] = {
    **{(i, "int2"): _packed("!h") for i in _INTEGERS},
    **{(i, "int4"): _packed("!i") for i in _INTEGERS},
    **{(i, "int8"): _packed("!q") for i in _INTEGERS},
    (pa.uint32().id, "oid"): _packed("!I"),
    (pa.float32().id, "float4"): _packed("!f"),
    (pa.float64().id, "float8"): _packed("!d"),
    (pa.bool_().id, "bool"): lambda v: b"\1" if v else b"\0",
    **{(pa.string().id, name): str.encode for name in ("text", "varchar", "bpchar", "name", "json")},
    (pa.string().id, "jsonb"): lambda v: b"\1" + v.encode(),
    (pa.binary().id, "bytea"): bytes,
    (pa.decimal128(1).id, "numeric"): lambda v: numeric_binary(format(v, "f")),
    (pa.decimal256(1).id, "numeric"): lambda v: numeric_binary(format(v, "f")),
    (pa.uint64().id, "numeric"): lambda v: numeric_binary(str(v)),
    (pa.date32().id, "date"): _date_binary,
}
