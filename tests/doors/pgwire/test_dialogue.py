"""Messages answered in turn: groups, errors, portals, limits."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest

from proxy.errors import QueryFailed
from proxy.values import ReasonCode
from tests.doors.pgwire.conftest import (
    FLUSH,
    SYNC,
    Client,
    Door,
    Open,
    bind,
    cells,
    close,
    describe,
    execute,
    fields,
    framed,
    parse,
    query,
)
from tests.fakes import ANA, SQL, Boom, Fakes, many

ID = "SELECT id, name, email FROM customers WHERE id = $1"


def kinds(told: list[tuple[str, bytes]]) -> str:
    return "".join(kind for kind, _ in told if kind != "N")


async def test_an_empty_query_says_so(client: Client) -> None:
    assert kinds(await client.ask(query(" ; -- nothing"))) == "IZ"
    assert kinds(await client.ask(parse(""), bind(), describe("P"), execute(), SYNC)) == "12nIZ"


async def test_an_error_skips_the_rest_of_its_group(client: Client) -> None:
    told = await client.ask(parse("SELECT nothing"), bind(), execute(), parse(SQL), SYNC, query(SQL))
    assert kinds(told) == "12EZ"
    assert kinds(await client.heard()) == "TDDCZ"


async def test_an_error_ends_the_statements_of_its_text(door: Door, client: Client) -> None:
    told = await client.ask(query(f"{SQL}; SELECT nothing; {SQL}"))
    assert kinds(told) == "TDDCEZ"
    assert len(door.fakes.audit.of("decision")) == 1


async def test_an_error_points_into_the_whole_text(client: Client) -> None:
    sql = f"SHOW jit;  {SQL.replace('customers', 'nope')}"
    error = await client.error(query(sql))
    assert error["C"] == "42P01"
    assert sql[int(error["P"]) - 1 :].startswith("nope")


async def test_what_nobody_expected_tells_nothing(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    fakes = Fakes()
    fakes.world.fails["execute"] = Boom()
    client = await (await opened(fakes)).client()
    error = await client.error(query(SQL))
    assert error["C"] == "XX000"
    assert "4711" not in str(error) + caplog.text
    assert fakes.audit.of("outcome")[0]["id"] in error["D"]
    del fakes.world.fails["execute"]
    assert len(await client.rows(SQL)) == 2


async def test_an_answer_that_fails_half_way_says_so(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(3, 10, QueryFailed("It broke.", ReasonCode.ENGINE_ERROR))
    client = await (await opened(fakes)).client()
    told = await client.ask(query(SQL))
    assert kinds(told) == "T" + "D" * 30 + "EZ"
    assert fakes.audit.of("outcome")[0]["outcome"].value == "failed"


# ----------------------------------------------------------------------------------------------------------- portals
async def test_a_row_limit_suspends_a_portal(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(2, 3)
    client = await (await opened(fakes)).client()
    await client.ask(query("BEGIN"))
    told = await client.ask(parse(SQL), bind(portal="p"), describe("P", "p"), execute("p", 2), SYNC)
    assert kinds(told) == "12TDDsZ"
    assert kinds(await client.ask(execute("p", 2), SYNC)) == "DDsZ"
    told = await client.ask(execute("p"), SYNC)
    assert kinds(told) == "DDCZ"
    assert fakes.world.trace.count("execute") == 1


async def test_portals_end_with_their_transaction(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(2, 3)
    client = await (await opened(fakes)).client()
    assert kinds(await client.ask(parse(SQL), bind(portal="p"), execute("p", 1), SYNC)) == "12DsZ"
    assert (await client.error(execute("p"), SYNC))["C"] == "34000"
    assert fakes.audit.of("outcome")[0]["outcome"].value == "abandoned"


async def test_a_portal_goes_on_only_while_the_same_would_be_answered(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(2, 3)
    client = await (await opened(fakes)).client()
    await client.ask(query("BEGIN"), parse(SQL), bind(portal="p"), execute("p", 1), SYNC)
    await client.heard()
    fakes.policy.fingerprint = "p2"
    fakes.rewriter.where = " AND FALSE"
    assert (await client.error(execute("p", 1), SYNC))["C"] == "40001"


async def test_names_are_taken_once(client: Client) -> None:
    told = await client.ask(parse(SQL, "s"), parse(SQL, "s"), SYNC)
    assert fields(told[1][1])["C"] == "42P05"
    await client.ask(query("BEGIN"))
    told = await client.ask(bind(portal="p", statement="s"), bind(portal="p", statement="s"), SYNC)
    assert fields(told[1][1])["C"] == "42P03"


async def test_what_does_not_exist_is_told(client: Client) -> None:
    for message, sqlstate in (
        (bind(statement="nope"), "26000"),
        (describe("S", "nope"), "26000"),
        (describe("P", "nope"), "34000"),
        (execute("nope"), "34000"),
    ):
        assert (await client.error(message, SYNC))["C"] == sqlstate
    assert kinds(await client.ask(close("S", "nope"), close("P", "nope"), SYNC)) == "33Z"


async def test_flush_sends_what_there_is(client: Client) -> None:
    await client.send(parse(SQL), describe("S"), FLUSH)
    assert [(await client.one())[0] for _ in range(3)] == ["1", "t", "T"]
    assert kinds(await client.ask(SYNC)) == "Z"


async def test_two_statements_cannot_be_prepared_as_one(client: Client) -> None:
    assert (await client.error(parse(f"{SQL}; {SQL}"), SYNC))["C"] == "42601"


async def test_function_calls_are_refused(client: Client) -> None:
    assert (await client.error(framed("F", b"\0\0\0\1"), SYNC))["C"] == "0A000"


# -------------------------------------------------------------------------------------------------------- parameters
async def test_parameter_types_are_the_clients_then_the_engines_then_text(client: Client) -> None:
    two = ID + " AND name = $2"
    told = await client.ask(parse(two), describe("S"), SYNC)
    assert told[1] == ("t", b"\0\2\0\0\0\x17\0\0\0\x19")
    told = await client.ask(parse(two, "", 20), describe("S"), SYNC)
    assert told[1] == ("t", b"\0\2\0\0\0\x14\0\0\0\x19")


async def test_values_reach_the_warehouse_as_their_types_say(door: Door, client: Client) -> None:
    await client.ask(parse(ID, "", 23), bind(b"5"), execute(), SYNC)
    await client.ask(parse(ID), bind(b"5"), execute(), SYNC)
    await client.ask(parse(ID), describe("S"), bind(b"5"), execute(), SYNC)
    await client.ask(parse(ID), bind(None), execute(), SYNC)
    assert [values[0] for _, values, _ in door.fakes.warehouse.executed] == [5, "5", 5, None]


async def test_a_wrong_number_of_values_is_told(client: Client) -> None:
    assert (await client.error(parse(ID), bind(), execute(), SYNC))["C"] == "08P01"


async def test_binary_results_are_sent_where_asked_for(client: Client) -> None:
    told = await client.ask(parse(SQL), bind(results=(1, 0, 0)), execute(), SYNC)
    row = next(body for kind, body in told if kind == "D")
    assert row.startswith(b"\0\3\0\0\0\4\0\0\0\1\0\0\0\3Ana")


async def test_rows_are_what_was_described_or_an_error(opened: Open) -> None:
    fakes = Fakes()
    client = await (await opened(fakes)).client()
    await client.ask(parse(SQL, "s"), describe("S", "s"), SYNC)
    fakes.warehouse.schema = fakes.warehouse.schema.set(0, fakes.warehouse.schema.field(1).with_name("id"))
    assert (await client.error(bind(statement="s"), execute(), SYNC))["C"] == "0A000"


async def test_rows_that_cannot_be_sent_give_their_place_back(opened: Open) -> None:
    fakes = Fakes()
    client = await (await opened(fakes)).client()
    await client.ask(query("BEGIN"), parse(SQL, "s"), describe("S", "s"), SYNC)
    await client.heard()
    fakes.warehouse.schema = fakes.warehouse.schema.set(0, fakes.warehouse.schema.field(1).with_name("id"))
    assert (await client.error(bind(portal="p", statement="s"), execute("p"), SYNC))["C"] == "0A000"
    assert [ticket.closed for ticket in fakes.limits.tickets] == [1, 1]


# ----------------------------------------------------------------------------------------------------------- notices
async def test_notices_say_what_was_withheld_and_found_and_can_be_turned_off(client: Client) -> None:
    told = [fields(body)["M"] for kind, body in await client.ask(query(SQL)) if kind == "N"]
    assert len(told) == 2
    assert "row-filter (shop.main.customers)" in told[0]
    assert "2 of PERSON in name (flag)" in told[1]
    await client.ask(query("SET usher.notices = off"))
    assert "N" not in [kind for kind, _ in await client.ask(query(SQL))]


async def test_a_notice_comes_once_for_each_statement(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(2, 3)
    client = await (await opened(fakes)).client()
    await client.ask(query("BEGIN"))
    told = await client.ask(parse(SQL), bind(), describe("P"), execute(most=2), execute(most=2), execute(most=2), SYNC)
    assert [kind for kind, _ in told].count("N") == 1
    told = await client.ask(query(f"DECLARE c CURSOR FOR {SQL}; FETCH 1 FROM c; FETCH 1 FROM c"))
    assert [kind for kind, _ in told].count("N") == 1


async def test_notices_are_none_of_those_who_want_warnings_only(client: Client) -> None:
    await client.ask(query("SET client_min_messages = warning"))
    assert "N" not in [kind for kind, _ in await client.ask(query(SQL))]


# ------------------------------------------------------------------------------------------------------------ copies
async def test_copy_sends_rows(client: Client) -> None:
    told = await client.ask(query(f"COPY ({SQL}) TO STDOUT WITH (FORMAT csv, HEADER)"))
    assert "".join(kind for kind, _ in told if kind != "N") == "HdddcCZ"
    assert [body for kind, body in told if kind == "d"][:2] == [b"id,name,email\n", b"1,Ana,***@example.com\n"]
    assert next(body for kind, body in told if kind == "C") == b"COPY 2\0"


async def test_copy_goes_by_portals_too(client: Client) -> None:
    told = await client.ask(parse(f"COPY ({SQL}) TO STDOUT"), bind(), describe("P"), execute(), SYNC)
    assert kinds(told) == "12nHddcCZ"


# -------------------------------------------------------------------------------------------------------------- time
async def test_an_expired_token_ends_the_session(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await (await opened()).client()
    monkeypatch.setattr("proxy.doors.pgwire.identity.time.time", lambda: ANA.expires_at + 1)
    told = await client.ask(query(SQL))
    assert fields(told[0][1])["C"] == "57P01"
    assert told[-1] == ("", b"")


async def test_an_idle_session_ends(opened: Open) -> None:
    client = await (await opened(idle_timeout_s=0.05)).client()
    kind, body = await client.one()
    assert (kind, fields(body)["C"]) == ("E", "57P05")
    assert await client.one() == ("", b"")


async def test_a_client_may_lower_its_own_patience(client: Client) -> None:
    await client.send(query("SET idle_session_timeout = 50"))
    while (told := await client.one())[0] != "E":
        pass
    assert fields(told[1])["C"] == "57P05"


async def test_a_statement_timeout_stops_the_query_and_not_the_session(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(1000, 1, pause_s=0.01)
    client = await (await opened(fakes)).client()
    await client.ask(query("SET statement_timeout = 100"))
    error = await client.error(query(SQL))
    assert (error["C"], error["M"]) == ("57014", "canceling statement due to statement timeout")
    assert await client.rows("SHOW statement_timeout") == [["100ms"]]
    assert cells((await client.ask(query("SHOW jit")))[1][1]) == ["off"]
    assert fakes.audit.of("outcome")[0]["outcome"].value == "abandoned"


# ----------------------------------------------------------------------------------------------------------- mutation
MESSAGES = (
    query(SQL),
    query(f"BEGIN; DECLARE c CURSOR FOR {SQL}; FETCH 1 FROM c; COMMIT"),
    parse(ID, "s", 23),
    bind(b"1", portal="p", statement="s", results=(1,)),
    describe("S", "s"),
    describe("P", "p"),
    execute("p", 1),
    close("P", "p"),
    query(f"COPY ({SQL}) TO STDOUT (FORMAT binary)"),
    framed("F", b"\0\0\0\1"),
    framed("d", b"data"),
    FLUSH,
    SYNC,
)


def mutated(choice: random.Random) -> bytes:
    """A session's messages, some of them changed, cut, doubled or joined with bytes of chance."""
    data = bytearray(b"".join(choice.choices(MESSAGES, k=choice.randint(1, 12))))
    for _ in range(choice.randint(0, 4)):
        place = choice.randrange(len(data))
        kind = choice.randrange(4)
        if kind == 0:
            data[place] = choice.randrange(256)
        elif kind == 1:
            del data[place : place + choice.randint(1, 9)]
        elif kind == 2:
            data[place:place] = choice.randbytes(choice.randint(1, 9))
        else:
            data[place:place] = data[place : place + choice.randint(1, 40)]
        data = data or bytearray(b"S")
    return bytes(data)


async def sent_in_pieces(client: Client, data: bytes, choice: random.Random) -> None:
    """Everything is sent, in chunks of any size, and the end of it awaited."""
    while data:
        size = choice.randint(1, len(data))
        client.writer.write(data[:size])
        data = data[size:]
        await asyncio.sleep(0)
    await asyncio.sleep(0.005)  # the end of a client ends its work: let some of it begin
    client.writer.write_eof()
    async with asyncio.timeout(20):
        await client.reader.read()


@pytest.mark.parametrize("seed", range(8))
async def test_mutated_sessions_end_and_the_next_one_works(door: Door, seed: int) -> None:
    choice = random.Random(seed)
    for _ in range(40):
        client = await door.client()
        with suppress(OSError):  # the server hangs up on whoever breaks the protocol
            await sent_in_pieces(client, mutated(choice), choice)
        client.writer.close()
    last = await door.client()
    assert len(await last.rows(SQL)) == 2
    opened, ended = (len(door.fakes.audit.of(kind)) for kind in ("decision", "outcome"))
    assert opened == ended
