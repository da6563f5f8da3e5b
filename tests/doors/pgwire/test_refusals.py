"""Refusals as clients read them."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire.refusals import fields_of, sqlstate_of
from proxy.errors import Denied, GatewayError, InvalidSql, LimitExceeded, QueryFailed, Ungovernable
from proxy.values import Reason, ReasonCode, Span


@pytest.mark.parametrize(
    ("error", "sqlstate"),
    [
        (InvalidSql("x", Reason(ReasonCode.UNKNOWN_TABLE, "t")), "42P01"),
        (InvalidSql("x", Reason(ReasonCode.UNKNOWN_COLUMN, "c")), "42703"),
        (InvalidSql("x", ReasonCode.AMBIGUOUS_NAME), "42702"),
        (InvalidSql("x", ReasonCode.UNKNOWN_WAREHOUSE), "3D000"),
        (InvalidSql("x", ReasonCode.PARAMETERS), "08P01"),
        (InvalidSql("x", ReasonCode.PARAMETERS, sqlstate="22P02"), "22P02"),
        (InvalidSql("x", ReasonCode.SYNTAX), "42601"),
        (QueryFailed("x", ReasonCode.DIVISION_BY_ZERO), "22012"),
        (Ungovernable("x", ReasonCode.FUNCTION), "0A000"),
        (Denied("x", ReasonCode.NO_GRANT), "42501"),
        (LimitExceeded("x", ReasonCode.CONCURRENCY), "53300"),
        (GatewayError("x"), "XX000"),
    ],
)
def test_sqlstates_are_those_that_clients_know(error: GatewayError, sqlstate: str) -> None:
    assert sqlstate_of(error) == sqlstate


def test_what_happened_and_what_to_do_stand_apart() -> None:
    error = Denied("You may not read it. Ask its owner.", Reason(ReasonCode.NO_GRANT, "shop.main.t"), ReasonCode.MASKED)
    error.decision_id = "d1"
    told = fields_of(error)
    assert (told.message, told.hint) == ("You may not read it.", "Ask its owner.")
    assert told.detail == "Reasons: no-grant (shop.main.t), masked. Decision: d1."


def test_positions_count_characters_of_the_whole_text_from_one() -> None:
    error = InvalidSql("No.", ReasonCode.SYNTAX, span=Span(7, 9))
    assert fields_of(error, place=lambda at: at + 11).position == 18


def test_what_is_missing_is_told_in_the_words_that_clients_look_for() -> None:
    told = fields_of(InvalidSql("x", Reason(ReasonCode.UNKNOWN_TABLE, "nope"), span=Span(0, 4)))
    assert told.message == 'relation "nope" does not exist'
