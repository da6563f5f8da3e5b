"""Arrow columns in the binary format: the very bytes that PostgreSQL's send functions write.

Rule kept here: columns whole, each form held against a real server's by a test. A column of one type is written as the
type that `types.of_field` states for it, and as nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as at

from proxy.doors.pgwire import moments, nested
from proxy.doors.pgwire.columns import Array, big_endian, binary, fixed, flat, joined, pc, ticks, validity
from proxy.doors.pgwire.numerics import numeric_binaries
from proxy.doors.pgwire.texts import texts, uuid_bytes
from proxy.doors.pgwire.types import BY_NAME, BY_OID, VECTORS, WireType, is_list, is_text
from proxy.errors import QueryFailed
from proxy.values import ReasonCode

DAY_SHIFT = 10_957
"""Days from 1970-01-01 to 2000-01-01, where PostgreSQL counts from."""
MICRO_SHIFT = DAY_SHIFT * 86_400 * 10**6
TOO_EARLY = "The result holds a date or timestamp that PostgreSQL's binary form cannot hold. Cast the column to text."
MISFIT = "The result holds a value that is not of its column's own type any more. Cast the column to text."


def binaries(array: Array, kind: WireType) -> Array:
    """A column's values in the binary format of a type, as `pa.binary()`."""
    if at.is_dictionary(array.type):
        return binaries(array.dictionary_decode(), kind)
    if is_list(array.type):
        element = BY_OID[kind.element]
        return nested.array_binaries(array, element.oid, lambda leaves: binaries(leaves, element))
    return _BINARIES[kind.name](array)


def fixed_binaries(array: Array, kind: WireType) -> Any:
    """The same as numpy's bytes (n, width), for types of one width; None for the others. Whatever stands for NULL."""
    made = _FIXED.get(kind.name)
    return None if made is None or is_list(array.type) or at.is_dictionary(array.type) else made(array)


# ----------------------------------------------------------------------------------------------------- of fixed width
def _booleans(array: Array) -> Any:
    return ticks(array.cast(pa.uint8()), np.uint8).reshape(-1, 1)


def _numbers(arrow: pa.DataType, form: str) -> Callable[[Array], Any]:
    def convert(array: Array) -> Any:
        return big_endian(ticks(array if array.type == arrow else array.cast(arrow), arrow.to_pandas_dtype()), form)

    return convert


def _dates(array: Array) -> Any:
    days = ticks(array.cast(pa.date32()), np.int32).astype(np.int64)
    end = moments.LAST_DAY
    shifted = np.select([days >= end, days <= -end], [end, -end - 1], days - DAY_SHIFT)
    _refuse(shifted < -end - 1)
    return big_endian(shifted, ">i4")


def _timestamps(array: Array) -> Any:
    counts = ticks(array, np.int64)
    end = moments.LAST_TICK
    late, early = counts >= end, counts <= -end
    unit, most = array.type.unit, end // (10**6 // min(moments.PER_SECOND[array.type.unit], 10**6))
    finite = ~(late | early)
    _refuse(finite & ((counts > most) | (counts < -most)))
    micros = moments.micros_of(pa.array(np.where(finite, counts, 0)).view(pa.timestamp(unit)))
    _refuse(micros < -end + MICRO_SHIFT)
    return big_endian(np.select([late, early], [end, -end - 1], micros - MICRO_SHIFT), ">i8")


def _times(array: Array) -> Any:
    return big_endian(moments.micros_of(array), ">i8")


def _intervals(array: Array) -> Any:
    months, days, micros = moments.interval_parts(array)
    made = np.empty(len(array), [("micros", ">i8"), ("days", ">i4"), ("months", ">i4")])
    made["micros"], made["days"], made["months"] = micros, days, months
    return made.view(np.uint8).reshape(len(array), 16)


def _uuids(array: Array) -> Any:
    return uuid_bytes(array)


def _refuse(beyond: Any) -> None:
    if beyond.any():
        raise QueryFailed(TOO_EARLY, ReasonCode.OUT_OF_RANGE, sqlstate="22008")


_FIXED: Mapping[str, Callable[[Array], Any]] = {
    "bool": _booleans,
    "int2": _numbers(pa.int16(), ">i2"),
    "int4": _numbers(pa.int32(), ">i4"),
    "int8": _numbers(pa.int64(), ">i8"),
    "oid": _numbers(pa.uint32(), ">u4"),
    "float4": _numbers(pa.float32(), ">f4"),
    "float8": _numbers(pa.float64(), ">f8"),
    "date": _dates,
    "time": _times,
    "timestamp": _timestamps,
    "timestamptz": _timestamps,
    "interval": _intervals,
}


# --------------------------------------------------------------------------------------------------- of varying width
def _of_fixed(name: str) -> Callable[[Array], Array]:
    def convert(array: Array) -> Array:
        return fixed(_FIXED[name](array), validity(array))

    return convert


def _as_text(array: Array) -> Array:
    return binary(texts(array))


def _char(array: Array) -> Array:
    """One byte, which is zero for the empty text."""
    made = _as_text(array)
    return pc.if_else(pc.equal(pc.binary_length(made), 0), pa.scalar(b"\0", pa.binary()), made)


def _bytes(array: Array) -> Array:
    return array.cast(pa.binary())


def _jsonb(array: Array) -> Array:
    return joined(pa.scalar(b"\x01", pa.binary()), _as_text(array))


def _uuid(array: Array) -> Array:
    """UUIDs, or their texts of 32 digits and four dashes."""
    if not is_text(array.type):
        return fixed(_uuids(array), validity(array))
    digits = pc.replace_substring(array.cast(pa.string()), "-", "")
    if not pc.all(pc.match_substring_regex(digits, "^[0-9a-fA-F]{32}$")).as_py() and digits.null_count < len(digits):
        raise QueryFailed(MISFIT, ReasonCode.CONVERSION, sqlstate="22P02")
    nibbles = _NIBBLES[flat(pc.fill_null(digits, "0" * 32))].reshape(len(array), 16, 2)
    return fixed(nibbles[:, :, 0] << 4 | nibbles[:, :, 1], validity(array))


def _numeric(array: Array) -> Array:
    try:
        return numeric_binaries(array)
    except (ValueError, ArithmeticError, struct.error, pa.ArrowException) as error:
        raise QueryFailed(MISFIT, ReasonCode.CONVERSION, sqlstate="22P02") from error


def _vector(name: str) -> Callable[[Array], Array]:
    """Numbers with blanks between them as arrays that count from 0; the catalog's, of which there are few."""
    element = BY_NAME[VECTORS[name]]
    form = "!ih" if element.size == 2 else "!iI"

    def made(text: str) -> bytes:
        numbers = [int(n) for n in text.split()]
        head = struct.pack("!iiiii", 1, 0, element.oid, len(numbers), 0)
        return head + b"".join(struct.pack(form, element.size, n) for n in numbers)

    def convert(array: Array) -> Array:
        try:
            return pa.array([None if v is None else made(v) for v in array.to_pylist()], pa.binary())
        except (ValueError, struct.error) as error:
            raise QueryFailed(MISFIT, ReasonCode.CONVERSION, sqlstate="22P02") from error

    return convert


_NIBBLES = np.zeros(256, np.uint8)
for _digit in "0123456789abcdefABCDEF":
    _NIBBLES[ord(_digit)] = int(_digit, 16)

_BINARIES: Mapping[str, Callable[[Array], Array]] = {
    **{name: _of_fixed(name) for name in _FIXED},
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "json"), _as_text),
    **{name: _vector(name) for name in VECTORS},
    "bytea": _bytes,
    "char": _char,
    "jsonb": _jsonb,
    "numeric": _numeric,
    "uuid": _uuid,
}
