"""What the scan of a result costs, against Presidio cell by cell and in batches; cells a second of processor time.

The result is that of `people`: 20 typed columns, of which five hold free text or personal data. All of it is scanned
in this process, as a scanning process does it (unpacked, read, redacted, packed). Presidio gets a sample of the same
cells as text, as many as it reads in bearable time, with the same recognizers and entities and the small English model;
its rate is that of the sample. With names, every note is read for them, however many (`scan.names_budget` is not held).
Run it with OPENBLAS_NUM_THREADS=1, which scanning processes have.
"""

from __future__ import annotations

import asyncio
import random
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from presidio_analyzer import BatchAnalyzerEngine

from proxy.scan import column
from proxy.scan.arrays import pack
from proxy.scan.column import Job, scan_column
from proxy.scan.leaves import is_harmless
from proxy.scan.presidio import engine
from proxy.scan.rules import ScanRules
from proxy.scan.scanner import SLICE_ROWS, Scan, _column, workers
from proxy.scan.settings import PHONE_REGIONS, Action, Mode, Settings
from tests.bench import people

ROWS = 50_000
ROUNDS = 3
_DISTINCT_ROWS = 5_000
_BY_CELL = 1_200
_BY_BATCH = 4_800
_PATTERNS = "scan, patterns"
_WORST = "scan, all text and distinct (worst case), patterns"
_FULL = "scan, patterns and names"


def run(_folder: Path) -> dict[str, object]:
    """Cells a second of each way, and the ratios; all but that with names are taken in turn."""
    table = people.result(ROWS)
    presidio = engine.analyzer_engine(engine.language_model(), PHONE_REGIONS)
    batches = BatchAnalyzerEngine(presidio)
    named = [r.entity for r in ScanRules().resolve(Mode.FULL, Action.REDACT)]
    few, many = _sample(table, _BY_CELL), _sample(table, _BY_BATCH)
    distinct = _all_text(table.slice(0, _DISTINCT_ROWS))
    column.start(Mode.PATTERNS, PHONE_REGIONS)
    rates = _rates(
        {
            "presidio cell by cell": lambda: _by_cell(presidio, few, named),
            "presidio in batches of 128": lambda: _by_batch(batches, many, named),
            _PATTERNS: lambda: _scan(table, Mode.PATTERNS),
            _WORST: lambda: _scan(distinct, Mode.PATTERNS),
        }
    )
    growth = _growth(table)
    column.start(Mode.FULL, PHONE_REGIONS)
    rates |= _rates({_FULL: lambda: _scan(table, Mode.FULL)})
    cell, batch = rates["presidio cell by cell"], rates["presidio in batches of 128"]
    scans = {name: rates[name] for name in (_PATTERNS, _WORST, _FULL)}
    return {
        "cells scanned": {_PATTERNS: table.num_rows * table.num_columns, "presidio cell by cell": len(few)}
        | {"presidio in batches of 128": len(many)},
        "cells a second of processor time": {name: round(rate) for name, rate in rates.items()},
        "times cell by cell": {name: round(rate / cell, 1) for name, rate in scans.items()},
        "times batches": {name: round(rate / batch, 1) for name, rate in scans.items()},
        "ms for an answer of 100 cells, p50": asyncio.run(_latencies(people.result(5, seed=9))),
        "two processes against one": asyncio.run(_scaling(table)),
        "memory of a scanning process, MB grown over 10 M cells": growth,
    }


def _rates(ways: dict[str, Callable[[], int]]) -> dict[str, float]:
    """Medians of cells a second, each way once a round."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            cells = way()
            taken[name].append(cells / (time.process_time() - began))
    return {name: sorted(rates)[ROUNDS // 2] for name, rates in taken.items()}


def _sample(table: pa.Table, count: int) -> list[str]:
    rows = table.slice(0, count // table.num_columns)
    cells = [str(value) for one in rows.columns for value in one.to_pylist()]
    random.Random(1).shuffle(cells)
    return cells


def _by_cell(presidio: Any, cells: Sequence[str], entities: Sequence[str]) -> int:
    for cell in cells:
        presidio.analyze(cell, engine.LANGUAGE, list(entities), score_threshold=0.4)
    return len(cells)


def _by_batch(presidio: Any, cells: Sequence[str], entities: Sequence[str]) -> int:
    presidio.analyze_iterator(
        list(cells), engine.LANGUAGE, batch_size=128, entities=list(entities), score_threshold=0.4
    )
    return len(cells)


def _scan(table: pa.Table, mode: Mode) -> int:
    rules = ScanRules().resolve(mode, Action.REDACT)
    for field in table.schema:
        rates: Any = {}
        array = table.column(field.name).combine_chunks()
        for begin in range(0, 0 if is_harmless(field.type) else len(array), SLICE_ROWS):
            rates = scan_column(Job(pack(array.slice(begin, SLICE_ROWS)), field.name, rules, rates)).rates
    return table.num_rows * table.num_columns


def _all_text(table: pa.Table) -> pa.Table:
    """Every column as text, every cell of it another one."""
    numbers = [str(i) for i in range(table.num_rows)]
    return pa.table(
        {
            name: pa.array([f"{value} {i}" for value, i in zip(table.column(name).to_pylist(), numbers, strict=True)])
            for name in table.column_names
        }
    )


async def _latencies(table: pa.Table) -> dict[str, float]:
    """Milliseconds that the scan of a small answer adds, by mode, through a scanning process."""
    return {mode.value: await _latency(table, mode) for mode in (Mode.PATTERNS, Mode.FULL)}


async def _latency(table: pa.Table, mode: Mode) -> float:
    processes = workers(Settings(mode=mode))
    assert processes is not None
    await processes.start()
    try:
        taken = []
        for _ in range(60):
            began = time.perf_counter()
            await _begun(processes, table, mode).scan(table.to_batches()[0])
            taken.append((time.perf_counter() - began) * 1e3)
        return round(sorted(taken[10:])[25], 2)
    finally:
        await processes.close()


def _begun(processes: Any, table: pa.Table, mode: Mode) -> Scan:
    rules = ScanRules().resolve(mode, Action.REDACT)
    return Scan(Settings(mode=mode), processes, [_column(field, None, "", rules) for field in table.schema], (), rules)


async def _scaling(table: pa.Table) -> float:
    """How many times as fast two processes are."""
    seconds = []
    for count in (1, 2):
        processes = workers(Settings(mode=Mode.PATTERNS, workers=count))
        assert processes is not None
        await processes.start()
        try:
            await _begun(processes, table, Mode.PATTERNS).scan(table.slice(0, 1_000).combine_chunks().to_batches()[0])
            began = time.perf_counter()
            await _begun(processes, table, Mode.PATTERNS).scan(table.combine_chunks().to_batches()[0])
            seconds.append(time.perf_counter() - began)
        finally:
            await processes.close()
    return round(seconds[0] / seconds[1], 2)


def _growth(table: pa.Table) -> float:
    """By how much the most memory of this process grows from one million cells to eleven."""
    _scan(table, Mode.PATTERNS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(10):
        _scan(table, Mode.PATTERNS)
    return round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, 1)
