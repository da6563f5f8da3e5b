"""The writer's thread by itself, over a sink in memory that can be told to fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from proxy.audit.journal import Damaged, Fragment, Journal, Pending, Tail
from proxy.audit.record import Chain, canonical, parse
from proxy.errors import AuditError
from proxy.values import Json, Record
from tests.audit.samples import settings


class Memory:
    """A sink whose content is a list of segments; `fails` is asked before each step."""

    def __init__(self) -> None:
        self.segments: list[bytearray] = []
        self.steps: list[str] = []
        self.fails: Callable[[str], BaseException | None] = lambda step: None
        self.synced = 0

    def _step(self, name: str) -> None:
        self.steps.append(name)
        error = self.fails(name)
        if error is not None:
            raise error

    def resume(self) -> Tail | None:
        self._step("resume")
        if not self.segments:
            return None
        *whole, rest = bytes(self.segments[-1]).split(b"\n")
        fragment = Fragment(len(rest), "sum") if rest else None
        return Tail.of([parse(line) for line in whole], f"segment {len(self.segments)}", fragment)

    def full(self) -> bool:
        return len(self.segments[-1]) > 5000

    def begin(self, sequence: int, line: bytes) -> None:
        self._step("begin")
        self.segments.append(bytearray(line + b"\n"))

    def write(self, data: bytes) -> None:
        self._step("write")
        self.segments[-1].extend(data)

    def sync(self) -> None:
        self._step("sync")
        self.synced = len(self.records())

    def read(self, after: int, limit: int, filters: Mapping[str, str]) -> Sequence[Record]:
        return self.records()

    def close(self) -> None:
        self._step("close")

    def records(self) -> list[Record]:
        return [parse(line) for part in self.segments for line in bytes(part).split(b"\n")[:-1]]


class Waiting:
    """What was acknowledged, and waiting for it."""

    def __init__(self) -> None:
        self.told: list[tuple[Pending, str | None]] = []
        self._changed = threading.Condition()

    def __call__(self, records: Sequence[Pending], problem: str | None) -> None:
        with self._changed:
            self.told += [(record, problem) for record in records]
            self._changed.notify_all()

    def until(self, count: int) -> list[str | None]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.told) >= count, 10)
            return [problem for _, problem in self.told]


def record(kind: str = "plan", decision_id: str | None = None, body: Mapping[str, Json] | None = None) -> Pending:
    fields = {**(body or {}), **({"decision_id": decision_id} if decision_id else {})}
    return Pending(kind, canonical(fields), "time", kind != "outcome", decision_id)


def journal(memory: Memory, waiting: Waiting, tmp_path: Path) -> Journal:
    made = Journal(memory, settings(tmp_path, probe_interval_s=0.02, sync_interval_s=0.05), waiting)
    made.start()
    return made


@pytest.fixture
def memory() -> Memory:
    return Memory()


def test_records_are_chained_and_acknowledged_once(memory: Memory, tmp_path: Path) -> None:
    waiting = Waiting()
    writer = journal(memory, waiting, tmp_path)
    for n in range(100):
        writer.submit(record())
        if n % 20 == 0:
            waiting.until(n + 1)
    assert waiting.until(100) == [None] * 100
    writer.stop()
    chain = Chain()
    for found in memory.records():
        assert (found.sequence, found.previous) == (chain.sequence + 1, chain.previous)
        chain = Chain(found.sequence, found.hash)
    assert len(waiting.told) == 100
    assert len(memory.segments) > 1
    assert memory.steps[-1] == "close"


def test_what_must_be_durable_waits_for_the_sync_and_what_need_not_does_not(memory: Memory, tmp_path: Path) -> None:
    waiting, gate = Waiting(), threading.Event()
    writer = journal(memory, waiting, tmp_path)
    writer.submit(record("decision", "a"))
    waiting.until(1)
    memory.fails = lambda step: None if step != "sync" or gate.wait(10) else OSError("late")
    writer.submit(record("outcome", "a"))
    waiting.until(2)
    writer.submit(record("decision", "b"))
    assert len(waiting.told) == 2
    gate.set()
    assert waiting.until(3) == [None] * 3
    writer.stop()
    assert memory.synced == len(memory.records())


def test_one_outcome_a_decision(memory: Memory, tmp_path: Path) -> None:
    waiting = Waiting()
    writer = journal(memory, waiting, tmp_path)
    for each in (record("decision", "a"), record("outcome", "a"), record("outcome", "a"), record("outcome", "b")):
        writer.submit(each)
    assert waiting.until(4) == [None] * 4
    assert writer.open_decisions() == ()
    writer.stop()
    assert [found.kind for found in memory.records()] == ["segment", "decision", "outcome"]


def test_open_decisions_stand_in_the_next_segment(memory: Memory, tmp_path: Path) -> None:
    waiting = Waiting()
    writer = journal(memory, waiting, tmp_path)
    writer.submit(record("decision", "left", {"x": "y" * 5000}))
    waiting.until(1)
    writer.submit(record("decision", "ended"))
    waiting.until(2)
    writer.submit(record("refused", "ended"))
    waiting.until(3)
    assert writer.open_decisions() == ("left",)
    writer.stop()
    assert memory.records()[2].body["open"] == ["left"]
    again = Waiting()
    second = Journal(memory, settings(tmp_path), again)
    assert second.start() == ("left",)
    second.stop()


@pytest.mark.parametrize("step", ["write", "sync"])
def test_a_failure_refuses_until_a_new_segment_could_be_begun(memory: Memory, tmp_path: Path, step: str) -> None:
    waiting = Waiting()
    writer = journal(memory, waiting, tmp_path)
    memory.fails = lambda name: OSError(5, "Input/output error") if name in (step, "begin") else None
    writer.submit(record())
    (problem,) = waiting.until(1)
    assert problem is not None
    assert "Input/output error" in problem
    with pytest.raises(AuditError, match="Input/output error"):
        writer.submit(record())
    assert not writer.writable()
    tries = memory.steps.count("begin")
    while memory.steps.count("begin") < tries + 3:
        threading.Event().wait(0.01)
    assert not writer.writable()
    memory.fails = lambda name: None
    while not writer.writable():
        threading.Event().wait(0.01)
    writer.submit(record())
    assert waiting.until(2)[1] is None
    writer.stop()
    segment = next(found for found in reversed(memory.records()) if found.kind == "segment")
    assert segment.body["cause"] == "recovery"
    assert (segment.body["unsynced_from"] is not None) == (step == "sync")
    assert [found.sequence for found in memory.records()] == list(range(1, len(memory.records()) + 1))


def test_a_closing_record_that_could_not_be_written_is_written_later(memory: Memory, tmp_path: Path) -> None:
    waiting = Waiting()
    writer = journal(memory, waiting, tmp_path)
    writer.submit(record("decision", "a"))
    waiting.until(1)
    memory.fails = lambda name: OSError(28, "No space left on device") if name in ("write", "begin") else None
    writer.submit(record("outcome", "a", {"rows": 1}))
    waiting.until(2)
    writer.hold(record("outcome", "a", {"rows": 2}))
    memory.fails = lambda name: None
    while not writer.writable():
        threading.Event().wait(0.01)
    writer.hold(record("outcome", "a", {"rows": 3}))
    writer.stop()
    assert [found.body["rows"] for found in memory.records() if found.kind == "outcome"] == [2]


def test_records_that_were_durable_and_are_missing_stop_everything(memory: Memory, tmp_path: Path) -> None:
    waiting = Waiting()
    writer = journal(memory, waiting, tmp_path)
    for n in range(3):
        writer.submit(record())
        waiting.until(n + 1)
    kept = bytes(memory.segments[0])
    memory.segments[0][:] = b"".join(line + b"\n" for line in kept.split(b"\n")[:3])
    memory.fails = lambda name: OSError(5, "Input/output error") if name == "write" else None
    writer.submit(record())
    waiting.until(4)
    memory.fails = lambda name: None
    threading.Event().wait(0.2)
    assert not writer.writable()
    with pytest.raises(AuditError, match="missing"):
        writer.submit(record())
    memory.segments[0][:] = kept
    while not writer.writable():
        threading.Event().wait(0.01)
    writer.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mistake_in_the_thread_ends_it_and_refuses_everything(memory: Memory, tmp_path: Path) -> None:
    waiting = Waiting()
    writer = journal(memory, waiting, tmp_path)
    memory.fails = lambda name: ZeroDivisionError() if name == "write" else None
    writer.submit(record())
    (problem,) = waiting.until(1)
    assert problem is not None
    assert not writer.writable()
    with pytest.raises(AuditError):
        writer.submit(record())
    memory.fails = lambda name: None
    writer.stop()


def test_a_fragment_at_the_start_begins_a_segment_that_tells_of_it(memory: Memory, tmp_path: Path) -> None:
    journal(memory, Waiting(), tmp_path).stop()
    memory.segments[0].extend(b'{"half')
    journal(memory, Waiting(), tmp_path).stop()
    assert len(memory.segments) == 2
    assert json.loads(memory.segments[1])["body"]["fragment"] == {"bytes": 6, "sha256": "sum"}


def test_a_tail_without_its_first_record_is_damaged() -> None:
    line = Chain().seal("id", "time", "plan", b"{}")
    with pytest.raises(Damaged, match="begin"):
        Tail.of([parse(line)], "segment 1", None)
