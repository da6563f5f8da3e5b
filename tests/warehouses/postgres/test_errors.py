"""Errors: every state of the server has its line, and no text of the server passes."""

from __future__ import annotations

import inspect
import ssl
from typing import Any

import asyncpg
import pytest

from proxy.errors import GatewayError, InvalidSql, QueryFailed, QueryTimeout, WarehouseUnavailable
from proxy.values import ReasonCode
from proxy.warehouses.postgres.errors import CLASSES, SHOWN, STATES, breaks, mapped, start_problem
from proxy.warehouses.postgres.warehouse import Postgres
from tests.postgres import Database
from tests.warehouses.postgres.conftest import Connected
from tests.warehouses.postgres.running import rows

KEPT = pytest.mark.asyncio(loop_scope="module")

SECRET = "SECRET 4111111111111111"
DRIVER = [
    c
    for _, c in inspect.getmembers(asyncpg.exceptions, inspect.isclass)
    if issubclass(c, asyncpg.PostgresError) and isinstance(c.sqlstate, str)
]


def raised(state: str, **fields: str) -> asyncpg.PostgresError:
    """The driver's error as it makes it from the server's message."""
    return asyncpg.PostgresError.new({"C": state, "M": SECRET, "D": SECRET, "H": SECRET, "S": "ERROR", **fields})


@pytest.mark.parametrize("kind", DRIVER, ids=lambda c: c.__name__)
def test_every_state_of_the_driver_is_mapped(kind: Any) -> None:
    assert kind.sqlstate[:2] in CLASSES
    error = mapped(raised(kind.sqlstate))
    assert isinstance(error, GatewayError)
    assert "SECRET" not in str(error)
    assert error.reasons
    assert len(str(error)) > 20


def test_no_state_is_listed_that_the_server_does_not_have() -> None:
    known = {c.sqlstate for c in DRIVER}
    assert set(STATES) <= known
    assert known >= SHOWN
    assert set(CLASSES) <= {s[:2] for s in known} | {"00", "01", "02", "10"}


@pytest.mark.parametrize("state", ["ZZ999", "UA001", ""])
def test_a_state_that_nobody_knows_is_an_engine_error(state: str) -> None:
    error = mapped(raised(state))
    assert isinstance(error, QueryFailed)
    assert [r.code for r in error.reasons] == [ReasonCode.ENGINE_ERROR]
    assert "SECRET" not in str(error)
    assert error.sqlstate == "42000"


@pytest.mark.parametrize("kind", [OSError, ConnectionResetError, asyncpg.InterfaceError, asyncpg.InternalClientError])
def test_a_lost_connection_is_unavailable(kind: type[Exception]) -> None:
    error = mapped(kind(SECRET))
    assert isinstance(error, WarehouseUnavailable)
    assert breaks(kind(SECRET))


def test_what_ends_a_session_breaks_it() -> None:
    assert breaks(raised("57P01", V="FATAL"))
    assert not breaks(raised("22012", V="ERROR"))


CASES = [
    ("SELECT 1 / (id - id) FROM public.people", QueryFailed, "22012", ReasonCode.DIVISION_BY_ZERO, "NULLIF"),
    ("SELECT cast(name AS integer) FROM public.people", QueryFailed, "22P02", ReasonCode.CONVERSION, "converted"),
    ("SELECT id + 2147483647 FROM public.people", QueryFailed, "22003", ReasonCode.OUT_OF_RANGE, "out of range"),
    ("SELECT '2024-02-30'::date", QueryFailed, "22008", ReasonCode.OUT_OF_RANGE, "out of range"),
    ("SELECT (SELECT id FROM public.people)", QueryFailed, "21000", ReasonCode.ENGINE_ERROR, "more than one row"),
    ("SELECT p.nope FROM public.people AS p", InvalidSql, "42703", ReasonCode.UNKNOWN_COLUMN, "no column nope here"),
    ('SELECT "No Pe" FROM public.people', InvalidSql, "42703", ReasonCode.UNKNOWN_COLUMN, "no column No Pe here"),
    (
        "SELECT id FROM public.people AS a, public.people AS b",
        InvalidSql,
        "42702",
        ReasonCode.AMBIGUOUS_NAME,
        "column id is ambiguous",
    ),
    ("SELECT name, count(*) FROM public.people", InvalidSql, "42803", ReasonCode.SYNTAX, "column name must stand in"),
    ("SELECT upper(1, 2)", InvalidSql, "42883", ReasonCode.FUNCTION, "function upper does not take"),
    ("SELECT name = id FROM public.people", InvalidSql, "42883", ReasonCode.CONVERSION, "do not fit together"),
    ("SELECT * FROM public.nowhere", QueryFailed, "42000", ReasonCode.ENGINE_ERROR, "may have changed"),
    ("SELECT * FROM secret.vault", QueryFailed, "42000", ReasonCode.ENGINE_ERROR, "login may not read"),
    ("SELEC 1", InvalidSql, "42601", ReasonCode.SYNTAX, "syntax error"),
    ("SELECT repeat('x', 2000000000)", QueryFailed, "42000", ReasonCode.ENGINE_ERROR, "complex"),
    ("SELECT name LIKE 'n\\' FROM public.people", QueryFailed, "42000", ReasonCode.CONVERSION, "pattern"),
]


@pytest.mark.parametrize(("sql", "kind", "state", "reason", "told"), CASES, ids=[c[0][:50] for c in CASES])
@KEPT
async def test_errors_of_the_server_are_told_in_our_words(
    kept: Postgres, sql: str, kind: type[GatewayError], state: str, reason: ReasonCode, told: str
) -> None:
    with pytest.raises(GatewayError) as raised_error:
        await rows(kept, sql)
    error = raised_error.value
    assert type(error) is kind, str(error)
    assert error.sqlstate == state
    assert [r.code for r in error.reasons] == [reason]
    assert told in str(error)
    assert "name 0" not in str(error)
    assert await rows(kept, "SELECT 1 AS x") == [{"x": 1}]


@KEPT
async def test_a_value_in_the_servers_message_is_not_told(kept: Postgres) -> None:
    with pytest.raises(QueryFailed) as raised_error:
        await rows(kept, "SELECT cast(name AS integer) FROM public.people WHERE id = 77")
    assert "name 77" not in "".join((str(raised_error.value), repr(raised_error.value.reasons)))
    assert "name 77" in str(raised_error.value.__cause__)


@KEPT
async def test_an_error_in_the_middle_of_a_result_is_told_as_well(kept: Postgres) -> None:
    with pytest.raises(QueryFailed) as raised_error:
        await rows(kept, "SELECT 1 / (900 - id) FROM public.people ORDER BY id")
    assert raised_error.value.sqlstate == "22012"


def test_names_are_taken_from_the_statement_only() -> None:
    sql = "SELECT ssn FROM t"
    assert "ssn" in str(mapped(raised("42703", P="8"), sql))
    for position in ("0", "4000", "-1", "x", "7"):
        assert "SECRET" not in str(mapped(raised("42703", P=position), sql))
    assert isinstance(mapped(raised("42703"), sql), QueryFailed)


VIEW = '(SELECT "__usher"."id" AS "id" FROM "public"."t" AS "__usher" WHERE ("__usher"."hidden_from_é" = lower($1)))'


@pytest.mark.parametrize("state", ["42703", "42702", "42803", "42883"])
def test_names_in_the_policys_text_are_not_told(state: str) -> None:
    sql = f"SELECT é, id FROM {VIEW} AS t WHERE own(id) > (SELECT max(id) FROM {VIEW} AS u)"
    for name in ('"__usher"."hidden_from_é"', "lower", '"__usher"."id"'):
        for start in (sql.index(name), sql.rindex(name)):
            told = mapped(raised(state, P=str(start + 1)), sql)
            assert [r.about for r in told.reasons] == [""], told
    for name in ("own", "max", "é"):
        assert mapped(raised(state, P=str(sql.index(name) + 1)), sql).reasons[0].about == name


def test_of_a_text_that_cannot_be_read_no_name_is_told() -> None:
    assert mapped(raised("42703", P="8"), "SELECT ssn FROM t WHERE (").reasons[0].about == ""


def test_a_stopped_statement_is_a_timeout() -> None:
    assert isinstance(mapped(raised("57014")), QueryTimeout)


NOISY = "DO $$ BEGIN RAISE NOTICE 'SECRET'; RAISE WARNING 'SECRET'; PERFORM 1 / 0; END $$"


async def test_notices_never_leave_the_server(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, schemas=["public", "hr"])
    session = await warehouse._pool.session()
    heard: list[Any] = []
    session._connection.add_log_listener(lambda _, message: heard.append(message))
    with pytest.raises(asyncpg.PostgresError):
        await session._connection.execute(NOISY)
    assert heard == []
    session.kill()


@pytest.mark.parametrize(
    "error",
    [
        raised("28P01"),
        raised("3D000"),
        raised("53300"),
        raised("XX000"),
        OSError(SECRET),
        TimeoutError(),
        ssl.SSLError(SECRET),
        ValueError(SECRET),
        WarehouseUnavailable(SECRET),
    ],
    ids=lambda e: type(e).__name__,
)
def test_why_a_server_cannot_be_used_says_what_to_do(error: Exception) -> None:
    told = start_problem(error)
    assert "SECRET" not in told
    assert ";" in told or "must be" in told
