"""What a row costs on its way into PostgreSQL's protocol: 1 M rows of 8 columns as DataRow messages, columns whole
against a row at a time.

No database and no socket: batches of 16,384 rows in memory. The figures are processor time, medians of rounds in which
every candidate runs once, so that other work on the machine does not count.
"""

from __future__ import annotations

import statistics
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from proxy.doors.pgwire.rows import FEW_ROWS, RowEncoder

ROWS = 1_000_000
BATCH = 16_384
ROUNDS = 9
NAIVE = 50_000
"""Rows for the encoder that goes row by row, which takes too long for all of them."""


def table(rows: int) -> pa.Table:
    """int8, timestamp, int4, numeric(12,2), float8, bool, text, and a nullable text: about 150 bytes a row."""
    draw = np.random.default_rng(7)
    words = pa.array(["north", "south", "east", "west", "centre"]).take(pa.array(draw.integers(0, 5, rows)))
    notes = pa.array([f"note of row {i:06} — über 41 signs of it" for i in range(1000)])
    cents = pa.array(draw.integers(0, 10**8, rows)).cast(pa.decimal128(19, 0))
    amounts = pa.Array.from_buffers(pa.decimal128(12, 2), rows, cents.buffers())
    return pa.table(
        {
            "id": pa.array(np.arange(rows)),
            "at": pa.array(draw.integers(10**15, 2 * 10**15, rows)).view(pa.timestamp("us")),
            "quantity": pa.array(draw.integers(0, 1000, rows, dtype=np.int32)),
            "amount": amounts,
            "rate": pa.array(draw.random(rows)),
            "paid": pa.array(draw.integers(0, 2, rows).astype(bool)),
            "region": words,
            "note": notes.take(pa.array(draw.integers(0, 1000, rows), mask=draw.random(rows) < 0.1)),
        }
    )


def naive(batch: pa.RecordBatch) -> bytes:
    """A row at a time, as a first version would write it; text format, without PostgreSQL's own spellings."""
    made = []
    columns: list[list[Any]] = [c.to_pylist() for c in batch.columns]
    for row in zip(*columns, strict=True):
        body = struct.pack("!h", len(row))
        for value in row:
            if value is None:
                body += b"\xff\xff\xff\xff"
                continue
            text = ("t" if value else "f") if isinstance(value, bool) else str(value)
            cell = text.encode()
            body += struct.pack("!i", len(cell)) + cell
        made.append(b"D" + struct.pack("!i", len(body) + 4) + body)
    return b"".join(made)


def medians(candidates: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of the processor, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for round_number in range(ROUNDS + 1):
        for name, work in candidates.items():
            start = time.process_time()
            work()
            if round_number:
                times[name].append(time.process_time() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def run(folder: Path) -> dict[str, object]:
    """Nanoseconds a row."""
    batches = table(ROWS).to_batches(BATCH)
    few = [b.slice(0, NAIVE // len(batches) + 1) for b in batches]
    small = [batches[0].slice(0, n) for n in (1, FEW_ROWS, FEW_ROWS + 1)]

    def encoded(form: int, given: Any) -> int:
        encoder = RowEncoder(given[0].schema, [form])
        return sum(len(piece) for batch in given for piece in encoder.encode(batch))

    times = medians(
        {
            "text": lambda: encoded(0, batches),
            "binary": lambda: encoded(1, batches),
            "row at a time": lambda: [naive(b) for b in few],
            "1 row": lambda: [encoded(0, small[:1]) for _ in range(1000)],
            "few rows": lambda: [encoded(0, small[1:2]) for _ in range(100)],
            "a row more": lambda: [encoded(0, small[2:]) for _ in range(100)],
        }
    )
    slow = sum(b.num_rows for b in few)
    return {
        "rows": ROWS,
        "bytes a row, text": round(encoded(0, batches) / ROWS),
        "bytes a row, binary": round(encoded(1, batches) / ROWS),
        "ns a row": {
            "text": round(times["text"] / ROWS * 1e9),
            "binary": round(times["binary"] / ROWS * 1e9),
            "row at a time": round(times["row at a time"] / slow * 1e9),
        },
        "text: row at a time / whole columns": round(times["row at a time"] / slow * ROWS / times["text"], 1),
        "us an answer": {
            "1 row": round(times["1 row"] * 1000, 1),
            f"{FEW_ROWS} rows": round(times["few rows"] * 10_000, 1),
            f"{FEW_ROWS + 1} rows": round(times["a row more"] * 10_000, 1),
        },
    }
