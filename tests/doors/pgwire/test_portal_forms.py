"""DECLARE, FETCH, MOVE, CLOSE, DEALLOCATE and COPY, as they may be written."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire import commands as c
from proxy.doors.pgwire.reading import read
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.tokens import parts


def one(sql: str) -> c.Command:
    (part,) = parts(sql)
    return read(sql, part)


@pytest.mark.parametrize(
    ("sql", "command"),
    [
        ("DECLARE c CURSOR FOR SELECT 1", c.Declare("c", False, False, c.Ask("SELECT 1", 21))),
        ("DECLARE C BINARY NO SCROLL CURSOR WITH HOLD FOR SELECT 1", c.Declare("c", True, True, c.Ask("SELECT 1", 48))),
        ("DECLARE c INSENSITIVE CURSOR WITHOUT HOLD FOR SELECT 1", c.Declare("c", False, False, c.Ask("SELECT 1", 46))),
        ("FETCH c", c.Fetch("c", 1, False)),
        ("FETCH 5 IN c", c.Fetch("c", 5, False)),
        ("FETCH NEXT FROM c", c.Fetch("c", 1, False)),
        ("FETCH FORWARD 7 FROM c", c.Fetch("c", 7, False)),
        ("FETCH FORWARD ALL c", c.Fetch("c", None, False)),
        ("FETCH ALL c", c.Fetch("c", None, False)),
        ("MOVE 3 IN c", c.Fetch("c", 3, True)),
        ("CLOSE c", c.CloseCursor("c")),
        ("CLOSE ALL", c.CloseCursor(None)),
        ("DEALLOCATE PREPARE s", c.Deallocate("s")),
        ("DEALLOCATE ALL", c.Deallocate(None)),
        ("COPY (SELECT (1)) TO STDOUT", c.CopyOut(c.Ask("SELECT (1)", 6), {})),
        (
            "COPY (SELECT 1) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';', FORCE_QUOTE (a, b))",
            c.CopyOut(
                c.Ask("SELECT 1", 6), {"format": "csv", "header": None, "delimiter": ";", "force_quote": ["a", "b"]}
            ),
        ),
        ("COPY (SELECT 1) TO STDOUT (FORMAT binary)", c.CopyOut(c.Ask("SELECT 1", 6), {"format": "binary"})),
        ("COPY (SELECT 1) TO STDOUT CSV HEADER", c.CopyOut(c.Ask("SELECT 1", 6), {"format": "csv", "header": None})),
        (
            "COPY (SELECT 1) TO STDOUT WITH DELIMITER AS E'\\t' NULL ''",
            c.CopyOut(c.Ask("SELECT 1", 6), {"delimiter": "\t", "null": ""}),
        ),
    ],
)
def test_statements_are_what_they_look_like(sql: str, command: c.Command) -> None:
    assert one(sql) == command


@pytest.mark.parametrize(
    ("sql", "sqlstate"),
    [
        ("DECLARE c SCROLL CURSOR FOR SELECT 1", "0A000"),
        ("DECLARE c CURSOR FOR", "42601"),
        ("FETCH PRIOR FROM c", "55000"),
        ("FETCH BACKWARD 2 FROM c", "55000"),
        ("FETCH -1 FROM c", "55000"),
        ("FETCH FORWARD -1 FROM c", "55000"),
        ("FETCH ABSOLUTE 1 FROM c", "55000"),
        ("FETCH 1.5 FROM c", "42601"),
        ("FETCH 99999999999999999999 FROM c", "42601"),
        ("COPY t TO STDOUT", "0A000"),
        ("COPY t FROM STDIN", "0A000"),
        ("COPY (SELECT 1) TO '/tmp/x'", "42601"),
        ("COPY (SELECT 1) TO PROGRAM 'sh'", "42601"),
        ("COPY (SELECT 1 TO STDOUT", "42601"),
    ],
)
def test_other_forms_are_refused(sql: str, sqlstate: str) -> None:
    with pytest.raises(Refused) as caught:
        one(sql)
    assert caught.value.fields.sqlstate == sqlstate
