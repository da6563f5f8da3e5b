"""An Arrow column as the texts in it, at any depth, and the column again with some of them replaced.

Rule kept here: the type stays what it was, and every type is either read, known to hold no personal data, or refused:
booleans, dates, times and UUIDs are not read; text, numbers and bytes that are UTF-8 are. Numbers that are replaced
become NULL. Arrays are taken as they come from Arrow's IPC: without an offset of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from proxy.scan.arrays import (
    Array,
    Hints,
    Integers,
    arrow,
    as_list,
    booleans,
    is_bytes,
    is_list,
    is_text,
    list_parents,
    map_parts,
    numbers,
    rebuild,
    run_end_decoded,
    union_children,
    union_places,
)
from proxy.scan.entities import hinted

Replacements: TypeAlias = Mapping[tuple[str, Hints], str]
"""New text by old text and the hints it stood under."""

_LARGEST_FLOAT = 2.0**63
_TEXT = pa.large_string()
_NO_TEXTS: Array = pa.array([], _TEXT)
_DEEPEST = 32


class Unreadable(Exception):
    """A type that nobody has decided how to scan."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """Values of one kind: `texts` are the distinct ones (large strings of Arrow, none NULL), `codes[i]` is the place in
    them of the i-th value (-1: NULL or not read), `rows[i]` the row of the column it stands in, `unread[i]` whether it
    holds something that was not read; `opaque` says that this could have been text (bytes that are no UTF-8)."""

    texts: Array
    codes: Integers
    rows: Integers
    unread: npt.NDArray[np.bool_]
    hints: Hints
    opaque: bool = False


def leaves(array: Array, name: str) -> tuple[Leaf, ...]:
    """All values of a column of this name. Raises `Unreadable`."""
    return tuple(_walk(array, np.arange(len(array), dtype=np.int64), hinted(name), 0))


def has_unread_values(array: Array) -> bool:
    """Whether a dictionary carries values that no row uses: they would leave with it, unread."""
    if isinstance(array, pa.DictionaryArray):
        return len(pc.unique(pc.drop_null(array.indices))) < len(array.dictionary)
    return "dictionary<" in str(array.type)


def is_harmless(kind: pa.DataType) -> bool:
    """Whether no value of a flat type can hold personal data, so that it is not read."""
    return types.is_boolean(kind) or types.is_temporal(kind) or types.is_null(kind) or isinstance(kind, pa.UuidType)


def replace(array: Array, name: str, new: Replacements) -> Array:
    """The column with the given texts replaced, of the same type and length, and without unused dictionary values."""
    return rebuild(array, hinted(name), lambda flat, hints: _replaced(flat, hints, new))


# -------------------------------------------------------------------------------------------------------- reading
def _walk(array: Array, rows: Integers, hints: Hints, depth: int) -> Iterator[Leaf]:
    if depth > _DEEPEST:
        raise Unreadable("nested too deeply")
    kind = array.type
    if is_harmless(kind):
        yield _unread(array, rows, hints)
    elif isinstance(array, pa.ExtensionArray):
        yield from _walk(array.storage, rows, hints, depth + 1)
    elif isinstance(array, pa.DictionaryArray):
        yield from _walk(array.dictionary_decode(), rows, hints, depth + 1)
    elif types.is_run_end_encoded(kind):
        yield from _walk(run_end_decoded(array), rows, hints, depth + 1)
    elif isinstance(array, pa.StructArray):
        for field, child in zip(kind, array.flatten(), strict=True):
            yield from _walk(child, rows, hints | hinted(field.name), depth + 1)
    elif isinstance(array, pa.UnionArray):
        for code, child in enumerate(union_children(array)):
            inside, places = union_places(array, code)
            yield from _walk(child.take(arrow(places)), rows[inside], hints, depth + 1)
    elif types.is_map(kind):
        keys, items = map_parts(array)
        parents = rows[list_parents(as_list(array))]
        yield from _walk(keys, parents, hints, depth + 1)
        yield from _walk(items, parents, hints, depth + 1)
    elif is_list(kind):
        plain = as_list(array)
        yield from _walk(plain.flatten(), rows[list_parents(plain)], hints, depth + 1)
    else:
        yield _leaf(array, rows, hints)


def _leaf(array: Array, rows: Integers, hints: Hints) -> Leaf:
    encoded = _plain(array).dictionary_encode()
    read = _texts(encoded.dictionary)
    codes = numbers(pc.fill_null(encoded.indices.cast(pa.int64()), -1))
    present = booleans(read.is_valid())
    places = np.full(len(read) + 1, -1, dtype=np.int64)  # the last stands for NULL, code -1
    places[:-1][present] = np.arange(int(present.sum()))
    unread = (codes >= 0) & (places[codes] < 0)
    return Leaf(pc.drop_null(read), places[codes], rows, unread, hints, opaque=is_bytes(array.type))


def _unread(array: Array, rows: Integers, hints: Hints) -> Leaf:
    codes = np.full(len(array), -1, dtype=np.int64)
    return Leaf(_NO_TEXTS, codes, rows, booleans(array.is_valid()), hints)


def _texts(values: Array) -> Array:
    """Values of a flat type as text, NULL where they are not read."""
    kind = values.type
    if is_text(kind):
        values.validate(full=True)  # text that is no UTF-8 is read by nobody
        return values.cast(_TEXT)
    if types.is_integer(kind):
        return values.cast(_TEXT)
    if types.is_decimal(kind):
        return pa.array([_decimal_text(value) for value in values.to_pylist()], _TEXT)
    if types.is_floating(kind):
        return _whole_numbers(values)
    if is_bytes(kind):
        return _bytes_texts(values)
    raise Unreadable(f"columns of type {kind} cannot be scanned yet; cast them to text in the query")


def _decimal_text(value: Decimal) -> str:
    whole = value.to_integral_value()
    return format(whole if whole == value else value, "f")


def _whole_numbers(values: Array) -> Array:
    """Whole numbers may be ids, cards or telephone numbers; measurements with a fraction are not read."""
    given = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        whole = (np.abs(given) < _LARGEST_FLOAT) & (given == np.trunc(given))
    numbers_ = np.where(whole, given, 0.0).astype(np.int64)
    return arrow(numbers_, ~whole).cast(_TEXT)


def _bytes_texts(values: Array) -> Array:
    plain = values.cast(pa.large_binary())
    try:
        return plain.cast(_TEXT)
    except pa.ArrowInvalid:  # some are no UTF-8
        return pa.array([_bytes_text(value) for value in plain.to_pylist()], _TEXT)


def _bytes_text(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


# ------------------------------------------------------------------------------------------------------ replacing
def _replaced(array: Array, hints: Hints, new: Replacements) -> Array:
    if is_harmless(array.type):
        return array
    old = pa.array([text for text, under in new if under == hints], _TEXT)
    leaf = _leaf(array, np.arange(len(array), dtype=np.int64), hints)
    found: Array = pc.index_in(leaf.texts, value_set=old)
    changed = np.append(booleans(found.is_valid()), False)  # the last for code -1
    hit = changed[leaf.codes]
    if not hit.any():
        return array
    if not is_text(array.type):
        # Not if_else: it would leave the values in the buffer under the NULLs.
        return array.take(arrow(np.arange(len(array)), hit))
    written = pa.array([text for (_, under), text in new.items() if under == hints], _TEXT)
    texts = pc.coalesce(written.take(found), leaf.texts)
    return texts.take(arrow(leaf.codes, leaf.codes < 0)).cast(array.type)


def _plain(array: Array) -> Array:
    """A flat array in a form that Arrow can dictionary-encode."""
    if types.is_string_view(array.type):
        return array.cast(pa.large_string())
    if types.is_binary_view(array.type):
        return array.cast(pa.large_binary())
    if types.is_float16(array.type):
        return array.cast(pa.float32())
    return array
