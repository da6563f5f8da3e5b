"""Sessions: what is pinned is there, is read back before each statement, and a session that differs is thrown away."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from proxy.errors import WarehouseUnavailable
from proxy.warehouses.postgres.session import GIVEN, INSIDE, PINNED, Session, Tap, pinned, shown
from proxy.warehouses.postgres.settings import Settings
from tests.postgres import Database
from tests.warehouses.postgres.conftest import Connected
from tests.warehouses.postgres.running import rows


@pytest.fixture
async def session(shop: Database) -> AsyncIterator[Session]:
    made = await Session.connect(Settings.model_validate(shop.settings()))
    yield made
    await made.close()


@pytest.mark.parametrize("name", [*PINNED, "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"])
async def test_every_pinned_setting_holds(shop: Database, session: Session, name: str) -> None:
    found = await session.fetch("SELECT pg_catalog.current_setting($1)", name)
    assert found[0][0] == pinned(Settings.model_validate(shop.settings()))[name]


# What would change the meaning, or the reach, of the next statement in the same session.
TURNED = [
    ("standard_conforming_strings", "off"),
    ("search_path", "secret"),
    ("search_path", "pg_temp"),
    ("client_min_messages", "debug1"),
    ("statement_timeout", "0"),
    ("TimeZone", "America/New_York"),
    ("DateStyle", "SQL, DMY"),
    ("row_security", "off"),
    ("transform_null_equals", "on"),
    ("backslash_quote", "on"),
    ("bytea_output", "escape"),
    ("client_encoding", "SQL_ASCII"),
    ("default_transaction_read_only", "off"),
    ("extra_float_digits", "0"),
    ("IntervalStyle", "iso_8601"),
    ("xmloption", "document"),
    ("lock_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
]


@pytest.mark.parametrize(("name", "value"), TURNED, ids=[f"{n}={v}" for n, v in TURNED])
async def test_a_session_in_which_a_setting_differs_runs_nothing_and_is_thrown_away(
    session: Session, name: str, value: str
) -> None:
    await session.fetch("SELECT pg_catalog.set_config($1, $2, false)", name, value)
    with pytest.raises(WarehouseUnavailable):
        await session.begin()
    assert not session.alive


async def test_a_kept_session_that_was_turned_serves_nobody(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, schemas=["public", "hr"])
    turned = await warehouse._pool.session()
    await turned.fetch("SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false)")
    await turned._connection.execute("COMMIT")
    await warehouse._pool.give_back(turned)
    assert await rows(warehouse, r"SELECT '\' AS x") == [{"x": "\\"}]
    assert not turned.alive


async def test_the_transaction_is_read_only(session: Session) -> None:
    await session.begin()
    with pytest.raises(asyncpg.PostgresError):
        await session.fetch("CREATE TABLE public.mine (i int)")
    await session.end()
    await session.begin()
    with pytest.raises(asyncpg.PostgresError):
        await session.fetch("SELECT pg_catalog.set_config('transaction_read_only', 'off', true), id FROM public.people")


async def test_settings_of_the_role_or_the_database_do_not_reach_a_session(
    postgres: Database, connected: Connected
) -> None:
    postgres.sql("CREATE TABLE items (id int)")
    postgres.setup()
    postgres.sql(f"ALTER ROLE {postgres.role} SET standard_conforming_strings = off")
    postgres.sql(f"ALTER DATABASE {postgres.name} SET search_path = 'x'")
    warehouse = connected(postgres)
    assert await rows(warehouse, r"SELECT '\' AS x") == [{"x": "\\"}]


@pytest.mark.parametrize(
    ("name", "chosen", "other"),
    [("default_text_search_config", "german", "english"), ("timezone_abbreviations", "India", "Default")],
)
async def test_what_the_database_chooses_stays_as_the_session_began_with_it(
    postgres: Database, connected: Connected, name: str, chosen: str, other: str
) -> None:
    postgres.sql("CREATE TABLE items (id int)")
    postgres.setup()
    postgres.sql(f"ALTER DATABASE {postgres.name} SET {name} = '{chosen}'")
    warehouse = connected(postgres)
    assert await rows(warehouse, "SELECT 1 AS x") == [{"x": 1}]
    session = await warehouse._pool.session()
    assert session._expected[name].endswith(chosen)
    await session.fetch(f"SELECT pg_catalog.set_config('{name}', '{other}', false)")
    await session._connection.execute("COMMIT")
    with pytest.raises(WarehouseUnavailable):
        await session.begin()
    assert not session.alive


async def test_a_superusers_session_is_no_session(shop: Database) -> None:
    settings = Settings.model_validate(shop.settings(url=shop.owner_url))
    session = await Session.connect(settings)
    with pytest.raises(WarehouseUnavailable):
        await session.begin()
    assert not session.alive


async def test_what_the_server_describes_is_heard(session: Session) -> None:
    _, columns = await session.prepare("SELECT 1.5::numeric(10, 2) AS d, 'x'::varchar(7) AS \"é\", ARRAY[1] AS l")
    assert columns == [("d", 1700, (10 << 16) + 2 + 4), ("é", 1043, 7 + 4), ("l", 1007, -1)]


def test_the_tap_hands_everything_on_and_keeps_only_while_it_listens() -> None:
    class Driver:
        def __init__(self) -> None:
            self.seen: list[object] = []

        def data_received(self, data: bytes) -> None:
            self.seen.append(data)

        def eof_received(self) -> bool:
            self.seen.append("eof")
            return True

        def connection_lost(self, exc: Exception | None) -> None:
            self.seen.append("lost")

        def pause_writing(self) -> None:
            self.seen.append("pause")

        def resume_writing(self) -> None:
            self.seen.append("resume")

    driver = Driver()
    tap = Tap(driver)
    tap.data_received(b"T\x00\x00")
    tap.listen()
    described = b"T\x00\x00\x00\x1a\x00\x01a\x00" + bytes(6) + b"\x00\x00\x00\x17\x00\x04\xff\xff\xff\xff\x00\x00"
    for piece in (b"1\x00\x00\x00\x04" + described[:9], described[9:], b"Z\x00\x00\x00\x05I"):
        tap.data_received(piece)
    assert tap.described() == [("a", 23, -1)]
    assert tap.described() == []
    assert tap.eof_received()
    tap.pause_writing()
    tap.resume_writing()
    tap.connection_lost(None)
    assert driver.seen[-4:] == ["eof", "pause", "resume", "lost"]
    assert b"".join(d for d in driver.seen if isinstance(d, bytes)).startswith(b"T\x00\x001\x00")


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0"), (1, "1ms"), (1500, "1500ms"), (60_000, "1min"), (330_000, "330s"), (86_400_000, "1d")]
)
def test_lengths_of_time_are_written_as_the_server_writes_them(ms: int, text: str) -> None:
    assert shown(ms) == text


def test_what_is_read_back_is_everything_that_is_pinned() -> None:
    assert not set(PINNED) & set(GIVEN)
    assert {"standard_conforming_strings", "search_path", "row_security", "client_min_messages"} <= set(PINNED)
    assert set(INSIDE) == {"transaction_read_only", "transaction_isolation"}


def test_the_tap_reads_the_row_that_the_driver_throws_away() -> None:
    class Driver:
        def data_received(self, data: bytes) -> None:
            pass

    tap = Tap(Driver())
    tap.listen()
    row = b"D\x00\x00\x00\x11\x00\x02\x00\x00\x00\x03off\x00\x00\x00\x00"
    for piece in (b"C\x00\x00\x00\x0aBEGIN\x00", row[:7], row[7:], b"Z\x00\x00\x00\x05T"):
        tap.data_received(piece)
    assert tap.row() == ["off", ""]
    assert tap.row() == []


async def test_a_session_whose_settings_cannot_be_read_back_runs_nothing(session: Session) -> None:
    await session._connection.execute("DEALLOCATE ALL")
    with pytest.raises(asyncpg.PostgresError):
        await session.begin()


async def test_a_transaction_begins_in_one_round_trip(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    execute = session._connection.execute
    monkeypatch.setattr(type(session._connection), "execute", lambda _, sql: (asked.append(sql), execute(sql))[1])
    await session.begin()
    assert len(asked) == 1
    assert session._connection.is_in_transaction()
