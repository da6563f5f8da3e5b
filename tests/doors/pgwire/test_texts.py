"""Columns in the text format; what a server says of them stands in test_rows.py."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proxy.doors.pgwire.texts import fitting, texts
from proxy.doors.pgwire.types import BY_NAME


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([True, None, False]), ["t", None, "f"]),
        (pa.array([b"\x00\xff", None, b""]), [b"\\x00ff", None, b"\\x"]),
        (pa.nulls(2), [None, None]),
        (pa.array(["b", None, "a"]).dictionary_encode(), ["b", None, "a"]),
        (pa.array([[1, None], None]), ["{1,NULL}", None]),
        (pa.array([{"a": 1}, None]), ['{"a":1}', None]),
    ],
    ids=lambda c: str(getattr(c, "type", "")),
)
def test_columns_and_their_slices(column: pa.Array, expected: list[object]) -> None:
    assert texts(column).to_pylist() == expected
    assert texts(column.slice(1)).to_pylist() == expected[1:]
    assert texts(column.slice(0, 0)).to_pylist() == []


def test_types_without_a_text_raise() -> None:
    with pytest.raises(TypeError):
        texts(pa.RunEndEncodedArray.from_arrays([1], ["a"]))


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("numeric", ["1.5", "<CREDIT_CARD>", None, "NaN", "-Infinity"], ["1.5", None, None, "NaN", "-Infinity"]),
        (
            "uuid",
            ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "<X>", None],
            ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", None, None],
        ),
        ("text", ["<X>", None], ["<X>", None]),
    ],
)
def test_what_the_scan_replaced_in_numbers_is_gone(kind: str, given: list[object], expected: list[object]) -> None:
    assert fitting(pa.array(given, pa.string()), BY_NAME[kind]).to_pylist() == expected
