"""Runs benchmarks by name and keeps their results: `python -m tests.bench [plan] [tpch] [stream] [memory] [caps]
[tpch_postgres] [wire_rows] [scan] [pgwire]`."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

BENCHMARKS = ("plan", "tpch", "stream", "memory", "caps", "tpch_postgres", "wire_rows", "scan", "pgwire")
RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, object]:
    """What the figures were taken on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "versions": {name: version(name) for name in ("duckdb", "sqlglot", "pyarrow", "pycasbin", "fastapi")},
    }


def main() -> None:
    """Runs what was asked for, or everything."""
    asked = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in asked if name not in BENCHMARKS]
    if unknown:
        raise SystemExit(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")
    for name in asked:
        with tempfile.TemporaryDirectory() as folder:
            taken = {"benchmark": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
            taken["figures"] = importlib.import_module(f"tests.bench.bench_{name}").run(Path(folder))
        path = RESULTS / f"{name}.json"
        path.write_text(json.dumps(taken, indent=1) + "\n")
        print(json.dumps(taken["figures"], indent=1))
        print(f"kept in {path}")


if __name__ == "__main__":
    main()
