"""Whether a log stands as it was written: works offline, on the bytes alone.

Rule kept here: this file shares no code with the writer. It states the form of a record a second time, as the
reference does (docs/reference/audit.md), with nothing but the standard library, so that a mistake in the writer cannot
hide itself and a stranger can read all there is to trust on these pages. A problem never quotes what stands in the log.

What a chain alone cannot show: whole records cut off its end (or a folder that was replaced by another whole chain).
For that a position (sequence and hash) must have been kept elsewhere; `expected` compares it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

_NAME = re.compile(r"(?P<chain>[a-z0-9][a-z0-9-]{0,39})\.(?P<sequence>[0-9]{16})\.jsonl")
_DOMAIN = b"usher.audit.record.v1\n"
_FORMAT = "usher.audit.record.v1"
_KEYS = ["body", "event_id", "hash", "kind", "previous", "sequence", "time"]
_HASH = re.compile(r"[0-9a-f]{64}")
_PRINTABLE = re.compile(rb"[ -~]*")
_MARK = b',"hash":"'
_ZERO = "0" * 64


@dataclass(frozen=True, slots=True)
class Position:
    """A record of a chain, as somebody kept it elsewhere."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at the first bad record of a chain. `what` is one of changed, removed, inserted, reordered,
    replaced, cut, torn, missing; `line` counts from 1, `sequence` is the one that should stand there."""

    what: str
    file: str
    line: int
    sequence: int
    detail: str


@dataclass(frozen=True, slots=True)
class Chain:
    """One writer's chain as far as it is sound: records `first` to `last`. `open` are decisions without an outcome,
    `unfinished` the lines that were cut off by a crash or a full disk and that the log itself tells of."""

    name: str
    writer: str
    files: tuple[str, ...]
    first: int
    last: int
    last_hash: str
    kinds: Mapping[str, int]
    open: tuple[str, ...]
    unfinished: tuple[str, ...]
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. `intact` means: every chain is sound from its first record to its last, and each expected
    position is there. `records` counts the sound ones."""

    intact: bool
    records: int
    chains: tuple[Chain, ...]
    problems: tuple[Problem, ...]


def verify(
    path: Path, expected: Position | None = None, since: Position | None = None, chain: str | None = None
) -> Verification:
    """Check every chain in a folder (or the one named `chain`), or one file by itself.

    `expected` is a record that must be there. `since` is the record before the first one here, where earlier files are
    kept elsewhere; without it a folder must begin with record 1. Raises `OSError` where something cannot be read."""
    groups = {name: files for name, files in _groups(path).items() if chain is None or name == chain}
    walks = [_Walk(name, files, since or _start(path), expected) for name, files in sorted(groups.items())]
    chains = tuple(walk.run() for walk in walks)
    problems = [found.problem for found in chains if found.problem is not None]
    if not chains:
        problems.append(Problem("missing", str(path), 0, 1, "there is no audit log here"))
    elif expected is not None and not problems and not any(walk.found for walk in walks):
        problems.append(_unmet(expected, chains))
    records = sum(found.last - found.first + 1 for found in chains if found.first)
    return Verification(not problems, records, chains, tuple(problems))


def _unmet(expected: Position, chains: tuple[Chain, ...]) -> Problem:
    end = max(chains, key=lambda chain: chain.last)
    detail = f"the log ends with record {end.last}: its end was cut off"
    if expected.sequence <= end.last:
        detail = "the record of that sequence is another one than was expected: the log was replaced"
    return Problem("missing", end.files[-1], 0, expected.sequence, detail)


def _start(path: Path) -> Position | None:
    """A file by itself begins where its first record says."""
    if path.is_dir():
        return None
    first = next((_read(raw) for _, raw, finished in _lines(path) if finished), None)
    return Position(first.sequence - 1, first.previous) if first is not None and not first.wrong else None


def _groups(path: Path) -> dict[str, list[Path]]:
    """The files of each chain in the order of their names, which is that of their first records."""
    groups: dict[str, list[Path]] = {}
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        match = _NAME.fullmatch(file.name)
        if match is not None:
            groups.setdefault(match["chain"], []).append(file)
    return groups


# ------------------------------------------------------------------------------------------------------- one record
@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file, read as strictly as it was written; `wrong` says why it is no sound record by itself."""

    sequence: int = 0
    previous: str = ""
    hash: str = ""
    kind: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    wrong: str = ""


def _read(line: bytes) -> _Line:
    if _PRINTABLE.fullmatch(line) is None:
        return _Line(wrong="it holds bytes that no record holds")
    try:
        raw = _DECODER.decode(line.decode("ascii"))
    except (ValueError, RecursionError):
        return _Line(wrong="it is no JSON object of the record's form")
    if not isinstance(raw, dict) or list(raw) != _KEYS or not _typed(raw):
        return _Line(wrong="it has not the fields of a record")
    head, _, rest = line.rpartition(_MARK)
    computed = hashlib.sha256(_DOMAIN + head + b"," + rest[66:]).hexdigest()
    wrong = "" if computed == raw["hash"] and rest[64:66] == b'",' else "its hash does not fit its content"
    return _Line(raw["sequence"], raw["previous"], raw["hash"], raw["kind"], raw["body"], wrong)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(_: str) -> None:
    raise ValueError("no number")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse)


def _typed(raw: dict[str, Any]) -> bool:
    kinds = [type(value) for value in raw.values()]
    if kinds != [dict, str, str, str, str, int, str]:  # in the order of _KEYS
        return False
    hashes = _HASH.fullmatch(raw["hash"]) and _HASH.fullmatch(raw["previous"])
    return hashes is not None and raw["sequence"] > 0


# -------------------------------------------------------------------------------------------------------- one chain
class _Broken(Exception):
    """The first bad record was met."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line stands."""

    index: int
    file: str
    line: int


class _Walk:
    """Goes through the files of one chain, record by record, up to the first bad one."""

    def __init__(self, name: str, files: list[Path], since: Position | None, expected: Position | None) -> None:
        self.name = name
        self.files = files
        self.expected = expected
        self.found = False
        self.sequence = since.sequence if since is not None else 0
        self.hash = since.hash if since is not None else _ZERO
        self.first = 0
        self.last: tuple[_Place, str] | None = None  # where the last sound record stands, and what it follows
        self.writer = ""
        self.kinds: Counter[str] = Counter()
        self.open: dict[str, None] = {}
        self.unfinished: list[str] = []
        self.fragment: tuple[_Place, bytes] | None = None

    def run(self) -> Chain:
        """The chain as far as it is sound."""
        problem = None
        try:
            for index in range(len(self.files)):
                self._file(index)
            if self.fragment is not None:
                detail = "the last line is not finished: the writer died and was not started again, or the file was cut"
                self._broken("torn", self.fragment[0], detail)
        except _Broken as broken:
            problem = broken.problem
        return Chain(
            name=self.name,
            writer=self.writer,
            files=tuple(file.name for file in self.files),
            first=self.first,
            last=self.sequence if self.first else 0,
            last_hash=self.hash if self.first else "",
            kinds=dict(sorted(self.kinds.items())),
            open=tuple(self.open),
            unfinished=tuple(self.unfinished),
            problem=problem,
        )

    def _broken(self, what: str, place: _Place, detail: str, sequence: int | None = None) -> NoReturn:
        number = self.sequence + 1 if sequence is None else sequence
        raise _Broken(Problem(what, place.file, place.line, number, detail))

    def _file(self, index: int) -> None:
        name, number = self.files[index].name, 0
        for number, raw, finished in _lines(self.files[index]):
            place = _Place(index, name, number)
            if not finished:
                if number == 1:
                    self._broken("cut", place, "the file was cut inside its first record")
                self.fragment = (place, raw)
                return
            line = _read(raw)
            if number == 1:
                self._ended(place, line)
            self._follows(place, line)
            if number == 1:
                self._opens(place, line)
            elif line.kind == "segment":
                self._broken("inserted", place, "a record that begins a file stands inside one")
            self._take(place, line)
        if number == 0:
            self._broken("cut", _Place(index, name, 0), "the file is empty")

    # ------------------------------------------------------------------------------------------ what must be so
    def _follows(self, place: _Place, line: _Line) -> None:
        """The line is the next record of the chain; if not, say what was done to it."""
        if line.wrong:
            nearby = (other for other, _ in zip(self._rest(place), range(1), strict=False))
            if any(other.sequence == self.sequence + 1 and other.previous == self.hash for other in nearby):
                self._broken("inserted", place, f"a line stands here that is no record of the log: {line.wrong}")
            self._broken("changed", place, f"the record was changed: {line.wrong}")
        if line.sequence == self.sequence + 1 and line.previous == self.hash:
            return
        if line.sequence > self.sequence + 1:
            self._gap(place, line)
        if line.sequence <= self.sequence:
            self._again(place, line)
        if self.last is None:
            self._broken("changed", place, "the first record does not follow from what is known to come before it")
        if place.line == 1:
            self._broken("replaced", place, "the file does not continue the one before it: one of them was replaced")
        detail = "the next record does not follow from it: it was changed, and its hash made anew"
        self._broken("changed", self.last[0], detail, self.sequence)

    def _gap(self, place: _Place, line: _Line) -> NoReturn:
        missing = range(self.sequence + 1, line.sequence)
        if any(other.sequence in missing and not other.wrong for other in self._rest(place)):
            self._broken("reordered", place, f"record {line.sequence} stands here, and record {missing[0]} after it")
        told = line.body.get("unsynced_from") if line.kind == "segment" else None
        known = isinstance(told, int) and told <= missing[0]
        why = "; the log says that fsync had failed and that they may be lost" if known else ""
        self._broken("removed", place, f"records {missing[0]} to {missing[-1]} are missing before this line{why}")

    def _again(self, place: _Place, line: _Line) -> NoReturn:
        if self.last is not None and line.sequence == self.sequence and line.hash != self.hash:
            before, follows = self.last
            if line.previous == follows:
                self._broken("inserted", before, "two records of this sequence follow the one before", self.sequence)
        self._broken("inserted", place, f"record {line.sequence} stands here, where it does not belong")

    def _opens(self, place: _Place, line: _Line) -> None:
        """The first record of a file says whose it is."""
        writer = line.body.get("writer")
        if line.kind != "segment" or line.body.get("format") != _FORMAT or not isinstance(writer, str):
            self._broken("changed", place, "the file does not begin with the record that begins a file")
        if self.writer and writer != self.writer:
            self._broken("replaced", place, "the file is of another writer")
        if not place.file.endswith(f".{line.sequence:016d}.jsonl"):
            self._broken("reordered", place, "the file's name is not that of its first record")
        self.writer = writer

    def _ended(self, place: _Place, line: _Line) -> None:
        """The first record of a file tells of the line that was cut off at the end of the file before, if one was."""
        there, self.fragment = self.fragment, None
        told = line.body.get("fragment")
        if there is not None and told != {"bytes": len(there[1]), "sha256": hashlib.sha256(there[1]).hexdigest()}:
            self._broken("cut", there[0], "the file was cut inside this line: the next file tells of another end")
        if there is None and told is not None and place.index > 0:
            self._broken("removed", place, "the unfinished line is missing that this record tells of")
        if there is not None:
            self.unfinished.append(f"{there[0].file}:{there[0].line}")

    def _take(self, place: _Place, line: _Line) -> None:
        self.first = self.first or line.sequence
        self.last = (place, self.hash)
        self.sequence, self.hash = line.sequence, line.hash
        self.kinds[line.kind] += 1
        if self.expected is not None and line.sequence == self.expected.sequence:
            self.found = line.hash == self.expected.hash
        decision = line.body.get("decision_id")
        if isinstance(decision, str):
            if line.kind == "decision":
                self.open[decision] = None
            elif line.kind in ("outcome", "refused"):
                self.open.pop(decision, None)

    def _rest(self, place: _Place) -> Iterator[_Line]:
        """All finished lines after a place."""
        for index in range(place.index, len(self.files)):
            for number, raw, finished in _lines(self.files[index]):
                if finished and (index > place.index or number > place.line):
                    yield _read(raw)


def _lines(file: Path) -> Iterator[tuple[int, bytes, bool]]:
    """The lines of a file with their numbers, and whether they are finished."""
    with file.open("rb") as source:
        for number, line in enumerate(source, start=1):
            finished = line.endswith(b"\n")
            yield number, line[:-1] if finished else line, finished
