"""`month_only`: the start of the month, of dates and timestamps of every precision."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.masks import month_only
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree, sql_of

Date = datetime.date
Moment = datetime.datetime

OUTSIDE = ["'infinity'", "'-infinity'", "'0001-12-31 (BC)'", "'10000-01-01'", "NULL"]
FARTHEST_DATES = ["'5877642-06-25 (BC)'", "'5881580-07-10'"]
FARTHEST_TIMESTAMPS = ["'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54'"]


@given(values=st.lists(st.none() | st.dates(), min_size=1, max_size=50))
def test_engine_and_python_agree_on_dates(engine: Engine, values: list[Date | None]) -> None:
    engine.load(values, pa.date32(), "DATE")
    assert all(isinstance(v, Date | None) for v in agree(engine, month_only, TypeKind.DATE, values))


@given(values=st.lists(st.none() | st.datetimes(), min_size=1, max_size=50))
def test_engine_and_python_agree_on_timestamps(engine: Engine, values: list[Moment | None]) -> None:
    engine.load(values, pa.timestamp("us"), "TIMESTAMP")
    agree(engine, month_only, TypeKind.TIMESTAMP, values)


@given(values=st.lists(st.datetimes(min_value=Moment(2, 1, 1), max_value=Moment(9998, 1, 1)), min_size=1, max_size=20))
def test_engine_and_python_agree_in_time_zones(engine: Engine, values: list[Moment]) -> None:
    aware = [v.replace(tzinfo=datetime.UTC) for v in values]
    engine.load(aware, pa.timestamp("us", tz="UTC"), "TIMESTAMP WITH TIME ZONE")
    agree(engine, month_only, TypeKind.TIMESTAMP, aware)


@pytest.mark.parametrize("sql_type", ["DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE"])
def test_what_lies_outside_becomes_null_and_nothing_raises(engine: Engine, sql_type: str) -> None:
    kind = TypeKind.DATE if sql_type == "DATE" else TypeKind.TIMESTAMP
    far = FARTHEST_DATES if sql_type == "DATE" else FARTHEST_TIMESTAMPS
    engine.load_sql([*OUTSIDE, *far], sql_type)
    assert engine.masked(sql_of(month_only, kind, {})) == [None] * (len(OUTSIDE) + len(far))


def test_nanoseconds_at_the_edge_do_not_raise(engine: Engine) -> None:
    engine.load_sql(["'1677-09-22'", "'2262-04-11 23:47:16'", "NULL"], "TIMESTAMP_NS")
    first, last, nothing = engine.masked(sql_of(month_only, TypeKind.TIMESTAMP, {}))
    assert (first.year, last.year, nothing) == (1677, 2262, None)


@pytest.mark.parametrize("sql_type", ["DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"])
def test_the_type_stays(engine: Engine, sql_type: str) -> None:
    engine.load_sql(["'2020-02-29'"], sql_type)
    kind = TypeKind.DATE if sql_type == "DATE" else TypeKind.TIMESTAMP
    assert engine.type_of(sql_of(month_only, kind, {})) == sql_type
