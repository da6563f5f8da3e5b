"""Arrow columns as texts and back: every type is read, harmless or refused, and keeps its type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.scan.arrays import pack, unpack
from proxy.scan.leaves import Unreadable, has_unread_values, is_harmless, leaves, replace

NONE: frozenset[str] = frozenset()
SECRET = "4111111111111111"
MAIL = "ana@example.com"


def texts(array: pa.Array) -> set[str]:
    return {text for leaf in leaves(array, "c") for text in leaf.texts.to_pylist()}


def rows_of(array: pa.Array, text: str) -> list[int]:
    rows: set[int] = set()
    for leaf in leaves(array, "c"):
        if text in leaf.texts.to_pylist():
            rows |= set(leaf.rows[leaf.codes == leaf.texts.to_pylist().index(text)].tolist())
    return sorted(rows)


def replaced(array: pa.Array, *old: str) -> pa.Array:
    new = {
        (text, leaf.hints): f"<{len(text)}>"
        for leaf in leaves(array, "c")
        for text in leaf.texts.to_pylist()
        if text in old
    }
    result = replace(array, "c", new)
    result.validate(full=True)
    assert result.type == array.type
    assert len(result) == len(array)
    return result


@pytest.mark.parametrize(
    ("array", "read"),
    [
        (pa.array([1, -41, None], pa.int64()), {"1", "-41"}),
        (pa.array([2**64 - 1], pa.uint64()), {"18446744073709551615"}),
        (pa.array([Decimal("4111111111111111.00"), Decimal("1.10")]), {SECRET, "1.10"}),
        (pa.array([Decimal("1E+3")], pa.decimal128(38, 0)), {"1000"}),
        (pa.array([4111111111111111.0, 1.5, float("nan"), float("inf"), 1e300]), {SECRET}),
        (pa.array([np.float16(2.0), np.float16(2.5)]), {"2"}),
        (pa.array(["a", None], pa.string()), {"a"}),
        (pa.array(["a"], pa.large_string()), {"a"}),
        (pa.array(["a", None], pa.string_view()), {"a"}),
        (pa.array([b"a", b"\xff", None]), {"a"}),
        (pa.array([b"abc"], pa.binary(3)), {"abc"}),
        (pa.array([b"a"], pa.binary_view()), {"a"}),
        (pa.array([b"a"], pa.large_binary()), {"a"}),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_flat_types_are_read_as_text(array: pa.Array, read: set[str]) -> None:
    assert texts(array) == read


@pytest.mark.parametrize(
    "kind",
    [pa.bool_(), pa.date32(), pa.timestamp("us", "UTC"), pa.time64("us"), pa.duration("s"), pa.null(), pa.uuid()],
    ids=str,
)
def test_harmless_types_are_not_read_and_say_so(kind: pa.DataType) -> None:
    assert is_harmless(kind)
    array = pa.nulls(2, kind)
    assert texts(array) == set()


def test_harmless_cells_count_as_unread() -> None:
    (leaf,) = leaves(pa.array([True, None]), "c")
    assert leaf.unread.tolist() == [True, False]


def test_bytes_that_are_no_text_count_as_unread() -> None:
    (leaf,) = leaves(pa.array([b"ok", b"\xff", None]), "c")
    assert leaf.unread.tolist() == [False, True, False]
    assert leaf.opaque


NESTED: list[tuple[str, pa.Array]] = [
    ("list", pa.array([[MAIL, "x"], None, [], [None, MAIL]], pa.list_(pa.string()))),
    ("large_list", pa.array([[MAIL, "x"], None, [], [None, MAIL]], pa.large_list(pa.string()))),
    ("fixed_size_list", pa.array([[MAIL, "x"], None, ["y", "z"], [None, MAIL]], pa.list_(pa.string(), 2))),
    ("list_view", pa.array([[MAIL, "x"], None, [], [None, MAIL]], pa.list_view(pa.string()))),
    ("struct", pa.array([{"a": MAIL, "b": 1}, None, {"a": None, "b": 2}, {"a": MAIL, "b": None}])),
    ("map value", pa.array([[("k", MAIL)], None, [], [("k", None), ("l", MAIL)]], pa.map_(pa.string(), pa.string()))),
    ("map key", pa.array([[(MAIL, 1)], None, [], [("k", 2), (MAIL, 3)]], pa.map_(pa.string(), pa.int64()))),
    ("list of struct of list", pa.array([[{"a": [MAIL]}], None, [{"a": None}], [{"a": ["x"]}, {"a": [MAIL]}]])),
    ("dictionary", pa.array([MAIL, None, "x", MAIL]).dictionary_encode()),
    ("run ends", pa.RunEndEncodedArray.from_arrays([1, 3, 4], [MAIL, None, MAIL])),
    ("json extension", pa.ExtensionArray.from_storage(pa.json_(), pa.array([MAIL, None, "x", MAIL]))),
    (
        "sparse union",
        pa.UnionArray.from_sparse(
            pa.array([0, 1, 1, 0], pa.int8()), [pa.array([MAIL, None, None, MAIL]), pa.array([None, 1, 2, None])]
        ),
    ),
    (
        "dense union",
        pa.UnionArray.from_dense(
            pa.array([0, 1, 1, 0], pa.int8()),
            pa.array([0, 0, 1, 1], pa.int32()),
            [pa.array([MAIL, MAIL]), pa.array([1, 2])],
        ),
    ),
]


@pytest.mark.parametrize("array", [array for _, array in NESTED], ids=[name for name, _ in NESTED])
def test_texts_inside_are_read_with_their_rows_and_replaced_in_place(array: pa.Array) -> None:
    array = unpack(pack(array))
    assert rows_of(array, MAIL) == [0, 3]
    new = replaced(array, MAIL)
    assert new.to_pylist() == eval(repr(array.to_pylist()).replace(MAIL, "<15>"))
    assert MAIL.encode() not in pack(new)


@pytest.mark.parametrize("array", [array for _, array in NESTED], ids=[name for name, _ in NESTED])
def test_a_slice_is_read_as_if_it_stood_alone(array: pa.Array) -> None:
    part = unpack(pack(array.slice(2, 2)))
    assert rows_of(part, MAIL) == [1]
    assert replaced(part, MAIL).to_pylist() == eval(repr(array.to_pylist()[2:]).replace(MAIL, "<15>"))


@pytest.mark.parametrize("array", [array for _, array in NESTED], ids=[name for name, _ in NESTED])
def test_replacing_nothing_changes_nothing(array: pa.Array) -> None:
    array = unpack(pack(array))
    assert replaced(array).to_pylist() == array.to_pylist()


@pytest.mark.parametrize(
    "array",
    [
        pa.array([int(SECRET), 2, None]),
        pa.array([float(SECRET), 2.5, None]),
        pa.array([Decimal(SECRET), Decimal(2), None], pa.decimal128(20, 2)),
        pa.array([SECRET.encode(), b"2", None]),
        pa.array([SECRET.encode(), b"2" * 16, None], pa.binary(16)),
        pa.array([int(SECRET), 2, None]).dictionary_encode(),
    ],
    ids=lambda array: str(array.type),
)
def test_what_is_no_text_becomes_null_and_leaves_no_bytes_behind(array: pa.Array) -> None:
    array = unpack(pack(array))
    new = replaced(array, SECRET)
    assert new.to_pylist() == [None, *array.to_pylist()[1:]]
    assert SECRET.encode() not in pack(new)
    assert int(SECRET).to_bytes(8, "little") not in pack(new)
    assert np.float64(SECRET).tobytes() not in pack(new)


def test_a_number_as_a_map_key_takes_its_map_with_it() -> None:
    array = pa.array([[(int(SECRET), "a")], [(2, MAIL)], None], pa.map_(pa.int64(), pa.string()))
    new = replaced(unpack(pack(array)), SECRET, MAIL)
    assert new.to_pylist() == [None, [(2, "<15>")], None]
    assert int(SECRET).to_bytes(8, "little") not in pack(new)


def test_unused_values_of_a_dictionary_do_not_leave_with_it() -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([1, None, 1]), pa.array([MAIL, "x"]))
    assert has_unread_values(array)
    new = replaced(array)
    assert new.to_pylist() == ["x", None, "x"]
    assert MAIL.encode() not in pack(new)
    assert not has_unread_values(new)


def test_field_names_hint_at_what_is_inside() -> None:
    array = pa.array([{"ssn": 512345678, "id": 512345678}])
    assert {(tuple(leaf.texts.to_pylist()), leaf.hints) for leaf in leaves(array, "c")} == {
        (("512345678",), frozenset({"US_SSN"})),
        (("512345678",), NONE),
    }


def test_hidden_values_under_a_null_struct_are_not_read() -> None:
    inner = pa.array([MAIL, MAIL])
    array = pa.StructArray.from_arrays([inner], names=["a"], mask=pa.array([True, False]))
    assert rows_of(unpack(pack(array)), MAIL) == [1]


def test_a_type_nobody_has_decided_on_is_refused() -> None:
    interval = pa.array([pa.MonthDayNano([1, 2, 3])])
    assert is_harmless(interval.type)
    deep: Any = pa.array(["x"])
    for _ in range(40):
        deep = pa.ListArray.from_arrays([0, 1], deep)
    with pytest.raises(Unreadable, match="nested too deeply"):
        leaves(deep, "c")


@given(st.lists(st.none() | st.lists(st.none() | st.sampled_from([MAIL, "x", "", "é😀"]), max_size=4), max_size=8))
def test_lists_keep_their_form_whatever_is_replaced(value: list[Any]) -> None:
    array = unpack(pack(pa.array(value, pa.list_(pa.string()))))
    assert replaced(array, MAIL, "").to_pylist() == [
        None if row is None else [{MAIL: "<15>", "": "<0>"}.get(t, t) if t is not None else None for t in row]
        for row in value
    ]
