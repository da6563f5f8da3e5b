"""The log as the gateway uses it: durable or refused, two records a query, and nothing lost whatever happens."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from proxy.audit.log import EVENTS, Log
from proxy.audit.verify import verify
from proxy.errors import AuditError, ConfigError, Denied, InvalidSql
from proxy.values import Context, Outcome, ReasonCode
from tests.audit.samples import (
    CALLER,
    CONTEXT,
    bodies,
    files,
    kinds_of,
    lines,
    plan,
    query,
    settings,
    written,
)

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def opened(folder: Path, **options: Any) -> AsyncIterator[Log]:
    log = Log(settings(folder, **options))
    await log.start()
    try:
        yield log
    finally:
        await log.close()


async def until(condition: Any) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come to pass in ten seconds")


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, name: str, code: int = errno.EIO) -> Iterator[Counter[str]]:
    """os.fsync or os.write fails, as a broken disk makes it fail."""
    calls: Counter[str] = Counter()

    def fail(file: int, *rest: Any) -> int:
        calls[name] += 1
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, name, fail)
        yield calls


# ------------------------------------------------------------------------------------------------------- two records
async def test_a_query_has_two_records_joined_by_its_id(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        decision_id = await query(log)
    assert kinds_of(tmp_path) == ["segment", "start", "decision", "outcome", "stop"]
    assert bodies(tmp_path, "decision")[0]["decision_id"] == decision_id
    assert bodies(tmp_path, "outcome")[0]["decision_id"] == decision_id
    assert decision_id[14] == "7", "a UUIDv7"
    assert verify(tmp_path).intact


async def test_the_decision_is_on_disk_before_planned_returns(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        assert kinds_of(tmp_path)[-1] == "start", "opening writes nothing"
        await entry.planned(plan())
        assert bodies(tmp_path, "decision")[0]["decision_id"] == entry.decision_id


async def test_a_refusal_is_one_record(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        await entry.refused(Denied("no", ReasonCode.NO_GRANT), None)
        await entry.refused(Denied("no", ReasonCode.NO_GRANT), None)
        await entry.closed(Outcome.FAILED, 0, 0, None, None)
    assert Counter(kinds_of(tmp_path))["refused"] == 1
    assert "outcome" not in kinds_of(tmp_path)


async def test_closing_twice_writes_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        await entry.planned(plan())
        await entry.closed(Outcome.COMPLETED, 3, 9, None, None)
        await entry.closed(Outcome.FAILED, 0, 0, None, ValueError())
        await entry.refused(ValueError(), None)
    assert [body["outcome"] for body in bodies(tmp_path, "outcome")] == ["completed"]
    assert "refused" not in kinds_of(tmp_path)


async def test_closing_twice_at_once_writes_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        await entry.planned(plan())
        await asyncio.gather(*(entry.closed(Outcome.COMPLETED, n, 9, None, None) for n in range(10)))
    assert len(bodies(tmp_path, "outcome")) == 1


async def test_a_second_decision_and_an_outcome_without_one_are_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        with pytest.raises(AuditError, match="no outcome") as caught:
            await entry.closed(Outcome.COMPLETED, 0, 0, None, None)
        assert caught.value.decision_id == entry.decision_id
        await entry.planned(plan())
        with pytest.raises(AuditError, match="has it already"):
            await entry.planned(plan())
    assert Counter(kinds_of(tmp_path))["decision"] == 1


async def test_events_are_recorded_and_answer_their_id(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        ids = {kind: await log.event(kind, {"x": kind}) for kind in sorted(EVENTS)}
        with pytest.raises(AuditError, match="no audit event"):
            await log.event("decision", {})
        with pytest.raises(AuditError, match="could not be made"):
            await log.event("plan", {"x": object()})  # type: ignore[dict-item]
    found = {json.loads(line)["event_id"]: json.loads(line)["kind"] for line in lines(tmp_path)}
    assert all(found[event_id] == kind for kind, event_id in ids.items())


async def test_a_plan_that_cannot_be_recorded_is_refused(tmp_path: Path) -> None:
    """No record, no rows: also where the record cannot even be made."""
    async with opened(tmp_path) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        with pytest.raises(AuditError, match="could not be made") as caught:
            await entry.planned(object())  # type: ignore[arg-type]
        assert caught.value.decision_id == entry.decision_id
        assert caught.value.reasons[0].code is ReasonCode.AUDIT_DOWN


# ------------------------------------------------------------------------------------------------------- hang-ups
async def test_a_caller_who_hangs_up_while_the_decision_is_written_is_recorded(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        task = asyncio.ensure_future(entry.planned(plan()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        await entry.refused(caught.value, None)
        await until(lambda: "refused" in kinds_of(tmp_path))
    assert kinds_of(tmp_path)[2:] == ["decision", "refused", "stop"]
    assert bodies(tmp_path, "refused")[0]["error"]["code"] == "hang-up"
    assert verify(tmp_path).chains[0].open == ()


async def test_a_hang_up_is_recorded_although_every_wait_is_cancelled(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        await entry.planned(plan())
        task = asyncio.ensure_future(entry.closed(Outcome.ABANDONED, 2, 8, None, asyncio.CancelledError()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=10)
        await until(lambda: "outcome" in kinds_of(tmp_path))
    assert [body["outcome"] for body in bodies(tmp_path, "outcome")] == ["abandoned"]


# ---------------------------------------------------------------------------------------------------- group commit
async def test_two_hundred_queries_share_fsyncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs, real = 0, os.fsync

    def counted(file: int) -> None:
        nonlocal syncs
        syncs += 1
        real(file)

    async with opened(tmp_path) as log:
        monkeypatch.setattr(os, "fsync", counted)
        await asyncio.gather(*(query(log) for _ in range(200)))
        monkeypatch.undo()
    assert Counter(kinds_of(tmp_path))["decision"] == 200
    assert 1 <= syncs <= 40
    assert verify(tmp_path).intact


async def test_an_outcome_returns_before_fsync_and_is_synced_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, real = threading.Event(), os.fsync

    def noted(file: int) -> None:
        real(file)
        synced.set()

    async with opened(tmp_path, sync_interval_s=0.3) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        await entry.planned(plan())
        monkeypatch.setattr(os, "fsync", noted)
        await entry.closed(Outcome.COMPLETED, 1, 1, None, None)
        assert bodies(tmp_path, "outcome"), "the operating system has it"
        assert not synced.is_set()
        assert await asyncio.to_thread(synced.wait, 10)
        monkeypatch.undo()


# -------------------------------------------------------------------------------------------------------- kill -9
def test_kill_9_under_load_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    said: dict[str, set[str]] = {"decision": set(), "outcome": set()}
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/audit/writer_process.py"), "load", str(folder)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert child.stdout is not None
        with child.stdout:
            for count, line in enumerate(child.stdout):
                if count == 400:
                    os.kill(child.pid, signal.SIGKILL)
                words = line.decode().split()
                if line.endswith(b"\n"):
                    said[words[0]].add(words[1])
        assert child.wait(30) == -signal.SIGKILL
        for kind, ids in said.items():
            assert ids <= {body["decision_id"] for body in bodies(folder, kind)}
    written(folder, 1)
    found = verify(folder)
    assert found.intact, found.problems
    assert len(said["decision"]) > 600
    assert found.chains[0].open == (), "what was left open is closed at the next start"
    outcomes = Counter(body["decision_id"] for body in bodies(folder, "outcome"))
    assert set(outcomes.values()) == {1}
    recovered = [body for body in bodies(folder, "outcome") if body["recovered"]]
    assert recovered
    assert {body["outcome"] for body in recovered} == {"abandoned"}


# ------------------------------------------------------------------------------------------------------- full disk
def test_a_full_disk_refuses_and_goes_on_once_there_is_space(tmp_path: Path) -> None:
    """For real, by a limit on file sizes: write(2) first writes a part of the line, and then fails."""
    folder = tmp_path / "log"
    ran = subprocess.run(
        [sys.executable, str(ROOT / "tests/audit/writer_process.py"), "full", str(folder)],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    told = json.loads(ran.stdout)
    assert (told["refused"], told["writable"], told["ended"]) == (5, False, "refused")
    found = verify(folder)
    assert found.intact, found.problems
    assert len(found.chains[0].unfinished) == 1, "a line was cut off, and is told of"
    assert [body["decision_id"] for body in bodies(folder, "decision")][:3] == told["recorded"][:3]
    assert set(told["recorded"]) <= {body["decision_id"] for body in bodies(folder, "outcome")}
    late = [body for body in bodies(folder, "outcome") if body["decision_id"] == told["id"]]
    assert [(body["outcome"], body["rows"]) for body in late] == [("completed", 7)], "it was kept, and written later"
    assert not list(folder.glob("*.probe"))


def mounted(folder: Path) -> bool:
    ran = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, timeout=20, check=False
    )
    return ran.returncode == 0


def can_mount() -> bool:
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        if not mounted(Path(folder)):
            return False
        unmounted(Path(folder))
        return True


def unmounted(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], timeout=20, check=True)


if can_mount():

    async def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
        """Only as root, on a file system of 256 KiB: ENOSPC from the kernel."""
        folder = tmp_path / "disk"
        folder.mkdir()
        assert mounted(folder)
        try:
            async with opened(folder / "log", probe_interval_s=0.02) as log:
                await query(log)
                (folder / "filler").write_bytes(b"x" * 100_000)
                with pytest.raises(AuditError, match="No space left"):
                    await asyncio.gather(*(query(log) for _ in range(300)))
                with pytest.raises(AuditError):
                    await query(log)
                assert not log.writable()
                (folder / "filler").unlink()
                await until(log.writable)
                await query(log)
            found = verify(folder / "log")
            assert found.intact, found.problems
            assert found.chains[0].open == ()
        finally:
            unmounted(folder)


# ---------------------------------------------------------------------------------------------------- broken disks
async def test_a_failed_fsync_refuses_all_who_wait_and_goes_on_in_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, probe_interval_s=0.05) as log:
        await query(log)
        with failing(monkeypatch, "fsync") as calls:
            entries = [log.open(CALLER, CONTEXT, "shop") for _ in range(20)]
            results = await asyncio.gather(*(entry.planned(plan()) for entry in entries), return_exceptions=True)
            assert all(isinstance(result, AuditError) for result in results)
            assert len({id(result) for result in results}) == 20
            assert {result.decision_id for result in results if isinstance(result, AuditError)} == {
                entry.decision_id for entry in entries
            }
            assert not log.writable()
            for entry, result in zip(entries, results, strict=True):
                assert isinstance(result, AuditError)
                with pytest.raises(AuditError):
                    await entry.refused(result, None)
            await until(lambda: calls["fsync"] > 1)
        await until(log.writable)
        await query(log)
        assert len(files(tmp_path)) == 2
    found = verify(tmp_path)
    assert found.intact, found.problems
    second = json.loads(files(tmp_path)[1].read_bytes().split(b"\n")[0])
    assert second["body"]["cause"] == "recovery"
    assert second["body"]["unsynced_from"] == 4, "the outcome had no fsync of its own yet, nor has what came after"
    assert found.chains[0].open == ()
    assert {body["decision_id"] for body in bodies(tmp_path, "refused")} >= {
        body["decision_id"] for body in bodies(tmp_path, "decision")[1:21]
    } - {body["decision_id"] for body in bodies(tmp_path, "outcome")}


async def test_a_failed_write_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, probe_interval_s=0.05) as log:
        with failing(monkeypatch, "write", errno.ENOSPC):
            with pytest.raises(AuditError, match="No space left"):
                await log.event("plan", {})
            with pytest.raises(AuditError, match="No space left"):
                await log.event("plan", {})
        await until(log.writable)
        await log.event("plan", {"x": "after"})
    assert bodies(tmp_path, "plan") == [{"x": "after"}]
    assert verify(tmp_path).intact


async def test_an_outcome_that_fails_twice_is_recorded_once_as_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the gateway does: the failure to close is itself closed as a failure."""
    async with opened(tmp_path, probe_interval_s=0.05) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        await entry.planned(plan())
        with failing(monkeypatch, "write"):
            with pytest.raises(AuditError) as caught:
                await entry.closed(Outcome.COMPLETED, 5, 5, None, None)
            with pytest.raises(AuditError):
                await entry.closed(Outcome.FAILED, 5, 5, None, caught.value)
        await until(log.writable)
        await entry.closed(Outcome.FAILED, 5, 5, None, caught.value)
    assert [body["outcome"] for body in bodies(tmp_path, "outcome")] == ["failed"]


async def test_a_hang_up_while_the_log_is_down_does_not_replace_the_cancellation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, probe_interval_s=0.05) as log:
        entry = log.open(CALLER, CONTEXT, "shop")
        await entry.planned(plan())
        with failing(monkeypatch, "write"):
            await entry.closed(Outcome.ABANDONED, 5, 5, None, asyncio.CancelledError())
        await until(log.writable)
    assert [(body["outcome"], body["rows"]) for body in bodies(tmp_path, "outcome")] == [("abandoned", 5)]


async def test_a_disk_that_hangs_refuses_in_time_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free, real = threading.Event(), os.fsync

    def hang(file: int) -> None:
        free.wait(30)
        real(file)

    async with opened(tmp_path, commit_timeout_s=0.3) as log:
        monkeypatch.setattr(os, "fsync", hang)
        entry = log.open(CALLER, CONTEXT, "shop")
        with pytest.raises(AuditError, match="does not answer"):
            await entry.planned(plan())
        await asyncio.sleep(0.05)
        assert not log.writable()
        began = time.monotonic()
        with pytest.raises(AuditError, match="does not answer"):
            await log.event("plan", {})
        assert time.monotonic() - began < 0.2, "it is known by now: nobody waits again"
        with pytest.raises(AuditError):
            await entry.refused(InvalidSql("no"), None)
        free.set()
        monkeypatch.undo()
        await until(log.writable)
        await entry.refused(InvalidSql("no"), None)
    assert Counter(kinds_of(tmp_path))["decision"] == 1
    assert verify(tmp_path).chains[0].open == ()


async def test_too_many_waiting_records_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free, real = threading.Event(), os.fsync

    def hang(file: int) -> None:
        free.wait(30)
        real(file)

    async with opened(tmp_path, queue=5) as log:
        monkeypatch.setattr(os, "fsync", hang)
        first = asyncio.ensure_future(log.event("plan", {}))
        await until(lambda: "plan" in kinds_of(tmp_path))
        waiting = [asyncio.ensure_future(log.event("plan", {})) for _ in range(5)]
        await asyncio.sleep(0.01)
        with pytest.raises(AuditError, match="Too many"):
            await log.event("plan", {})
        free.set()
        await asyncio.gather(first, *waiting)
        monkeypatch.undo()


@pytest.mark.parametrize("harm", ["removed", "moved", "appended", "folder"])
async def test_a_file_that_is_not_as_we_left_it_refuses(tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "log"
    async with opened(folder, probe_interval_s=0.02) as log:
        await query(log)
        (file,) = files(folder)
        kept = file.read_bytes()
        if harm == "removed":
            file.unlink()
        elif harm == "moved":
            file.rename(tmp_path / "elsewhere")
        elif harm == "appended":
            file.write_bytes(kept + b"{}\n")
        else:
            folder.rename(tmp_path / "gone")
        with pytest.raises(AuditError):
            await query(log)
        await asyncio.sleep(0.1)
        assert not log.writable(), "it stays so while records are missing or strange ones are there"
        if harm == "folder":
            (tmp_path / "gone").rename(folder)
        else:
            file.write_bytes(kept)
        await until(log.writable)
        await query(log)
    assert verify(folder).intact


# ---------------------------------------------------------------------------------------------- start, stop, again
async def test_before_the_start_and_after_the_end_everything_is_refused(tmp_path: Path) -> None:
    log = Log(settings(tmp_path))
    assert not os.listdir(tmp_path), "building has no side effect"
    for _ in range(2):
        assert not log.writable()
        with pytest.raises(AuditError, match="not open"):
            await log.event("plan", {})
        with pytest.raises(AuditError, match="not open"):
            await log.open(CALLER, CONTEXT, "shop").planned(plan())
        with pytest.raises(AuditError, match="not open"):
            await log.read(0, 1, {})
        await log.close()
        await log.start()
        await log.close()


async def test_a_restart_continues_the_chain_in_the_same_file(tmp_path: Path) -> None:
    for _ in range(3):
        async with opened(tmp_path) as log:
            await query(log)
    (chain,) = verify(tmp_path).chains
    assert len(chain.files) == 1
    assert dict(chain.kinds) == {"segment": 1, "start": 3, "decision": 3, "outcome": 3, "stop": 3}


async def test_open_decisions_are_closed_at_the_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as log:
        await log.open(CALLER, CONTEXT, "shop").planned(plan())
    (body,) = bodies(tmp_path, "outcome")
    assert (body["outcome"], body["recovered"]) == ("abandoned", False)


def test_open_decisions_of_a_killed_gateway_are_found_across_files(tmp_path: Path) -> None:
    """The first record of the last file names the decisions that were open when it was begun."""

    async def leave() -> str:
        log = Log(settings(tmp_path, max_bytes=4096))
        await log.start()
        entry = log.open(CALLER, CONTEXT, "shop")
        await entry.planned(plan())
        for _ in range(10):
            await query(log)
        assert log._journal is not None
        copies = {file: file.read_bytes() for file in files(tmp_path)}
        await log.close()
        for file in files(tmp_path):  # as a kill would have left it
            file.unlink()
        for file, content in copies.items():
            file.write_bytes(content)
        return entry.decision_id

    left = asyncio.run(leave())
    assert len(files(tmp_path)) > 2
    assert verify(tmp_path).chains[0].open == (left,)
    written(tmp_path, 0)
    assert [body["decision_id"] for body in bodies(tmp_path, "outcome") if body["recovered"]] == [left]
    assert bodies(tmp_path, "start")[-1]["recovered"] == 1
    assert verify(tmp_path).intact


async def test_two_writers_of_one_chain_are_refused(tmp_path: Path) -> None:
    async with opened(tmp_path):
        with pytest.raises(ConfigError, match="another gateway"):
            await Log(settings(tmp_path)).start()
        async with opened(tmp_path, writer="second") as other:
            await query(other)
    async with opened(tmp_path) as log:
        await query(log)
    assert verify(tmp_path).intact


async def test_a_log_whose_end_was_tampered_with_is_not_continued(tmp_path: Path) -> None:
    written_lines = []
    async with opened(tmp_path) as log:
        await query(log)
    (file,) = files(tmp_path)
    written_lines = file.read_bytes()
    file.write_bytes(written_lines.replace(b'"rows":3', b'"rows":0'))
    with pytest.raises(ConfigError, match="usher audit verify"):
        await Log(settings(tmp_path)).start()
    file.write_bytes(written_lines)
    async with opened(tmp_path) as log:
        assert log.writable()


async def test_a_start_without_space_is_a_config_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with failing(monkeypatch, "write", errno.ENOSPC), pytest.raises(ConfigError, match="No space left"):
        await Log(settings(tmp_path)).start()
    async with opened(tmp_path) as log:
        assert log.writable()


# ---------------------------------------------------------------------------------------------------------- reading
async def test_records_are_read_in_pages_and_filtered(tmp_path: Path) -> None:
    async with opened(tmp_path, max_bytes=4096) as log:
        ids = [await query(log) for _ in range(10)]
        first = await log.read(0, 5, {})
        assert [record.sequence for record in first] == [1, 2, 3, 4, 5]
        assert [record.sequence for record in await log.read(5, 2, {})] == [6, 7]
        found = await log.read(0, 100, {"decision_id": ids[7]})
        assert [record.kind for record in found] == ["decision", "outcome"]
        with pytest.raises(InvalidSql, match="no such filter"):
            await log.read(0, 5, {"nonsense": "x"})


async def test_nothing_in_claims_labels_or_sql_can_forge_a_record(tmp_path: Path) -> None:
    nasty = '\n{"body":{}}\r\0\x1b]0;x\x07\x9b2J\u202e\u2028"\\'
    caller = type(CALLER)(nasty, nasty, 1, 1, "hash", frozenset({nasty}), app=nasty)
    context = Context(nasty, nasty, nasty, nasty, {nasty: nasty})
    async with opened(tmp_path) as log:
        await query(log, context, caller, plan(redacted=f"SELECT {nasty}"))
        await log.event("login-failed", {"address": nasty})
        records = await log.read(0, 100, {"subject": nasty})
    assert len(records) == 2
    data = files(tmp_path)[0].read_bytes()
    assert all(byte == 0x0A or 0x20 <= byte <= 0x7E for byte in data)
    assert data.count(b"\n") == 6
    assert verify(tmp_path).intact
