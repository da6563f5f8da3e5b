"""What was run, as one entry of `tests/oracle/fuzz/results.json`: `python -m tests.oracle.fuzz.results FOLDER ..`.

Rule kept here: it adds up the counts that runs kept (`--keep FOLDER`) and knows nothing else: one entry for each engine
and version, a statement that several runs asked counted once among the distinct ones.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.oracle.fuzz.run import HASH_BYTES, machine

COUNTS = ("statements", "comparisons", "answered", "whole_way", "findings")
TALLIES = ("failed_alike", "refused", "verdicts", "sources")


def collected(folders: Sequence[Path]) -> dict[str, Any]:
    """The counts of all runs that were kept in these folders."""
    found: dict[str, list[Path]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.hashes")):
            part = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            if part["statements"]:
                found.setdefault(part["version"], []).append(path)
    return {"machine": machine(), "engines": {version: _added(paths) for version, paths in sorted(found.items())}}


def _added(paths: Sequence[Path]) -> dict[str, Any]:
    parts = [json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) for path in paths]
    total: dict[str, Any] = {key: sum(part[key] for part in parts) for key in COUNTS}
    total["distinct"] = len({one for path in paths for one in _hashes(path.read_bytes())})
    for key in TALLIES:
        total[key] = dict(sum((Counter(part[key]) for part in parts), Counter()).most_common())
    total["worlds"] = len({number for part in parts for number in part["worlds"]})
    total["seeds"] = sorted({int(path.stem.rpartition("-")[2]) for path in paths})
    total["hours"] = round(sum(part["seconds"] for part in parts) / 3600, 2)
    return total


def _hashes(data: bytes) -> Iterator[bytes]:
    return (data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES))


if __name__ == "__main__":
    print(json.dumps(collected([Path(folder) for folder in sys.argv[1:]]), indent=2, ensure_ascii=False))
