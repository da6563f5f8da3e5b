"""What runs in a scanning process: one column of one slice in, the column as it may leave and the counts out.

Rule kept here: a slice's verdict is final when it is returned, and depends only on the slice and on the rates carried
over from the slices before; values go back only inside the column itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from proxy.scan import verdicts
from proxy.scan.arrays import Array, Hints, pack, unpack
from proxy.scan.leaves import Leaf, has_unread_values, leaves, replace
from proxy.scan.presidio import Analyzer
from proxy.scan.rules import Rule
from proxy.scan.settings import Action, Mode
from proxy.scan.units import Unit, join, split
from proxy.scan.verdicts import Found, Rate

_analyzer: Analyzer | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A slice of one column: an Arrow stream of one batch with one column. `name` is read for hints."""

    data: bytes
    name: str
    rules: tuple[Rule, ...]
    rates: Mapping[str, Rate]


@dataclass(frozen=True, slots=True)
class Count:
    """How many cells held an entity, and the highest confidence."""

    cells: int
    score: float


@dataclass(frozen=True, slots=True)
class Scanned:
    """A slice after its scan. `data` is None where nothing changed; `read` + `unread` + `null` are all its cells."""

    data: bytes | None
    read: int
    unread: int
    null: int
    counts: Mapping[str, Count]
    rates: Mapping[str, Rate]


def start(mode: Mode, phone_regions: Sequence[str]) -> None:
    """Build the process's analyzer; raises what keeps it from working."""
    global _analyzer
    _analyzer = Analyzer(mode, phone_regions)


def scan_column(job: Job) -> Scanned:
    """Scan one slice. Raises `Unreadable` for types that cannot be scanned, and whatever a recognizer raises."""
    column = unpack(job.data)
    rules = {rule.entity: rule for rule in job.rules}
    found_leaves = leaves(column, job.name)
    judged, rates = _judge(found_leaves, rules, job.rates)
    counts = _counts(found_leaves, judged)
    new = {key: cell.text for key, cell in judged.items() if cell.text is not None}
    blocked = any(rules[name].action is Action.BLOCK for name in counts)
    changed = not blocked and (bool(new) or has_unread_values(column))
    present = _rows(column, found_leaves)
    return Scanned(
        data=pack(replace(column, job.name, new)) if changed else None,
        read=present.count(True),
        unread=present.count(False),
        null=present.count(None),
        counts=counts,
        rates=rates,
    )


@dataclass(slots=True)
class _Cell:
    """A distinct text: what counts in it, and the text that replaces it (None: it stays)."""

    scores: dict[str, float] = field(default_factory=dict)
    text: str | None = None


def _judge(
    found_leaves: Sequence[Leaf], rules: Mapping[str, Rule], before: Mapping[str, Rate]
) -> tuple[dict[tuple[str, Hints], _Cell], dict[str, Rate]]:
    cells = dict.fromkeys((text, leaf.hints) for leaf in found_leaves for text in leaf.texts)
    units = {key: split(*key) for key in cells}
    qualified = _qualified([unit for parts in units.values() for unit in parts], rules)
    distinct = {(u.text, u.hints): u for parts in units.values() for u in parts}
    here = verdicts.measure(((u, qualified[key]) for key, u in distinct.items()), rules)
    overall = verdicts.add(before, here)
    judged = {}
    for key, parts in units.items():
        cell = _Cell()
        replaced = {}
        for number, unit in enumerate(parts):
            counted = verdicts.convict(unit, qualified[unit.text, unit.hints], overall, here)
            counted = verdicts.settle(counted)
            for one in counted:
                cell.scores[one.hit.entity] = max(one.hit.score, cell.scores.get(one.hit.entity, 0.0))
            if any(one.rule.action is Action.REDACT for one in counted):
                replaced[number] = verdicts.redact(unit.text, counted)
        if replaced:
            cell.text = join(key[0], parts, replaced)
        if cell.scores:
            judged[key] = cell
    return judged, overall


def _qualified(units: Sequence[Unit], rules: Mapping[str, Rule]) -> dict[tuple[str, Hints], tuple[Found, ...]]:
    """The hits of each distinct unit; texts that are read for the same are read together."""
    if _analyzer is None:
        raise RuntimeError("the scanning process was not started")
    together: dict[tuple[frozenset[str], Hints], dict[tuple[str, Hints], Unit]] = defaultdict(dict)
    for unit in units:
        wanted = frozenset(rules) - verdicts.never(unit)
        together[wanted, unit.hints & wanted].setdefault((unit.text, unit.hints), unit)
    return {
        key: verdicts.qualify(unit, hits, rules)
        for (wanted, hinted), batch in together.items()
        for (key, unit), hits in zip(
            batch.items(), _analyzer.find([text for text, _ in batch], wanted, hinted), strict=True
        )
    }


def _counts(found_leaves: Sequence[Leaf], judged: Mapping[tuple[str, Hints], _Cell]) -> dict[str, Count]:
    rows: dict[str, set[int]] = defaultdict(set)
    scores: dict[str, float] = defaultdict(float)
    for leaf in found_leaves:
        for place, text in enumerate(leaf.texts):
            cell = judged.get((text, leaf.hints))
            if cell is None:
                continue
            where = leaf.rows[leaf.codes == place].tolist()
            for name, score in cell.scores.items():
                rows[name].update(where)
                scores[name] = max(scores[name], score)
    return {name: Count(len(where), scores[name]) for name, where in sorted(rows.items())}


def _rows(column: Array, found_leaves: Sequence[Leaf]) -> list[bool | None]:
    """For each cell whether it was read; None for NULL. A cell of parts is read if any of its text was, unless part
    of it could have been text and was not."""
    read = np.zeros(len(column), dtype=np.bool_)
    unread = np.zeros(len(column), dtype=np.bool_)
    opaque = np.zeros(len(column), dtype=np.bool_)
    for leaf in found_leaves:
        read[leaf.rows[leaf.codes >= 0]] = True
        unread[leaf.rows[leaf.unread]] = True
        opaque[leaf.rows[leaf.unread & leaf.opaque]] = True
    read = (read | ~unread) & ~opaque
    null = column.is_null().to_pylist()
    return [None if n else bool(r) for n, r in zip(null, read, strict=True)]
