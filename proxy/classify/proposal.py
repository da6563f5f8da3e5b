"""Proposed tags as changes of the policy folder: which file says what, and the difference as a patch.

Rule kept here: only data/*.yaml changes; the folder with the changes is loaded as a whole before anything is written,
and what is written is what was shown.
"""

from __future__ import annotations

import difflib
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proxy.classify.evidence import Evidence
from proxy.classify.judgement import Judged, State
from proxy.errors import ConfigError
from proxy.policy import bundle
from proxy.policy.datafile import TableRules
from proxy.policy.objects import parse, spell
from proxy.policy.tagging import Tagging, edited

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Change:
    """One data file before and after; `before` is None where it is new. `path` is relative to the policy folder."""

    path: str
    before: str | None
    after: str


def changes(folder: Path, judged: Sequence[Judged], known: Mapping[str, TableRules]) -> tuple[Change, ...]:
    """The files to change for what is proposed. Raises `ConfigError` where a file's form does not allow it."""
    files: dict[str, dict[str, list[Tagging]]] = {}
    for one in judged:
        if one.state is State.PROPOSED:
            name = spell(one.table.warehouse, one.table.schema, one.table.name)
            tables = files.setdefault(_file(folder, name, one.table.schema, known), {})
            tables.setdefault(name, []).append(Tagging(one.evidence.column, one.proposed, comment(one)))
    made = []
    for path, tables in sorted(files.items()):
        full = folder / path
        before = _text(full) if full.exists() else None
        made.append(Change(path, before, edited(before or "", str(full), tables)))
    return tuple(made)


def comment(one: Judged) -> str:
    """What a reviewer reads behind a column: counts, and no value."""
    evidence = one.evidence
    if evidence.skipped:
        return evidence.skipped
    return counted(evidence) if evidence.hits else f"nothing found in {evidence.read} cells"


def counted(evidence: Evidence) -> str:
    """The entities of a column and how many cells hold each."""
    found = ", ".join(f"{name} {cells}" for name, cells in sorted(evidence.hits.items()))
    return f"{found} of {evidence.read} cells" if found else ""


def patch(made: Sequence[Change], prefix: str) -> str:
    """The changes as a unified diff, for `git apply` or `patch -p1` where `prefix` begins; empty if there are none."""
    parts: list[str] = []
    for change in made:
        name = f"{prefix}{change.path}"
        old = f"a/{name}" if change.before is not None else "/dev/null"
        lines = difflib.unified_diff(_lines(change.before or ""), _lines(change.after), old, f"b/{name}")
        for line in lines:
            parts.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(parts)


def problems(folder: Path, made: Sequence[Change]) -> tuple[str, ...]:
    """What would be wrong with the folder after the changes, such as a tag that nothing protects."""
    with tempfile.TemporaryDirectory(prefix="usher-classify-") as place:
        copy = Path(place) / folder.resolve().name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".git"))
        write(copy, made)
        try:
            bundle.load(copy)
        except ConfigError as error:
            return tuple(problem.replace(str(copy), str(folder)) for problem in error.problems)
    return ()


def write(folder: Path, made: Sequence[Change]) -> None:
    """Write the changed files."""
    for change in made:
        path = folder / change.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(change.after.encode("utf-8"))


def _file(folder: Path, name: str, schema: str, known: Mapping[str, TableRules]) -> str:
    """The file that has the table, or most of its schema's tables; else one named for the schema."""
    if name in known:
        return _relative(folder, known[name])
    schema_of = (parse(name) or ("",))[:2]
    beside = Counter(_relative(folder, rules) for key, rules in known.items() if (parse(key) or ("",))[:2] == schema_of)
    if beside:
        return max(sorted(beside), key=lambda path: beside[path])
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in schema)
    return f"data/{plain or 'tables'}.yaml"


def _relative(folder: Path, rules: TableRules) -> str:
    return Path(rules.place.file).relative_to(folder).as_posix()


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _lines(text: str) -> list[str]:
    return _LINE.findall(text)
