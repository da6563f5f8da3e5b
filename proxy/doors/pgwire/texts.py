"""Arrow columns in the text format: the very texts that PostgreSQL's output functions write.

Rule kept here: one Arrow type, one function, columns whole; each text is held against a real server's by a test. Types
without a function are refused by `types.of_field` before, and raise here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.types as at

from proxy.doors.pgwire import floats, moments, nested, numerics
from proxy.doors.pgwire.columns import Array, bounds, fixed, flat, pc, validity, varying
from proxy.doors.pgwire.types import WireType, is_binary, is_list, is_text, is_uuid

_TRUE, _FALSE = pa.scalar("t"), pa.scalar("f")
_HEX = np.frombuffer("".join(f"{i:02x}" for i in range(256)).encode(), np.uint8).reshape(256, 2)
FORMS = {"numeric": r"^(?:-?\d+(?:\.\d+)?|NaN|-?Infinity)$", "uuid": "^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_DASHES = (8, 13, 18, 23)
_UUID_PLACES = np.array([i for i in range(36) if i not in _DASHES])


def texts(array: Array) -> Array:
    """A column's values as text (`pa.string()` or `pa.binary()`), NULL where they are."""
    kind = array.type
    if is_list(kind):
        return nested.array_texts(array, texts)
    if at.is_struct(kind) or at.is_map(kind) or at.is_union(kind):
        return nested.json_texts(array, texts)
    for test, convert in _TEXTS:
        if test(kind):
            return convert(array)
    raise TypeError(f"A column of type {kind} has no text here.")


def fitting(array: Array, kind: WireType) -> Array:
    """The column, with NULL for texts that are no value of the type it is named to be: what the scan replaced in a
    column of numbers or UUIDs is gone, as it is in columns that travel as numbers."""
    pattern = FORMS.get(kind.name)
    if pattern is None or not is_text(array.type):
        return array
    fits = pc.match_substring_regex(array, pattern)
    if pc.all(fits).as_py() or array.null_count == len(array):
        return array
    return pc.if_else(fits, array, pa.scalar(None, array.type))


def hexadecimal(array: Array) -> Array:
    """Bytes as `\\x` and their hexadecimal digits (bytea_output = hex)."""
    values = array.cast(pa.binary())
    digits = _HEX[flat(values)].reshape(-1)
    sizes = np.diff(bounds(values)) * 2
    bare = varying(digits, sizes, validity(values))
    return pc.binary_join_element_wise(pa.scalar(b"\\x"), bare, pa.scalar(b""))


def uuids(array: Array) -> Array:
    """UUIDs in groups of 8, 4, 4, 4 and 12 digits."""
    made = np.full((len(array), 36), ord("-"), np.uint8)
    made[:, _UUID_PLACES] = _HEX[uuid_bytes(array)].reshape(len(array), 32)
    return fixed(made, validity(array))


def uuid_bytes(array: Array) -> Array:
    """The 16 bytes of each UUID, as numpy's (n, 16)."""
    storage = array.storage
    if not len(storage):
        return np.empty((0, 16), np.uint8)
    return np.frombuffer(storage.buffers()[1], np.uint8, len(storage) * 16, storage.offset * 16).reshape(-1, 16)


def _as_it_is(array: Array) -> Array:
    return array.cast(pa.string())


def _booleans(array: Array) -> Array:
    return pc.if_else(array, _TRUE, _FALSE)


def _dictionaries(array: Array) -> Array:
    return texts(array.dictionary_decode())


_TEXTS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Array], Array]], ...] = (
    (is_text, _as_it_is),
    (at.is_integer, _as_it_is),
    (at.is_null, _as_it_is),
    (at.is_boolean, _booleans),
    (at.is_floating, floats.float_texts),
    (at.is_decimal, numerics.decimal_texts),
    (at.is_date, moments.date_texts),
    (at.is_timestamp, moments.timestamp_texts),
    (at.is_time, moments.time_texts),
    (at.is_interval, moments.interval_texts),
    (at.is_duration, moments.interval_texts),
    (is_uuid, uuids),
    (is_binary, hexadecimal),
    (at.is_dictionary, _dictionaries),
)
