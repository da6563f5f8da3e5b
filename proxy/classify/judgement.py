"""What the evidence says of a column, held against what the policy says: a proposal, drift, or nothing to do.

Rule kept here: a column that data/*.yaml lists, with tags or with none (`[]`), has been decided by somebody, and is not
decided again; where the cells say otherwise that is told as drift. A tag is never proposed beside another, as the most
specific one wins and could show more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from proxy.classify.evidence import Evidence, Sampled
from proxy.policy.datafile import TableRules
from proxy.policy.objects import spell, tag_path
from proxy.scan.entities import hinted
from proxy.scan.rules import Rule
from proxy.values import TableId

FREE_TEXT = "pii.free_text"
MAIN = 0.5
"""From this share of a column's cells on an entity is what the column holds; below, it is mixed with others."""


class State(StrEnum):
    """How a column's cells and its tags go together."""

    PROPOSED = "proposed"
    """Nobody has decided on it, and personal data was found (or, where asked for, nothing was)."""
    CHANGED = "changed"
    """It is listed, and personal data was found that its tags do not cover."""
    AGREES = "agrees"
    """What was found is covered by its tags."""
    UNCONFIRMED = "unconfirmed"
    """It has the tag of an entity that was looked for and not found."""
    DECIDED = "decided"
    """It is listed, and nothing speaks against that."""
    UNDECIDED = "undecided"
    """Nobody has decided on it, and nothing was found."""
    SKIPPED = "skipped"
    """It was not read."""


DRIFT = frozenset({State.PROPOSED, State.CHANGED})
"""The states that somebody should look at."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One column: its tags (None where it is not listed), and the tags proposed."""

    table: TableId
    evidence: Evidence
    state: State
    tags: tuple[str, ...] | None = None
    proposed: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """`rules` are the entities looked for; `at_least` the share of a column's cells from which an entity counts;
    `every_column` also decides on columns in which nothing was found."""

    rules: Sequence[Rule]
    at_least: float
    every_column: bool = False


def judge(sampled: Sampled, known: Mapping[str, TableRules], by: Measure) -> tuple[Judged, ...]:
    """Every column of a table."""
    place = sampled.table
    rules = known.get(spell(place.warehouse, place.schema, place.name))
    listed = {name: column.tags for name, column in rules.columns.items()} if rules else {}
    return tuple(_judged(place, evidence, listed.get(evidence.column), by) for evidence in sampled.columns)


def _judged(place: TableId, evidence: Evidence, tags: tuple[str, ...] | None, by: Measure) -> Judged:
    if evidence.skipped and tags is None and not (by.every_column and evidence.cells):
        return Judged(place, evidence, State.SKIPPED, tags, (), evidence.skipped)
    found = {name: n for name, n in evidence.hits.items() if evidence.share(name) >= by.at_least}
    wanted = _wanted(evidence, found, by.rules)
    if tags is None:
        return _undecided(place, evidence, wanted, by)
    if not wanted:
        missing = () if evidence.skipped or not evidence.read else _unconfirmed(tags, evidence, by.rules)
        state = State.UNCONFIRMED if missing else State.DECIDED
        detail = f"none of {', '.join(missing)} found" if missing else evidence.skipped
        return Judged(place, evidence, state, tags, (), detail)
    open_ = tuple(tag for tag in _tags_of(found, by.rules) if not _is_covered(tag, tags))
    if open_ and FREE_TEXT not in tags:
        said = f"tagged {', '.join(tags)}" if tags else "listed without a tag"
        return Judged(place, evidence, State.CHANGED, tags, (), f"{said}; the cells say {', '.join(open_)}")
    return Judged(place, evidence, State.AGREES, tags)


def _undecided(place: TableId, evidence: Evidence, wanted: tuple[str, ...], by: Measure) -> Judged:
    if wanted:
        return Judged(place, evidence, State.PROPOSED, None, wanted)
    if by.every_column and evidence.cells:
        return Judged(place, evidence, State.PROPOSED, None, (), evidence.skipped or "nothing found")
    return Judged(place, evidence, State.UNDECIDED, None, (), "" if evidence.cells else "the table is empty")


def _wanted(evidence: Evidence, found: Mapping[str, int], rules: Sequence[Rule]) -> tuple[str, ...]:
    """The tags for what was found: those of the entities that the column is made of, or that of free text."""
    if not found:
        return ()
    named = hinted(evidence.column)
    main = [name for name in found if evidence.share(name) >= MAIN or name in named]
    return (FREE_TEXT,) if evidence.prose or not main else _tags_of(main, rules)


def _tags_of(names: Sequence[str] | Mapping[str, int], rules: Sequence[Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule.tag for rule in rules if rule.entity in names))


def _is_covered(tag: str, tags: Sequence[str]) -> bool:
    return any(path in tags for path in tag_path(tag)) or any(tag in tag_path(one) for one in tags)


def _unconfirmed(tags: Sequence[str], evidence: Evidence, rules: Sequence[Rule]) -> tuple[str, ...]:
    """The entities of the column's tags that were looked for, where not a single cell holds any of them."""
    looked_for = tuple(rule.entity for rule in rules if rule.tag in tags)
    return () if any(name in evidence.hits for name in looked_for) else looked_for
