"""Queries on their way to the gateway: blanks behind parameters, and places as the client knows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.doors.pgwire.asking import ask_of, asked, position
from proxy.doors.pgwire.commands import Ask, Declare, Show
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.tokens import parts


def one(sql: str) -> Ask:
    (part,) = parts(sql)
    return asked(sql, part.start, part.end, part.tokens)


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        ("SELECT $1,$2", "SELECT $1 ,$2"),
        ("SELECT $1+$2", "SELECT $1 +$2"),
        ("SELECT f($1)", "SELECT f($1 )"),
        ("SELECT $1::int,$2", "SELECT $1 ::int,$2"),
        ("SELECT $1 , $2", "SELECT $1 , $2"),
        ("SELECT '$1,$2', $$ $1,$2 $$", "SELECT '$1,$2', $$ $1,$2 $$"),
        ("SELECT $1", "SELECT $1"),
        ("SELECT $1abc", "SELECT $1abc"),
        ("SELECT $1_", "SELECT $1_"),
    ],
)
def test_a_blank_stands_behind_a_parameter(sql: str, sent: str) -> None:
    assert one(sql).sql == sent


@given(st.lists(st.sampled_from(["SELECT", " ", ",", "$1", "$22", "+", "(", "'a'", "x"]), min_size=1, max_size=20))
def test_places_are_the_clients_own(pieces: list[str]) -> None:
    sql = "  " + "".join(pieces)
    try:
        found = parts(sql)
    except Refused:
        return
    for part in found:
        ask = asked(sql, part.start, part.end, part.tokens)
        for place, character in enumerate(ask.sql):
            if place not in ask.blanks:
                assert sql[position(ask, place) - 1] == character


def test_the_query_of_a_command_is_found() -> None:
    ask = Ask("SELECT 1", 0)
    assert ask_of(ask) is ask
    assert ask_of(Declare("c", False, False, ask)) is ask
    assert ask_of(Show("a", "a")) is None
    assert position(None, 0) == 1
