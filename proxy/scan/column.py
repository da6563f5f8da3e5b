"""What runs in a scanning process: one column of one slice in, the column as it may leave and the counts out.

Rule kept here: a slice's verdict is final when it is returned, and depends only on the slice and on the rates carried
over from the slices before; values go back only inside the column itself.
"""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from proxy.scan import verdicts
from proxy.scan.arrays import Array, Hints, booleans, pack, unpack
from proxy.scan.leaves import Leaf, Unreadable, has_unread_values, leaves, replace
from proxy.scan.recognizers import Recognizer
from proxy.scan.rules import Rule
from proxy.scan.settings import REPLACING, Action, Mode
from proxy.scan.templates import Place
from proxy.scan.texts import Mask, may_be_json
from proxy.scan.units import Unit, join, split
from proxy.scan.verdicts import Found, Known, Rate

_COLLECT_AFTER = 100_000
"""Objects made between two collections: a slice makes tens of thousands that all go at once."""

if TYPE_CHECKING:
    from proxy.scan.presidio.analyzer import Analyzer

_analyzer: Analyzer | None = None
_secret = b""


@dataclass(frozen=True, slots=True)
class Job:
    """A slice of one column: an Arrow stream of one batch with one column. `name` is read for hints. The language model
    reads texts of it that count as `most_names` at most. `recognizers` are those of pii.yaml: they come with each
    slice, so that a scan has one set of them from its begin to its end, whatever is reloaded meanwhile."""

    data: bytes
    name: str
    rules: tuple[Rule, ...]
    rates: Mapping[str, Rate]
    most_names: int = sys.maxsize
    recognizers: tuple[Recognizer, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many cells held an entity, and the highest confidence."""

    cells: int
    score: float


@dataclass(frozen=True, slots=True)
class Scanned:
    """A slice after its scan. `data` is None where nothing changed; `read` + `unread` + `null` are all its cells.
    `named` texts were read by the language model; the cells that it did not read are counted in `sampled` (a sample
    shows few names among them) and `beyond` (no more were to be read)."""

    data: bytes | None
    read: int
    unread: int
    null: int
    counts: Mapping[str, Count]
    rates: Mapping[str, Rate]
    named: int = 0
    sampled: int = 0
    beyond: int = 0


def start(mode: Mode, phone_regions: Sequence[str], secret: bytes = b"") -> None:
    """Build the process's analyzer; raises what keeps it from working. `secret` is the key of hashes."""
    from proxy.scan.presidio.analyzer import Analyzer  # only the processes that scan pay for Presidio

    global _analyzer, _secret
    _secret = secret
    _analyzer = Analyzer(mode, phone_regions)
    gc.freeze()  # the model is there to stay: the collector need not walk it again and again
    gc.set_threshold(_COLLECT_AFTER)


def scan_column(job: Job) -> Scanned:
    """Scan one slice. Raises `Unreadable` for types that cannot be scanned, and whatever a recognizer raises."""
    column = unpack(job.data)
    rules = {rule.entity: rule for rule in job.rules}
    found_leaves = leaves(column, job.name)
    reading = _Reading(job.most_names, job.recognizers)
    judged, rates = _judge(found_leaves, rules, job.rates, reading)
    counts = _counts(found_leaves, judged, len(column))
    new = {key: cell.text for key, cell in judged.items() if cell.text is not None}
    blocked = any(rules[name].action is Action.BLOCK for name in counts)
    changed = not blocked and (bool(new) or has_unread_values(column))
    read, null = _rows(column, found_leaves)
    return Scanned(
        data=pack(replace(column, job.name, new)) if changed else None,
        read=int((read & ~null).sum()),
        unread=int((~read & ~null).sum()),
        null=int(null.sum()),
        counts=counts,
        rates=rates,
        named=reading.named,
        sampled=_cells_of(found_leaves, reading.sampled, len(column)),
        beyond=_cells_of(found_leaves, reading.beyond, len(column)),
    )


def scan_columns(jobs: Sequence[Job]) -> list[Scanned | Unreadable]:
    """Slices of several columns, each scanned or unreadable: the way to a process and back costs more than to scan a
    small one."""
    return [_tried(job) for job in jobs]


def _tried(job: Job) -> Scanned | Unreadable:
    try:
        return scan_column(job)
    except Unreadable as error:
        return error


Key: TypeAlias = tuple[str, Hints]
"""A distinct text and the hints that it stands under."""


@dataclass(slots=True)
class _Reading:
    """How many texts the language model may read and has read, and which it has not, each with its hints; and the
    recognizers that read beside Presidio's own."""

    most: int
    recognizers: tuple[Recognizer, ...] = ()
    named: int = 0
    sampled: list[tuple[Array, Hints]] = field(default_factory=list)
    beyond: list[tuple[Array, Hints]] = field(default_factory=list)

    def note(self, documents: Mapping[Key, Sequence[Unit]]) -> None:
        """A document of which a part was not read for names has not been read for them."""
        for unread in (self.sampled, self.beyond) if documents else ():
            parts = {(text, hints) for texts, hints in unread for text in texts.to_pylist()}
            cells: dict[Hints, list[str]] = defaultdict(list)
            for (text, hints), units in documents.items():
                if any((unit.text, unit.hints) in parts for unit in units):
                    cells[hints].append(text)
            unread += [(pa.array(some, pa.large_string()), hints) for hints, some in cells.items()]


@dataclass(slots=True)
class _Cell:
    """A distinct text: what counts in it, and the text that replaces it (None: it stays)."""

    scores: dict[str, float] = field(default_factory=dict)
    text: str | None = None


def _judge(
    found_leaves: Sequence[Leaf], rules: Mapping[str, Rule], before: Mapping[str, Rate], reading: _Reading
) -> tuple[dict[Key, _Cell], dict[str, Rate]]:
    documents = {key: parts for leaf in found_leaves for key, parts in _documents(leaf)}
    found: dict[Key, tuple[Found, ...]] = {}
    here: dict[str, Rate] = {}
    lines: dict[Hints, frozenset[Place]] = {}
    for hints, texts in _by_hints(found_leaves, documents).items():
        of_hints, unread = _qualified(texts, hints, rules, reading)
        here = verdicts.add(here, verdicts.measure(texts, hints, of_hints, rules, unread))
        lines[hints] = verdicts.lines(texts, hints, of_hints)
        found.update(((text, hints), hits) for text, hits in of_hints.items())
    reading.note(documents)
    overall = verdicts.add(before, here)
    judged = {}
    for key, parts in _with_hits(found_leaves, documents, found).items():
        cell = _judged(key, parts, found, Known(overall, here, lines))
        if cell.scores:
            judged[key] = cell
    return judged, overall


def _documents(leaf: Leaf) -> Iterator[tuple[Key, tuple[Unit, ...]]]:
    """The texts of a leaf that are JSON, with their parts."""
    for place in np.flatnonzero(may_be_json(leaf.texts)).tolist():
        text = leaf.texts[place].as_py()
        yield (text, leaf.hints), split(text, leaf.hints)


def _by_hints(found_leaves: Sequence[Leaf], documents: Mapping[Key, Sequence[Unit]]) -> dict[Hints, Array]:
    """The distinct texts to read, by the hints that they stand under: whole cells, and parts of documents."""
    together: dict[Hints, list[Array]] = defaultdict(list)
    for leaf in found_leaves:
        texts = leaf.texts
        own = [text for text, hints in documents if hints == leaf.hints]
        if own:
            texts = texts.filter(pc.invert(pc.is_in(texts, value_set=pa.array(own, texts.type))))
        together[leaf.hints].append(texts)
    for parts in documents.values():
        for unit in parts:
            together[unit.hints].append(pa.array([unit.text], pa.large_string()))
    return {
        hints: parts[0] if len(parts) == 1 else pc.unique(pa.concat_arrays(parts)) for hints, parts in together.items()
    }


def _qualified(
    texts: Array, hints: Hints, rules: Mapping[str, Rule], reading: _Reading
) -> tuple[dict[str, tuple[Found, ...]], verdicts.Places]:
    """The hits that reach their thresholds, by the texts that have any; and the places of the texts that were not read
    for names."""
    if _analyzer is None:
        raise RuntimeError("the scanning process was not started")
    floors = {name: rule.threshold for name, rule in rules.items()}
    search = _analyzer.search(
        texts,
        floors,
        hints & floors.keys(),
        verdicts.never(texts, hints),
        reading.most - reading.named,
        reading.recognizers,
    )
    reading.named += search.named.read
    for unread, places in ((reading.sampled, search.named.sampled), (reading.beyond, search.named.beyond)):
        if len(places):
            unread.append((texts.take(pa.array(places)), hints))
    found = {}
    for place, of_text in search.hits.items():
        unit = _whole(texts[place].as_py(), hints)
        counted = verdicts.qualify(unit, of_text, rules)
        if counted:
            found[unit.text] = counted
    return found, np.union1d(search.named.sampled, search.named.beyond)


def _whole(text: str, hints: Hints) -> Unit:
    return Unit(0, len(text), text, hints, "text")


def _with_hits(
    found_leaves: Sequence[Leaf], documents: Mapping[Key, tuple[Unit, ...]], found: Mapping[Key, Sequence[Found]]
) -> dict[Key, tuple[Unit, ...]]:
    """The cells in which anything was found, with their parts."""
    if not found:
        return {}
    cells = {key: parts for key, parts in documents.items() if any((u.text, u.hints) in found for u in parts)}
    for leaf in found_leaves:
        texts: Array = pa.array([text for text, hints in found if hints == leaf.hints], pa.large_string())
        for text in texts.filter(pc.is_in(texts, value_set=leaf.texts)).to_pylist():
            if (text, leaf.hints) not in documents:
                cells[text, leaf.hints] = (_whole(text, leaf.hints),)
    return cells


def _judged(
    key: Key,
    parts: tuple[Unit, ...],
    found: Mapping[Key, Sequence[Found]],
    known: Known,
) -> _Cell:
    cell = _Cell()
    replaced = {}
    for number, unit in enumerate(parts):
        counted = verdicts.convict(unit, found.get((unit.text, unit.hints), ()), known)
        counted = verdicts.settle(counted)
        for one in counted:
            cell.scores[one.hit.entity] = max(one.hit.score, cell.scores.get(one.hit.entity, 0.0))
        if any(one.rule.action in REPLACING for one in counted):
            replaced[number] = verdicts.redact(unit.text, counted, _secret)
    if replaced:
        cell.text = replaced[0] if parts[0].kind == "text" else join(key[0], parts, replaced)
    return cell


def _counts(found_leaves: Sequence[Leaf], judged: Mapping[Key, _Cell], rows: int) -> dict[str, Count]:
    if not judged:
        return {}
    inside: dict[str, Mask] = {}
    scores: dict[str, float] = defaultdict(float)
    for leaf in found_leaves:
        cells = {text: cell for (text, hints), cell in judged.items() if hints == leaf.hints}
        places: Array = pc.index_in(pa.array(list(cells), pa.large_string()), value_set=leaf.texts)
        of_entity: dict[str, list[int]] = defaultdict(list)
        for place, cell in zip(places.to_pylist(), cells.values(), strict=True):
            for name, score in cell.scores.items() if place is not None else ():
                of_entity[name].append(place)
                scores[name] = max(scores[name], score)
        for name, some in of_entity.items():
            marked = np.zeros(len(leaf.texts) + 1, dtype=np.bool_)  # the last for code -1
            marked[some] = True
            inside.setdefault(name, np.zeros(rows, dtype=np.bool_))[leaf.rows[marked[leaf.codes]]] = True
    return {name: Count(int(where.sum()), scores[name]) for name, where in sorted(inside.items())}


def _cells_of(found_leaves: Sequence[Leaf], texts: Sequence[tuple[Array, Hints]], rows: int) -> int:
    """In how many cells one of these texts stands: by itself, or as the document that it is."""
    inside = np.zeros(rows, dtype=np.bool_)
    for leaf in found_leaves:
        for some, hints in texts:
            if hints == leaf.hints and len(some):
                marked = np.append(booleans(pc.is_in(leaf.texts, value_set=some)), False)  # the last for code -1
                inside[leaf.rows[marked[leaf.codes]]] = True
    return int(inside.sum())


def _rows(column: Array, found_leaves: Sequence[Leaf]) -> tuple[Mask, Mask]:
    """Which cells were read, and which are NULL. A cell of parts is read if any of its text was, unless part of it
    could have been text and was not."""
    read = np.zeros(len(column), dtype=np.bool_)
    unread = np.zeros(len(column), dtype=np.bool_)
    opaque = np.zeros(len(column), dtype=np.bool_)
    for leaf in found_leaves:
        read[leaf.rows[leaf.codes >= 0]] = True
        unread[leaf.rows[leaf.unread]] = True
        opaque[leaf.rows[leaf.unread & leaf.opaque]] = True
    return (read | ~unread) & ~opaque, booleans(column.is_null())
