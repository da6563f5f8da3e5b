"""Words of SQL, and its parting into statements, by PostgreSQL's lexical rules."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.tokens import LONGEST, MOST_STATEMENTS, Kind, parts, tokens


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("", []),
        (" ; ;; -- nothing\n/* ; */", []),
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';'; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        ("SELECT 'it''s;'; SELECT 2", ["SELECT 'it''s;'", "SELECT 2"]),
        (r"SELECT '\'; SELECT 2", [r"SELECT '\'", "SELECT 2"]),
        (r"SELECT E'\'; x'; SELECT 2", [r"SELECT E'\'; x'", "SELECT 2"]),
        ('SELECT ";"";"; SELECT 2', ['SELECT ";"";"', "SELECT 2"]),
        ("SELECT $$;$$; SELECT $a$ $$; $a$", ["SELECT $$;$$", "SELECT $a$ $$; $a$"]),
        ("SELECT a$b$; SELECT 2", ["SELECT a$b$", "SELECT 2"]),
        ("SELECT $1; SELECT $2", ["SELECT $1", "SELECT $2"]),
        ("SELECT 1 /* a /* ; */ ; */; SELECT 2", ["SELECT 1 /* a /* ; */ ; */", "SELECT 2"]),
        ("SELECT 1 -- ; \n; SELECT 2", ["SELECT 1 -- ; \n", "SELECT 2"]),
        ("/* lead */ SELECT 1;", ["SELECT 1"]),
    ],
)
def test_statements_are_parted_where_the_server_parts_them(sql: str, statements: list[str]) -> None:
    assert [sql[p.start : p.end] for p in parts(sql)] == statements


@pytest.mark.parametrize(
    "sql", ["SELECT 'a", 'SELECT "a', "SELECT $$a", "SELECT $x$a$y$", "/* a /* b */", r"SELECT E'a\'"]
)
def test_what_is_not_closed_is_refused(sql: str) -> None:
    with pytest.raises(Refused, match="not closed") as caught:
        parts(sql)
    assert caught.value.fields.sqlstate == "42601"


def test_too_many_statements_are_refused() -> None:
    with pytest.raises(Refused, match="statements"):
        parts("SELECT 1;" * (MOST_STATEMENTS + 2))


def test_words_are_compared_as_the_server_compares_them() -> None:
    found = [(t.kind, t.value) for t in tokens("set \"Ab\"\"c\" = 'it''s' + 1.5e3")]
    assert found == [
        (Kind.WORD, "SET"),
        (Kind.QUOTED, 'Ab"c'),
        (Kind.SIGN, "="),
        (Kind.TEXT, "it's"),
        (Kind.SIGN, "+"),
        (Kind.NUMBER, "1.5e3"),
    ]


@given(st.text("'\"$aE\\/*-;1 \n", max_size=60))
def test_nothing_is_lost_between_statements(sql: str) -> None:
    try:
        found = parts(sql)
    except Refused:
        return
    for before, after in itertools.pairwise(found):
        assert before.end < after.start
        assert ";" in sql[before.end : after.start]


def test_a_long_text_is_read_in_one_go() -> None:
    assert len(parts("SELECT '" + "x''" * 100_000 + "'")) == 1
    with pytest.raises(Refused):
        parts("SELECT '" + "x''" * 100_000)


def test_a_text_that_is_too_long_is_not_even_looked_at() -> None:
    with pytest.raises(Refused, match="characters"):
        parts("(" * (LONGEST + 1))
