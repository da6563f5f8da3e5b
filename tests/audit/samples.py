"""Callers, plans and logs as the audit tests use them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proxy.audit.log import Log
from proxy.audit.settings import Settings
from proxy.values import (
    Actor,
    AllOf,
    Always,
    AnyOf,
    Caller,
    Cell,
    Column,
    ColumnView,
    Context,
    Decision,
    Mask,
    Outcome,
    Plan,
    PlanColumn,
    Query,
    Reason,
    ReasonCode,
    RowFilter,
    TableId,
    TableView,
    TypeKind,
)

CUSTOMERS = TableId("shop", "main", "customers")
CALLER = Caller(
    issuer="https://login.example.com/",
    subject="ana",
    expires_at=2_000_000_000,
    issued_at=1_999_999_000,
    token_hash="c0ffee",
    groups=frozenset({"staff", "eu-analysts"}),
    attributes={"region": "the-secret-region"},
    email="ana@example.com",
    app="sales-bot",
    act=(Actor("sales-bot", "https://login.example.com/"),),
)
CONTEXT = Context("http", "192.0.2.7", "session-1", "trace-1", {"application_name": "notebook"})


def settings(folder: Path, **options: Any) -> Settings:
    """Settings of a log in a folder; `max_bytes` and `lock_wait_s` go to the sink."""
    sink: dict[str, Any] = {"kind": "file", "path": str(folder), "lock_wait_s": 0}
    sink.update({key: options.pop(key) for key in ("max_bytes", "lock_wait_s") if key in options})
    return Settings.model_validate({"sinks": [sink], **options})


def plan(
    sql: str = 'SELECT email FROM (SELECT "email" FROM "main"."customers" WHERE "region" = $1) AS c',
    redacted: str = "SELECT email FROM customers",
) -> Plan:
    """A plan over customers: a masked column, a filter, a missing attribute."""
    email = Column("email", "VARCHAR", TypeKind.TEXT)
    own = RowFilter("own-region", CUSTOMERS, "region = :region", frozenset({"region"}), None)
    alive = RowFilter("not-deleted", CUSTOMERS, "deleted_at IS NULL", frozenset(), None)
    tickets = RowFilter("own-tickets", CUSTOMERS, "id IN (..)", frozenset(), None, names=frozenset({"assigned_to"}))
    view = TableView(
        CUSTOMERS,
        (ColumnView(email, (Cell(own, None), Cell(Always(), Mask("email_domain", tag="pii.email"))), ("pii.email",)),),
        AllOf((AnyOf((own, tickets)), alive)),
        hidden=2,
        roles=("role:analyst",),
    )
    query = Query(
        sql="SELECT email FROM customers",
        warehouse="shop",
        dialect="duckdb",
        catalog_version="catalog-7",
        references=(),
        columns=(),
        edits=(),
        prefixes=(),
        cte_names={},
        parameters=("1",),
        outputs=None,
        kind="select",
        redacted=redacted,
        fingerprint="f1",
    )
    decision = Decision(
        view="view-1",
        policy="policy-1",
        commit="abc123",
        subjects=("group:eu-analysts", "role:analyst", "user:ana"),
        views=(view, view),
        reasons=(Reason(ReasonCode.ROW_FILTER, "own-region"),),
    )
    columns = (
        PlanColumn(CUSTOMERS, "email", "returned", ("pii.email",), "email_domain"),
        PlanColumn(CUSTOMERS, "region", "used"),
    )
    withheld = (Reason(ReasonCode.MASKED, "shop.main.customers.email"),)
    return Plan("shop", sql, (), query, decision, columns, None, {}, withheld)


async def query(log: Log, context: Context = CONTEXT, caller: Caller = CALLER, a_plan: Plan | None = None) -> str:
    """One query from decision to outcome; answers its decision id."""
    entry = log.open(caller, context, "shop")
    await entry.planned(a_plan or plan())
    await entry.closed(Outcome.COMPLETED, 3, 48, None, None)
    return entry.decision_id


def written(folder: Path, queries: int = 3, **options: Any) -> None:
    """A log of some queries, closed."""

    async def write() -> None:
        log = Log(settings(folder, **options))
        await log.start()
        for _ in range(queries):
            await query(log)
        await log.close()

    asyncio.run(write())


def files(folder: Path) -> list[Path]:
    """The files of a log in order."""
    return sorted(folder.glob("*.jsonl"))


def lines(folder: Path) -> list[bytes]:
    """All lines of a log in order."""
    return [line for file in files(folder) for line in file.read_bytes().split(b"\n")[:-1]]


def write_lines(file: Path, kept: list[bytes]) -> None:
    """Put other lines in a file, as somebody who tampers would."""
    file.write_bytes(b"".join(line + b"\n" for line in kept))


def kinds_of(folder: Path) -> list[str]:
    """The kinds of all records in order."""
    import json

    return [json.loads(line)["kind"] for line in lines(folder)]


def bodies(folder: Path, kind: str) -> list[Mapping[str, Any]]:
    """The bodies of all records of a kind."""
    import json

    records = [json.loads(line) for line in lines(folder)]
    return [record["body"] for record in records if record["kind"] == kind]
