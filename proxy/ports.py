"""The gateway's ports: what it asks of each stage, and nothing of how a stage does it.

Rule kept here: a stage knows no port, and fits by its shape alone; `proxy.app` puts the stages in their places.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import pyarrow as pa

from proxy.dialect import Dialect
from proxy.values import (
    AccessView,
    Caller,
    Catalog,
    Context,
    Decision,
    Described,
    Json,
    Outcome,
    Plan,
    Query,
    Record,
    Result,
    ScanReport,
    Session,
)


class Identity(Protocol):
    """Tokens in, callers out."""

    async def authenticate(self, token: str) -> Caller:
        """The caller a token names. Raises `Unauthenticated`."""


class QueryReader(Protocol):
    """SQL text in, completely understood statements out."""

    async def read(self, sql: str, catalog: Catalog) -> Query:
        """Parse in a worker that can be killed, then bind. Raises `InvalidSql`, `Ungovernable`, `TooLarge`."""


class Policy(Protocol):
    """The one place where rights are decided. Every method is answered from one immutable snapshot."""

    def view(self, caller: Caller, catalog: Catalog) -> AccessView:
        """The caller's access view, compiled once for all with the same roles and app."""

    def shape(self, view: AccessView, caller: Caller) -> Hashable:
        """What of the caller's attributes decides the form of a plan: which are missing, how long the lists are."""

    def decide(self, view: AccessView, caller: Caller, query: Query) -> Decision:
        """The views of the query's tables. Raises `InvalidSql` for what does not exist for this caller, `Denied`."""

    def may(self, caller: Caller, resource: str, action: str) -> bool:
        """Whether Casbin allows an action on an object that is no table, such as `usher.audit`."""

    def may_act(self, app: Caller) -> bool:
        """Whether Casbin allows the app that a caller's token names to act for the users whose tokens it holds."""


class Introspection(Protocol):
    """Statements about the catalog, answered from the caller's access view; no warehouse is asked."""

    async def read(self, sql: str, catalog: Catalog, view: AccessView) -> Plan | None:
        """The plan of a statement about the catalog; None for any other. Raises `InvalidSql`, `Ungovernable`,
        `TooLarge`."""

    async def execute(
        self,
        plan: Plan,
        catalog: Catalog,
        view: AccessView,
        caller: Caller,
        session: Session,
        parameters: Sequence[Any],
        timeout_s: float,
    ) -> Result:
        """The answer of such a plan. Raises `QueryFailed`, `QueryTimeout`, `Ungovernable`, `TooLarge`."""


class Rewriter(Protocol):
    """The SQL that may run, proven."""

    def rewrite(self, query: Query, decision: Decision) -> Plan:
        """Splice the policy views into the user's text and prove it. Raises `Ungovernable`."""


class Ticket(Protocol):
    """One admitted query's share of the limits."""

    timeout_s: float

    def take(self, rows: int, size: int) -> None:
        """Count rows and bytes about to leave. Raises `TooLarge` once a limit is passed."""

    def close(self) -> None:
        """Give the place back."""


class Limits(Protocol):
    """How much one caller may use."""

    def turn(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        """The caller's turn to have a statement read. Raises `LimitExceeded`."""

    def admit(self, caller: Caller) -> Ticket:
        """A place for one query. Raises `LimitExceeded`."""


class Entry(Protocol):
    """The two records of one query."""

    decision_id: str

    async def planned(self, plan: Plan) -> None:
        """Write the decision record; durable on return. Raises `AuditError`."""

    async def refused(self, error: BaseException, plan: Plan | None) -> None:
        """Write the record of a refusal before anything ran. Raises `AuditError`."""

    async def closed(
        self, outcome: Outcome, rows: int, size: int, report: ScanReport | None, error: BaseException | None
    ) -> None:
        """Write the outcome record. Raises `AuditError`."""


class AuditLog(Protocol):
    """The append-only record of every decision."""

    def open(self, caller: Caller, context: Context, warehouse: str) -> Entry:
        """Begin a query's records: allots the decision id."""

    async def event(self, kind: str, body: Mapping[str, Json]) -> str:
        """Record what is no query (failed login, policy load, start, stop, audit read); answers the event id."""

    async def read(self, after: int, limit: int, filters: Mapping[str, str]) -> Sequence[Record]:
        """Records with a sequence above `after`, oldest first."""

    def writable(self) -> bool:
        """Whether the last write worked."""


class Warehouse(Protocol):
    """One engine."""

    dialect: Dialect

    async def catalog(self) -> Catalog:
        """The snapshot of the schema, refreshed where the warehouse changed."""

    async def execute(self, sql: str, parameters: Sequence[Any], timeout_s: float, catalog_version: str) -> Result:
        """Run a proven statement. Raises `QueryFailed`, `QueryTimeout`, `WarehouseUnavailable`."""

    async def describe(self, sql: str, timeout_s: float, catalog_version: str) -> Described:
        """What a proven statement gives and takes, without reading data. Raises as `execute` does."""

    async def ready(self) -> bool:
        """Whether it answers."""


class Scan(Protocol):
    """The scan of one result."""

    async def scan(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch as it may leave. Raises `PiiBlocked`, `ScanError`."""

    def report(self) -> ScanReport:
        """What was read so far, and found."""


class Scanner(Protocol):
    """The second line: PII that the policy did not foresee."""

    def start(self, plan: Plan, schema: pa.Schema) -> Scan:
        """Begin a result's scan: the plan says which columns are masked and cleared."""
