"""The audit log as the gateway knows it: two records a query, and events.

Rule kept here: a method returns once its record is as safe as it must be, or raises `AuditError`. Decisions, refusals
and events are durable on return; an outcome is with the operating system (it survives the end of this process) and
durable within a second. A query has one decision and one outcome, whatever happens in between and however often it is
closed; an outcome that could not be written is kept, and written first when the log works again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

from cachetools import LRUCache

from proxy import kinds
from proxy.audit import entries
from proxy.audit.journal import Damaged, Journal, Pending, Sink, refusal
from proxy.audit.record import canonical, new_id, utc
from proxy.audit.settings import SINKS, Settings
from proxy.errors import AuditError, ConfigError
from proxy.values import Caller, Context, Json, Outcome, Plan, Record, ScanReport

EVENTS = frozenset(
    {
        "start",
        "stop",
        "login-failed",
        "act-refused",
        "catalog-refused",
        "plan",
        "policy-load",
        "settings-change",
        "audit-read",
        "classify",
    }
)
"""The kinds of records that are about no query (`plan` is about one that does not run)."""

_LOG = logging.getLogger("usher.audit")
_PLANS = 1024
_SILENT = "The audit log does not answer, so nothing is run; try again later."
_NOT_OPEN = "The audit log is not open; try again once the gateway has started."
_NOT_MADE = "The audit record could not be made, so nothing is run."


class Log:
    """One chain of audit records, written by this process alone. Belongs to the event loop that starts it."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._sink: Sink | None = None
        self._journal: Journal | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiters: dict[str, asyncio.Future[None]] = {}
        self._plans: LRUCache[int, tuple[Plan, dict[str, Json]]] = LRUCache(_PLANS)

    # --------------------------------------------------------------------------------------------------- life
    async def start(self) -> None:
        """Continue the chain, close what an earlier process left open, record the start. Raises `ConfigError`."""
        self._loop = asyncio.get_running_loop()
        left = await asyncio.to_thread(self._begin)
        try:
            async with asyncio.TaskGroup() as group:
                for decision_id in left:
                    body = entries.abandoned(decision_id, recovered=True)
                    group.create_task(self._append("outcome", body, decision_id))
                group.create_task(self._append("start", self._start_body(len(left))))
        except* AuditError as errors:
            await self._end()
            raise ConfigError([f"audit: {error}" for error in errors.exceptions]) from errors

    async def close(self) -> None:
        """Close what is open as abandoned, record the stop, let go of the log. Never raises `AuditError`: what cannot
        be written any more is closed at the next start."""
        journal = self._journal
        if journal is None:
            return
        try:
            async with asyncio.TaskGroup() as group:
                for decision_id in journal.open_decisions():
                    body = entries.abandoned(decision_id, recovered=False)
                    group.create_task(self._append("outcome", body, decision_id))
                group.create_task(self._append("stop", {"process": os.getpid()}))
        except* AuditError:
            _LOG.error("the audit log was closed without a stop record")
        await self._end()

    # -------------------------------------------------------------------------------------------- the gateway's port
    def open(self, caller: Caller, context: Context, warehouse: str) -> QueryEntry:
        """Begin a query's records: allots the decision id. Writes nothing yet."""
        return QueryEntry(self, caller, context, warehouse)

    async def event(self, kind: str, body: Mapping[str, Json]) -> str:
        """Record what is no query; durable on return; answers the event id. Raises `AuditError`."""
        if kind not in EVENTS:
            raise refusal(f"There is no audit event of that kind; there are: {', '.join(sorted(EVENTS))}.")
        return await self._append(kind, body)

    async def read(self, after: int, limit: int, filters: Mapping[str, str]) -> Sequence[Record]:
        """Records with a sequence above `after`, oldest first, at most `limit`. Raises `InvalidSql` for an unknown
        filter, `AuditError` where the log cannot be read."""
        if self._sink is None:
            raise refusal(_NOT_OPEN)
        return await asyncio.to_thread(self._sink.read, after, limit, filters)

    def writable(self) -> bool:
        """Whether the last write worked, and the log answers."""
        return self._journal is not None and self._journal.writable()

    # -------------------------------------------------------------------------------------------------- records
    async def _append(self, kind: str, body: Mapping[str, Json], decision_id: str | None = None) -> str:
        record = self.record(kind, body, decision_id)
        await self.written(record, self.submit(record))
        return record.event_id

    def record(self, kind: str, body: Mapping[str, Json], decision_id: str | None) -> Pending:
        """A record ready to be handed over. Raises `AuditError` where the body cannot be recorded."""
        try:
            data = canonical(dict(body))
        except (TypeError, ValueError, RecursionError) as error:
            raise refusal(_NOT_MADE) from error
        return Pending(kind, data, utc(self._clock()), kind != "outcome", decision_id)

    def submit(self, record: Pending) -> asyncio.Future[None]:
        """Hand a record over to be written; the future ends when it is as safe as it must be. Raises `AuditError`."""
        if self._journal is None or self._loop is None:
            raise refusal(_NOT_OPEN)
        waiter = self._loop.create_future()
        self._waiters[record.event_id] = waiter
        try:
            self._journal.submit(record)
        except AuditError:
            del self._waiters[record.event_id]
            raise
        return waiter

    def planned(self, plan: Plan) -> Mapping[str, Json]:
        """What a plan adds to a record. Plans are shared by many queries, so it is kept by the plan's identity (and
        with the plan, so that no other can take its identity)."""
        kept = self._plans.get(id(plan))
        if kept is None:
            kept = self._plans[id(plan)] = (plan, entries.of_plan(plan))
        return kept[1]

    async def written(self, record: Pending, waiter: asyncio.Future[None]) -> None:
        """Wait for a record that was handed over. Raises `AuditError`."""
        try:
            async with asyncio.timeout(self._settings.commit_timeout_s):
                await waiter
        except TimeoutError as error:
            raise refusal(_SILENT) from error
        finally:
            self._waiters.pop(record.event_id, None)

    def hold(self, record: Pending) -> None:
        """Keep a closing record that could not be handed over until the log can be written again."""
        if self._journal is not None:
            self._journal.hold(record)

    # --------------------------------------------------------------------------------------------------- inside
    def _begin(self) -> tuple[str, ...]:
        sink_settings = self._settings.sinks[0]
        kind = kinds.load(SINKS, getattr(sink_settings, "kind", ""))
        sink: Sink = kind.open(sink_settings, self._settings.writer)
        journal = Journal(sink, self._settings, self._acknowledge)
        try:
            left = journal.start()
        except Damaged as error:
            sink.close()
            advice = "see what: usher audit verify; keep that folder as evidence and name another one"
            raise ConfigError([f"audit: the log cannot be continued: {error}; {advice}"]) from error
        except OSError as error:
            sink.close()
            raise ConfigError([f"audit: the log cannot be written: {error.strerror or 'unknown error'}"]) from error
        self._sink, self._journal = sink, journal
        return left

    async def _end(self) -> None:
        journal, self._journal, self._sink = self._journal, None, None
        if journal is not None:
            await asyncio.to_thread(journal.stop)

    def _start_body(self, recovered: int) -> dict[str, Json]:
        return {
            "process": os.getpid(),
            "recovered": recovered,
            "version": version("sqlusher"),
            "writer": self._settings.writer,
        }

    def _acknowledge(self, records: Sequence[Pending], problem: str | None) -> None:
        """From the writer's thread: tell the event loop. A loop that has ended has nobody waiting in it."""
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(self._settle, records, problem)
            except RuntimeError:
                _LOG.info("records were written after the event loop had ended")

    def _settle(self, records: Sequence[Pending], problem: str | None) -> None:
        for record in records:
            waiter = self._waiters.get(record.event_id)
            if waiter is not None and not waiter.done():
                if problem is None:
                    waiter.set_result(None)
                else:
                    waiter.set_exception(refusal(problem))


class QueryEntry:
    """The records of one query: a refusal, or a decision and its outcome. Each is written once."""

    def __init__(self, log: Log, caller: Caller, context: Context, warehouse: str) -> None:
        self.decision_id = new_id()
        self._log = log
        self._caller = caller
        self._context = context
        self._warehouse = warehouse
        self._began = time.monotonic()
        self._plan: Plan | None = None
        self._attempted = False
        self._done = False

    async def planned(self, plan: Plan) -> None:
        """Write the decision record; durable on return. Raises `AuditError`."""
        if self._attempted or self._done:
            raise self._named(refusal("A query has one decision record, and this one has it already."))
        self._plan = plan
        who = (self.decision_id, self._caller, self._context, self._warehouse)
        await self._write("decision", lambda: entries.decision(*who, self._log.planned(plan)))

    async def refused(self, error: BaseException, plan: Plan | None) -> None:
        """Write the record of a refusal before anything ran; durable on return. Does nothing once there is an outcome.
        Raises `AuditError`, but not where a hang-up is being recorded: nobody is there to be refused."""
        who = (self.decision_id, self._caller, self._context, self._warehouse)
        known = plan or self._plan
        await self._close(
            "refused",
            error,
            lambda: entries.refused(*who, self._log.planned(known) if known is not None else {}, error),
        )

    async def closed(
        self, outcome: Outcome, rows: int, size: int, report: ScanReport | None, error: BaseException | None
    ) -> None:
        """Write the outcome record; it survives the end of this process on return. Does nothing once there is one.
        Raises `AuditError` as `refused` does."""
        if not self._attempted and not self._done:
            raise self._named(refusal("A query without a decision record has no outcome."))
        took = (time.monotonic() - self._began) * 1000
        facts = (outcome, rows, size, report, error, took, self._plan)
        await self._close("outcome", error, lambda: entries.outcome(self.decision_id, self._caller, *facts))

    async def _close(self, kind: str, error: BaseException | None, body: Callable[[], dict[str, Json]]) -> None:
        if self._done:
            return
        try:
            await self._write(kind, body)
        except AuditError:
            if error is None or isinstance(error, Exception):
                raise
            _LOG.error("the end of a query that was hung up could not be recorded yet")
        self._done = True

    async def _write(self, kind: str, body: Callable[[], dict[str, Json]]) -> None:
        try:
            record = self._log.record(kind, body(), self.decision_id)
            waiter = self._handed_over(record)
            await self._log.written(record, waiter)
        except AuditError as error:
            error.decision_id = self.decision_id
            raise
        except Exception as error:  # the audit entry: whatever went wrong, there is no record, so there are no rows
            raise self._named(refusal(_NOT_MADE)) from error

    def _handed_over(self, record: Pending) -> asyncio.Future[None]:
        """Hand a record over. The closing record of a decision that may be in the log is kept where that fails."""
        try:
            waiter = self._log.submit(record)
        except AuditError:
            if self._attempted:
                self._log.hold(record)
            raise
        self._attempted = True
        return waiter

    def _named(self, error: AuditError) -> AuditError:
        error.decision_id = self.decision_id
        return error
