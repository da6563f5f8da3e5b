"""An Arrow column as the texts in it, at any depth, and the column again with some of them replaced.

Rule kept here: the type stays what it was, and every type is either read, known to hold no personal data, or refused:
booleans, dates, times and UUIDs are not read; text, numbers and bytes that are UTF-8 are. Numbers that are replaced
become NULL. Arrays are taken as they come from Arrow's IPC: without an offset of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from proxy.scan.entities import hinted

Array: TypeAlias = Any
"""An Arrow array; the stubs know neither all its classes nor all their methods."""
Integers: TypeAlias = npt.NDArray[np.int64]
Hints: TypeAlias = frozenset[str]
Replacements: TypeAlias = Mapping[tuple[str, Hints], str]
"""New text by old text and the hints it stood under."""

_LARGEST_FLOAT = 2.0**63
_DEEPEST = 32


class Unreadable(Exception):
    """A type that nobody has decided how to scan."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """Values of one kind: `codes[i]` is the place in `texts` of the i-th value (-1: NULL or not read), `rows[i]` the
    row of the column it stands in, `unread[i]` whether it holds something that was not read; `opaque` says that this
    could have been text (bytes that are no UTF-8)."""

    texts: tuple[str, ...]
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
    return _rebuild(array, hinted(name), new)


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
        yield from _walk(_run_end_decoded(array), rows, hints, depth + 1)
    elif isinstance(array, pa.StructArray):
        for field, child in zip(kind, array.flatten(), strict=True):
            yield from _walk(child, rows, hints | hinted(field.name), depth + 1)
    elif isinstance(array, pa.UnionArray):
        for code, child in enumerate(_union_children(array)):
            inside, places = _union_places(array, code)
            yield from _walk(child.take(_arrow(places)), rows[inside], hints, depth + 1)
    elif types.is_map(kind):
        keys, items = _map_parts(array)
        parents = rows[_parents(_as_list(array))]
        yield from _walk(keys, parents, hints, depth + 1)
        yield from _walk(items, parents, hints, depth + 1)
    elif _is_list(kind):
        plain = _as_list(array)
        yield from _walk(plain.flatten(), rows[_parents(plain)], hints, depth + 1)
    else:
        yield _leaf(array, rows, hints)


def _leaf(array: Array, rows: Integers, hints: Hints) -> Leaf:
    reader = _reader(array.type)
    encoded = _plain(array).dictionary_encode()
    read = [reader(value) for value in encoded.dictionary.to_pylist()]
    codes = _numbers(pc.fill_null(encoded.indices.cast(pa.int64()), -1))
    texts = [text for text in read if text is not None]
    places = np.full(len(read) + 1, -1, dtype=np.int64)  # the last stands for NULL, code -1
    places[[i for i, text in enumerate(read) if text is not None]] = np.arange(len(texts))
    unread = (codes >= 0) & (places[codes] < 0)
    return Leaf(tuple(texts), places[codes], rows, unread, hints, opaque=_is_bytes(array.type))


def _unread(array: Array, rows: Integers, hints: Hints) -> Leaf:
    present = np.asarray(array.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    return Leaf((), np.full(len(array), -1, dtype=np.int64), rows, present, hints)


def _reader(kind: pa.DataType) -> Callable[[Any], str | None]:
    """How a value of a flat type becomes text, or None where it is not read."""
    if _is_text(kind):
        return str
    if types.is_integer(kind):
        return str
    if types.is_decimal(kind):
        return _decimal_text
    if types.is_floating(kind):
        return _float_text
    if _is_bytes(kind):
        return _bytes_text
    raise Unreadable(f"columns of type {kind} cannot be scanned yet; cast them to text in the query")


def _decimal_text(value: Decimal) -> str:
    whole = value.to_integral_value()
    return format(whole if whole == value else value, "f")


def _float_text(value: float) -> str | None:
    """Whole numbers may be ids, cards or telephone numbers; measurements with a fraction are not read."""
    if value != value or abs(value) >= _LARGEST_FLOAT or value != int(value):
        return None
    return str(int(value))


def _bytes_text(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


# ------------------------------------------------------------------------------------------------------ replacing
def _rebuild(array: Array, hints: Hints, new: Replacements) -> Array:
    kind = array.type
    if is_harmless(kind):
        return array
    if isinstance(array, pa.ExtensionArray):
        return pa.ExtensionArray.from_storage(kind, _rebuild(array.storage, hints, new))
    if isinstance(array, pa.DictionaryArray):
        used = pc.unique(pc.drop_null(array.indices))
        values = _rebuild(array.dictionary.take(used), hints, new)
        indices = pc.index_in(array.indices, value_set=used).cast(kind.index_type)
        return pa.DictionaryArray.from_arrays(indices, values, ordered=kind.ordered)
    if types.is_run_end_encoded(kind):
        return pa.RunEndEncodedArray.from_arrays(array.run_ends, _rebuild(array.values, hints, new), kind)
    if isinstance(array, pa.StructArray):
        parts = zip(kind, array.flatten(), strict=True)
        children = [_rebuild(child, hints | hinted(field.name), new) for field, child in parts]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())
    if isinstance(array, pa.UnionArray):
        return _rebuilt_union(array, [_rebuild(child, hints, new) for child in _union_children(array)])
    if types.is_map(kind):
        return _rebuilt_map(array, hints, new)
    if _is_list(kind):
        return _rebuilt_list(array, hints, new)
    return _replaced(array, hints, new)


def _replaced(array: Array, hints: Hints, new: Replacements) -> Array:
    leaf = _leaf(array, np.arange(len(array), dtype=np.int64), hints)
    changed = np.array([(text, hints) in new for text in leaf.texts] + [False])  # the last for code -1
    hit = changed[leaf.codes]
    if not hit.any():
        return array
    if not _is_text(array.type):
        # Not if_else: it would leave the values in the buffer under the NULLs.
        return array.take(_arrow(np.arange(len(array)), hit))
    texts = [new.get((text, hints), text) for text in leaf.texts]
    codes = _arrow(leaf.codes, leaf.codes < 0)
    return pa.array(texts, type=pa.large_string()).take(codes).cast(array.type)


def _rebuilt_list(array: Array, hints: Hints, new: Replacements) -> Array:
    plain, kind = _as_list(array), array.type
    values = _rebuild(plain.flatten(), hints, new)
    offsets, null = _offsets(plain), plain.is_null()
    if types.is_list_view(kind):
        view: Array = pa.ListViewArray
        starts, sizes = offsets[:-1].astype(np.int32), _lengths(plain).astype(np.int32)
        return view.from_arrays(_arrow(starts), _arrow(sizes), values, type=kind, mask=null)
    if types.is_large_list_view(kind):
        large_view: Array = pa.LargeListViewArray
        return large_view.from_arrays(_arrow(offsets[:-1]), _arrow(_lengths(plain)), values, type=kind, mask=null)
    return pa.LargeListArray.from_arrays(_arrow(offsets), values, type=plain.type, mask=null).cast(kind)


def _rebuilt_map(array: Array, hints: Hints, new: Replacements) -> Array:
    """A key that would become NULL (a number) takes its whole map with it, as a key may not be NULL."""
    keys, _ = _map_parts(array)
    nameless = _booleans(_rebuild(keys, hints, new).is_null())
    if nameless.any():
        lost = np.zeros(len(array), dtype=np.bool_)
        lost[_parents(_as_list(array))[nameless]] = True
        array = array.take(_arrow(np.arange(len(array)), lost))
    keys, items = (_rebuild(part, hints, new) for part in _map_parts(array))
    offsets = _arrow(_offsets(_as_list(array)).astype(np.int32))
    return pa.MapArray.from_arrays(offsets, keys, items, type=array.type, mask=array.is_null())


def _rebuilt_union(array: Array, children: list[Array]) -> Array:
    names = [field.name for field in array.type]
    if array.type.mode == "sparse":
        return pa.UnionArray.from_sparse(array.type_codes, children, names, array.type.type_codes)
    return pa.UnionArray.from_dense(array.type_codes, array.offsets, children, names, array.type.type_codes)


# ------------------------------------------------------------------------------------------------- Arrow's own forms
def _is_text(kind: pa.DataType) -> bool:
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    return (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    )


def _is_list(kind: pa.DataType) -> bool:
    return (
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def _plain(array: Array) -> Array:
    """A flat array in a form that Arrow can dictionary-encode."""
    if types.is_string_view(array.type):
        return array.cast(pa.large_string())
    if types.is_binary_view(array.type):
        return array.cast(pa.large_binary())
    if types.is_float16(array.type):
        return array.cast(pa.float32())
    return array


def _as_list(array: Array) -> Any:
    """Any list or map as a large list."""
    if types.is_map(array.type):
        entries = pa.StructArray.from_arrays(
            [array.keys, array.items], fields=[array.type.key_field, array.type.item_field]
        )
        plain = pa.ListArray.from_arrays(array.offsets, entries, mask=array.is_null())
        return plain.cast(pa.large_list(entries.type))
    if types.is_list_view(array.type) or types.is_large_list_view(array.type):
        return _listed_view(array)
    return array.cast(pa.large_list(array.type.value_field))


def _listed_view(array: Array) -> Array:
    """A list view as a large list (Arrow's own cast loses rows)."""
    null = array.is_null()
    sizes = np.where(_booleans(null), 0, _numbers(array.sizes))
    ends = np.cumsum(sizes)
    begins = ends - sizes
    places = np.arange(int(sizes.sum()), dtype=np.int64) + np.repeat(_numbers(array.offsets) - begins, sizes)
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), ends])
    kind = pa.large_list(array.type.value_field)
    return pa.LargeListArray.from_arrays(_arrow(offsets), array.values.take(_arrow(places)), type=kind, mask=null)


def _map_parts(array: Array) -> tuple[Array, Array]:
    entries = _as_list(array).flatten()
    return entries.field(0), entries.field(1)


def _lengths(plain: Array) -> Integers:
    """Lengths of a list whose values are flattened: NULL lists take no room, whatever lies under them."""
    lengths: Array = pc.list_value_length(plain)
    return _numbers(pc.fill_null(lengths, 0))


def _parents(plain: Array) -> Integers:
    return np.repeat(np.arange(len(plain), dtype=np.int64), _lengths(plain))


def _offsets(plain: Array) -> Integers:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(_lengths(plain))])


def _union_children(array: Array) -> list[Array]:
    return [array.field(i) for i in range(array.type.num_fields)]


def _union_places(array: Array, child: int) -> tuple[Integers, Integers]:
    """The rows whose value stands in a child, and where in the child."""
    inside = np.flatnonzero(_numbers(array.type_codes) == array.type.type_codes[child])
    if array.type.mode == "sparse":
        return inside, inside
    return inside, _numbers(array.offsets)[inside]


def _run_end_decoded(array: Array) -> Array:
    decode: Callable[[Array], Array] = pc.run_end_decode  # type: ignore[attr-defined]
    return decode(array)


def _arrow(values: npt.NDArray[Any], nulls: npt.NDArray[np.bool_] | None = None) -> Array:
    return pa.array(values, mask=nulls)


def _numbers(array: Array) -> Integers:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.int64)


def _booleans(array: Array) -> npt.NDArray[np.bool_]:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.bool_)
