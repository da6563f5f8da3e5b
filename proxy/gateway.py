"""The life of a query. Open this file first.

    authenticate -> parse -> bind -> decide -> rewrite -> limits -> record -> execute -> scan -> record

Rule kept here: each stage is called once, in this order, through the ports of `proxy.ports`, and nothing is handed
from one query to the next but plans, which hold no caller's values. `plan()` decides without touching data; `run()`
always plans anew. Whatever happens after a decision record is written ends in an outcome record: rows, refusal,
failure or hang-up. So records are written behind a shield that a cancelled caller cannot break, and an answer's
batches are already running when a door gets them: closed unread, or lost, they still end in their record. A statement
about the catalog goes the same way, but is read and answered by the introspection stage: no warehouse hears of it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pyarrow as pa
from cachetools import LRUCache

from proxy.errors import ConfigError, Denied, GatewayError, InvalidSql, Unauthenticated
from proxy.life import DECISION_NOTE, Life, Tally, Unscanned, durable, mark, outcome_of, refusals, released
from proxy.ports import (
    AuditLog,
    Identity,
    Introspection,
    Limits,
    Policy,
    QueryReader,
    Rewriter,
    Scanner,
    Warehouse,
)
from proxy.values import (
    AccessView,
    Actor,
    Caller,
    Catalog,
    Context,
    Described,
    Json,
    Outcome,
    Plan,
    Reason,
    ReasonCode,
    Record,
    Result,
    Session,
    SlotKind,
    TableView,
)

AUDIT_OBJECT = "usher.audit"
USERS_OBJECT = "usher.users"
PLACE = 512
"""Characters of a statement for which its plan takes one place in the cache: of a long one it may be a hundred times as
large as its text."""
CUTS = 256
"""Access views whose cut catalogs are kept."""
READY_TIMEOUT_S = 5.0
"""How long one part may take to say that it is ready."""


# ----------------------------------------------------------------------------------------------------------- answers
@dataclass(frozen=True, slots=True)
class Request:
    """What a door asks: parameters by position (a list) or by name; `max_rows` cuts the answer without an error,
    `session` is what statements about the session may tell, and `search_path` where unqualified names are looked for,
    in place of the warehouse's own path."""

    sql: str
    warehouse: str | None = None
    parameters: Sequence[Any] | Mapping[str, Any] = ()
    max_rows: int | None = None
    session: Session = field(default_factory=Session)
    search_path: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A decision without a run."""

    decision_id: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Description:
    """What a statement gives and takes, without a run; `parameters` are those the client binds, in the plan's order."""

    decision_id: str
    plan: Plan
    schema: pa.Schema
    parameters: tuple[pa.Field[Any] | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows on their way to a door. `tally` is final once `batches` has ended; closing `batches` early is a hang-up.

    A door exhausts `batches` or calls their `aclose()`, in the task that reads them."""

    decision_id: str
    plan: Plan
    schema: pa.Schema
    batches: AsyncGenerator[pa.RecordBatch, None]
    tally: Tally


def refusal_of(error: Exception) -> GatewayError:
    """What a door's outermost loop may tell the caller: a `GatewayError` as it is; of anything else only that the
    gateway failed, with the decision id that its record bears."""
    if isinstance(error, GatewayError):
        return error
    refusal = GatewayError("The gateway failed, and released nothing more. Give the decision id to its operator.")
    refusal.__cause__ = error
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, str) and note.startswith(DECISION_NOTE):
            refusal.decision_id = note.removeprefix(DECISION_NOTE)
    return refusal


# ----------------------------------------------------------------------------------------------------------- gateway
class Gateway:
    """Plans and runs queries for the doors; built by `proxy.app` alone."""

    def __init__(
        self,
        *,
        identity: Identity,
        reader: QueryReader,
        policy: Policy,
        rewriter: Rewriter,
        limits: Limits,
        audit: AuditLog,
        warehouses: Mapping[str, Warehouse],
        scanner: Scanner,
        introspection: Introspection,
        secrets: Mapping[str, bytes],
        plan_cache: int = 4096,
    ) -> None:
        if not warehouses:
            raise ConfigError(["warehouses: there is none; name at least one"])
        self._identity = identity
        self._reader = reader
        self._policy = policy
        self._rewriter = rewriter
        self._limits = limits
        self._audit = audit
        self._warehouses = warehouses
        self._scanner = scanner
        self._introspection = introspection
        self._secrets = secrets
        self._plans: LRUCache[Hashable, Plan] = LRUCache(plan_cache, lambda plan: min(_places(plan), plan_cache))
        self._cuts: LRUCache[str, tuple[Catalog, AccessView, Catalog]] = LRUCache(CUTS)

    async def authenticate(self, token: str, context: Context) -> Caller:
        """The caller a token names; a failed login is recorded. Raises `Unauthenticated`, `AuditError`."""
        async with self._failures("login-failed", {"door": context.door, "address": context.address}):
            return await self._identity.authenticate(token)

    async def act(self, app: Caller, token: str, context: Context) -> Caller:
        """The user a token names, for whom an app acts that logged in as itself; the app's own grants narrow. Raises
        `Unauthenticated`, `Denied`, `AuditError`."""
        body: dict[str, Json] = {"door": context.door, "address": context.address, "app": app.app}
        async with self._failures("act-refused", {**body, "subject": app.subject, "issuer": app.issuer}):
            if not self._policy.may_act(app):
                text = f"To act for its users an app needs a grant of act on {USERS_OBJECT} for app:NAME."
                raise Denied(text, ReasonCode.NO_GRANT)
            return _acted_for(await self._identity.authenticate(token), app)

    async def plan(self, caller: Caller, request: Request, context: Context) -> Planned:
        """Decide and rewrite without touching data. Raises what `run` would raise before it runs."""
        entry = self._audit.open(caller, context, self._known(request.warehouse))
        async with refusals(entry) as progress:
            progress.plan = plan = await self._planned(caller, request)
            with durable(entry.decision_id):
                await self._audit.event("plan", _plan_body(entry.decision_id, caller, context, plan))
            return Planned(entry.decision_id, plan)

    async def describe(self, caller: Caller, request: Request, context: Context) -> Description:
        """Decide, rewrite, and ask the warehouse what the statement gives and takes; no data is read. Raises what `run`
        would raise before it runs."""
        entry = self._audit.open(caller, context, self._known(request.warehouse))
        async with refusals(entry) as progress:
            progress.plan = plan = await self._planned(caller, request)
            with closing(self._limits.admit(caller)) as ticket:
                told = await self._told(plan, ticket.timeout_s)
            with durable(entry.decision_id):
                await self._audit.event("plan", _plan_body(entry.decision_id, caller, context, plan))
            schema = _renamed(told.schema, plan.renames)
            return Description(entry.decision_id, plan, schema, _client_parameters(plan, told))

    async def holds(self, caller: Caller, request: Request, answer: Answer) -> bool:
        """Whether a caller who takes the answer to a request piece by piece would get the same one now. Raises as
        `plan` does where the caller would get none."""
        return _shown(await self._planned(caller, request)) == _shown(answer.plan)

    async def run(self, caller: Caller, request: Request, context: Context) -> Answer:
        """Plan, record, execute, scan. The answer's batches must be exhausted or closed."""
        entry = self._audit.open(caller, context, self._known(request.warehouse))
        async with refusals(entry) as progress:
            progress.plan = plan = await self._planned(caller, request)
            parameters = self._bind(plan, caller, request.parameters)
            life = Life(entry, plan, caller, self._limits.admit(caller))
            try:
                with durable(entry.decision_id):
                    await entry.planned(plan)
            except BaseException as error:
                if isinstance(error, Exception):
                    life.ticket.close()
                else:  # cancelled in the middle of the write: the decision may stand, so it gets an outcome
                    progress.recorded = True
                    await life.end(Outcome.ABANDONED, error)
                raise
            progress.recorded = True
            return await self._execute(life, parameters, request)

    async def catalog(self, caller: Caller, warehouse: str | None) -> tuple[str, Sequence[TableView]]:
        """What the caller may see of a warehouse: the name, and the policy view of each table."""
        body: dict[str, Json] = {"subject": caller.subject, "issuer": caller.issuer}
        async with self._failures("catalog-refused", body):
            name = self._warehouse_name(warehouse)
            view = self._policy.view(caller, await self._warehouses[name].catalog())
            return name, tuple(view.tables[t] for t in sorted(view.tables))

    async def path(self, warehouse: str | None) -> tuple[str, Sequence[str]]:
        """A warehouse's name, and the schemas in which it looks for unqualified names. Raises `InvalidSql`."""
        name = self._warehouse_name(warehouse)
        return name, (await self._warehouses[name].catalog()).search_path

    async def audit(self, caller: Caller, after: int, limit: int, filters: Mapping[str, str]) -> Sequence[Record]:
        """Audit records, for those granted `read` on `usher.audit`; the reading is itself recorded. Raises `Denied`."""
        allowed = self._policy.may(caller, AUDIT_OBJECT, "read")
        body: dict[str, Json] = {"subject": caller.subject, "issuer": caller.issuer, "after": after, "allowed": allowed}
        event_id = await self._audit.event("audit-read", {**body, "limit": limit, "filters": dict(filters)})
        try:
            if not allowed:
                raise Denied(f"Reading the audit log needs a grant of read on {AUDIT_OBJECT}.", ReasonCode.NO_GRANT)
            return await self._audit.read(after, limit, filters)
        except BaseException as error:
            mark(error, event_id)
            raise

    async def ready(self) -> dict[str, bool]:
        """Readiness by part: every warehouse, and the audit log. A part that does not answer in time is not ready."""
        parts = {}
        for name, warehouse in self._warehouses.items():
            parts[f"warehouse.{name}"] = False
            with anyio.move_on_after(READY_TIMEOUT_S):
                parts[f"warehouse.{name}"] = await warehouse.ready()
        return {**parts, "audit": self._audit.writable()}

    # ------------------------------------------------------------------------------------------------ one step each
    def _known(self, name: str | None) -> str:
        """The warehouse for the records: empty where the caller named one that does not exist."""
        if name is None:
            return next(iter(self._warehouses))
        return name if name in self._warehouses else ""

    def _warehouse_name(self, name: str | None) -> str:
        known = self._known(name)
        if not known:
            reason = Reason(ReasonCode.UNKNOWN_WAREHOUSE)
            raise InvalidSql(f"There is no warehouse of that name; there are: {', '.join(self._warehouses)}.", reason)
        return known

    async def _planned(self, caller: Caller, request: Request) -> Plan:
        name, path = self._warehouse_name(request.warehouse), request.search_path
        catalog = await self._warehouses[name].catalog()
        view = self._policy.view(caller, catalog)
        key = (name, catalog.version, request.sql, path, view.key, self._policy.shape(view, caller))
        plan = self._plans.get(key)
        if plan is None:
            async with self._limits.turn(caller):
                plan = self._plans.get(key) or await self._understood(caller, request.sql, path, catalog, view)
            self._plans[key] = plan
        return plan

    async def _understood(
        self, caller: Caller, sql: str, path: tuple[str, ...] | None, catalog: Catalog, view: AccessView
    ) -> Plan:
        virtual = await self._introspection.read(sql, catalog, view)
        if virtual is not None:
            return virtual
        cut = self._cut(catalog, view)
        if path is not None:  # the caller's own names alone go by it: policies are compiled against the catalog's
            found = _searched(cut, path)
            cut = replace(cut, search_path=found, view=f"{cut.view} {found}")
        query = await self._reader.read(sql, cut)
        try:
            return self._rewriter.rewrite(query, self._policy.decide(view, caller, query))
        except GatewayError as error:
            error.statement = query.redacted
            raise

    def _cut(self, catalog: Catalog, view: AccessView) -> Catalog:
        """The catalog cut to a view, made once for as long as both stand."""
        known = self._cuts.get(view.key)
        if known is None or known[0] is not catalog or known[1] is not view:
            known = self._cuts[view.key] = (catalog, view, visible(catalog, view))
        return known[2]

    def _bind(self, plan: Plan, caller: Caller, given: Sequence[Any] | Mapping[str, Any]) -> list[Any]:
        """Values for the plan's slots; the only place where a caller's values meet a plan."""
        names = plan.query.parameters
        client = dict(given) if isinstance(given, Mapping) else {str(i): v for i, v in enumerate(given, start=1)}
        if set(client) != set(names):
            wanted = ", ".join(f"${n}" for n in names) or "none"
            raise InvalidSql(f"The parameters do not fit the statement, which takes: {wanted}.", ReasonCode.PARAMETERS)
        values: list[Any] = []
        for slot in plan.slots:
            if slot.kind is SlotKind.CLIENT:
                values.append(client[slot.name])
            elif slot.kind is SlotKind.SECRET:
                values.append(self._secrets[slot.name])
            else:
                attribute = caller_attribute(caller, slot.name)
                values.append(
                    attribute[slot.item] if isinstance(attribute, tuple) and slot.item is not None else attribute
                )
        return values

    async def _told(self, plan: Plan, timeout_s: float) -> Described:
        if plan.virtual is not None:
            return plan.virtual.described
        return await self._warehouses[plan.warehouse].describe(plan.sql, timeout_s, plan.query.catalog_version)

    async def _result(self, life: Life, parameters: list[Any], session: Session) -> Result:
        """The rows of a plan, from its warehouse or from the virtual catalog."""
        plan, warehouse, timeout_s = life.plan, self._warehouses[life.plan.warehouse], life.ticket.timeout_s
        if plan.virtual is None:
            return await warehouse.execute(plan.sql, parameters, timeout_s, plan.query.catalog_version)
        catalog = await warehouse.catalog()
        view = self._policy.view(life.caller, catalog)
        async with self._limits.turn(life.caller):
            return await self._introspection.execute(plan, catalog, view, life.caller, session, parameters, timeout_s)

    async def _execute(self, life: Life, parameters: list[Any], request: Request) -> Answer:
        plan = life.plan
        try:
            result = await self._result(life, parameters, request.session)
            life.source = result.batches
            schema = _renamed(result.schema, plan.renames)
            life.scan = Unscanned() if plan.virtual is not None else self._scanner.start(plan, schema)
        except BaseException as error:
            await life.end(outcome_of(error), error)
            raise
        batches = released(life, result.batches, life.scan, schema, request.max_rows)
        await anext(batches)
        return Answer(life.entry.decision_id, plan, schema, batches, life.tally)

    @asynccontextmanager
    async def _failures(self, kind: str, body: Mapping[str, Json]) -> AsyncIterator[None]:
        """A failure outside of a query is an event of its own, whose id goes to the caller."""
        try:
            yield
        except Exception as error:
            reasons: list[Json] = [r.code.value for r in error.reasons] if isinstance(error, GatewayError) else []
            fields: dict[str, Json] = {
                **body,
                "reasons": reasons,
                "error": type(error).__name__,
                "at": int(time.time()),
            }
            with durable(None):
                event_id = await self._audit.event(kind, fields)
            mark(error, event_id)
            raise


def visible(catalog: Catalog, view: AccessView) -> Catalog:
    """The catalog cut to what a view shows. Statements are read against it, so that what is hidden cannot be told from
    what does not exist: not by a refusal, not by which name wins, not by what a plan says."""
    tables = {
        key: replace(table, columns=tuple(c.column for c in view.tables[table.id].columns))
        for key, table in catalog.tables.items()
        if table.id in view.tables
    }
    return replace(catalog, tables=tables, view=view.key)


def caller_attribute(caller: Caller, name: str) -> Any:
    """An attribute that a filter may bind; `sub`, `email`, `issuer` and `app` are always at hand where the token has
    them, and may not be redefined by a claim map."""
    own = {"sub": caller.subject, "issuer": caller.issuer, "email": caller.email, "app": caller.app}
    return own[name] if name in own else caller.attributes.get(name)


def _acted_for(user: Caller, app: Caller) -> Caller:
    """The user, with the app as the one who acts. Both tokens must hold, and one app alone can narrow."""
    if user.app not in (None, app.app):
        text = f"The user's token was issued to another app than {app.app}. Have one issued to that app."
        raise Unauthenticated(text, ReasonCode.TOKEN_CLAIMS)
    chain = (Actor(app.subject, app.issuer), *user.act)
    return replace(user, app=app.app, expires_at=min(user.expires_at, app.expires_at), act=chain)


def _client_parameters(plan: Plan, told: Described) -> tuple[pa.Field[Any] | None, ...]:
    """What the client binds, from what the warehouse is bound: the first place of a parameter whose type is known."""
    known: dict[str, pa.Field[Any]] = {}
    for slot, taken in zip(plan.slots, told.parameters, strict=True):
        if slot.kind is SlotKind.CLIENT and taken is not None:
            known.setdefault(slot.name, taken)
    return tuple(known.get(name) for name in plan.query.parameters)


def _searched(catalog: Catalog, path: tuple[str, ...]) -> tuple[str, ...]:
    """The schemas of a search path that are there, however they are spelt: no name is found in the others, and those
    who read keep a catalog for each path."""
    there = {schema.lower() for schema, _ in catalog.tables}
    return tuple(schema for schema in path if schema.lower() in there)


def _places(plan: Plan) -> int:
    """How many short statements a plan takes the place of."""
    return 1 + len(plan.query.sql) // PLACE


def _shown(plan: Plan) -> tuple[object, ...]:
    """All of a plan that decides what its rows show: what runs, what the scan reads them for, and the view that an
    answer about the catalog is made of."""
    view = plan.decision.view if plan.virtual is not None else None
    return plan.sql, plan.slots, plan.renames, plan.results, plan.decision.subjects, view


def _renamed(schema: pa.Schema, renames: Mapping[str, str]) -> pa.Schema:
    return pa.schema([f.with_name(renames.get(f.name, f.name)) for f in schema])


def _plan_body(decision_id: str, caller: Caller, context: Context, plan: Plan) -> dict[str, Json]:
    return {
        "decision_id": decision_id,
        "subject": caller.subject,
        "issuer": caller.issuer,
        "door": context.door,
        "warehouse": plan.warehouse,
        "fingerprint": plan.query.fingerprint,
        "policy": plan.decision.policy,
    }
