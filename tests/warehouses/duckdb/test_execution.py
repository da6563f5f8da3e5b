"""One statement: parameters, streaming, stopping, and types that carry no more than the rows."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from proxy.errors import InvalidSql, QueryFailed, QueryTimeout
from proxy.values import ReasonCode
from proxy.warehouses.duckdb import Settings
from proxy.warehouses.duckdb.execution import Execution
from proxy.warehouses.duckdb.session import Session

FOREVER = "SELECT count(*) FROM shop.main.people a, shop.main.people b, shop.main.people c, shop.main.people d"


@pytest.fixture
def session(file: Path) -> Iterator[Session]:
    made = Session("shop", Settings(path=file, threads=2, batch_rows=1024))
    yield made
    made.retire()


@contextmanager
def running(session: Session) -> Iterator[Execution]:
    execution = session.execution()
    try:
        yield execution
    finally:
        execution.close()
        session.release()


def rows(session: Session, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
    with running(session) as execution:
        execution.start(sql, parameters)
        found: list[dict[str, Any]] = []
        while (batch := execution.next()) is not None:
            found += batch.to_pylist()
        return found


@pytest.mark.parametrize(
    "value",
    [
        "text",
        "é👍🏽 ' \" \\ $1",
        "",
        5,
        -(2**63),
        2**100,
        1.5,
        True,
        None,
        b"\x00\xff",
        Decimal("1.50"),
        datetime.date(2020, 2, 29),
        datetime.datetime(2020, 2, 29, 1, 2, 3),
    ],
)
def test_parameters_are_bound(session: Session, value: Any) -> None:
    assert rows(session, "SELECT $1 AS x, $2 AS y", [value, 1]) == [{"x": value, "y": 1}]


def test_parameters_may_be_used_twice_and_in_any_order(session: Session) -> None:
    assert rows(session, "SELECT $2 AS a, $1 AS b, $2 AS c", [1, "x"]) == [{"a": "x", "b": 1, "c": "x"}]


@pytest.mark.parametrize("parameters", [[], [1], [1, 2, 3], [object(), 1], ["\ud800", 1], [10**60, 1], [float, 1]])
def test_parameters_that_do_not_fit_are_an_error_that_quotes_nothing(session: Session, parameters: list[Any]) -> None:
    with running(session) as execution, pytest.raises(Exception) as raised:  # noqa: PT011
        execution.start("SELECT $1 AS x, $2 AS y", parameters)
    assert type(raised.value).__module__ == "proxy.errors"
    assert "object at" not in str(raised.value)


def test_sql_that_is_no_text_is_refused(session: Session) -> None:
    with running(session) as execution, pytest.raises(InvalidSql):
        execution.start("SELECT '\ud800'", [])


def test_an_empty_result_has_its_schema(session: Session) -> None:
    with running(session) as execution:
        schema = execution.start("SELECT id, name FROM shop.main.people WHERE id < 0", [])
        assert schema.names == ["id", "name"]
        assert execution.next() is None
        assert execution.next() is None


def test_equal_column_names_are_kept(session: Session) -> None:
    with running(session) as execution:
        schema = execution.start("SELECT id, id, name AS id FROM shop.main.people LIMIT 1", [])
        assert schema.names == ["id", "id", "id"]
        batch = execution.next()
        assert batch is not None
        assert batch.num_columns == 3


def test_enumerations_carry_only_the_values_in_the_rows(session: Session) -> None:
    with running(session) as execution:
        schema = execution.start('SELECT mood, st, m, arr, li FROM shop.hr."Odd Name"', [])
        batch = execution.next()
        assert batch is not None
        assert "dictionary" not in str(schema)
        assert batch.to_pylist() == [
            {
                "mood": "calm",
                "st": {"a": 1, "m": "calm"},
                "m": [("k", "calm")],
                "arr": ["calm", None],
                "li": ["calm"],
            }
        ]
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema) as writer:
            writer.write_batch(batch)
        assert b"secretmood" not in sink.getvalue().to_pybytes()


def test_every_type_of_the_engine_can_be_read(session: Session) -> None:
    with running(session) as execution:
        schema = execution.start("SELECT * EXCLUDE (uhugeint) FROM test_all_types()", [])
        batch = execution.next()
        assert batch is not None
        assert batch.schema == schema
        assert batch.num_rows == 3


def test_numbers_of_128_bits_are_right_or_refused(session: Session) -> None:
    right = 2**127 - 1
    assert rows(session, f"SELECT {right}::UHUGEINT AS u, {-right}::HUGEINT AS h", []) == [{"u": right, "h": -right}]
    for wrong in (f"{2**127}::UHUGEINT", f"{2**128 - 1}::UHUGEINT", "[5::UHUGEINT]"):
        with pytest.raises(QueryFailed, match="Cast them") as raised:
            rows(session, f"SELECT {wrong} AS u", [])
        assert raised.value.reasons[0].code == ReasonCode.OUT_OF_RANGE
    assert rows(session, f"SELECT CAST({2**128 - 1}::UHUGEINT AS VARCHAR) AS u", []) == [{"u": str(2**128 - 1)}]


def test_moments_are_in_utc(session: Session) -> None:
    found = rows(
        session,
        "SELECT TIMESTAMPTZ '2020-01-01 12:00:00+02' AS t, CAST(TIMESTAMPTZ '2020-01-01 12:00+02' AS VARCHAR) AS s",
        [],
    )
    assert found[0]["t"] == datetime.datetime(2020, 1, 1, 10, tzinfo=datetime.UTC)
    assert found[0]["s"].startswith("2020-01-01 10:00:00")


def test_stop_ends_a_statement_that_runs(session: Session) -> None:
    with running(session) as execution:
        threading.Timer(0.2, execution.stop).start()
        began = time.monotonic()
        with pytest.raises(QueryTimeout):
            execution.start(FOREVER, [])
        assert time.monotonic() - began < 5


def test_stop_before_the_start_is_not_lost(session: Session) -> None:
    with running(session) as execution:
        execution.stop()
        with pytest.raises(QueryTimeout):
            execution.start("SELECT 1", [])


def test_close_waits_for_the_engine_and_may_come_twice(session: Session) -> None:
    execution = session.execution()
    failed: list[BaseException] = []

    def start() -> None:
        try:
            execution.start(FOREVER, [])
        except QueryTimeout as error:
            failed.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    time.sleep(0.1)
    execution.close()
    execution.close()
    thread.join(5)
    session.release()
    assert not thread.is_alive()
    assert failed


def test_stopping_one_statement_leaves_the_others_alone(session: Session) -> None:
    with running(session) as one, running(session) as two:
        one.start("SELECT a.id FROM shop.main.people a, shop.main.people b", [])
        two.start("SELECT a.id FROM shop.main.people a, shop.main.people b", [])
        one.stop()
        with pytest.raises(QueryTimeout):
            one.next()
        count = 0
        while (batch := two.next()) is not None:
            count += batch.num_rows
        assert count == 1_000_000


def test_a_short_result_is_read_to_its_end_at_once_and_holds_nothing(session: Session) -> None:
    with running(session) as execution:
        execution.start("SELECT 1 AS n", [])
        assert execution.done
        batch = execution.ready()
        assert batch is not None
        assert batch.to_pylist() == [{"n": 1}]
        assert execution.ready() is None
        assert execution.next() is None


def test_an_empty_result_is_over_at_once(session: Session) -> None:
    with running(session) as execution:
        schema = execution.start("SELECT 1 AS n WHERE false", [])
        assert execution.done
        assert schema.names == ["n"]
        assert execution.next() is None


def test_a_long_result_is_read_no_further_than_its_first_batch(session: Session) -> None:
    with running(session) as execution:
        execution.start("SELECT i FROM range(1000000) AS t (i)", [])
        assert not execution.done
        assert execution.next() is not None
        assert execution.ready() is None
        assert execution.next() is not None
