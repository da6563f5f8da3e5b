"""Arrow columns as values that JSON and CSV can hold.

Rule kept here: every value keeps every digit. Integers up to 2^53 and doubles are numbers; larger integers and decimals
are strings; NaN and the infinities are strings; dates, times and intervals are ISO 8601; binary is base64; nested
values are nested. Columns are converted whole, by Arrow where it has the conversion; extreme dates (years beyond 9999,
and the extreme values with which engines write infinity) are done by hand, since neither Arrow nor Python has them.
"""

from __future__ import annotations

import base64
import math
import uuid
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute
import pyarrow.types as at

from proxy.doors.http.calendar import date_text, duration_text, interval_text, time_text, timestamp_text

EXACT = 2**53
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAYS = (-719_162, 2_932_896)
"""Days since 1970-01-01 of 0001-01-01 and 9999-12-31, between which Arrow writes dates as ISO 8601 does."""

Values: TypeAlias = list[Any]
_Array: TypeAlias = Any
"""A `pyarrow.Array`: its stubs know the base class only, not what lists, structs and unions have."""
_pc: Any = pyarrow.compute


def values_of(array: Any) -> Values:
    """The column's values, as orjson writes them."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _extension(array)
    for is_kind, convert in _CONVERSIONS:
        if is_kind(kind):
            return convert(array)
    raise TypeError(f"A column of type {kind} cannot be written as JSON.")


def type_name(kind: Any) -> str:
    """The type as answers state it: the same words for every engine."""
    if isinstance(kind, pa.BaseExtensionType):
        return "uuid" if kind.extension_name == "arrow.uuid" else type_name(kind.storage_type)
    if _is_wide_integer(kind):
        return "integer"
    if at.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if at.is_timestamp(kind):
        return "timestamp" if kind.tz is None else "timestamp with time zone"
    if at.is_dictionary(kind):
        return type_name(kind.value_type)
    if _is_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    if at.is_struct(kind):
        return "struct<" + ", ".join(f"{f.name}: {type_name(f.type)}" for f in kind) + ">"
    if at.is_map(kind):
        return f"map<{type_name(kind.key_type)}, {type_name(kind.item_type)}>"
    if at.is_union(kind):
        return "union<" + ", ".join(f"{f.name}: {type_name(f.type)}" for f in kind) + ">"
    for is_kind, name in _NAMES:
        if is_kind(kind):
            return name
    return str(kind)


# -------------------------------------------------------------------------------------------------------- conversions
def _as_they_are(array: _Array) -> Values:
    return list(array.to_pylist())


def _integers(array: _Array) -> Values:
    values: Values = array.to_pylist()
    if array.type.bit_width < 64:
        return values
    extremes = _pc.min_max(array)
    low, high = extremes["min"].as_py(), extremes["max"].as_py()
    if low is None or (low >= -EXACT and high <= EXACT):
        return values
    return [v if v is None or -EXACT <= v <= EXACT else str(v) for v in values]


def _wide_integers(array: _Array) -> Values:
    """Integers wider than 64 bits travel as decimals of 38 digits without places."""
    values = (None if v is None else int(v) for v in array.to_pylist())
    return [v if v is None or -EXACT <= v <= EXACT else str(v) for v in values]


def _decimals(array: _Array) -> Values:
    return [None if v is None else format(v, "f") for v in array.to_pylist()]


def _floats(array: _Array) -> Values:
    if array.type.bit_width < 64:  # the shortest digits that mean this float, not the double next to it
        array = _pc.cast(_pc.cast(_pc.cast(array, pa.float32()), pa.string()), pa.float64())
    values: Values = array.to_pylist()
    if _pc.all(_pc.is_finite(array)).as_py() in (True, None):
        return values
    return [v if v is None or math.isfinite(v) else _not_finite(v) for v in values]


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _binaries(array: _Array) -> Values:
    return [None if v is None else base64.b64encode(v).decode("ascii") for v in array.to_pylist()]


def _dates(array: _Array) -> Values:
    days = array.cast(pa.date32()).view(pa.int32()) if at.is_date64(array.type) else array.view(pa.int32())
    if _within(days, *_DAYS):
        return _as_they_are(_pc.cast(array, pa.string()))
    return [None if v is None else date_text(v) for v in days.to_pylist()]


def _timestamps(array: _Array) -> Values:
    unit, zoned = array.type.unit, array.type.tz is not None
    ticks = array.view(pa.int64())
    day = 86_400 * _PER_SECOND[unit]
    if not _within(ticks, _DAYS[0] * day, (_DAYS[1] + 1) * day - 1):
        return [None if v is None else timestamp_text(v, _PER_SECOND[unit], zoned) for v in ticks.to_pylist()]
    text = _pc.replace_substring(_pc.cast(ticks.view(pa.timestamp(unit)), pa.string()), " ", "T", max_replacements=1)
    text = _pc.replace_substring_regex(text, r"\.0+$", "")
    return _as_they_are(_pc.binary_join_element_wise(text, "Z", "") if zoned else text)


def _times(array: _Array) -> Values:
    ticks = array.view(pa.int32() if at.is_time32(array.type) else pa.int64())
    return [None if v is None else time_text(v, _PER_SECOND[array.type.unit]) for v in ticks.to_pylist()]


def _durations(array: _Array) -> Values:
    nanoseconds = 10**9 // _PER_SECOND[array.type.unit]
    return [None if v is None else duration_text(v * nanoseconds) for v in array.view(pa.int64()).to_pylist()]


def _intervals(array: _Array) -> Values:
    return [None if v is None else interval_text(v.months, v.days, v.nanoseconds) for v in array.to_pylist()]


def _dictionaries(array: _Array) -> Values:
    return values_of(array.dictionary_decode())


def _lists(array: _Array) -> Values:
    """Lists of each row; `flatten` leaves out what null rows hide, so that lengths alone place the elements."""
    elements = iter(values_of(array.flatten()))
    lengths = _pc.list_value_length(array).to_pylist()
    return [None if n is None else [next(elements) for _ in range(n)] for n in lengths]


def _structs(array: _Array) -> Values:
    """Objects by field name; where two fields share a name (as in an unnamed row), lists instead."""
    names = [f.name for f in array.type]
    fields = [values_of(f) for f in array.flatten()]
    rows: Iterable[tuple[Any, ...]] = zip(*fields, strict=True) if fields else (() for _ in range(len(array)))
    valid = array.is_valid().to_pylist()
    if len(set(names)) < len(names):
        return [list(row) if ok else None for row, ok in zip(rows, valid, strict=True)]
    return [dict(zip(names, row, strict=True)) if ok else None for row, ok in zip(rows, valid, strict=True)]


def _maps(array: _Array) -> Values:
    """Objects where the keys are text, lists of [key, value] pairs otherwise."""
    if not len(array):
        return []
    offsets = array.offsets.to_pylist()
    first, count = offsets[0], offsets[-1] - offsets[0]
    keys = values_of(array.keys.slice(first, count))
    entries = list(zip(keys, values_of(array.items.slice(first, count)), strict=True))
    rows = [entries[start - first : end - first] for start, end in pairwise(offsets)]
    valid = array.is_valid().to_pylist()
    if _is_text(array.type.key_type):
        return [dict(row) if ok else None for row, ok in zip(rows, valid, strict=True)]
    return [[list(entry) for entry in row] if ok else None for row, ok in zip(rows, valid, strict=True)]


def _unions(array: _Array) -> Values:
    codes = {code: i for i, code in enumerate(array.type.type_codes)}
    picks = [codes[c] for c in array.type_codes.to_pylist()]
    children = [values_of(array.field(i)) for i in range(array.type.num_fields)]
    if array.type.mode == "dense":
        return [children[c][o] for c, o in zip(picks, array.offsets.to_pylist(), strict=True)]
    return [children[c][i] for i, c in enumerate(picks)]


def _extension(array: _Array) -> Values:
    if array.type.extension_name == "arrow.uuid":
        return [None if v is None else str(uuid.UUID(bytes=v)) for v in array.storage.to_pylist()]
    return values_of(array.storage)


# ------------------------------------------------------------------------------------------------------------- tables
def _within(array: _Array, low: int, high: int) -> bool:
    extremes = _pc.min_max(array)
    least, most = extremes["min"].as_py(), extremes["max"].as_py()
    return least is None or (low <= least and most <= high)


def _is_text(kind: pa.DataType) -> bool:
    return at.is_string(kind) or at.is_large_string(kind) or at.is_string_view(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return at.is_binary(kind) or at.is_large_binary(kind) or at.is_binary_view(kind) or at.is_fixed_size_binary(kind)


def _is_list(kind: pa.DataType) -> bool:
    return at.is_list(kind) or at.is_large_list(kind) or at.is_fixed_size_list(kind)


def _is_wide_integer(kind: pa.DataType) -> bool:
    return bool(at.is_decimal(kind) and kind.precision >= 38 and kind.scale == 0)


def _is_interval(kind: pa.DataType) -> bool:
    return at.is_interval(kind)


_CONVERSIONS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[_Array], Values]], ...] = (
    (at.is_null, _as_they_are),
    (at.is_boolean, _as_they_are),
    (_is_text, _as_they_are),
    (at.is_integer, _integers),
    (at.is_floating, _floats),
    (_is_wide_integer, _wide_integers),
    (at.is_decimal, _decimals),
    (at.is_date, _dates),
    (at.is_timestamp, _timestamps),
    (at.is_time, _times),
    (at.is_duration, _durations),
    (_is_interval, _intervals),
    (_is_binary, _binaries),
    (at.is_dictionary, _dictionaries),
    (at.is_map, _maps),
    (_is_list, _lists),
    (at.is_struct, _structs),
    (at.is_union, _unions),
)
_NAMES: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (at.is_null, "null"),
    (at.is_boolean, "boolean"),
    (_is_text, "text"),
    (at.is_integer, "integer"),
    (at.is_floating, "float"),
    (at.is_date, "date"),
    (at.is_time, "time"),
    (at.is_duration, "interval"),
    (_is_interval, "interval"),
    (_is_binary, "binary"),
)
