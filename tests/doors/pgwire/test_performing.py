"""Statements about the session and its portals, over the wire."""

from __future__ import annotations

import pytest

from tests.doors.pgwire.conftest import SYNC, Client, Door, Open, bind, cells, describe, execute, fields, parse, query
from tests.fakes import ANA, BO, SQL, TOKENS, Fakes, many

KEY = "0123456789abcdef"


def tags(told: list[tuple[str, bytes]]) -> list[str]:
    return [body[:-1].decode() for kind, body in told if kind == "C"]


def status(told: list[tuple[str, bytes]]) -> str:
    return told[-1][1].decode()


# ------------------------------------------------------------------------------------------------------ transactions
async def test_transactions_have_their_status(client: Client) -> None:
    for sql, tag, after in (
        ("BEGIN", ["BEGIN"], "T"),
        (SQL, ["SELECT 2"], "T"),
        ("SELECT nothing", [], "E"),
        (SQL, [], "E"),
        ("COMMIT", ["ROLLBACK"], "I"),
        ("START TRANSACTION READ ONLY; SAVEPOINT a", ["START TRANSACTION", "SAVEPOINT"], "T"),
        ("SELECT nothing", [], "E"),
        ("ROLLBACK TO a", ["ROLLBACK"], "T"),
        ("RELEASE a", ["RELEASE"], "T"),
        ("COMMIT AND CHAIN", ["COMMIT"], "T"),
        ("ROLLBACK", ["ROLLBACK"], "I"),
    ):
        told = await client.ask(query(sql))
        assert (tags(told), status(told)) == (tag, after), sql


async def test_needless_ends_warn(client: Client) -> None:
    told = await client.ask(query("COMMIT"))
    assert [fields(body)["C"] for kind, body in told if kind == "N"] == ["25P01"]
    assert tags(told) == ["COMMIT"]


# ---------------------------------------------------------------------------------------------------------- settings
async def test_settings_are_set_shown_and_reported(client: Client) -> None:
    told = await client.ask(query("SET application_name = 'bot'"))
    assert ("S", b"application_name\0bot\0") in told
    assert tags(told) == ["SET"]
    assert await client.rows("SHOW application_name") == [["bot"]]
    assert await client.rows("SELECT current_setting('application_name')") == [["bot"]]
    assert await client.rows("SELECT set_config('application_name', 'other', false) AS now") == [["other"]]
    told = await client.ask(query("BEGIN; SET application_name = 'inside'; ROLLBACK"))
    assert await client.rows("SHOW application_name") == [["other"]]


async def test_labels_are_recorded_and_never_trusted(door: Door, client: Client) -> None:
    await client.ask(query("SET application_name = 'bot'; SET metabase.user = 'bo'"))
    await client.rows(SQL)
    (decision,) = door.fakes.audit.of("decision")
    assert decision["entry"].context.labels == {"application_name": "bot", "metabase.user": "bo"}
    assert decision["entry"].caller is ANA


async def test_settings_go_by_the_extended_protocol(client: Client) -> None:
    told = await client.ask(parse("SET application_name = 'bot'"), bind(), describe("P"), execute(), SYNC)
    assert [kind for kind, _ in told] == ["1", "2", "n", "C", "S", "Z"]
    told = await client.ask(parse("SHOW application_name"), describe("S"), bind(), execute(), SYNC)
    assert [cells(body) for kind, body in told if kind == "D"] == [["bot"]]
    assert tags(told) == ["SHOW"]


async def test_show_all_shows_no_secret(opened: Open) -> None:
    client = await (await opened()).client(**{"usher.key": KEY})
    shown = await client.rows("SHOW ALL")
    assert KEY not in str(shown)
    assert len(shown) > 30


@pytest.mark.parametrize("secret", ["usher.token", "usher.key", "usher.login"])
@pytest.mark.parametrize(
    "sql", ["SHOW {}", "RESET {}", "SELECT current_setting('{}')", "SELECT set_config('{}', 'x', false)"]
)
async def test_secrets_are_neither_shown_nor_reset(client: Client, sql: str, secret: str) -> None:
    assert (await client.error(query(sql.format(secret))))["C"] == "42501"


async def test_a_pool_resets_a_session(client: Client) -> None:
    await client.ask(query("SET application_name = 'bot'"), parse(SQL, "s"), SYNC)
    await client.heard()
    told = await client.ask(query("SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;"))
    assert tags(told) == ["SELECT 1", "CLOSE CURSOR ALL", "UNLISTEN", "RESET"]
    assert await client.rows("SHOW application_name") == [[""]]
    assert tags(await client.ask(query("DISCARD ALL"))) == ["DISCARD ALL"]
    assert (await client.error(bind(statement="s"), SYNC))["C"] == "26000"
    assert (await client.error(query("BEGIN; DISCARD ALL")))["C"] == "25001"


async def test_the_number_of_the_process_is_the_cancel_keys(client: Client) -> None:
    assert await client.rows("SELECT pg_backend_pid()") == [[str(client.process)]]


# ----------------------------------------------------------------------------------------------------------- cursors
async def test_cursors_are_fetched_moved_and_closed(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(2, 5)
    client = await (await opened(fakes)).client()
    await client.ask(query(f"BEGIN; DECLARE c CURSOR FOR {SQL}"))
    assert [row[0] for row in await client.rows("FETCH 2 FROM c")] == ["0", "1"]
    assert tags(await client.ask(query("MOVE 3 IN c"))) == ["MOVE 3"]
    told = await client.ask(query("FETCH FORWARD 2 FROM c"))
    assert tags(told) == ["FETCH 2"]
    told = await client.ask(parse("FETCH ALL FROM c"), describe("S"), bind(results=(1,)), execute(), SYNC)
    assert [body[2:10] for kind, body in told if kind == "D"] == [b"\0\0\0\4\0\0\0" + bytes([n]) for n in (7, 8, 9)]
    assert tags(await client.ask(query("CLOSE c; COMMIT"))) == ["CLOSE CURSOR", "COMMIT"]
    assert (await client.error(query("FETCH c")))["C"] == "34000"
    assert fakes.world.trace.count("execute") == 1


async def test_a_cursor_is_described_as_the_portal_it_is(client: Client) -> None:
    await client.ask(query("BEGIN"))
    told = await client.ask(parse(f"DECLARE c CURSOR FOR {SQL}"), bind(), execute(), describe("P", "c"), SYNC)
    assert [kind for kind, _ in told if kind != "N"] == ["1", "2", "C", "T", "Z"]


async def test_cursors_need_a_transaction_unless_held(client: Client) -> None:
    assert (await client.error(query(f"DECLARE c CURSOR FOR {SQL}")))["C"] == "25P01"
    await client.ask(query(f"DECLARE c CURSOR WITH HOLD FOR {SQL}"))
    assert len(await client.rows("FETCH ALL c")) == 2
    assert tags(await client.ask(query("CLOSE c"))) == ["CLOSE CURSOR"]


async def test_a_cursor_takes_parameters(door: Door, client: Client) -> None:
    sql = f"DECLARE c CURSOR WITH HOLD FOR {SQL.replace('ORDER BY id', 'WHERE id = $1')}"
    told = await client.ask(parse(sql), describe("S"), bind(b"5"), execute(), SYNC)
    assert told[1] == ("t", b"\0\1\0\0\0\x17")
    assert tags(told) == ["DECLARE CURSOR"]
    assert door.fakes.warehouse.executed[0][1][0] == 5


async def test_a_cursor_that_failed_is_not_there(client: Client) -> None:
    await client.error(query("DECLARE c CURSOR WITH HOLD FOR SELECT nothing"))
    assert (await client.error(query("FETCH c")))["C"] == "34000"


# ---------------------------------------------------------------------------------------------------------- identity
@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> str:
    """The token of an app that may act for its users."""
    from dataclasses import replace

    monkeypatch.setitem(TOKENS, "token-portal", replace(ANA, subject="portal", app="portal", groups=frozenset()))
    monkeypatch.setitem(TOKENS, "token-other", replace(ANA, subject="other", app="other", groups=frozenset()))
    monkeypatch.setitem(TOKENS, "token-elsewhere", replace(BO, app="elsewhere"))
    return "token-portal"


def asked(door: Door) -> list[tuple[str, str | None]]:
    return [(r["entry"].caller.subject, r["entry"].caller.app) for r in door.fakes.audit.of("decision")]


async def test_an_app_acts_for_the_user_whose_token_it_has(door: Door, portal: str) -> None:
    client = await door.client(portal)
    told = await client.ask(query("SET usher.token = 'token-bo'"))
    assert ("S", b"session_authorization\0bo\0") in told
    await client.rows(SQL)
    assert asked(door) == [("bo", "portal")]
    caller = door.fakes.audit.of("decision")[0]["entry"].caller
    assert [link.subject for link in caller.act] == ["portal"]
    assert caller.groups == BO.groups


async def test_the_user_may_be_named_at_start_up(door: Door, portal: str) -> None:
    client = await door.client(portal, options="-c usher.token=token-bo")
    assert await client.rows("SHOW session_authorization") == [["bo"]]
    await client.rows(SQL)
    assert asked(door) == [("bo", "portal")]
    assert (await client.error(query("SET usher.token = 'token-ana'")))["C"] == "42501"


async def test_resets_leave_the_user_alone(door: Door, portal: str) -> None:
    client = await door.client(portal)
    await client.ask(query("SET usher.token = 'token-bo'"))
    await client.ask(query("SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;"))
    await client.ask(query("DISCARD ALL"))
    await client.ask(query("BEGIN"))
    await client.ask(query("ROLLBACK"))
    await client.rows(SQL)
    assert asked(door) == [("bo", "portal")]


@pytest.mark.parametrize("first", [SQL, f"EXPLAIN POLICY {SQL}", f"COPY ({SQL}) TO STDOUT", "SELECT nothing"])
async def test_once_a_query_ran_sql_changes_nobody(door: Door, portal: str, first: str) -> None:
    client = await door.client(portal)
    await client.ask(query("SET usher.token = 'token-bo'"))
    await client.ask(query(first))
    assert (await client.error(query("SET usher.token = 'token-ana'")))["C"] == "42501"
    await client.rows(SQL)
    assert asked(door)[-1] == ("bo", "portal")


async def test_describing_counts_as_a_query(door: Door, portal: str) -> None:
    client = await door.client(portal)
    await client.ask(parse(SQL), describe("S"), SYNC)
    assert (await client.error(query("SET usher.token = 'token-ana'")))["C"] == "42501"


async def test_with_the_key_a_pool_names_one_user_after_the_other(door: Door, portal: str) -> None:
    client = await door.client(portal, **{"usher.key": KEY})
    for user in ("bo", "ana", "bo"):
        await client.ask(query(f"SET usher.token = '{KEY}:token-{user}'"))
        await client.rows(SQL.replace("ORDER", f"/* {user} */ ORDER"))
        assert (await client.error(query("SET usher.token = 'token-olga'")))["C"] == "42501"
    assert [subject for subject, _ in asked(door)] == ["bo", "ana", "bo"]


async def test_a_user_takes_nothing_over_from_the_one_before(door: Door, portal: str) -> None:
    client = await door.client(portal, **{"usher.key": KEY})
    await client.ask(query(f"SET usher.token = '{KEY}:token-bo'"), parse(SQL, "s"), describe("S", "s"), SYNC)
    await client.heard()
    await client.ask(query(f"DECLARE c CURSOR WITH HOLD FOR {SQL}"))
    await client.ask(query("SET search_path TO elsewhere; SET myapp.user = 'bo'"))
    await client.ask(query(f"SET usher.token = '{KEY}:token-ana'"))
    assert await client.rows("SHOW search_path") == [["main"]]
    assert (await client.error(query("SHOW myapp.user")))["C"] == "42704"
    assert (await client.error(query("FETCH c")))["C"] == "34000"
    await client.ask(bind(statement="s"), execute(), SYNC)
    assert asked(door)[-1] == ("ana", "portal")


@pytest.mark.parametrize(
    "sql", ["SHOW jit; SET usher.token = 'token-bo'", "SET usher.token = 'token-bo'; SELECT 1 FROM x"]
)
async def test_a_user_is_named_by_a_statement_that_comes_alone(door: Door, portal: str, sql: str) -> None:
    client = await door.client(portal)
    assert (await client.error(query(sql)))["C"] == "25001"


async def test_a_user_is_not_named_inside_a_transaction(door: Door, portal: str) -> None:
    client = await door.client(portal)
    await client.ask(query("BEGIN"))
    assert (await client.error(query("SET usher.token = 'token-bo'")))["C"] == "25001"


@pytest.mark.parametrize(
    ("who", "token", "sqlstate"),
    [
        ("token-other", "token-bo", "42501"),
        ("token-ana", "token-bo", "42501"),
        ("token-portal", "forged", "28000"),
        ("token-portal", "token-elsewhere", "28000"),
    ],
)
async def test_others_do_not_act_and_forged_tokens_name_nobody(
    door: Door, portal: str, who: str, token: str, sqlstate: str
) -> None:
    client = await door.client(who)
    assert (await client.error(query(f"SET usher.token = '{token}'")))["C"] == sqlstate
    assert [r["kind"] for r in door.fakes.audit.records] == ["act-refused"]
    assert await client.rows("SHOW session_authorization") == [[TOKENS[who].subject]]
