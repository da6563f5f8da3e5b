"""What the way out costs: 1 M rows over HTTP as Arrow, against DuckDB's own Arrow of the same query.

The server is a process of its own; the client reads and decodes every batch.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from tests.bench.clock import medians
from tests.bench.server import Served

ROWS = 1_000_000
ROUNDS = 7


def run(folder: Path) -> dict[str, object]:
    """Seconds and ratios: DuckDB in process, DuckDB to IPC bytes, and through the gateway with the scan off."""
    with Served(folder, ROWS) as served:
        local = duckdb.connect()
        local.execute(f"ATTACH '{served.database}' AS shop (READ_ONLY)")
        sql = "SELECT * FROM shop.main.big"

        def in_process() -> int:
            return local.sql(sql).to_arrow_reader().read_all().num_rows

        def in_process_ipc() -> int:
            sink = pa.BufferOutputStream()
            reader = local.sql(sql).to_arrow_reader()
            with pa.ipc.new_stream(sink, reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
            return pa.ipc.open_stream(sink.getvalue()).read_all().num_rows

        def over_http() -> int:
            rows = served.arrow(sql).num_rows
            if rows != ROWS:
                raise SystemExit(f"{rows} rows came, not {ROWS}")
            return rows

        times = medians({"duckdb": in_process, "duckdb+ipc": in_process_ipc, "gateway": over_http}, ROUNDS)
    return {
        "rows": ROWS,
        "seconds": {name: round(value, 3) for name, value in times.items()},
        "gateway / duckdb": round(times["gateway"] / times["duckdb"], 2),
        "gateway / duckdb+ipc": round(times["gateway"] / times["duckdb+ipc"], 2),
    }
