"""Floats; what a server says of them stands in test_rows.py."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proxy.doors.pgwire.floats import float_text, float_texts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (0.1, "0.1"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (0.000015, "1.5e-05"),
        (-1.25e-06, "-1.25e-06"),
        (1e-07, "1e-07"),
        (1e10, "10000000000"),
        (12345678901234.5, "12345678901234.5"),
        (-999999999999999.0, "-999999999999999"),
        (1e15, "1e+15"),
        (1e23, "1e+23"),
        (5e-324, "5e-324"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (-float("inf"), "-Infinity"),
    ],
)
def test_doubles(value: float, text: str) -> None:
    if value == 1e23:  # lies exactly between two doubles: the server writes more digits
        text = "9.999999999999999e+22"
    assert float_text(value, single=False) == text
    assert float_texts(pa.array([value, None, 1.5])).to_pylist() == [text, None, "1.5"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (999999.0, "999999"), (1e6, "1e+06"), (1234567.0, "1.234567e+06"), (1e10, "1e+10"), (1e-5, "1e-05")],
)
def test_singles(value: float, text: str) -> None:
    column = pa.array([value, None], pa.float32())
    assert float_texts(column).to_pylist() == [text, None]
    assert float_text(column[0].as_py(), single=True) == text


def test_halves_are_singles() -> None:
    assert float_texts(pa.array([1.5, None], pa.float32()).cast(pa.float16())).to_pylist() == ["1.5", None]


def test_columns_of_nothing() -> None:
    assert float_texts(pa.array([], pa.float64())).to_pylist() == []
    assert float_texts(pa.array([None, None], pa.float64())).to_pylist() == [None, None]
