"""What runs in the worker processes."""

from __future__ import annotations

import pickle

import duckdb
import pytest

from proxy.errors import GatewayError, InvalidSql, QueryFailed, QueryTimeout, TooLarge, Ungovernable
from proxy.introspection import worker
from proxy.introspection.worker import Run, refusal
from tests.introspection.answering import FACTS, answer, translated, value


def job(sql: str, **more: object) -> Run:
    made = translated(sql)
    given = {"values": (), "user": "ana", "pid": 1, "settings": {}, "timeout_s": 10, "memory_mb": 64, **more}
    return Run(sql=made.sql, columns=made.columns, parameters=made.parameters, **given)


def test_an_unknown_view_is_asked_for_once_and_kept() -> None:
    key = ("shop", "1", "unseen")
    asked = job("SELECT 1 FROM pg_am LIMIT 1")
    assert worker.work("run", asked, key, None) is None
    assert worker.work("run", asked, key, FACTS)
    assert worker.work("run", asked, key, None)


def test_only_so_many_views_are_kept() -> None:
    asked = job("SELECT 1 FROM pg_am LIMIT 1")
    for number in range(worker.KEPT + 1):
        assert worker.run(asked, ("shop", "1", f"kept {number}"), FACTS)
    assert worker.run(asked, ("shop", "1", "kept 0"), None) is None
    assert len(worker._instances) == worker.KEPT


def test_a_statement_ends_in_time() -> None:
    sql = "SELECT count(*) FROM pg_attribute a, pg_attribute b, pg_attribute c, pg_attribute d"
    with pytest.raises(QueryTimeout):
        worker.run(job(sql, timeout_s=0.2), ("shop", "1", "tests"), FACTS)


def test_an_answer_is_capped() -> None:
    with pytest.raises(TooLarge):
        answer("SELECT a.attname FROM pg_attribute a, pg_attribute b")


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("SELECT 'nothing'::regclass", "42P01"),
        ("SELECT relname::regclass FROM pg_class", "42P01"),
        ("SELECT current_setting('nothing')", "42704"),
        ("SELECT set_config('role', 'x', false)", "0A000"),
        ("SELECT relname::int FROM pg_class", "22P02"),
    ],
)
def test_errors_have_their_state_and_quote_nothing(sql: str, state: str) -> None:
    with pytest.raises(GatewayError) as caught:
        answer(sql)
    assert caught.value.sqlstate == state
    assert "nothing" not in str(caught.value)
    assert "pg_" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (duckdb.InvalidInputException("Invalid Input Error: 42P01"), InvalidSql),
        (duckdb.InvalidInputException("Invalid Input Error: secret 42P01"), Ungovernable),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), QueryTimeout),
        (OSError("INTERRUPT Error: Interrupted!"), QueryTimeout),
        (duckdb.OutOfMemoryException("Out of Memory Error: secret"), TooLarge),
        (duckdb.ConversionException("Conversion Error: secret"), QueryFailed),
        (OSError("Conversion Error: secret"), QueryFailed),
        (OverflowError("secret"), QueryFailed),
        (duckdb.BinderException("Binder Error: secret"), Ungovernable),
        (duckdb.CatalogException("Catalog Error: secret"), Ungovernable),
        (OSError("secret"), Ungovernable),
    ],
)
def test_the_engines_words_never_leave(error: Exception, expected: type[GatewayError]) -> None:
    made = refusal(error)
    assert type(made) is expected
    assert "secret" not in str(made)


def test_what_travels_can_travel() -> None:
    asked = job("SELECT 1 FROM pg_am")
    assert pickle.loads(pickle.dumps((asked, FACTS))) == (asked, FACTS)


def test_users_are_told_by_value() -> None:
    assert value("SELECT current_user") == "ana"
    run = job("SELECT current_user", user="'; DROP TABLE x --")
    assert b"DROP TABLE x" in (worker.run(run, ("shop", "1", "tests"), FACTS) or b"")
