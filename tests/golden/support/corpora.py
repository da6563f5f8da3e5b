"""Corpora of honest statements: each in a folder of its own, with where it comes from in the README beside it.

Rule kept here: a corpus holds only statements that the engine itself parses and binds over the schema beside them, so
that whatever is refused is refused by us.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_WORLD = re.compile(r"^-- world: (\d+)$", re.M)


@dataclass(frozen=True)
class Statement:
    """One statement, the number of the schema it is written for, and the question it answers where it has one."""

    world: int
    sql: str
    question: str = ""


@dataclass(frozen=True)
class Corpus:
    """Statements for one engine; `worlds[n]` is the DDL of schema n. Two statements that want one table with different
    columns are of different worlds."""

    name: str
    engine: str
    statements: tuple[Statement, ...]
    worlds: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.name}-{self.engine}"


def load(name: str, engine: str) -> Corpus:
    """The corpus in the folder `name`, as kept for one engine."""
    folder = HERE / name
    lines = (folder / f"{engine}.jsonl").read_text(encoding="utf-8").splitlines()
    statements = tuple(Statement(**json.loads(line)) for line in lines)
    parts = _WORLD.split((folder / f"{engine}.sql").read_text(encoding="utf-8"))[1:]
    worlds = tuple(ddl.strip() for ddl in parts[1::2])
    assert [int(n) for n in parts[::2]] == list(range(len(worlds)))
    assert {s.world for s in statements} <= set(range(len(worlds)))
    return Corpus(name, engine, statements, worlds)


CORPORA = (("sqlglot", "duckdb"), ("assistant", "duckdb"), ("sqlglot", "postgres"), ("assistant", "postgres"))
"""Name and engine of every corpus."""
