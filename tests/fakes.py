"""Full in-memory fakes of the gateway's ports, for the tests of its flow and of its doors.

Rule kept here: a fake does what its port promises, in memory, and writes each call into one shared `trace`, so that
tests see the order. What a test needs to go wrong is switched on by name (`World.fails`), never by patching.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from proxy.errors import AuditError, Denied, InvalidSql, Unauthenticated
from proxy.gateway import Gateway
from proxy.limits.local import LocalLimits
from proxy.limits.settings import Settings as LimitSettings
from proxy.ports import Ticket
from proxy.values import (
    AccessView,
    Always,
    Caller,
    Catalog,
    Cell,
    Column,
    ColumnView,
    Context,
    Decision,
    Described,
    Finding,
    Json,
    Mask,
    Outcome,
    Plan,
    PlanColumn,
    Query,
    Reason,
    ReasonCode,
    Record,
    Reference,
    Result,
    ResultColumn,
    RowFilter,
    ScanReport,
    Session,
    Slot,
    SlotKind,
    Span,
    Table,
    TableId,
    TableView,
    TypeKind,
    Virtual,
)

CUSTOMERS = TableId("shop", "main", "customers")
COLUMNS = (
    Column("id", "INTEGER", TypeKind.INTEGER, nullable=False),
    Column("name", "VARCHAR", TypeKind.TEXT),
    Column("email", "VARCHAR", TypeKind.TEXT),
)
SCHEMA = pa.schema([("id", pa.int32()), ("name", pa.string()), ("email", pa.string())])
ROWS = pa.RecordBatch.from_pydict(
    {"id": [1, 2], "name": ["Ana", "Bo"], "email": ["***@example.com", "***@example.org"]}, schema=SCHEMA
)
SQL = "SELECT id, name, email FROM customers ORDER BY id"
OWN_REGION = RowFilter("own-region", CUSTOMERS, "region = :region", frozenset({"region"}), None)
EMAIL_MASK = Mask("email_domain", (), "pii.email")

ANA = Caller(
    issuer="https://login.example.com/",
    subject="ana",
    expires_at=2_000_000_000,
    issued_at=1_700_000_000,
    token_hash="0" * 64,
    groups=frozenset({"eu-analysts"}),
    attributes={"region": "EU", "regions": ("EU", "UK")},
)
BO = replace(ANA, subject="bo", groups=frozenset({"us-analysts"}), attributes={"region": "US"})
AUDITOR = replace(ANA, subject="olga", groups=frozenset({"auditors"}), attributes={})
TOKENS = {"token-ana": ANA, "token-bo": BO, "token-olga": AUDITOR}
CONTEXT = Context(door="test")


class Boom(Exception):
    """What nobody expects; its text holds data, and may go nowhere."""

    def __init__(self) -> None:
        super().__init__("could not convert 'secret-value-4711'")


@dataclass
class World:
    """What happened, and what is to go wrong. `fails` maps a step ("warehouse.execute") to the error it raises."""

    trace: list[str] = field(default_factory=list)
    fails: dict[str, BaseException] = field(default_factory=dict)
    waits: dict[str, asyncio.Event] = field(default_factory=dict)

    async def step(self, name: str) -> None:
        """An asynchronous step: traced, held where a test holds it, failed where a test fails it."""
        self.trace.append(name)
        await asyncio.sleep(0)
        if name in self.waits:
            await self.waits[name].wait()
        self.fail(name)

    def sync_step(self, name: str) -> None:
        """A step that cannot wait."""
        self.trace.append(name)
        self.fail(name)

    def fail(self, name: str) -> None:
        """Raise what a test put here."""
        if name in self.fails:
            raise self.fails[name]


# ----------------------------------------------------------------------------------------------------------- identity
@dataclass
class FakeIdentity:
    """Knows the tokens of `TOKENS`."""

    world: World

    async def authenticate(self, token: str) -> Caller:
        """The caller of a known token."""
        await self.world.step("authenticate")
        if not token:
            raise Unauthenticated("Send a token: Authorization: Bearer <JWT>.", ReasonCode.TOKEN_MISSING)
        if token not in TOKENS:
            raise Unauthenticated("The token is not valid. Sign in again.", ReasonCode.SIGNATURE_INVALID)
        return TOKENS[token]


# -------------------------------------------------------------------------------------------------------------- query
@dataclass
class FakeReader:
    """Reads `SELECT .. FROM name ..`; parameters are `$1`, `$2`, .. or `$name`."""

    world: World

    async def read(self, sql: str, catalog: Catalog) -> Query:
        """A query, or `InvalidSql` for anything else and for tables that are not there."""
        await self.world.step("read")
        match = re.search(r"\bFROM\s+(\w+)", sql)
        if not sql.startswith("SELECT") or match is None:
            raise InvalidSql("This is no SELECT statement.", ReasonCode.SYNTAX, span=Span(0, min(5, len(sql))))
        table = catalog.tables.get(("main", match[1]))
        if table is None:
            reason = Reason(ReasonCode.UNKNOWN_TABLE, match[1])
            raise InvalidSql(f'There is no table "{match[1]}" that you may read.', reason, span=Span(*match.span(1)))
        reference = Reference(table.id, Span(*match.span(1)), match[1], None, frozenset(c.name for c in table.columns))
        return Query(
            sql=sql,
            warehouse=catalog.warehouse,
            dialect=catalog.dialect,
            catalog_version=catalog.version,
            references=(reference,),
            columns=(),
            edits=(),
            cte_names={},
            prefixes={},
            parameters=tuple(dict.fromkeys(re.findall(r"\$(\w+)", sql))),
            outputs=None,
            kind="select",
            redacted=re.sub(r"'[^']*'", "?", sql),
            fingerprint="f1",
        )


# ------------------------------------------------------------------------------------------------------------- policy
@dataclass
class FakePolicy:
    """Everybody sees customers; analysts in their own region and with masked e-mails; auditors read the audit log."""

    world: World
    fingerprint: str = "p1"

    def view(self, caller: Caller, catalog: Catalog) -> AccessView:
        """One view a set of groups."""
        self.world.sync_step("view")
        subjects = (f"user:{caller.subject}", *(f"group:{g}" for g in sorted(caller.groups)))
        table = TableView(CUSTOMERS, _column_views(), OWN_REGION, hidden=1, roles=("role:analyst",))
        key = "+".join((self.fingerprint, catalog.version, *sorted(caller.groups)))
        return AccessView(key, self.fingerprint, None, subjects, {CUSTOMERS: table}, frozenset({"region"}))

    def shape(self, view: AccessView, caller: Caller) -> Hashable:
        """Which attributes there are, and how long lists are."""
        return tuple(sorted((k, len(v) if isinstance(v, tuple) else 0) for k, v in caller.attributes.items()))

    def decide(self, view: AccessView, caller: Caller, query: Query) -> Decision:
        """The table's view, or `Denied` for those without groups."""
        self.world.sync_step("decide")
        if not caller.groups:
            raise Denied("You may not read customers; ask its owner.", Reason(ReasonCode.NO_GRANT, str(CUSTOMERS)))
        views = tuple(view.tables[r.table] for r in query.references)
        reasons = (Reason(ReasonCode.ROW_FILTER, "own-region"), Reason(ReasonCode.MASKED, "shop.main.customers.email"))
        return Decision(view.key, view.policy, None, view.subjects, views, reasons)

    def may(self, caller: Caller, resource: str, action: str) -> bool:
        """Auditors may read the audit log."""
        self.world.sync_step("may")
        return "auditors" in caller.groups and (resource, action) == ("usher.audit", "read")

    def may_act(self, app: Caller) -> bool:
        """The portal may act for its users."""
        self.world.sync_step("may_act")
        return app.app == "portal"


def _column_views() -> tuple[ColumnView, ...]:
    clear, masked = (Cell(Always(), None),), (Cell(Always(), EMAIL_MASK),)
    return tuple(
        ColumnView(c, masked if c.name == "email" else clear, ("pii.email",) if c.name == "email" else ())
        for c in COLUMNS
    )


@dataclass
class FakeRewriter:
    """Plans that bind the client's parameters, the caller's region and the mask key; `where` is one more filter."""

    world: World
    where: str = ""

    def rewrite(self, query: Query, decision: Decision) -> Plan:
        """The plan."""
        self.world.sync_step("rewrite")
        slots = (
            *(Slot(SlotKind.CLIENT, name) for name in query.parameters),
            Slot(SlotKind.ATTRIBUTE, "region"),
            *((Slot(SlotKind.ATTRIBUTE, "regions", 1),) if "regions" in query.sql else ()),
            Slot(SlotKind.SECRET, "mask_key_inner"),
        )
        return Plan(
            warehouse=query.warehouse,
            sql=f"SELECT id, name, mask(email) AS email FROM customers WHERE region = ${len(query.parameters) + 1}"
            + self.where,
            slots=slots,
            query=query,
            decision=decision,
            columns=tuple(
                PlanColumn(CUSTOMERS, v.column.name, "returned", v.tags, v.cells[0].mask and v.cells[0].mask.kind)
                for v in decision.views[0].columns
            ),
            results=(
                ResultColumn(False, (), ()),
                ResultColumn(False, (), ()),
                ResultColumn(True, ("pii.email",), ()),
            ),
            renames={},
            withheld=(Reason(ReasonCode.ROW_FILTER, "shop.main.customers"),),
            outline='SELECT id, name, redact(email) AS email FROM customers WHERE "own-region"',
        )


# ------------------------------------------------------------------------------------------------------ introspection
@dataclass
class FakeIntrospection:
    """Answers `SELECT version()` alone."""

    world: World

    async def read(self, sql: str, catalog: Catalog, view: AccessView) -> Plan | None:
        """A plan without references."""
        if sql != "SELECT version()":
            return None
        await self.world.step("introspection.read")
        schema = pa.schema([("version", pa.string())])
        query = Query(sql, "shop", "fake", catalog.version, (), (), (), {}, {}, (), None, "catalog", sql, "f2")
        virtual = Virtual((("version", "text"),), (), Described(schema, ()))
        decision = Decision(view.key, view.policy, None, view.subjects, (), ())
        return Plan("shop", sql, (), query, decision, (), None, {}, (), sql, virtual)

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
        """One row, with the caller's name in it."""
        await self.world.step("introspection.execute")
        schema = pa.schema([("version", pa.string())])

        async def batches() -> AsyncIterator[pa.RecordBatch]:
            yield pa.RecordBatch.from_pydict({"version": [f"1 for {caller.subject}"]}, schema=schema)

        return Result(schema, batches())


# ------------------------------------------------------------------------------------------------------------- limits
@dataclass
class FakeTicket:
    """A real ticket, whose closing is traced."""

    world: World
    real: Ticket
    timeout_s: float
    closed: int = 0

    def take(self, rows: int, size: int) -> None:
        """As the real one."""
        self.world.sync_step("take")
        self.real.take(rows, size)

    def close(self) -> None:
        """As the real one, counted."""
        self.world.trace.append("ticket.close")
        self.closed += 1
        self.real.close()


class FakeLimits:
    """The in-process limits, whose tickets are kept."""

    def __init__(self, world: World, settings: LimitSettings) -> None:
        self.world = world
        self.real = LocalLimits(settings)
        self.tickets: list[FakeTicket] = []

    def admit(self, caller: Caller) -> FakeTicket:
        """As the real ones."""
        self.world.sync_step("admit")
        real = self.real.admit(caller)
        ticket = FakeTicket(self.world, real, real.timeout_s)
        self.tickets.append(ticket)
        return ticket

    def turn(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        """As the real ones."""
        return self.real.turn(caller)


# -------------------------------------------------------------------------------------------------------------- audit
@dataclass
class FakeEntry:
    """One query's records."""

    log: FakeAudit
    decision_id: str
    caller: Caller
    context: Context
    warehouse: str

    async def planned(self, plan: Plan) -> None:
        """The decision record."""
        await self.log.world.step("entry.planned")
        self.log.add("decision", self, plan=plan)

    async def refused(self, error: BaseException, plan: Plan | None) -> None:
        """The refusal record."""
        await self.log.world.step("entry.refused")
        self.log.add("refused", self, error=error, plan=plan)

    async def closed(
        self, outcome: Outcome, rows: int, size: int, report: ScanReport | None, error: BaseException | None
    ) -> None:
        """The outcome record."""
        await self.log.world.step("entry.closed")
        self.log.add("outcome", self, outcome=outcome, rows=rows, size=size, report=report, error=error)


@dataclass
class FakeAudit:
    """Records in a list."""

    world: World
    records: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def open(self, caller: Caller, context: Context, warehouse: str) -> FakeEntry:
        """A new decision id."""
        self.world.sync_step("audit.open")
        return FakeEntry(self, self._id(), caller, context, warehouse)

    async def event(self, kind: str, body: Mapping[str, Json]) -> str:
        """An event record."""
        await self.world.step(f"event.{kind}")
        event_id = self._id()
        self.records.append({"kind": kind, "id": event_id, "body": dict(body)})
        return event_id

    async def read(self, after: int, limit: int, filters: Mapping[str, str]) -> Sequence[Record]:
        """Two records, of which filters choose by kind."""
        await self.world.step("audit.read")
        kinds = ("start", "decision")
        made = [
            Record(f"e{n}", n, "2026-01-02T03:04:05.000Z", kind, {"decision_id": f"d{n}"}, "0" * 64, "1" * 64)
            for n, kind in enumerate(kinds, start=1)
        ]
        return [r for r in made if r.sequence > after and r.kind == filters.get("kind", r.kind)][:limit]

    def writable(self) -> bool:
        """Unless a test says otherwise."""
        return "audit.writable" not in self.world.fails

    def add(self, kind: str, entry: FakeEntry, **fields: Any) -> None:
        """Keep one record."""
        self.records.append({"kind": kind, "id": entry.decision_id, "entry": entry, **fields})

    def _id(self) -> str:
        self.count += 1
        return f"01981f3e-7b1c-7000-8000-{self.count:012}"

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The records of a kind."""
        return [r for r in self.records if r["kind"] == kind]


# ---------------------------------------------------------------------------------------------------------- warehouse
Batches = Callable[[], AsyncIterator[pa.RecordBatch]]


class FakeWarehouse:
    """Answers every statement with the batches that a test gives it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dialect: Any = None  # stages ask for it, the gateway never does
        self.schema = SCHEMA
        self.batches: Batches = one_batch
        self.executed: list[tuple[str, list[Any], float]] = []
        self.stopped = 0
        self.version = "c1"

    async def catalog(self) -> Catalog:
        """One table."""
        await self.world.step("catalog")
        table = Table(CUSTOMERS, COLUMNS)
        return Catalog("shop", "fake", self.version, {("main", "customers"): table}, ("main",))

    async def execute(self, sql: str, parameters: Sequence[Any], timeout_s: float, catalog_version: str) -> Result:
        """The batches of this test."""
        await self.world.step("execute")
        self.executed.append((sql, list(parameters), timeout_s))
        return Result(self.schema, self._batches())

    async def describe(self, sql: str, timeout_s: float, catalog_version: str) -> Described:
        """The schema of this test; of the client's parameters the first is a whole number, as far as anybody knows."""
        await self.world.step("describe")
        bound = int(re.findall(r"\$(\d+)", sql)[-1]) + 1  # the mask's key is bound behind the region
        client = [pa.field("", pa.int32()), *[None] * bound][: bound - 2]
        return Described(self.schema, (*client, None, None))

    async def ready(self) -> bool:
        """Unless a test says otherwise."""
        await self.world.step("ready")
        return True

    async def _batches(self) -> AsyncIterator[pa.RecordBatch]:
        try:
            async for batch in self.batches():
                self.world.trace.append("batch")
                yield batch
        finally:
            self.stopped += 1
            self.world.trace.append("stopped")


async def one_batch() -> AsyncIterator[pa.RecordBatch]:
    """The two rows of `ROWS`."""
    yield ROWS


def many(count: int, rows: int, error: BaseException | None = None, pause_s: float = 0.0) -> Batches:
    """`count` batches of `rows` rows each, then an error if there is one."""

    async def batches() -> AsyncIterator[pa.RecordBatch]:
        names, mails = ["x" * 20] * rows, ["***@example.com"] * rows
        for n in range(count):
            await asyncio.sleep(pause_s)
            ids = list(range(n * rows, (n + 1) * rows))
            yield pa.RecordBatch.from_pydict({"id": ids, "name": names, "email": mails}, schema=SCHEMA)
        if error is not None:
            raise error

    return batches


def of_table(schema: pa.Schema, values: Mapping[str, Sequence[Any]]) -> Batches:
    """One batch of a test's own columns."""

    async def batches() -> AsyncIterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pydict(dict(values), schema=schema)

    return batches


# --------------------------------------------------------------------------------------------------------------- scan
@dataclass
class FakeScan:
    """Reads every cell and finds one e-mail a result."""

    world: World
    cells: int = 0

    async def scan(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch as it came."""
        await self.world.step("scan")
        self.cells += batch.num_rows * 2
        return batch

    def report(self) -> ScanReport:
        """What was read."""
        self.world.sync_step("report")
        found = (Finding("name", "PERSON", 2, "flag", 0.85),) if self.cells else ()
        return ScanReport("full", self.cells, {"masked": self.cells // 2}, found)


@dataclass
class FakeScanner:
    """Starts scans."""

    world: World

    def start(self, plan: Plan, schema: pa.Schema) -> FakeScan:
        """A new scan."""
        self.world.sync_step("scanner.start")
        return FakeScan(self.world)


# ------------------------------------------------------------------------------------------------------------ the lot
class Fakes:
    """Every port, and the gateway on them."""

    def __init__(self, **limits: Any) -> None:
        self.world = World()
        self.identity = FakeIdentity(self.world)
        self.reader = FakeReader(self.world)
        self.policy = FakePolicy(self.world)
        self.rewriter = FakeRewriter(self.world)
        self.limits = FakeLimits(self.world, LimitSettings(**limits))
        self.audit = FakeAudit(self.world)
        self.warehouse = FakeWarehouse(self.world)
        self.scanner = FakeScanner(self.world)
        self.introspection = FakeIntrospection(self.world)
        self.gateway = Gateway(
            identity=self.identity,
            reader=self.reader,
            policy=self.policy,
            rewriter=self.rewriter,
            limits=self.limits,
            audit=self.audit,
            warehouses={"shop": self.warehouse},
            scanner=self.scanner,
            introspection=self.introspection,
            secrets={"mask_key_inner": b"k" * 64},
        )

    @property
    def trace(self) -> list[str]:
        """What happened, in order."""
        return self.world.trace

    def outcomes(self) -> list[Outcome]:
        """The outcomes recorded."""
        return [r["outcome"] for r in self.audit.of("outcome")]

    def nothing_held(self) -> bool:
        """Whether every ticket was given back exactly once and every warehouse stream was ended."""
        executed = len(self.warehouse.executed)
        return all(t.closed == 1 for t in self.limits.tickets) and self.warehouse.stopped <= executed


def audit_down() -> AuditError:
    """The audit log cannot write."""
    return AuditError("The audit log cannot be written. Try again later.", ReasonCode.AUDIT_DOWN)


async def until(true: Callable[[], bool], within_s: float = 5.0) -> None:
    """Wait for something another task does."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
