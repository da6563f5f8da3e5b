"""The moves that forms of values are made of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from proxy.doors.pgwire import columns


def test_fixed_and_varying_values() -> None:
    rows = np.array([[1, 2], [3, 4], [5, 6]], np.uint8)
    valid = pa.array([True, False, True])
    assert columns.fixed(rows).to_pylist() == [b"\1\2", b"\3\4", b"\5\6"]
    assert columns.fixed(rows, valid).to_pylist() == [b"\1\2", None, b"\5\6"]
    flat = np.frombuffer(b"abcdef", np.uint8)
    assert columns.varying(flat, np.array([1, 0, 5])).to_pylist() == [b"a", b"", b"bcdef"]


def test_numbers_of_a_slice() -> None:
    column = pa.array([1, None, 3, 4], pa.int16())
    assert columns.ticks(column, np.int16).tolist() == [1, 0, 3, 4]
    assert columns.ticks(column.slice(2), np.int16).tolist() == [3, 4]
    assert columns.ticks(column.slice(4), np.int16).tolist() == []
    assert columns.known(column).tolist() == [True, False, True, True]


def test_bytes_of_a_slice() -> None:
    column = pa.array(["ab", None, "", "cde"]).slice(1)
    assert columns.lengths(column).tolist() == [-1, 0, 3]
    assert columns.flat(column).tobytes() == b"cde"
    assert columns.flat(column.slice(3)).tobytes() == b""
    assert columns.binary(column).to_pylist() == [None, b"", b"cde"]


def test_joined_parts_may_be_texts_and_bytes() -> None:
    texts, raw = pa.array(["a", None]), pa.array([b"\xff", b"b"])
    assert columns.joined(texts, texts).to_pylist() == ["aa", None]
    assert columns.joined(texts, raw).to_pylist() == [b"a\xff", None]
    assert columns.chosen(["x", "y"], np.array([1, 0])).to_pylist() == ["y", "x"]
