"""`round_to`: numbers cut towards zero to a multiple."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from proxy.masks import round_to
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree, sql_of

STEPS = st.sampled_from([1, 2, 10, 300, 1000, 10**6, 10**9])
EXTREMES = {
    "TINYINT": (-128, 127),
    "SMALLINT": (-(2**15), 2**15 - 1),
    "INTEGER": (-(2**31), 2**31 - 1),
    "BIGINT": (-(2**63), 2**63 - 1),
    "HUGEINT": (-(2**127), 2**127 - 1),
    "UTINYINT": (0, 255),
    "USMALLINT": (0, 2**16 - 1),
    "UINTEGER": (0, 2**32 - 1),
    "UBIGINT": (0, 2**64 - 1),
    "UHUGEINT": (0, 2**128 - 1),
}


@given(values=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50), to=STEPS)
def test_engine_and_python_agree_on_integers(engine: Engine, values: list[int | None], to: int) -> None:
    engine.load(values, pa.int64(), "BIGINT")
    agree(engine, round_to, TypeKind.INTEGER, values, to=to)


@given(values=st.lists(st.none() | st.floats(), min_size=1, max_size=50), to=STEPS)
def test_engine_and_python_agree_on_floats(engine: Engine, values: list[float | None], to: int) -> None:
    engine.load(values, pa.float64(), "DOUBLE")
    agree(engine, round_to, TypeKind.FLOAT, values, to=to)


@given(
    values=st.lists(st.none() | st.decimals(-(10**8), 10**8, places=2, allow_nan=False), min_size=1, max_size=50),
    to=STEPS,
)
def test_engine_and_python_agree_on_decimals(engine: Engine, values: list[Decimal | None], to: int) -> None:
    engine.load(values, pa.decimal128(12, 2), "DECIMAL(12,2)")
    agree(engine, round_to, TypeKind.DECIMAL, values, to=to)


@pytest.mark.parametrize("sql_type", EXTREMES)
@pytest.mark.parametrize("to", [1, 7, 1000, 10**9])
def test_the_smallest_and_largest_do_not_raise_and_the_type_stays(engine: Engine, sql_type: str, to: int) -> None:
    values = [*EXTREMES[sql_type], 0]
    engine.load_sql([f"'{v}'" for v in values], sql_type)
    agree(engine, round_to, TypeKind.INTEGER, values, to=to)
    tree = sql_of(round_to, TypeKind.INTEGER, {"to": to})
    back = [
        row[0]
        for row in engine.connection.execute(
            f'SELECT CAST({tree.sql("duckdb", identify=True)} AS {sql_type}) FROM t AS "__g" ORDER BY i'
        ).fetchall()
    ]
    assert back == engine.masked(tree)


@pytest.mark.parametrize(
    "sql_type", ["DECIMAL(4,1)", "DECIMAL(18,3)", "DECIMAL(38,0)", "DECIMAL(38,10)", "DECIMAL(38,38)"]
)
@pytest.mark.parametrize("to", [1, 7, 1000, 10**9])
def test_the_widest_decimals_do_not_raise(engine: Engine, sql_type: str, to: int) -> None:
    width, scale = map(int, sql_type[8:-1].split(","))
    largest = Decimal(f"{'9' * width}E-{scale}")
    values: list[Any] = [largest, largest.copy_negate(), Decimal(0), None]
    engine.load_sql(["NULL" if v is None else f"'{v:f}'" for v in values], sql_type)
    agree(engine, round_to, TypeKind.DECIMAL, values, to=to)


def test_examples(engine: Engine) -> None:
    engine.load([52345, -52345, 999, None], pa.int64(), "BIGINT")
    assert agree(engine, round_to, TypeKind.INTEGER, [52345, -52345, 999, None], to=1000) == [52000, -52000, 0, None]


@pytest.mark.parametrize("to", [0, -1, 10**9 + 1, 0.5])
def test_a_wrong_step_is_refused(to: object) -> None:
    with pytest.raises(ValidationError):
        round_to.Settings(to=to)
