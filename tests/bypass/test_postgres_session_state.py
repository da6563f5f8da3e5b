"""PostgreSQL: the session, its settings, locks, channels and clocks."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "set": ("SET standard_conforming_strings = off", "statement-kind"),
    "set_local": ("SET LOCAL search_path = evil", "statement-kind"),
    "set_role": ("SET ROLE postgres", "statement-kind"),
    "set_session_authorization": ("SET SESSION AUTHORIZATION postgres", "statement-kind"),
    "set_transaction": ("SET TRANSACTION READ WRITE", "statement-kind"),
    "reset": ("RESET ALL", "statement-kind"),
    "discard": ("DISCARD ALL", "statement-kind"),
    "set_config_strings": ("SELECT set_config('standard_conforming_strings', 'off', false) FROM orders", "function"),
    "set_config_search_path": ("SELECT set_config('search_path', 'evil,pg_catalog,public', false)", "function"),
    "set_config_encoding": ("SELECT set_config('client_encoding', 'SJIS', false)", "function"),
    "set_config_claim": (
        "SELECT count(*) FROM customers WHERE set_config('app.region', 'US', true) = 'US'",
        "function",
    ),
    "set_config_in_a_cte": (
        "WITH q AS MATERIALIZED (SELECT set_config('app.region', 'US', true)) SELECT count(*) FROM customers, q",
        "function",
    ),
    "set_config_qualified": ("SELECT pg_catalog.set_config('role', 'postgres', false)", "function"),
    "set_config_in_xml": ("SELECT query_to_xml('SET ROLE postgres', true, false, '')", "function"),
    "strings_of_one_session": ("SELECT '\\' AS a, ' AS b UNION ALL SELECT v FROM vault --' AS c", SAME),
    "backslash_before_a_quote": ("SELECT 'a\\' AS a FROM customers", SAME),
    "escape_string": ("SELECT E'\\' AS a, \\' UNION SELECT v FROM vault --' AS c", SAME),
    "escape_string_of_a_quote": ("SELECT E'\\'' AS c", SAME),
    "unicode_string": ("SELECT U&'\\0027 UNION SELECT v FROM vault --' AS c", SAME),
    "unicode_string_with_an_own_escape": ("SELECT U&'!0027 UNION SELECT v FROM vault --' UESCAPE '!' AS c", SAME),
    "unicode_string_with_a_quote_for_escape": ("SELECT U&'a' UESCAPE '''' AS c", "syntax"),
    "no_unicode_string_but_an_operator": ("SELECT k&'1' AS c FROM (SELECT 1 AS k) q", SAME),
    "dollar_string": ("SELECT $a$' UNION SELECT v FROM vault --$a$ AS c", SAME),
    "dollar_string_in_another": ("SELECT $a$ $b$ $a$ AS c", SAME),
    "bit_string": ("SELECT B'101'::int AS c", SAME),
    "strings_on_two_lines": ("SELECT 'a'\n'b' AS c", SAME),
    "comment_in_a_comment": ("SELECT 1 AS k /* /* */ UNION ALL SELECT k FROM vault -- */ -- */", SAME),
    "comment_with_an_end": ("SELECT 1 AS k -- */ UNION ALL SELECT k FROM vault --", SAME),
    "comment_that_begins_in_another": ("SELECT 1 AS k -- /*\n, count(*) FROM customers --*/", SAME),
    "carriage_return_ends_a_comment": ("SELECT 1 AS k --\r, count(*) AS n FROM customers", SAME),
    "nul": ("SELECT 'a\x00' AS c", "syntax"),
    "advisory_lock": ("SELECT pg_advisory_lock(1)", "function"),
    "try_advisory_lock": ("SELECT pg_try_advisory_lock(1)", "function"),
    "notify": ("SELECT pg_notify('x', name) FROM customers", "function"),
    "logical_message": ("SELECT pg_logical_emit_message(false, 'x', 'y')", "function"),
    "nextval": ("SELECT nextval('numbers')", "function"),
    "setval": ("SELECT setval('numbers', 1)", "function"),
    "currval": ("SELECT currval('numbers')", "function"),
    "lastval": ("SELECT lastval()", "function"),
    "sequence_as_a_table": ("SELECT last_value FROM numbers", "unknown-table"),
    "setseed": ("SELECT setseed(0.1)", "function"),
    "export_snapshot": ("SELECT pg_export_snapshot()", "function"),
}


@pytest.mark.parametrize("case", CASES)
def test_session_state(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])


@pytest.mark.parametrize("function", ["pg_terminate_backend", "pg_cancel_backend"])
def test_no_backend_of_the_server_can_be_stopped(
    on_postgres: ServedOnPostgres, postgres_door: Door, function: str
) -> None:
    [[backend]] = on_postgres.raw.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    for number in (backend, "1"):
        seen = postgres_door.ask(f"SELECT {function}({number})")
        assert seen.reasons[:1] == (f"function:{function}",) or seen.rows == [(False,)]
    [alive] = on_postgres.raw.query(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {backend}")
    assert alive == ["1"]


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith(("set", "discard", "reset"))])
def test_no_request_changes_what_the_next_one_means(
    on_postgres: ServedOnPostgres, postgres_door: Door, case: str
) -> None:
    text = "SELECT '\\' AS a, ' AS b UNION ALL SELECT v FROM vault --' AS c"
    assert postgres_door.ask(CASES[case][0]).refused
    hold(on_postgres, postgres_door, text, SAME)
    hold(on_postgres, postgres_door, "SELECT count(*) FROM customers", SAME)
