"""EXPLAIN POLICY: the decision as rows."""

from __future__ import annotations

from tests.doors.pgwire.conftest import SYNC, Client, Door, bind, describe, execute, parse
from tests.fakes import SQL


async def test_a_decision_is_told_as_rows(door: Door, client: Client) -> None:
    rows = await client.rows(f"EXPLAIN POLICY {SQL}")
    items = [row[0] for row in rows]
    assert items == sorted(
        items, key=["decision", "policy", "warehouse", "table", "filter", "column", "withheld", "sql"].index
    )
    assert ["table", "shop.main.customers", "rows: filtered"] in rows
    assert ["filter", "own-region", "shop.main.customers"] in rows
    assert ["column", "shop.main.customers.email", "returned; masked: email_domain; tags: pii.email"] in rows
    assert door.fakes.warehouse.executed == []


async def test_it_is_described_before_it_is_run(client: Client) -> None:
    told = await client.ask(parse(f"EXPLAIN POLICY {SQL}"), describe("S"), bind(), execute(), SYNC)
    assert [kind for kind, _ in told[:4]] == ["1", "t", "T", "2"]
    assert told[-2] == ("C", b"EXPLAIN\0")
