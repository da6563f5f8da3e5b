"""The scan of results: personal data that the policy did not foresee is found and dealt with before it leaves.

Rule kept here: a batch is released only after every column that must be read was read, and holds in its memory nothing
that it does not show; whatever goes wrong on the way is a `ScanError` and no rows. Every cell is counted as read or as
skipped, with why. No error, log or report holds a value; a column's name is only told where it is not data itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import pyarrow as pa
from cachetools import LRUCache

from proxy.errors import ConfigError, PiiBlocked, ScanError, TooLarge
from proxy.scan.arrays import pack, unpack
from proxy.scan.column import Count, Job, Scanned, scan_columns, start
from proxy.scan.leaves import Unreadable, is_harmless
from proxy.scan.lineage import sources, unexplained
from proxy.scan.presidio import installed
from proxy.scan.recognizers import Recognizer
from proxy.scan.residue import without_residue
from proxy.scan.rules import Rule, ScanRules
from proxy.scan.settings import REPLACING, Action, Beyond, Mode, Settings
from proxy.scan.verdicts import Rate
from proxy.values import Finding, Plan, Reason, ReasonCode, ResultColumn, ScanReport
from proxy.workers import WorkerDied, Workers, WorkerTimeout

_T = TypeVar("_T")

SLICE_ROWS = 16_384
SLICE_BYTES = 1_048_576
"""The largest piece for one process: some 20 seconds of work at the worst, where all of it is read for names."""
SMALL_CELLS = 4_096
"""In a batch of so few cells columns go to a process together."""
_TOGETHER = 6
"""At least so many columns, where there are more processes than one: the way to each costs about as much as one."""
_MOST_CALLERS = 1_000
"""The rules of so many kinds of callers are kept."""

_MOST_NAMES, _LONGEST_NAME = 4_096, 128
"""Names of result columns in which nothing was found, by the rules that read them: statements come again and again."""
_Clean: TypeAlias = LRUCache[tuple[str, tuple[Rule, ...]], None]

_log = logging.getLogger("usher.scan")


def workers(settings: Settings, secret: bytes = b"") -> Workers | None:
    """The processes that scan, not yet started; None in mode off. `secret` is the key of hashes. Raises `ConfigError`
    where this installation cannot scan as the settings say."""
    if settings.mode is Mode.OFF:
        return None
    installed.check(settings)
    initargs = (settings.mode, settings.phone_regions, secret)
    return Workers(scan_columns, settings.workers, settings.timeout_s, initializer=start, initargs=initargs)


class Scanner:
    """Begins the scan of each result. `workers` are the started processes of `workers(settings)`."""

    def __init__(self, settings: Settings, rules: ScanRules, workers: Workers | None) -> None:
        if workers is None and settings.mode is not Mode.OFF:
            raise ConfigError([f"scan.mode: {settings.mode} needs processes; to scan nothing, set scan.mode: off"])
        self._settings = settings
        self._rules = rules
        self._told_apart = rules.told_apart()
        self._active: dict[frozenset[str], tuple[Rule, ...]] = {}
        self._workers = workers
        self._clean: _Clean = LRUCache(_MOST_NAMES)

    def start(self, plan: Plan, schema: pa.Schema) -> Scan:
        """A result's scan: which columns are read, and for what, is settled here."""
        subjects = frozenset(plan.decision.subjects)
        active = self._rules_for(subjects & self._told_apart)
        exempt = self._rules.exempt & subjects
        everywhere = "off" if self._workers is None else "exempt" if exempt else ""
        made = sources(plan, schema)
        results = plan.results if plan.results is not None and len(plan.results) == len(schema) else None
        columns = []
        for place, field_ in enumerate(schema):
            off = bool(made[place]) and all(self._rules.is_off(table, name) for table, name in made[place])
            result = results[place] if results is not None else None
            columns.append(_column(field_, result, everywhere or ("off" if off else ""), active))
        headers = () if everywhere else unexplained(plan, schema)
        return Scan(self._settings, self._workers, columns, headers, active, self._rules.recognizers, self._clean)

    def _rules_for(self, subjects: frozenset[str]) -> tuple[Rule, ...]:
        if subjects not in self._active:
            if len(self._active) >= _MOST_CALLERS:
                self._active.clear()
            self._active[subjects] = self._rules.resolve(self._settings.mode, self._settings.on_finding, subjects)
        return self._active[subjects]


@dataclass(slots=True)
class _Column:
    """One result column: why it is skipped (or ""), what it is read for, and what was found so far."""

    name: str
    shown: str
    skipped: str
    rules: tuple[Rule, ...]
    rates: Mapping[str, Rate] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)

    def add(self, scanned: Scanned) -> None:
        self.rates = scanned.rates
        for name, count in scanned.counts.items():
            old = self.counts.get(name, Count(0, 0.0))
            self.counts[name] = Count(old.cells + count.cells, max(old.score, count.score))


class Scan:
    """The scan of one result; `scan` is called for its batches in order."""

    def __init__(
        self,
        settings: Settings,
        workers: Workers | None,
        columns: Sequence[_Column],
        headers: Sequence[int],
        rules: Sequence[Rule],
        recognizers: tuple[Recognizer, ...] = (),
        clean: _Clean | None = None,
    ) -> None:
        self._clean: _Clean = LRUCache(_MOST_NAMES) if clean is None else clean
        self._settings = settings
        self._recognizers = recognizers
        self._named = 0
        self._unread: Counter[str] = Counter()
        self._workers = workers
        self._columns = columns
        self._headers = headers
        self._rules = rules
        self._read = 0
        self._skipped: Counter[str] = Counter()
        self._header_findings: list[Finding] = []
        for place in headers:
            columns[place].shown = f"column {place + 1}"

    async def scan(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch as it may leave, of the same schema. Raises `PiiBlocked` with what was found and where;
        `ScanError` where the scan failed."""
        before = self._read, self._skipped.copy(), self._unread.copy()
        try:
            released = await self._scan(batch)
        except PiiBlocked:
            raise
        except BaseException as error:
            self._read, self._skipped, self._unread = before
            if isinstance(error, ScanError | TooLarge) or not isinstance(error, Exception):
                raise
            raise _failed(error) from None
        return released

    def report(self) -> ScanReport:
        """What was read so far, and found."""
        findings = [
            Finding(column.shown, name, count.cells, self._action(name).value, count.score)
            for column in self._columns
            for name, count in column.counts.items()
        ]
        found = (*self._header_findings, *findings)
        mode = self._settings.mode.value
        return ScanReport(mode, self._read, dict(self._skipped), found, dict(self._unread))

    # --------------------------------------------------------------------------------------------------- one step each
    @property
    def _concurrency(self) -> int:
        return self._workers.count if self._workers is not None else 1

    def _action(self, entity: str) -> Action:
        return next(rule.action for rule in self._rules if rule.entity == entity)

    async def _scan(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if self._headers:
            await self._scan_headers(batch.schema)
            self._headers = ()
        arrays = list(batch.columns)
        to_read = []
        for place, column in enumerate(self._columns):
            if column.skipped:
                self._skipped[column.skipped] += batch.num_rows
            else:
                to_read.append(place)
        to_read = [place for place in to_read if not self._is_harmless(arrays[place])]
        if batch.num_rows * len(to_read) <= SMALL_CELLS:
            read = await self._scan_together([self._columns[i] for i in to_read], [arrays[i] for i in to_read])
        else:
            to_read.sort(key=lambda i: -arrays[i].nbytes)  # the longest work first, so that none is left alone with it
            read = await _all([self._scan_column(self._columns[i], arrays[i]) for i in to_read], self._concurrency)
        for place, array in zip(to_read, read, strict=True):
            arrays[place] = array
        self._refuse_blocked()
        return pa.RecordBatch.from_arrays([without_residue(array) for array in arrays], schema=batch.schema)

    def _is_harmless(self, array: pa.Array[Any]) -> bool:
        """Whether a column needs no reading; its cells are counted."""
        if not is_harmless(array.type):
            return False
        self._skipped["null"] += array.null_count
        self._skipped["type"] += len(array) - array.null_count
        return True

    async def _scan_column(self, column: _Column, array: pa.Array[Any]) -> pa.Array[Any]:
        pieces: list[pa.Array[Any]] = []
        changed = False
        for piece in _slices(array):
            (scanned,) = await self._ask([column.shown], [self._job(column, piece, 1)])
            self._add(column, scanned)
            changed |= scanned.data is not None
            pieces.append(piece if scanned.data is None else unpack(scanned.data))
        if not changed:
            return array
        return pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)

    async def _scan_together(self, columns: Sequence[_Column], arrays: Sequence[pa.Array[Any]]) -> list[pa.Array[Any]]:
        released = list(arrays)
        parts = _spread(arrays, self._concurrency)
        jobs = [[self._job(columns[i], arrays[i], len(columns)) for i in part] for part in parts]
        shown = [[columns[i].shown for i in part] for part in parts]
        asked = [self._ask(names, some) for names, some in zip(shown, jobs, strict=True)]
        answers = await _all(asked, self._concurrency)
        of_place = {
            i: one for part, some in zip(parts, answers, strict=True) for i, one in zip(part, some, strict=True)
        }
        for place, scanned in sorted(of_place.items()):
            self._add(columns[place], scanned)
            if scanned.data is not None:
                released[place] = unpack(scanned.data)
        return released

    def _add(self, column: _Column, scanned: Scanned) -> None:
        column.add(scanned)
        self._read += scanned.read
        self._skipped["null"] += scanned.null
        self._skipped["type"] += scanned.unread
        self._named += scanned.named
        self._unread += Counter(sample=scanned.sampled, budget=scanned.beyond)
        if scanned.beyond and self._settings.on_names_budget is Beyond.REFUSE:
            raise TooLarge(
                f"Names of people would have to be looked for in more than {self._settings.names_budget} different "
                "texts of the result, so nothing more was released. Ask for fewer rows, or leave columns of free text "
                "out.",
                Reason(ReasonCode.NAMES_BUDGET, column.shown),
            )

    async def _scan_headers(self, schema: pa.Schema) -> None:
        """Names that were made from data cannot be replaced (doors may have told them): they pass, or block."""
        rules, own = tuple(self._rules), self._recognizers
        headers = [place for place in self._headers if (schema.names[place], rules) not in self._clean]
        if not headers:
            return
        names = [pa.array([schema.names[place]], type=pa.string()) for place in headers]
        jobs = [Job(pack(name), "", rules, {}, recognizers=own) for name in names]
        scanned = await self._ask(["column names"] * len(jobs), jobs)
        blocked = []
        for place, result in zip(headers, scanned, strict=True):
            if not result.counts and len(schema.names[place]) <= _LONGEST_NAME:
                self._clean[schema.names[place], rules] = None
            for entity, count in result.counts.items():
                action = self._action(entity)
                action = Action.BLOCK if action in REPLACING else action
                finding = Finding(f"name of column {place + 1}", entity, 1, action.value, count.score)
                self._header_findings.append(finding)
                if action is Action.BLOCK:
                    blocked.append(finding)
        _refuse(blocked)

    def _refuse_blocked(self) -> None:
        _refuse([finding for finding in self.report().findings if finding.action == Action.BLOCK.value])

    def _job(self, column: _Column, piece: pa.Array[Any], shares: int) -> Job:
        """A slice to scan, with its share of the texts that the language model may still read."""
        most = max(0, self._settings.names_budget - self._named) // shares
        return Job(pack(piece), column.name, column.rules, column.rates, most, self._recognizers)

    async def _ask(self, shown: Sequence[str], jobs: Sequence[Job]) -> list[Scanned]:
        """Slices as one process scanned them; `shown` are the names of their columns for messages."""
        if self._workers is None:
            raise ScanError("The scan of results has no processes.", ReasonCode.SCANNER_DOWN)
        try:
            scanned: list[Scanned | Unreadable] = await self._workers.call_through(jobs)
        except (WorkerTimeout, WorkerDied) as error:
            _log.error("a scan failed: %s", type(error).__name__)
            text = "The result could not be scanned for personal data in time, so nothing more was released. "
            raise ScanError(text + "Ask for fewer rows or shorter texts.", ReasonCode.SCANNER_DOWN) from error
        return [_readable(name, one) for name, one in zip(shown, scanned, strict=True)]


def _readable(shown: str, scanned: Scanned | Unreadable) -> Scanned:
    if isinstance(scanned, Unreadable):
        raise ScanError(f"{shown}: {scanned}.", Reason(ReasonCode.CONSTRUCT, shown))
    return scanned


def _failed(error: Exception) -> ScanError:
    """Its text may quote what was read: only its type and place are told, and only to the log."""
    _log.error("a scan failed: %s %s", type(error).__name__, getattr(error, "__notes__", ""))
    text = "The result could not be scanned for personal data, so nothing more was released."
    return ScanError(text, ReasonCode.SCANNER_DOWN)


def _column(field_: pa.Field[Any], result: ResultColumn | None, skipped: str, active: Sequence[Rule]) -> _Column:
    clear = result.clear_tags if result is not None else ()
    rules = tuple(rule for rule in active if not _is_cleared(rule.tag, clear))
    if not skipped and result is not None and result.masked and not result.leaves_text:
        skipped = "masked"
    if not skipped and not rules:
        skipped = "cleared" if active else "off"
    return _Column(field_.name, field_.name, skipped, rules)


def _is_cleared(tag: str, clear_tags: Sequence[str]) -> bool:
    return any(tag == clear or tag.startswith(f"{clear}.") for clear in clear_tags)


def _refuse(blocked: Sequence[Finding]) -> None:
    if not blocked:
        return
    listed = "; ".join(f"{f.entity} in {f.cells} cells of {f.column}" for f in blocked)
    reasons = [Reason(ReasonCode.PII_FOUND, f"{f.column}: {f.entity}") for f in blocked]
    advice = "Leave these columns out of the query, or ask for clearance"
    raise PiiBlocked(f"The result holds personal data that may not leave: {listed}. {advice}.", *reasons)


def _spread(arrays: Sequence[pa.Array[Any]], processes: int) -> list[list[int]]:
    """The places of arrays in as many parts of about the same work as there are processes; few stay together."""
    parts = max(1, min(processes, len(arrays) // _TOGETHER))
    by_size = sorted(range(len(arrays)), key=lambda i: -arrays[i].nbytes)
    return [by_size[part::parts] for part in range(parts)] if arrays else []


def _slices(array: pa.Array[Any]) -> Iterator[pa.Array[Any]]:
    rows = max(1, min(SLICE_ROWS, len(array) * SLICE_BYTES // max(1, array.nbytes)))
    for begin in range(0, len(array), rows):
        yield array.slice(begin, rows)


async def _all(jobs: Sequence[Coroutine[Any, Any, _T]], concurrency: int) -> list[_T]:
    """Every job's result, in order; as soon as one fails, those that wait are cancelled."""
    places = asyncio.Semaphore(concurrency)

    async def one(job: Coroutine[Any, Any, _T]) -> _T:
        async with places:
            return await job

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(job)) for job in jobs]
    except BaseExceptionGroup as errors:
        for job in jobs:
            job.close()
        failed, others = errors.split((ScanError, TooLarge))
        first = (failed or others or errors).exceptions[0]
        raise first from None
    return [task.result() for task in tasks]
