"""Decimals; what a server says of them stands in test_rows.py."""

from __future__ import annotations

import struct
from decimal import Decimal

import pyarrow as pa
import pytest

from proxy.doors.pgwire.numerics import decimal_texts, numeric_binaries, numeric_binary
from proxy.doors.pgwire.scalars import binary_way, text_way
from proxy.doors.pgwire.types import of_field


def head(text: str) -> tuple[int, ...]:
    made = numeric_binary(text)
    return struct.unpack(f"!hhHH{len(made) // 2 - 4}h", made)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0", (0, 0, 0, 0)),
        ("0.00", (0, 0, 0, 2)),
        ("1", (1, 0, 0, 0, 1)),
        ("-12345.678", (3, 1, 0x4000, 3, 1, 2345, 6780)),
        ("0.0001", (1, -1, 0, 4, 1)),
        ("0.00001", (1, -2, 0, 5, 1000)),
        ("100000000", (1, 2, 0, 0, 1)),
        ("NaN", (0, 0, 0xC000, 0)),
    ],
)
def test_binary_form(text: str, parts: tuple[int, ...]) -> None:
    assert head(text) == parts


@pytest.mark.parametrize("text", ["", "x", "1e", "infinite"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        numeric_binary(text)


@pytest.mark.parametrize("scale", [0, 1, 2, 3, 4, 5, 7, 20])
def test_columns_are_their_values(scale: int) -> None:
    values = [Decimal(n).scaleb(-scale) for n in (0, 1, -1, 9, 10, 9999, 10_000, -(10**17), 10**30 - 1)]
    column = pa.array([*values, None], pa.decimal128(38, scale))
    expected = [numeric_binary(format(v, "f")) for v in column.to_pylist() if v is not None]
    assert numeric_binaries(column).to_pylist() == [*expected, None]
    assert numeric_binaries(column.slice(3, 4)).to_pylist() == expected[3:7]
    assert decimal_texts(column).to_pylist() == [*(format(v, "f") for v in column.to_pylist()[:-1]), None]
    assert decimal_texts(column.slice(3, 4)).to_pylist() == [format(v, "f") for v in column.to_pylist()[3:7]]


def test_columns_of_nothing() -> None:
    assert numeric_binaries(pa.array([], pa.decimal128(12, 2))).to_pylist() == []
    assert numeric_binaries(pa.array([None] * 3, pa.decimal256(50, 2))).to_pylist() == [None] * 3


def test_texts_of_any_scale() -> None:
    texts = ["1.50", None, "NaN", "-0.001", "7", "Infinity", "1" + "0" * 90]
    expected = [t if t is None else numeric_binary(t) for t in texts]
    assert numeric_binaries(pa.array(texts)).to_pylist() == expected


@pytest.mark.parametrize("number", [2**127 - 1, -(2**127), 10**38, -1])
def test_whole_numbers_of_39_digits(number: int) -> None:
    raw = number.to_bytes(16, "little", signed=True) * 2
    column = pa.Array.from_buffers(pa.decimal128(38, 0), 2, [None, pa.py_buffer(raw)])
    assert decimal_texts(column).to_pylist() == [str(number)] * 2
    assert numeric_binaries(column).to_pylist() == [numeric_binary(str(number))] * 2
    kind = of_field(pa.field("v", column.type))
    assert text_way(column.type)(column) == [str(number).encode()] * 2
    assert binary_way(column.type, kind)(column) == [numeric_binary(str(number))] * 2
