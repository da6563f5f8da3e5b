"""One query's life, from its decision record to its outcome record.

Rule kept here: whatever happens after a decision record is written ends in an outcome record, whichever way the query
ends; what it held is given back once, after the warehouse has let go of it. Records are written behind a shield that a
cancelled caller cannot break.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import anyio
import pyarrow as pa

from proxy.errors import AuditError, GatewayError
from proxy.ports import Entry, Scan, Ticket
from proxy.values import Caller, Outcome, Plan, ReasonCode, ScanReport

DECISION_NOTE = "usher decision "
RECORD_TIMEOUT_S = 30.0
"""How long one audit record may take before it counts as not written."""
STOP_TIMEOUT_S = 10.0
"""How long a warehouse may take to stop a query nobody waits for any more."""


_NOTHING = pa.RecordBatch.from_arrays([], schema=pa.schema([]))


@dataclass(slots=True)
class Tally:
    """What had left when the answer ended; the only thing here that changes, while the batches are taken."""

    rows: int = 0
    size: int = 0
    truncated: bool = False
    report: ScanReport | None = None


@dataclass(slots=True)
class Progress:
    """How far a query came, for the record of its refusal; `recorded` once an outcome record is the one to write."""

    plan: Plan | None = None
    recorded: bool = False


@dataclass(slots=True)
class Life:
    """What one admitted query holds, and must give back once, whichever way it ends."""

    entry: Entry
    plan: Plan
    caller: Caller
    ticket: Ticket
    source: AsyncIterator[pa.RecordBatch] | None = None
    scan: Scan | None = None
    tally: Tally = field(default_factory=Tally)

    async def end(self, outcome: Outcome, error: BaseException | None) -> None:
        """Stop the warehouse, write the outcome record, give the place back: in this order, so that work nobody waits
        for still counts, and each whatever becomes of the one before. Raises `AuditError`."""
        if error is not None:
            mark(error, self.entry.decision_id)
        try:
            try:
                if self.scan is not None and self.tally.report is None:
                    self.tally.report = self.scan.report()
                await _stopped(self.source)
            except BaseException as failure:
                mark(failure, self.entry.decision_id)
                raise
            finally:
                tally = self.tally
                with durable(self.entry.decision_id):
                    await self.entry.closed(outcome, tally.rows, tally.size, tally.report, error)
        finally:
            _give_back(self.ticket, error, self.source)


@dataclass(slots=True)
class Unscanned:
    """The scan of an answer about the catalog: it holds names that the caller may see, and no data."""

    cells: int = 0

    async def scan(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch as it is, counted."""
        self.cells += batch.num_rows * batch.num_columns
        return batch

    def report(self) -> ScanReport:
        """Nothing was read."""
        return ScanReport("off", 0, {"catalog": self.cells}, ())


async def released(
    life: Life, source: AsyncIterator[pa.RecordBatch], scan: Scan, schema: pa.Schema, max_rows: int | None
) -> AsyncGenerator[pa.RecordBatch, None]:
    """Batches as they may leave: cut, scanned, counted; the outcome is recorded before the last one ends.

    The first, empty one is taken by the gateway itself: a generator that was never started would not see its end."""
    tally = life.tally
    outcome, cause = Outcome.COMPLETED, None
    try:
        yield _NOTHING
        async for raw in source:
            batch = pa.RecordBatch.from_arrays(raw.columns, schema=schema)
            if max_rows is not None and tally.rows + batch.num_rows > max_rows:
                batch = _cut(batch, max_rows - tally.rows)
                tally.truncated = True
            released = await scan.scan(batch)
            life.ticket.take(released.num_rows, released.nbytes)
            tally.rows += released.num_rows
            tally.size += released.nbytes
            yield released
            if tally.truncated:
                outcome = Outcome.TRUNCATED
                break
        tally.report = scan.report()
    except BaseException as error:
        outcome, cause = outcome_of(error), error
        raise
    finally:
        await life.end(outcome, cause)


def _cut(batch: pa.RecordBatch, rows: int) -> pa.RecordBatch:
    """The first rows, in memory of their own: a slice would take the others along, unread by the scan, in the padding
    of Arrow's buffers."""
    return batch.take(pa.array(range(rows), pa.int64()))


@asynccontextmanager
async def refusals(entry: Entry) -> AsyncIterator[Progress]:
    """Whatever ends a query before it ran is recorded, and carries the decision id to the caller."""
    progress = Progress()
    try:
        yield progress
    except BaseException as error:
        mark(error, entry.decision_id)
        if not progress.recorded:
            with durable(entry.decision_id):
                await entry.refused(error, progress.plan)
        raise


@contextmanager
def durable(decision_id: str | None) -> Iterator[None]:
    """A record is being written: no hang-up stops it, and one that takes too long was not written (`AuditError`)."""
    try:
        with anyio.fail_after(RECORD_TIMEOUT_S, shield=True):
            yield
    except TimeoutError as error:
        failure = AuditError("The audit log did not answer in time. Try again later.", ReasonCode.AUDIT_DOWN)
        failure.decision_id = decision_id
        raise failure from error
    except AuditError as error:
        error.decision_id = decision_id
        raise


def _give_back(ticket: Ticket, error: BaseException | None, source: object) -> None:
    """The place of a query is free once the warehouse has let go of it: one that cannot be stopped still counts, so
    that nobody fills the warehouse by giving up."""
    for holder in (error, source):
        lingering = getattr(holder, "lingering", None)
        if lingering is not None and not lingering.done():
            lingering.add_done_callback(lambda _: ticket.close())
            return
    ticket.close()


async def _stopped(source: AsyncIterator[pa.RecordBatch] | None) -> None:
    close = getattr(source, "aclose", None)
    if close is not None:
        with anyio.move_on_after(STOP_TIMEOUT_S, shield=True):
            await close()


def outcome_of(error: BaseException) -> Outcome:
    """How a query ended that an error ended."""
    return Outcome.FAILED if isinstance(error, Exception) else Outcome.ABANDONED


def mark(error: BaseException, decision_id: str) -> None:
    """Ties an error to its record. On foreign errors it is a note, which the operator's traceback shows as well."""
    if isinstance(error, GatewayError):
        error.decision_id = decision_id
    else:
        error.add_note(DECISION_NOTE + decision_id)
