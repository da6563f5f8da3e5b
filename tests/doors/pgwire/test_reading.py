"""What a statement is: a command of the session, or a query for the gateway."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire import commands as c
from proxy.doors.pgwire.reading import read, statements
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.tokens import parts


def one(sql: str) -> c.Command:
    (part,) = parts(sql)
    return read(sql, part)


@pytest.mark.parametrize(
    ("sql", "command"),
    [
        ("BEGIN", c.Begin("BEGIN")),
        ("begin work isolation level read committed, read only", c.Begin("BEGIN")),
        ("START TRANSACTION READ ONLY NOT DEFERRABLE", c.Begin("START TRANSACTION")),
        ("COMMIT AND CHAIN", c.Commit(True)),
        ("END TRANSACTION", c.Commit()),
        ("ROLLBACK AND NO CHAIN", c.Rollback()),
        ("ABORT", c.Rollback()),
        ("SAVEPOINT A", c.Savepoint("a")),
        ('RELEASE "A"', c.Release("A")),
        ("ROLLBACK TO SAVEPOINT a", c.RollbackTo("a")),
        ("SET TRANSACTION READ ONLY", c.Modes()),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED", c.Modes()),
        ("SET application_name = 'bot'", c.Set("application_name", "bot")),
        ("SET SESSION application_name TO bot", c.Set("application_name", "bot")),
        ("SET LOCAL statement_timeout = 5", c.Set("statement_timeout", "5", True)),
        ("SET extra_float_digits TO -3", c.Set("extra_float_digits", "-3")),
        ("SET DateStyle = ISO, MDY", c.Set("datestyle", "iso, mdy")),
        ("SET TIME ZONE 'UTC'", c.Set("timezone", "UTC")),
        ("SET TIME ZONE LOCAL", c.Set("timezone", None)),
        ("SET NAMES 'utf8'", c.Set("client_encoding", "utf8")),
        ("SET usher.token = 'x.y.z'", c.Set("usher.token", "x.y.z")),
        ("SET jit TO DEFAULT", c.Set("jit", None)),
        ("SHOW TIME ZONE", c.Show("timezone", "TimeZone")),
        ("SHOW transaction isolation level", c.Show("transaction_isolation", "transaction_isolation")),
        ("SHOW ALL", c.Show("all", "all")),
        ("RESET ALL", c.Reset(None)),
        ("RESET a.b", c.Reset("a.b")),
        ("DISCARD TEMPORARY", c.Discard("TEMP")),
        ("UNLISTEN *", c.Nothing("UNLISTEN")),
        ("SELECT pg_advisory_unlock_all()", c.Call("pg_advisory_unlock_all", (), "pg_advisory_unlock_all")),
        ("select pg_catalog.pg_backend_pid() AS pid", c.Call("pg_backend_pid", (), "pid")),
        ("SELECT set_config('a.b', 'it''s', false)", c.Call("set_config", ("a.b", "it's", "FALSE"), "set_config")),
        ("SELECT pg_cancel_backend(7)", c.Stop(7, False, "pg_cancel_backend")),
        (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid='7'",
            c.Stop(7, True, "pg_terminate_backend"),
        ),
        ("SELECT pg_terminate_backend(pid)", c.Ask("SELECT pg_terminate_backend(pid)", 0)),
        ("SELECT pg_cancel_backend(1), 2", c.Ask("SELECT pg_cancel_backend(1), 2", 0)),
        ("SELECT 1", c.Ask("SELECT 1", 0)),
        (" -- note\n SELECT 1", c.Ask("SELECT 1", 10)),
        ("SELECT pg_backend_pid() + 1", c.Ask("SELECT pg_backend_pid() + 1", 0)),
        ("SELECT current_setting(name) FROM t", c.Ask("SELECT current_setting(name) FROM t", 0)),
        ("SELECT current_setting('a', ", c.Ask("SELECT current_setting('a', ", 0)),
        ("INSERT INTO t VALUES (1)", c.Ask("INSERT INTO t VALUES (1)", 0)),
        ('"BEGIN"', c.Ask('"BEGIN"', 0)),
        ("EXPLAIN POLICY SELECT 1", c.ExplainPolicy(c.Ask("SELECT 1", 15))),
    ],
)
def test_statements_are_what_they_look_like(sql: str, command: c.Command) -> None:
    assert one(sql) == command


@pytest.mark.parametrize(
    ("sql", "sqlstate"),
    [
        ("BEGIN READ WRITE", "25006"),
        ("SET TRANSACTION READ WRITE", "25006"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "0A000"),
        ("COMMIT PREPARED 'x'", "0A000"),
        ("ROLLBACK PREPARED 'x'", "0A000"),
        ("SET ROLE admin", "42501"),
        ("SET SESSION AUTHORIZATION admin", "42501"),
        ("RESET ROLE", "42501"),
        ("RESET SESSION AUTHORIZATION", "42501"),
        ("EXPLAIN SELECT 1", "0A000"),
        ("EXPLAIN ANALYZE SELECT 1", "0A000"),
        ("SET a", "42601"),
        ("SET a = E'x'", "42601"),
        ("SET a = ", "42601"),
        ("SHOW", "42601"),
        ("BEGIN SOMETHING", "42601"),
        ("DISCARD EVERYTHING", "42601"),
        ("EXPLAIN POLICY", "42601"),
    ],
)
def test_other_forms_of_commands_are_refused(sql: str, sqlstate: str) -> None:
    with pytest.raises(Refused) as caught:
        one(sql)
    assert caught.value.fields.sqlstate == sqlstate


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "  with x AS (SELECT 1) SELECT * FROM x",
        "SELECT ';'",
        "SELECT 1; SELECT 2",
        "SELECT $1,$2",
        "SELECT pg_backend_pid()",
        "SELECT pg_cancel_backend(1)",
        "select  pg_catalog . pg_backend_pid()",
        "SELECT pg_backend_pid_of_mine FROM t",
        "SELECT set_config('a.b', 'x', false)",
        "/* lead */ SELECT 1",
        "SELECTED",
        "",
    ],
)
def test_the_short_way_reads_what_the_long_one_does(sql: str) -> None:
    def plain(command: c.Command) -> c.Command:
        """A query may keep the blanks before it."""
        return c.Ask(command.sql.strip(), 0) if isinstance(command, c.Ask) else command

    assert [plain(s) for s in statements(sql)] == [plain(read(sql, part)) for part in parts(sql)]
