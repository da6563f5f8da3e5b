"""Arrow columns as bytes in rows: the few moves that all forms of values are made of.

Rule kept here: a column of values is a `pa.Array` of binary or text with offsets of 32 bits, in which NULL holds no
bytes. Nothing here goes value by value in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute

Array: TypeAlias = Any
"""A `pyarrow.Array`: its stubs do not know what each kind of array has."""
Numbers: TypeAlias = Any
"""A numpy array."""
pc: Any = pyarrow.compute

EMPTY = pa.scalar(b"", pa.binary())
NOTHING = pa.scalar("", pa.string())
_NULL_LENGTH = -1


def fixed(rows: Any, valid: Array | None = None) -> Array:
    """A column of values of one width, from an array of bytes (n, width); `valid` is a column of booleans."""
    count, width = rows.shape
    offsets: Numbers = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    made = pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(rows)])
    return made if valid is None else pc.if_else(valid, made, pa.scalar(None, pa.binary()))


def big_endian(numbers: Numbers, form: str) -> Numbers:
    """Numbers as an array of their bytes (n, width), in the form that numpy calls `form` (`>i4`)."""
    made = np.ascontiguousarray(numbers.astype(form))
    return made.view(np.uint8).reshape(len(numbers), made.dtype.itemsize)


def varying(flat: Numbers, lengths: Numbers, valid: Array | None = None) -> Array:
    """A column of values of these lengths, that stand one behind the other in `flat`."""
    offsets: Numbers = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    made = pa.Array.from_buffers(pa.binary(), len(lengths), [None, pa.py_buffer(offsets), pa.py_buffer(flat)])
    return made if valid is None else pc.if_else(valid, made, pa.scalar(None, pa.binary()))


def ticks(array: Array, form: Any) -> Numbers:
    """The numbers in which Arrow holds a column of fixed width; zero for NULL."""
    width = np.dtype(form).itemsize
    found = (
        np.frombuffer(array.buffers()[1], form, len(array), array.offset * width) if len(array) else np.empty(0, form)
    )
    return np.where(known(array), found, 0).astype(form) if array.null_count else found


def known(array: Array) -> Numbers:
    """Which values are not NULL, as numpy's booleans."""
    return array.is_valid().to_numpy(zero_copy_only=False)


def validity(array: Array) -> Array | None:
    """Which values are not NULL, as a column; None where none is."""
    return array.is_valid() if array.null_count else None


def booleans(mask: Numbers) -> Array:
    """numpy's booleans as a column."""
    return pa.array(mask, pa.bool_())


def joined(*parts: Any) -> Array:
    """The parts of each row, one behind the other; NULL where one of them is."""
    binary = any(p.type == pa.binary() for p in parts)
    parts = tuple(p.cast(pa.binary()) if binary and p.type != pa.binary() else p for p in parts)
    return pc.binary_join_element_wise(*parts, EMPTY if binary else NOTHING)


def chosen(texts: Sequence[str], places: Numbers) -> Array:
    """Of a few texts, the one at each place."""
    return pa.array(texts, pa.string()).take(pa.array(places.astype(np.int8)))


def bounds(array: Array) -> Numbers:
    """Where values begin and end in the bytes of a column of binary or text: n + 1 numbers."""
    if not len(array):
        return np.zeros(1, np.int32)
    return np.frombuffer(array.buffers()[1], np.int32, len(array) + 1, array.offset * 4)


def lengths(array: Array) -> Numbers:
    """The lengths of values, -1 for NULL."""
    found = np.diff(bounds(array))
    return np.where(known(array), found, _NULL_LENGTH).astype(np.int32) if array.null_count else found


def flat(array: Array) -> Numbers:
    """The bytes of all values of a column of binary or text."""
    ends = bounds(array)
    data = array.buffers()[2]
    whole = np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
    return whole[ends[0] : ends[-1]]


def binary(array: Array) -> Array:
    """Texts as their bytes, without a copy."""
    return array if array.type == pa.binary() else array.cast(pa.binary())
