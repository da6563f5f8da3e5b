"""Arrow's forms: taken apart and put together with nothing changed but what the change changes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from proxy.scan.arrays import Array, Hints, list_offsets, list_parents, pack, rebuild, unpack

NONE: frozenset[str] = frozenset()


def same(array: Array, hints: Hints) -> Array:
    return array


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ([["a"], None, [], [None]], pa.list_(pa.string())),
        ([["a"], None, [], [None]], pa.large_list(pa.string())),
        ([["a"], None, [], [None]], pa.list_view(pa.string())),
        ([["a"], None, [], [None]], pa.large_list_view(pa.string())),
        ([[1, 2], None, [3, None]], pa.list_(pa.int8(), 2)),
        ([{"a": [1], "b": None}, None], pa.struct([("a", pa.list_(pa.int32())), ("b", pa.string())])),
        ([[("k", [1])], None, []], pa.map_(pa.string(), pa.list_(pa.int64()))),
        ([[[["deep"]], None]], pa.list_(pa.list_(pa.list_(pa.string())))),
        (["a", None, "b"], pa.dictionary(pa.int8(), pa.string())),
    ],
    ids=lambda value: str(value) if isinstance(value, pa.DataType) else "",
)
def test_a_column_survives_being_taken_apart(value: list[Any], kind: pa.DataType) -> None:
    array = pa.array(value, kind)
    for part, expected in ((array, value), (unpack(pack(array.slice(1))), value[1:]), (array.slice(0, 0), [])):
        again = rebuild(unpack(pack(part)), NONE, same)
        again.validate(full=True)
        assert again.type == kind
        assert again.to_pylist() == expected


def test_a_change_reaches_every_flat_array_with_the_hints_of_its_names() -> None:
    seen: list[tuple[str, Hints]] = []

    def note(array: Array, hints: Hints) -> Array:
        seen.append((str(array.type), hints))
        return array

    rebuild(pa.array([[{"ssn": 1, "x": "a"}]]), NONE, note)
    assert seen == [("int64", frozenset({"US_SSN"})), ("string", NONE)]


def test_parents_and_offsets_skip_what_lies_under_null_lists() -> None:
    hidden = pa.LargeListArray.from_arrays([0, 2, 4, 5], pa.array([1, 2, 3, 4, 5]), mask=pa.array([False, True, False]))
    assert hidden.flatten().to_pylist() == [1, 2, 5]
    assert list_parents(hidden).tolist() == [0, 0, 2]
    assert list_offsets(hidden).tolist() == [0, 2, 2, 3]


def test_what_is_beside_the_chosen_member_of_a_union_is_dropped() -> None:
    codes = pa.array([0, 1], pa.int8())
    sparse = pa.UnionArray.from_sparse(codes, [pa.array(["a", "hidden"]), pa.array([77, 2])])
    dense = pa.UnionArray.from_dense(codes, pa.array([1, 0], pa.int32()), [pa.array(["hidden", "a"]), pa.array([2])])
    for array in (sparse, dense):
        again = rebuild(unpack(pack(array)), NONE, same)
        assert again.to_pylist() == ["a", 2]
        assert b"hidden" not in pack(again)
        assert (77).to_bytes(8, "little") not in pack(again)
