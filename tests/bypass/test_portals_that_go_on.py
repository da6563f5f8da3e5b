"""Rows that a client takes piece by piece, while what it may see changes: they go on only where the same would be
answered now, whatever they are taken by."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from proxy.doors import pgwire
from proxy.policy import bundle
from tests.bypass import shop
from tests.doors.pgwire.conftest import SYNC, Client, bind, execute, fields, parse, query
from tests.oracle.harness import Harness
from tests.oracle.world import write_policy

GRANTS = """
p, role:analyst, shop.main.customers, read, allow
p, role:analyst, shop.main.customers.ssn, read, {ssn}
p, user:ana, tag:pii.note, unmask, {note}
g, group:analysts, role:analyst
"""
DATA = """
tables:
  shop.main.customers:
    columns: {{notes: [pii.note]}}
    rows:
      - {{id: own-region, for: [role:analyst], where: "{where}"}}
"""
BEFORE = {"ssn": "allow", "note": "allow", "where": "region = :region"}
IDS = "SELECT id FROM customers"
NAMES = "SELECT attname FROM pg_attribute WHERE attrelid = 'customers'::regclass"
NEXT = query("FETCH 1 FROM c")
FETCH = (query(f"DECLARE c CURSOR FOR {IDS}"), parse("FETCH ALL FROM c") + bind(portal="p"), execute("p", 1) + SYNC)
CASES: dict[str, tuple[dict[str, str], tuple[bytes, bytes, bytes]]] = {
    # what changes, and: what opens the rows, what binds them, what takes the next one
    "rows_of_a_portal": ({"where": "id < 0"}, (b"", parse(IDS) + bind(portal="p"), execute("p", 1) + SYNC)),
    "rows_of_a_cursor": ({"where": "id < 0"}, (query(f"DECLARE c CURSOR FOR {IDS}"), b"", NEXT)),
    "rows_of_a_cursor_in_a_portal": ({"where": "id < 0"}, FETCH),
    "names_of_columns": ({"ssn": "deny"}, (query(f"DECLARE c CURSOR FOR {NAMES}"), b"", NEXT)),
    "text_that_one_was_cleared_for": (
        {"note": "deny"},
        (query("DECLARE c CURSOR FOR SELECT notes FROM customers"), b"", NEXT),
    ),
}


@dataclass
class Opened:
    """A gateway with the PostgreSQL door alone, whose policy changes."""

    harness: Harness
    folder: Path
    port: int

    def policy(self, **changed: str) -> None:
        """Another policy is in force from now on."""
        given = {**BEFORE, **changed}
        files = {"grants.csv": GRANTS.format_map(given), "data/shop.yaml": DATA.format_map(given)}
        write_policy(self.folder / "policies", files)
        self.harness.app.policy.reload(bundle.load(self.folder / "policies"))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    shop.build(tmp_path / "raw.duckdb")
    files = {"grants.csv": GRANTS.format_map(BEFORE), "data/shop.yaml": DATA.format_map(BEFORE)}
    policies = write_policy(tmp_path / "policies", files)
    harness = Harness(tmp_path, tmp_path / "raw.duckdb", policies, key=shop.KEY, attributes=["region"])
    stop, up, told = asyncio.Event(), threading.Event(), list[str]()

    def ready(address: str) -> None:
        told.append(address)
        up.set()

    settings = pgwire.Settings(listen="127.0.0.1:0", stop_timeout_s=1)
    serving = harness.begin(pgwire.serve(harness.app.gateway, settings, stop=stop, ready=ready))
    assert up.wait(30)
    yield Opened(harness, tmp_path, int(told[0].rpartition(":")[2]))
    harness.call(stop.set)
    serving.result(30)
    harness.close()


async def _first(port: int, token: str, messages: tuple[bytes, bytes, bytes]) -> Client:
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    await client.log_in(token, database="shop")
    opens, binds, takes = messages
    for message in (query("BEGIN"), opens, binds + takes):
        told = await client.ask(message) if message else []
        assert "E" not in [kind for kind, _ in told], told
    assert "D" in [kind for kind, _ in told]
    return client


async def _next(client: Client, takes: bytes) -> list[tuple[str, bytes]]:
    told = await client.ask(takes)
    client.writer.close()
    await client.writer.wait_closed()
    return told


@pytest.mark.parametrize("changes", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_rows_go_on_only_where_the_same_would_be_answered(opened: Opened, case: str, changes: bool) -> None:
    changed, messages = CASES[case]
    token = opened.harness.issuer.mint(subject="ana", groups=["analysts"], attributes={"region": "EU"})
    client = opened.harness.run(_first(opened.port, token, messages))
    opened.policy(**(changed if changes else {}))
    told = opened.harness.run(_next(client, messages[2]))
    errors: list[Any] = [fields(body)["C"] for kind, body in told if kind == "E"]
    assert errors == (["40001"] if changes else [])
