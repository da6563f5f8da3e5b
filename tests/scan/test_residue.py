"""What a NULL hides stays hidden from clients that read a column's memory."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from proxy.scan.arrays import pack
from proxy.scan.residue import without_residue

SECRET = 4111111111111111


def hidden(array: pa.Array) -> pa.Array:
    """The array with its first value under a NULL and still in memory."""
    validity = pa.array([False] + [True] * (len(array) - 1)).buffers()[1]
    return pa.Array.from_buffers(array.type, len(array), [validity, *array.buffers()[1:]])


@pytest.mark.parametrize(
    ("array", "trace"),
    [
        (pa.array([SECRET, 1]), SECRET.to_bytes(8, "little")),
        (pa.array([float(SECRET), 1.0]), np.float64(SECRET).tobytes()),
        (pa.array([SECRET, 1], pa.timestamp("us")), SECRET.to_bytes(8, "little")),
        (pa.array(["s3cret", "x"]), b"s3cret"),
        (pa.array([b"s3cret", b"123456"], pa.binary(6)), b"s3cret"),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_values_under_a_null_are_gone(array: pa.Array, trace: bytes) -> None:
    leaky = hidden(array)
    assert trace in pack(leaky), "the case must be one"
    clean = without_residue(leaky)
    assert trace not in pack(clean)
    assert clean.equals(leaky)
    assert clean.type == leaky.type


def test_a_boolean_under_a_null_is_gone() -> None:
    leaky = hidden(pa.array([True, False, False, False]))
    assert leaky.buffers()[1].to_pybytes()[0] & 1
    assert not without_residue(leaky).buffers()[1].to_pybytes()[0] & 1


def test_values_under_a_null_inside_others_are_gone() -> None:
    numbers = hidden(pa.array([SECRET, 1]))
    struct = pa.StructArray.from_arrays([pa.array([SECRET, 1])], names=["a"], mask=pa.array([True, False]))
    nested: list[Any] = [
        pa.ListArray.from_arrays([0, 2], numbers),
        pa.StructArray.from_arrays([numbers], names=["a"]),
        struct,
        pa.ListArray.from_arrays([0, 1, 2], pa.array([SECRET, 1]), mask=pa.array([True, False])),
        pa.MapArray.from_arrays([0, 2], pa.array(["a", "b"]), numbers),
    ]
    for array in nested:
        assert SECRET.to_bytes(8, "little") in pack(array)
        clean = without_residue(array)
        assert SECRET.to_bytes(8, "little") not in pack(clean), str(array.type)
        assert clean.equals(array)
        assert clean.type == array.type


def test_columns_without_nulls_are_passed_as_they_are() -> None:
    array = pa.array([1, 2])
    assert without_residue(array) is array


def test_slices_of_nested_columns_stay_what_they_are() -> None:
    array = pa.array([[("k", 1)], None, [("l", None)]], pa.map_(pa.string(), pa.int64()))
    assert without_residue(array.slice(1)).to_pylist() == [None, [("l", None)]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT s FROM (SELECT id, region, CASE WHEN region = 'EU' THEN s END AS s FROM t) WHERE id > 2",
        "SELECT max(CASE WHEN region = 'none' THEN s END) FROM t GROUP BY id % 7",
    ],
    ids=["filter over a guard", "aggregate over a guard"],
)
def test_what_a_guard_hides_does_not_leave_in_the_engines_memory(sql: str) -> None:
    """The embedded engine was seen to leave the values of hidden rows in the buffers of its answers."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT i AS id, 4111111111111111 + i AS s, if(i % 2 = 0, 'EU', 'US') AS region "
            "FROM range(5000) r(i)"
        )
        batches = list(connection.sql(sql).to_arrow_reader(2048))
    for batch in batches:
        clean = without_residue(batch.column(0))
        assert clean.equals(batch.column(0))
        stored = np.frombuffer(clean.buffers()[1], dtype="<i8")[: len(clean)]
        assert not stored[np.asarray(clean.is_null())].any()
