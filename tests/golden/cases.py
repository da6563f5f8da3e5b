"""Reads golden files: several cases a file, each opened by a line `-- name: ...`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAME = "-- name: "
_BIND = "-- bind: "


@dataclass(frozen=True)
class Case:
    """One statement of a golden file; `bind` is what its `-- bind:` line says, as JSON."""

    id: str
    sql: str
    bind: Any


def statements(folder: Path) -> list[Case]:
    """Every case of a folder's files, in order. Fails on text before the first name and on a name that comes twice."""
    cases = [case for path in sorted(folder.glob("*.sql")) for case in _of(path)]
    ids = [case.id for case in cases]
    assert len(ids) == len(set(ids)), f"a name comes twice in {folder}"
    return cases


def _of(path: Path) -> list[Case]:
    before, *parts = ("\n" + path.read_text(encoding="utf-8")).split("\n" + _NAME)
    assert not before.strip(), f"{path.name}: text before the first {_NAME!r}"
    return [_case(path.stem, part) for part in parts]


def _case(theme: str, part: str) -> Case:
    name, _, sql = part.partition("\n")
    bind: Any = ()
    if sql.startswith(_BIND):
        line, _, sql = sql.partition("\n")
        bind = json.loads(line.removeprefix(_BIND))
    return Case(f"{theme}: {name}", sql, bind)
