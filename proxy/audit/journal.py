"""The one thread that writes a chain: group commit, failure, recovery.

Rule kept here: durable or an error, nothing between. Records that wait while one fsync runs share the next one. After
any failed write or fsync everything that waits and everything that comes is refused, until the log has been read back
from its sink, found to hold all that was ever acknowledged as durable, and a new file has been begun (its first record,
durable, is the proof that writing works again). The file that failed is not written again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from proxy.audit.record import FORMAT, Chain, canonical, new_id, utc
from proxy.audit.settings import Settings
from proxy.errors import AuditError
from proxy.values import Json, ReasonCode, Record

_LOG = logging.getLogger("usher.audit")
_MOST = 2_000
_CLOSING = ("outcome", "refused")


class Damaged(Exception):
    """What the sink holds is not what this program wrote: it must not be continued."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A line that was cut off at the end of a file: its length in bytes, and the SHA-256 of those bytes."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a chain ends, as its last file says. `open` are decisions without an outcome, oldest first; `hashes` the
    hash of each sequence in the last file and of the one before it."""

    writer: str
    sequence: int
    hash: str
    segment: str
    open: tuple[str, ...]
    hashes: Mapping[int, str]
    fragment: Fragment | None = None

    @classmethod
    def of(cls, records: Iterable[Record], segment: str, fragment: Fragment | None) -> Tail:
        """The tail that the records of the last file (the first is its `segment` record) add up to."""
        writer, hashes, last = "", {0: ""}, 0
        waiting: dict[str, None] = {}
        for record in records:
            decision = record.body.get("decision_id")
            if record.kind == "segment":
                names = record.body.get("open")
                writer = str(record.body.get("writer", ""))
                waiting = dict.fromkeys(str(name) for name in names) if isinstance(names, list) else {}
                hashes = {record.sequence - 1: record.previous}
            elif record.kind == "decision":
                waiting[str(decision)] = None
            elif record.kind in _CLOSING:
                waiting.pop(str(decision), None)
            last = record.sequence
            hashes[last] = record.hash
        if not writer:
            raise Damaged(f"{segment} does not begin with a segment record")
        return cls(writer, last, hashes[last], segment, tuple(waiting), hashes, fragment)


class Sink(Protocol):
    """Where lines are kept. Every method may raise `OSError`."""

    def resume(self) -> Tail | None:
        """Where the chain ends, read back from the sink; None where there is none. Raises `Damaged`."""

    def full(self) -> bool:
        """Whether a new segment should be begun."""

    def begin(self, sequence: int, line: bytes) -> None:
        """Begin a segment with its first record, durable on return; a failure leaves the log as it was."""

    def write(self, data: bytes) -> None:
        """Append whole lines; on return they survive the end of this process."""

    def sync(self) -> None:
        """Everything written is durable on return."""

    def read(self, after: int, limit: int, filters: Mapping[str, str]) -> Sequence[Record]:
        """Records with a sequence above `after`, oldest first."""

    def close(self) -> None:
        """Let go of the sink."""


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A record on its way. `durable` ones are acknowledged after fsync, others once the sink has taken them."""

    kind: str
    body: bytes
    time: str
    durable: bool
    decision_id: str | None = None
    event_id: str = field(default_factory=new_id)


def refusal(detail: str) -> AuditError:
    """The error of a record that could not be written."""
    return AuditError(detail, ReasonCode.AUDIT_DOWN)


class Journal:
    """A chain's writer. `acknowledge(records, problem)` is called from its thread, once for each submitted record:
    `problem` is None where they are recorded, and says why not otherwise."""

    def __init__(
        self, sink: Sink, settings: Settings, acknowledge: Callable[[Sequence[Pending], str | None], None]
    ) -> None:
        self._sink = sink
        self._settings = settings
        self._acknowledge = acknowledge
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="usher-audit", daemon=True)
        # Shared, under the lock:
        self._waiting: deque[Pending] = deque()
        self._held: dict[str, Pending] = {}
        self._open: dict[str, None] = {}
        self._failure: str | None = None
        self._ended = True
        self._stopping = False
        self._busy_since: float | None = None
        # The thread's own:
        self._chain = Chain()
        self._writer = ""
        self._durable = (0, "")
        self._lost_sync = False
        self._unsynced_since: float | None = None
        self._next_probe = 0.0
        self._in_hand: list[Pending] = []

    # ----------------------------------------------------------------------------------------- from other threads
    def start(self) -> tuple[str, ...]:
        """Continue the chain, or begin it, and start the thread; answers the decisions that an earlier process left
        without an outcome. Raises `OSError` and `Damaged`."""
        tail = self._sink.resume()
        if tail is None:
            self._writer = new_id()
            self._begin("genesis", None)
        else:
            self._continue(tail)
            if tail.fragment is not None:
                self._begin("recovery", tail)
        self._durable = (self._chain.sequence, self._chain.previous)
        self._ended = False
        self._thread.start()
        return tail.open if tail is not None else ()

    def submit(self, record: Pending) -> None:
        """Hand a record over to be written. Raises `AuditError` at once where that cannot work now."""
        with self._changed:
            problem = self._problem()
            if problem is None and len(self._waiting) >= self._settings.queue and record.kind not in _CLOSING:
                problem = "Too many audit records wait to be written; try again later."
            if problem is not None:
                raise refusal(problem)
            self._waiting.append(record)
            self._changed.notify()

    def hold(self, record: Pending) -> None:
        """Keep the closing record of a decision, which could not be written, until the log can be written again. A
        later one for the same decision takes its place."""
        with self._changed:
            if self._failure is None and not self._ended:  # it works again already
                self._waiting.append(record)
                self._changed.notify()
            elif record.decision_id is None or self._ended or len(self._held) >= self._settings.queue:
                _LOG.error("a closing record could not be kept; its decision will be closed as abandoned")
            else:
                self._held[record.decision_id] = record

    def writable(self) -> bool:
        """Whether a record that is submitted now can be expected to be written."""
        with self._changed:
            return self._problem() is None

    def open_decisions(self) -> tuple[str, ...]:
        """Decisions that are recorded and have no outcome yet, oldest first."""
        with self._changed:
            return tuple(self._open)

    def stop(self) -> None:
        """Write what waits, end the thread and let go of the sink."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(self._settings.commit_timeout_s)
        if not self._thread.is_alive():
            self._sink.close()

    def _problem(self) -> str | None:
        if self._ended or self._stopping:
            return "The audit log is not open; try again once the gateway has started."
        if self._failure is not None:
            return f"The audit log cannot be written ({self._failure}), so nothing is run; try again later."
        busy = self._busy_since
        if busy is not None and time.monotonic() - busy > self._settings.commit_timeout_s:
            return "The audit log does not answer, so nothing is run; try again later."
        return None

    # ------------------------------------------------------------------------------------------------- the thread
    def _run(self) -> None:
        try:
            while (batch := self._next()) is not None:
                self._turn(batch)
        finally:  # also when this thread dies of a mistake in it: then nothing is recorded, and nothing is run
            with self._changed:
                self._ended = True
                left = self._in_hand + list(self._waiting)
                self._waiting.clear()
            if left:
                self._acknowledge(left, "The audit log has ended, so nothing is run.")

    def _next(self) -> list[Pending] | None:
        """The records that wait by now; an empty list when it is time to sync or to probe; None at the end."""
        with self._changed:
            self._busy_since = None
            while not self._waiting and not self._stopping:
                pause = self._pause()
                if pause is not None and pause <= 0:
                    break
                self._changed.wait(pause)
            if not self._waiting and self._stopping and self._unsynced_since is None:
                return None
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST))]
            self._busy_since = time.monotonic()
            return batch

    def _pause(self) -> float | None:
        """Seconds until the thread has something to do without being asked."""
        if self._failure is not None:
            return self._next_probe - time.monotonic()
        if self._unsynced_since is not None:
            return self._unsynced_since + self._settings.sync_interval_s - time.monotonic()
        return None

    def _turn(self, batch: list[Pending]) -> None:
        self._in_hand = batch
        try:
            if self._failure is not None:
                self._recover()
            else:
                self._commit()
                self._sync()
        except Damaged as error:
            self._fail(str(error))
        except OSError as error:
            self._fail(error.strerror or type(error).__name__)

    def _commit(self) -> None:
        """Write what is in hand, and acknowledge what need not be durable."""
        if self._in_hand and self._sink.full():
            self._make_durable()
            self._begin("rotation", None)
        self._write(self._in_hand)
        taken = [record for record in self._in_hand if not record.durable]
        self._in_hand = [record for record in self._in_hand if record.durable]
        if taken:
            self._acknowledge(taken, None)

    def _write(self, batch: Iterable[Pending]) -> None:
        """Chain and write records, but no second outcome of a decision."""
        lines: list[bytes] = []
        closed: list[str] = []
        still_open = dict(self._open)
        for record in batch:
            decision = record.decision_id
            if decision is not None:
                if record.kind == "outcome" and decision not in still_open:
                    continue
                if record.kind == "decision":
                    still_open[decision] = None
                elif record.kind in _CLOSING:
                    still_open.pop(decision, None)
                    closed.append(decision)
            lines.append(self._chain.seal(record.event_id, record.time, record.kind, record.body))
        if lines:
            self._unsynced_since = self._unsynced_since or time.monotonic()
            self._sink.write(b"\n".join(lines) + b"\n")
        with self._changed:
            self._open = still_open
            for decision in closed:
                self._held.pop(decision, None)

    def _sync(self) -> None:
        """One fsync for all in hand, or because what was written before has waited long enough; then acknowledge."""
        since = self._unsynced_since
        overdue = since is not None and time.monotonic() - since >= self._settings.sync_interval_s
        if self._in_hand or overdue or self._stopping:
            self._make_durable()
        done, self._in_hand = self._in_hand, []
        if done:
            self._acknowledge(done, None)

    def _make_durable(self) -> None:
        self._lost_sync = True  # until it has worked: after a failed fsync nobody knows what is on the disk
        self._sink.sync()
        self._lost_sync = False
        self._unsynced_since = None
        self._durable = (self._chain.sequence, self._chain.previous)

    # ---------------------------------------------------------------------------------------- failure and recovery
    def _fail(self, reason: str) -> None:
        with self._changed:
            told, self._failure = self._failure, reason
            left, self._in_hand = self._in_hand + list(self._waiting), []
            self._waiting.clear()
            self._unsynced_since = None
            self._next_probe = time.monotonic() + self._settings.probe_interval_s
        if told != reason:
            _LOG.error("the audit log cannot be written, every query is refused: %s", reason)
        for record in left:
            if record.kind in _CLOSING:
                self.hold(record)
        if left:
            self._acknowledge(left, f"The audit log cannot be written ({reason}), so nothing is run; try again later.")

    def _recover(self) -> None:
        """Read the chain back, begin a new file, write what was held. Raises `OSError` and `Damaged`."""
        if self._stopping:
            return
        tail = self._sink.resume()
        sequence, known = self._durable
        if tail is None or tail.sequence < sequence or tail.hashes.get(sequence, known) != known:
            raise Damaged("records that were durable are missing from it; put its files back")
        self._continue(tail)
        self._begin("recovery", tail)
        with self._changed:
            held = list(self._held.values())
        self._write(held)
        self._make_durable()
        with self._changed:
            self._failure = None
            for record in held:
                self._held.pop(record.decision_id or "", None)
        _LOG.warning("the audit log can be written again")

    def _continue(self, tail: Tail) -> None:
        self._writer = tail.writer
        self._chain = Chain(tail.sequence, tail.hash)
        with self._changed:
            self._open = dict.fromkeys(tail.open)

    def _begin(self, cause: str, tail: Tail | None) -> None:
        """Begin a segment; its first record says how the one before it ended."""
        fragment = tail.fragment if tail is not None else None
        sequence = self._durable[0]
        unsure = self._lost_sync and self._chain.sequence > sequence
        body: dict[str, Json] = {
            "cause": cause,
            "format": FORMAT,
            "fragment": None if fragment is None else {"bytes": fragment.size, "sha256": fragment.sha256},
            "name": self._settings.writer,
            "open": list(self._open),
            "unsynced_from": sequence + 1 if unsure else None,
            "writer": self._writer,
        }
        line = self._chain.seal(new_id(), utc(time.time()), "segment", canonical(body))
        self._sink.begin(self._chain.sequence, line)
        self._lost_sync = False
        self._unsynced_since = None
        self._durable = (self._chain.sequence, self._chain.previous)
