"""The fuzzer's command line: `python -m tests.oracle.fuzz --engine duckdb --count 100000 --seed 1`.

Exits with 1 where a finding was made, after it was printed with its smallest statement.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import signal
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from tests import postgres
from tests.oracle.fuzz.run import Options, Report, Run, machine

KINDS = ("installed", "wheel")


def main() -> int:
    """Run what the arguments say, print the counts, and keep them where asked."""
    given = _arguments()
    parts = [_options(given, number) for number in range(given.processes)]
    folder = given.keep
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    if len(parts) == 1:
        done = [_part(parts[0], given.server, folder)]
    else:
        with multiprocessing.get_context("spawn").Pool(len(parts)) as pool:
            done = pool.starmap(_part, [(part, given.server, folder) for part in parts], chunksize=1)
    result = merged(done)
    result |= {"engine": given.engine, "seeds": [part.seed for part in parts], "machine": machine()}
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 1 if result["findings"] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.fuzz", description=__doc__)
    parser.add_argument("--engine", choices=("duckdb", "postgres"), required=True)
    parser.add_argument("--server", choices=KINDS, default="wheel", help="which PostgreSQL: see tests/postgres.py")
    parser.add_argument("--count", type=int, default=10_000, help="statements that reach every side, in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--world", type=int, default=None, help="only this world; else seed, seed + 1, ..")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--turn", type=int, default=20_000, help="statements on one world before the next")
    parser.add_argument("--in-turn", action="store_true", help="two databases a statement, the second one in turn")
    parser.add_argument("--pause-file", type=Path, default=None, help="stand still while this file exists")
    parser.add_argument("--minutes", type=float, default=None, help="end after so long, whatever the count")
    parser.add_argument(
        "--keep", type=Path, default=None, help="a folder for counts, findings and examples as they come"
    )
    return parser.parse_args()


def _options(given: argparse.Namespace, number: int) -> Options:
    share = given.count // given.processes + (number < given.count % given.processes)
    until = None if given.minutes is None else time.time() + 60 * given.minutes
    seed = given.seed + 1000 * number
    return Options(
        given.engine, share, seed, given.world, given.turn, given.pause_file, in_turn=given.in_turn, until=until
    )


def _part(options: Options, kind: str, keep: Path | None) -> dict[str, Any]:
    """One process's part; its counts as they may be added to others'."""
    server = None
    if options.engine == "postgres":
        found = postgres.programs(kind)
        if found is None:
            raise SystemExit(f"there is no PostgreSQL ({kind})")
        server = postgres.Server(kind, found)
    run = Run(options, server, partial(print, flush=True))
    signal.signal(signal.SIGTERM, lambda *_: setattr(run, "stop", True))
    name = f"{options.engine}-{kind if server else 'file'}-{options.seed}"
    try:
        report = run.go(lambda r: _kept(r, keep, name))
    finally:
        _kept(run.report, keep, name)
        if server is not None:
            server.stop()
    return {**report.summary(), "hashes": report.distinct, "cases": report.findings}


def _kept(report: Report, keep: Path | None, name: str) -> None:
    summary = report.summary()
    rate = summary["statements"] / max(summary["seconds"], 1)
    print(
        f"{time.strftime('%H:%M:%S')} {name} {summary['statements']} statements, {rate:.0f}/s, {summary['verdicts']}",
        flush=True,
    )
    if keep is not None:
        (keep / f"{name}.json").write_text(json.dumps(summary, indent=1))
        (keep / f"{name}.hashes").write_bytes(b"".join(report.distinct))
        (keep / f"{name}.findings.json").write_text(json.dumps(report.findings, indent=1, ensure_ascii=False))
        (keep / f"{name}.examples.json").write_text(json.dumps(report.examples, indent=1, ensure_ascii=False))


def merged(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The counts of several processes as one."""
    total: dict[str, Any] = {"version": parts[0]["version"]}
    for key in ("statements", "comparisons", "answered", "whole_way", "findings"):
        total[key] = sum(part[key] for part in parts)
    total["distinct"] = len(set().union(*(part["hashes"] for part in parts)))
    for key in ("failed_alike", "refused", "verdicts", "sources"):
        total[key] = dict(sum((Counter(part[key]) for part in parts), Counter()).most_common())
    total["worlds"] = sorted({number for part in parts for number in part["worlds"]})
    total["seconds"] = max(part["seconds"] for part in parts)
    total["cases"] = [case for part in parts for case in part["cases"]]
    return total


if __name__ == "__main__":
    sys.exit(main())
