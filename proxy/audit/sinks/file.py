"""Audit records as JSON lines in a folder: `WRITER.SEQUENCE.jsonl`, a new file once one is full.

Rule kept here: what was written is never changed, shortened or written over. A file comes into being with its first
record complete and durable (written beside, then renamed), and after a line that was cut off nothing more is written to
that file: the next file's first record names the fragment. One process at a time writes a chain (flock).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from proxy.audit import tail
from proxy.audit.journal import Damaged, Fragment, Tail
from proxy.audit.record import Chain, follows, parse
from proxy.audit.segments import Segment, segments
from proxy.errors import ConfigError
from proxy.references import RelativePath
from proxy.values import Record

_PROBE = 65_536
_LOCK_STEP_S = 0.05
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class Settings(BaseModel):
    """A folder of files on a local disk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["file"] = "file"
    path: RelativePath = Field(description="The folder of the log; made with mode 0700 where it does not exist.")
    max_bytes: int = Field(
        64 * 1024 * 1024, ge=4096, le=2**40, description="Size after which a new file is begun (by at most one commit)."
    )
    lock_wait_s: float = Field(
        2.0, ge=0, le=60, description="Seconds to wait for a gateway that is just ending to let go of the log."
    )


def open(settings: Settings, writer: str) -> FileSink:
    """The sink of one chain; locks it for this process. Raises `ConfigError` where another process holds it, or where
    the folder cannot be used."""
    folder = settings.path
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in missing:
            _sync_folder(path.parent)
        mode = folder.stat().st_mode
        lock = os.open(folder / f"{writer}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        reason = error.strerror or "unknown error"
        raise ConfigError(
            [f"audit: the folder {folder} cannot be used: {reason}; name one that this user can write"]
        ) from error
    try:
        if mode & stat.S_IWOTH:
            raise ConfigError([f"audit: anybody can write to the folder {folder}; take that away with: chmod o-w"])
        _lock(lock, settings, writer)
    except BaseException:
        os.close(lock)
        raise
    return FileSink(settings, writer, lock)


def _lock(lock: int, settings: Settings, writer: str) -> None:
    deadline = time.monotonic() + settings.lock_wait_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise ConfigError(
                    [
                        f"audit: another gateway writes the chain {writer!r} in {settings.path}; stop it, or give this "
                        "one its own audit.writer or folder"
                    ]
                ) from error
        time.sleep(_LOCK_STEP_S)


class FileSink:
    """One chain's files, the last of which is open for appending."""

    def __init__(self, settings: Settings, writer: str, lock: int) -> None:
        self._settings = settings
        self._folder = settings.path
        self._writer = writer
        self._lock: int | None = lock
        self._file: int | None = None
        self._path: Path | None = None
        self._size = 0

    # --------------------------------------------------------------------------------------------------- the journal
    def resume(self) -> Tail | None:
        """Read the last file whole, check its chain and open it for appending; None where there is no record yet.
        Raises `Damaged` where the file is not what this program writes, `OSError` where it cannot be read."""
        self._close_file()
        files = segments(self._folder, self._writer)
        if not files:
            return None
        last = files[-1]
        data = last.path.read_bytes()
        *lines, rest = data.split(b"\n")
        fragment = Fragment(len(rest), hashlib.sha256(rest).hexdigest()) if rest else None
        end = Tail.of(_chained(last, lines), last.path.name, fragment)
        self._file, self._path, self._size = os.open(last.path, _APPEND), last.path, len(data)
        self.sync()
        return end

    def read(self, after: int, limit: int, filters: Mapping[str, str]) -> Sequence[Record]:
        """Records of this chain with a sequence above `after`, oldest first. Raises `InvalidSql`, `AuditError`."""
        return tail.read(self._folder, after, limit, filters, self._writer)

    def full(self) -> bool:
        """Whether the next records belong in a new file."""
        return self._size >= self._settings.max_bytes

    def begin(self, sequence: int, line: bytes) -> None:
        """Begin a new file with its first record, durable on return. What cannot be written leaves the log as it was.
        Raises `OSError`."""
        data = line + b"\n"
        self._probe()
        fresh = self._folder / f"{self._writer}.next"
        file = os.open(fresh, _NEW, 0o600)
        try:
            _write(file, data)
            _sync(file)
        finally:
            os.close(file)
        path = self._folder / f"{self._writer}.{sequence:016d}.jsonl"
        if path.exists():
            raise FileExistsError(17, "the next file of the log exists already", str(path))
        fresh.rename(path)
        _sync_folder(self._folder)
        self._close_file()
        self._file, self._path, self._size = os.open(path, _APPEND), path, len(data)

    def write(self, data: bytes) -> None:
        """Append whole lines to the file; on return the operating system has them. Raises `OSError`."""
        file = self._same_file()
        _write(file, data)
        self._size += len(data)

    def sync(self) -> None:
        """Make everything written so far durable. Raises `OSError`."""
        if self._file is not None:
            _sync(self._file)

    def close(self) -> None:
        """Let go of the file and of the lock."""
        self._close_file()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # ------------------------------------------------------------------------------------------------------ inside
    def _same_file(self) -> int:
        """The open file, which must still be the one in the folder, as long as we left it: nobody else writes here."""
        if self._file is None or self._path is None:
            raise FileNotFoundError(2, "the log is not open", str(self._folder))
        ours, there = os.fstat(self._file), os.stat(self._path, follow_symlinks=False)
        if (ours.st_dev, ours.st_ino, ours.st_size) != (there.st_dev, there.st_ino, self._size):
            raise OSError(116, "the file of the log was moved, replaced or written by another", str(self._path))
        return self._file

    def _probe(self) -> None:
        """Find out on a file beside the log whether there is room, so that a full disk does not tear a line."""
        probe = self._folder / f"{self._writer}.probe"
        file = os.open(probe, _NEW, 0o600)
        try:
            _write(file, b"\0" * _PROBE)
            _sync(file)
        finally:
            os.close(file)
            probe.unlink()

    def _close_file(self) -> None:
        if self._file is not None:
            file, self._file, self._path = self._file, None, None
            with contextlib.suppress(OSError):  # a failed write shows here again; it was told already
                os.close(file)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _sync(file: int) -> None:
    """fsync, and where the system offers it (F_FULLFSYNC) past the disk's own cache."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is None:
        os.fsync(file)
    else:
        fcntl.fcntl(file, full)


def _sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _chained(segment: Segment, lines: list[bytes]) -> Iterator[Record]:
    chain: Chain | None = None
    for number, line in enumerate(lines, start=1):
        try:
            if chain is None:
                chain = Chain(segment.sequence - 1, parse(line).previous)
            yield follows(line, chain)
        except ValueError as error:
            raise Damaged(f"{segment.path.name}, line {number}, does not continue the chain") from error
