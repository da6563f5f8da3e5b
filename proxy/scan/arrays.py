"""Arrow's forms: nested columns taken apart and put together again, with the type they had.

Rule kept here: what is put together holds nothing that the column does not show: no values of a dictionary that no row
uses, nothing under a NULL list or beside the chosen member of a union.
"""

from __future__ import annotations

from collections.abc import Callable
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
Change: TypeAlias = Callable[[Array, Hints], Array]
"""What becomes of a flat array that stands under names with these hints: one of the same type and length."""


def pack(column: Array) -> bytes:
    """A column as an Arrow stream, cut out of whatever it is a slice of."""
    batch = pa.RecordBatch.from_arrays([column], names=["column"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def unpack(data: bytes) -> Array:
    """The column of an Arrow stream."""
    with pa.ipc.open_stream(data) as reader:
        return reader.read_next_batch().column(0)


def rebuild(array: Array, hints: Hints, change: Change) -> Array:
    """The column with every flat array in it changed. Arrays must have no offset of their own (see `pack`)."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return pa.ExtensionArray.from_storage(kind, rebuild(array.storage, hints, change))
    if isinstance(array, pa.DictionaryArray):
        used = pc.unique(pc.drop_null(array.indices))
        values = rebuild(array.dictionary.take(used), hints, change)
        indices = pc.index_in(array.indices, value_set=used).cast(kind.index_type)
        return pa.DictionaryArray.from_arrays(indices, values, ordered=kind.ordered)
    if types.is_run_end_encoded(kind):
        return pa.RunEndEncodedArray.from_arrays(array.run_ends, rebuild(array.values, hints, change), kind)
    if isinstance(array, pa.StructArray):
        parts = zip(kind, array.flatten(), strict=True)
        children = [rebuild(child, hints | hinted(field.name), change) for field, child in parts]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())
    if isinstance(array, pa.UnionArray):
        return _rebuilt_union(array, hints, change)
    if types.is_map(kind):
        return _rebuilt_map(array, hints, change)
    if is_list(kind):
        return _rebuilt_list(array, hints, change)
    return change(array, hints)


def _rebuilt_list(array: Array, hints: Hints, change: Change) -> Array:
    plain, kind = as_list(array), array.type
    values = rebuild(plain.flatten(), hints, change)
    offsets, null = list_offsets(plain), plain.is_null()
    if types.is_list_view(kind):
        view: Array = pa.ListViewArray
        starts, sizes = offsets[:-1].astype(np.int32), list_lengths(plain).astype(np.int32)
        return view.from_arrays(arrow(starts), arrow(sizes), values, type=kind, mask=null)
    if types.is_large_list_view(kind):
        large_view: Array = pa.LargeListViewArray
        return large_view.from_arrays(arrow(offsets[:-1]), arrow(list_lengths(plain)), values, type=kind, mask=null)
    return pa.LargeListArray.from_arrays(arrow(offsets), values, type=plain.type, mask=null).cast(kind)


def _rebuilt_map(array: Array, hints: Hints, change: Change) -> Array:
    """A key that would become NULL (a number) takes its whole map with it, as a key may not be NULL."""
    keys, _ = map_parts(array)
    nameless = booleans(rebuild(keys, hints, change).is_null())
    if nameless.any():
        lost = np.zeros(len(array), dtype=np.bool_)
        lost[list_parents(as_list(array))[nameless]] = True
        array = array.take(arrow(np.arange(len(array)), lost))
    keys, items = (rebuild(part, hints, change) for part in map_parts(array))
    offsets = arrow(list_offsets(as_list(array)).astype(np.int32))
    return pa.MapArray.from_arrays(offsets, keys, items, type=array.type, mask=array.is_null())


def _rebuilt_union(array: Array, hints: Hints, change: Change) -> Array:
    names = [field.name for field in array.type]
    children = []
    starts = np.zeros(len(array), dtype=np.int32)
    for number, child in enumerate(union_children(array)):
        inside, places = union_places(array, number)
        if array.type.mode == "sparse":
            beside = np.ones(len(array), dtype=np.bool_)
            beside[inside] = False
            child = child.take(arrow(np.arange(len(array)), beside))
        else:
            child = child.take(arrow(places))
            starts[inside] = np.arange(len(inside))
        children.append(rebuild(child, hints, change))
    if array.type.mode == "sparse":
        return pa.UnionArray.from_sparse(array.type_codes, children, names, array.type.type_codes)
    return pa.UnionArray.from_dense(array.type_codes, arrow(starts), children, names, array.type.type_codes)


def is_text(kind: pa.DataType) -> bool:
    """Whether values are text."""
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values are bytes."""
    return (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    )


def is_list(kind: pa.DataType) -> bool:
    """Whether values are lists of any form (maps are not)."""
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


def as_list(array: Array) -> Any:
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
    sizes = np.where(booleans(null), 0, numbers(array.sizes))
    ends = np.cumsum(sizes)
    begins = ends - sizes
    places = np.arange(int(sizes.sum()), dtype=np.int64) + np.repeat(numbers(array.offsets) - begins, sizes)
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), ends])
    kind = pa.large_list(array.type.value_field)
    return pa.LargeListArray.from_arrays(arrow(offsets), array.values.take(arrow(places)), type=kind, mask=null)


def map_parts(array: Array) -> tuple[Array, Array]:
    """Keys and items of all maps, one after the other, as `list_parents` counts them."""
    entries = as_list(array).flatten()
    return entries.field(0), entries.field(1)


def list_lengths(plain: Array) -> Integers:
    """Lengths of a list whose values are flattened: NULL lists take no room, whatever lies under them."""
    lengths: Array = pc.list_value_length(plain)
    return numbers(pc.fill_null(lengths, 0))


def list_parents(plain: Array) -> Integers:
    """For each value of the flattened lists the list it is in."""
    return np.repeat(np.arange(len(plain), dtype=np.int64), list_lengths(plain))


def list_offsets(plain: Array) -> Integers:
    """Where each of the flattened lists begins, and where the last one ends."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(list_lengths(plain))])


def union_children(array: Array) -> list[Array]:
    """The members of a union."""
    return [array.field(i) for i in range(array.type.num_fields)]


def union_places(array: Array, child: int) -> tuple[Integers, Integers]:
    """The rows whose value stands in a child, and where in the child."""
    inside = np.flatnonzero(numbers(array.type_codes) == array.type.type_codes[child])
    if array.type.mode == "sparse":
        return inside, inside
    return inside, numbers(array.offsets)[inside]


def run_end_decoded(array: Array) -> Array:
    """A run-end encoded array as a plain one."""
    decode: Callable[[Array], Array] = pc.run_end_decode  # type: ignore[attr-defined]
    return decode(array)


def arrow(values: npt.NDArray[Any], nulls: npt.NDArray[np.bool_] | None = None) -> Array:
    """Numbers as an Arrow array."""
    return pa.array(values, mask=nulls)


def numbers(array: Array) -> Integers:
    """An Arrow array of whole numbers, without NULLs, as numbers."""
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.int64)


def booleans(array: Array) -> npt.NDArray[np.bool_]:
    """An Arrow array of booleans, without NULLs, as booleans."""
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.bool_)
