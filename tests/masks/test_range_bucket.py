"""`range_bucket`: the lower edge of the range a number lies in."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from proxy.masks import range_bucket
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree, sql_of

EDGES = st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=8, unique=True).map(sorted)


@given(values=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50), edges=EDGES)
def test_engine_and_python_agree_on_integers(engine: Engine, values: list[int | None], edges: list[int]) -> None:
    values += edges
    engine.load(values, pa.int64(), "BIGINT")
    agree(engine, range_bucket, TypeKind.INTEGER, values, edges=edges)


@given(values=st.lists(st.none() | st.floats(), min_size=1, max_size=50), edges=EDGES)
def test_engine_and_python_agree_on_floats(engine: Engine, values: list[float | None], edges: list[int]) -> None:
    engine.load(values, pa.float64(), "DOUBLE")
    agree(engine, range_bucket, TypeKind.FLOAT, values, edges=edges)


@given(
    values=st.lists(st.none() | st.decimals(-(10**8), 10**8, places=2, allow_nan=False), min_size=1, max_size=50),
    edges=EDGES,
)
def test_engine_and_python_agree_on_decimals(engine: Engine, values: list[Decimal | None], edges: list[int]) -> None:
    engine.load(values, pa.decimal128(12, 2), "DECIMAL(12,2)")
    agree(engine, range_bucket, TypeKind.DECIMAL, values, edges=edges)


@pytest.mark.parametrize(("sql_type", "largest"), [("TINYINT", 127), ("UTINYINT", 255), ("HUGEINT", 2**127 - 1)])
def test_edges_beyond_the_type_do_not_raise(engine: Engine, sql_type: str, largest: int) -> None:
    engine.load_sql([f"'{largest}'", "'0'"], sql_type)
    agree(engine, range_bucket, TypeKind.INTEGER, [largest, 0], edges=[-(2**53), 0, 100, 2**53])


def test_examples(engine: Engine) -> None:
    values = [52345, 0, -1, 60000, 10**12, None]
    engine.load(values, pa.int64(), "BIGINT")
    shown = agree(engine, range_bucket, TypeKind.INTEGER, values, edges=[0, 30000, 60000])
    assert shown == [30000, 0, None, 60000, 60000, None]


def test_the_number_itself_never_shows(engine: Engine) -> None:
    engine.load([float("nan"), float("inf"), float("-inf"), 12.5], pa.float64(), "DOUBLE")
    assert engine.masked(sql_of(range_bucket, TypeKind.FLOAT, {"edges": [0, 10]})) == [None, 10, None, 10]


@pytest.mark.parametrize("edges", [[], [2, 1], [1, 1], [1.5], ["a"], [2**53 + 1]])
def test_wrong_edges_are_refused(edges: object) -> None:
    with pytest.raises(ValidationError):
        range_bucket.Settings(edges=edges)
