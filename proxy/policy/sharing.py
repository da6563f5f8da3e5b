"""One table for one closure: which rows, which columns, and which cell shows what.

Rule kept here: the eight combining rules of docs/reference/policy.md, and nothing else. Each granting subject sees
its own rows; what a cell shows is decided by the granting subjects that admit its row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from proxy.policy.conditions import ALWAYS, NEVER, all_of, any_of, implies
from proxy.policy.governed import CLEAR, GovernedColumn, GovernedTable, Shade
from proxy.policy.objects import TAG, tag_path
from proxy.policy.rules import NOBODY, Held
from proxy.values import Always, Condition, Never, TableId

Cells = tuple[tuple[Condition, Shade], ...]
"""The first whose condition holds decides; where none holds the cell is NULL."""


@dataclass(frozen=True, slots=True)
class ColumnShare:
    """A readable column. `cleared` are its tags that are unmasked in all rows."""

    governed: GovernedColumn
    cells: Cells
    cleared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableShare:
    """What one closure sees of a table; `granting` are the subjects whose direct grants show it."""

    governed: GovernedTable
    columns: tuple[ColumnShare, ...]
    rows: Condition
    granting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """Everything a closure brings: its subjects, and what they hold together for each action."""

    subjects: frozenset[str]
    read: Held
    unmask: Held


CLEAR_CELLS: Cells = ((ALWAYS, CLEAR),)


def share(table: GovernedTable, holder: Holder) -> TableShare | None:
    """The table as the closure sees it; None where it has no readable column, and so does not exist."""
    if any(name in holder.read.denied for name in table.chain):
        return None
    throughout = holder.read.by(table.opened_by)
    readable = [(c, by) for c in table.columns if (by := _column_by(c, throughout, holder.read))]
    if not readable:
        return None
    granting = NOBODY.union(*(by for _, by in readable))
    rows = _Rows(table, granting)
    columns = tuple(_column(c, by, table, rows, holder) for c, by in readable)
    everyone = [
        f.compiled for f in table.filters if f.rule.subjects is None and holder.subjects.isdisjoint(f.rule.exempt)
    ]
    return TableShare(table, columns, all_of([rows.union, *everyone]), tuple(sorted(granting)))


def _column_by(column: GovernedColumn, throughout: frozenset[str], read: Held) -> frozenset[str]:
    """The subjects whose direct grants let the column be read; nobody where it is denied."""
    if not read.denied.isdisjoint(column.own):
        return NOBODY
    return throughout | read.by(column.own)


class _Rows:
    """The rows that each granting subject sees, and unions of them."""

    def __init__(self, table: GovernedTable, granting: Collection[str]) -> None:
        self._of: dict[str, Condition] = {
            subject: all_of(f.compiled for f in table.filters if f.rule.subjects and subject in f.rule.subjects)
            for subject in sorted(granting)
        }
        self.union = any_of(self._of.values())

    def grants(self, subject: str) -> bool:
        """Whether a subject grants the table."""
        return subject in self._of

    def admitted_by(self, subjects: Iterable[str]) -> Condition:
        """The rows that these subjects see. `Always` where they are all that anybody sees, for the table's own
        condition then says so already. Of a subject that does not grant the table: all rows."""
        wanted = set(subjects)
        if not wanted.issubset(self._of):
            return ALWAYS
        parts = [condition for subject, condition in self._of.items() if subject in wanted]
        if all(condition in parts for condition in self._of.values()):
            return ALWAYS
        return any_of(parts)


def _column(
    column: GovernedColumn, by: frozenset[str], table: GovernedTable, rows: _Rows, holder: Holder
) -> ColumnShare:
    readable = rows.admitted_by(by)
    if not column.tags:
        return ColumnShare(column, CLEAR_CELLS if isinstance(readable, Always) else ((readable, CLEAR),))
    unmasked = {tag: _unmasked(tag, column, table, rows, holder.unmask) for tag in column.tags}
    cleared = tuple(tag for tag, rows_of in unmasked.items() if isinstance(rows_of, Always))
    cells: list[tuple[Condition, Shade]] = []
    if column.masked:
        cells.append((all_of([readable, *(unmasked[tag] for tag in column.masked)]), CLEAR))
    for shade, subjects in _shades(column, by, rows, holder):
        cells.append((rows.admitted_by(subjects), shade))
    return ColumnShare(column, settled(cells), cleared)


def _unmasked(tag: str, column: GovernedColumn, table: GovernedTable, rows: _Rows, unmask: Held) -> Condition:
    """The rows in which a tag of the column is unmasked: those of the granting subjects that unmask it, or all where
    another subject of the closure does."""
    by = unmask.by((column.object, *table.chain, *(TAG + path for path in tag_path(tag))))
    return rows.admitted_by(by) if by else NEVER


def _shades(
    column: GovernedColumn, by: frozenset[str], rows: _Rows, holder: Holder
) -> list[tuple[Shade, frozenset[str]]]:
    """What the column shows to each subject that lets it be read, least restrictive first. A mask that overrides for a
    subject which does not grant the table is an alternative for all of them."""
    if not column.overrides:
        return [(column.shade, by)]
    alternatives = [
        shade
        for subject, (shade, own) in column.overrides.items()
        if own and subject in holder.subjects and not rows.grants(subject)
    ]
    groups: list[tuple[Shade, frozenset[str]]] = []
    for subject in sorted(by):
        shade = min([column.overrides.get(subject, (column.shade, False))[0], *alternatives], key=lambda s: s.rank)
        same = next((i for i, (known, _) in enumerate(groups) if known.mask == shade.mask), None)
        if same is None:
            groups.append((shade, frozenset([subject])))
        else:
            groups[same] = (min(groups[same][0], shade, key=lambda s: s.rank), groups[same][1] | {subject})
    return sorted(groups, key=lambda group: group[0].rank)


def settled(cells: Iterable[tuple[Condition, Shade]]) -> Cells:
    """The same cells, without those that can never decide, neighbours with one mask joined."""
    kept: list[tuple[Condition, Shade]] = []
    for condition, shade in cells:
        if isinstance(condition, Never) or implies(condition, [earlier for earlier, _ in kept]):
            continue
        if kept and kept[-1][1].mask == shade.mask:
            kept[-1] = (any_of([kept[-1][0], condition]), kept[-1][1])
        else:
            kept.append((condition, shade))
        if isinstance(kept[-1][0], Always):
            break
    return tuple(kept)


def narrow(user: Mapping[TableId, TableShare], app: Mapping[TableId, TableShare]) -> dict[TableId, TableShare]:
    """What both sides show: columns in both, rows that both admit, and in each cell the more restrictive mask."""
    shared = ((name, _narrow_table(user[name], app[name])) for name in user if name in app)
    return {name: both for name, both in shared if both is not None}


def _narrow_table(user: TableShare, app: TableShare) -> TableShare | None:
    theirs = {c.governed.object: c for c in app.columns}
    columns = tuple(_narrow_column(c, theirs[c.governed.object]) for c in user.columns if c.governed.object in theirs)
    if not columns:
        return None
    granting = tuple(dict.fromkeys([*user.granting, *app.granting]))
    return TableShare(user.governed, columns, all_of([user.rows, app.rows]), granting)


def _narrow_column(user: ColumnShare, app: ColumnShare) -> ColumnShare:
    """Pairs in lexical order: the first pair that holds is that of the first cell that holds on either side."""
    pairs = [
        (all_of([when, other]), max(shade, their, key=lambda s: s.rank))
        for when, shade in user.cells
        for other, their in app.cells
    ]
    return ColumnShare(user.governed, settled(pairs), tuple(tag for tag in user.cleared if tag in app.cleared))
