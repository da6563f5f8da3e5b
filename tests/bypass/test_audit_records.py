"""The record of an attack: always there, small, without values, and never made to say something else."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.bypass.asking import GatewayDoor, HttpDoor, Served, canaries_in, records_of

STATEMENTS = {
    "newline": 'SELECT 1 AS a --\n{"kind": "forged"}\n',
    "json": 'SELECT \'{"kind": "forged"}\' AS a',
    "escapes": "SELECT '\x1b[2J\x07' AS a",
    "bidi": "SELECT '\u202eforged' AS a",
    "bidi_name": 'SELECT 1 AS "\u202eforged"',
    "line_separators": "SELECT '\u2028\u2029\x85' AS a",
    "wide": "SELECT '\U0001f600' AS a",
    "literal": "SELECT 'forged-4711471147' AS a, 4711471147 AS b, $$forged$$ AS c",
    "quoted_value": 'SELECT name FROM customers WHERE name = "forged"',
    "comment": "SELECT 1 AS a /* forged */ -- forged",
    "long_literal": "SELECT '" + "forged" * 30_000 + "' AS a",
    "many_columns": "SELECT " + ", ".join(f"id AS c{i}" for i in range(2_000)) + " FROM orders",
    "many_names": "SELECT " + ", ".join(f"nosuch{i}" for i in range(2_000)) + " FROM orders",
    "refused": "SELECT * FROM nosuch_forged",
    "refused_function": "SELECT read_text('/forged')",
    "failing": "SELECT CAST('forged' AS INTEGER)",
    "syntax": "SELEC forged",
    "parameter_name": "SELECT $forged",
    "alias": 'SELECT 1 AS "forged","kind":"x"',
    "cte_name": 'WITH "forged" AS (SELECT 1 AS a) SELECT * FROM "forged"',
}


def _after(served: Served, count: int) -> list[dict[str, Any]]:
    return list(records_of(served))[count:]


@pytest.mark.parametrize("case", STATEMENTS)
def test_every_attack_leaves_whole_records_without_its_values(served: Served, case: str) -> None:
    for door in (GatewayDoor(served), HttpDoor(served)):
        before = len(list(records_of(served)))
        door.ask(STATEMENTS[case])
        records = _after(served, before)
        assert {r["kind"] for r in records} in ({"decision", "outcome"}, {"refused"})
        data = orjson.dumps(records)
        assert not canaries_in(data)
        assert b"4711471147" not in data.replace(b"nosuch", b"")
        assert len(data) < 400_000
        if case not in ("refused", "syntax", "parameter_name", "bidi_name", "cte_name"):
            assert b"forged" not in data, data[:3000]


def test_no_byte_of_the_log_is_a_control_or_direction_character(served: Served) -> None:
    for statement in STATEMENTS.values():
        GatewayDoor(served).ask(statement)
    for path in served.harness.audit.glob("**/*.jsonl"):
        text = path.read_bytes().decode()
        assert not {c for c in text if not c.isprintable() and c != "\n"}


def test_the_log_holds_no_canary_after_everything(served: Served) -> None:
    door = GatewayDoor(served)
    for sql in ("SELECT * FROM customers", "SELECT max(name) FROM customers", "SELECT * FROM vault"):
        door.ask(sql)
    assert not canaries_in(b"".join(p.read_bytes() for p in served.harness.audit.glob("**/*") if p.is_file()))
