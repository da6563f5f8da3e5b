"""The combining rules a second time, read off the page as plainly as can be: Casbin is asked for every column, and a
cell is worked out for one row at a time. Slow, and sharing nothing with the compiler but the files it loads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from proxy.policy import authority
from proxy.policy.bundle import Bundle
from proxy.policy.objects import tag_path
from proxy.values import Catalog, Table, TableId

HIDDEN = "hidden"
NULL = "NULL"
CLEAR = "clear"


@dataclass(frozen=True)
class Cell:
    """What one cell shows: a mask's kind, `clear` or `NULL`."""

    shows: str
    rank: tuple[int, int]


def parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(len(parts) - 1, 0, -1)]


def tag_edges(tags: Iterable[str]) -> set[tuple[str, str]]:
    edges = set()
    for tag in tags:
        path = [f"tag:{t}" for t in tag_path(tag)]
        edges |= set(pairwise(path))
    return edges


class Naive:
    """One closure of one policy over one catalog."""

    def __init__(self, bundle: Bundle, catalog: Catalog, roots: Sequence[str], now: float = 0.0) -> None:
        self.bundle, self.catalog = bundle, catalog
        self.known: dict[TableId, set[str]] = {}
        self.asked: dict[str, bool] = {}
        self.rules = [r for r in bundle.grants.rules if r.until > now]
        self.lines = [(r.subject, r.object, r.action, r.effect) for r in self.rules]
        self.links = [(link.subject, link.role) for link in bundle.grants.links]
        self.closure = self._closure(roots)
        asker = [*self.links, *((authority.ASKER, root) for root in roots)]
        self.reader = authority.build(self.lines, asker, self._edges())
        self.unmasker = authority.build(self.lines, asker, self._unmask_edges())

    def _closure(self, roots: Sequence[str]) -> set[str]:
        found = set(roots)
        for _ in self.links:
            found |= {role for subject, role in self.links if subject in found}
        return found

    def tags(self, table: str, column: str) -> tuple[str, ...]:
        rules = self.bundle.tables.get(table)
        return rules.columns[column].tags if rules and column in rules.columns else ()

    def _edges(self) -> set[tuple[str, str]]:
        edges = set()
        for table in self.catalog.tables.values():
            for column in table.columns:
                path = [f"{table.id}.{column.name}", *parents(f"{table.id}.{column.name}")]
                edges |= set(pairwise(path))
                tags = self.tags(str(table.id), column.name)
                edges |= {(path[0], f"tag:{t}") for t in tags} | tag_edges(tags)
        return edges

    def _unmask_edges(self) -> set[tuple[str, str]]:
        """The question "may they unmask this tag in this column" is about an object of its own."""
        edges = set()
        for table in self.catalog.tables.values():
            for column in table.columns:
                name = f"{table.id}.{column.name}"
                path = [name, *parents(name)]
                edges |= set(pairwise(path))
                for tag in self.tags(str(table.id), column.name):
                    edges |= {(f"{name}#{tag}", name), (f"{name}#{tag}", f"tag:{tag}")} | tag_edges([tag])
        return edges

    def readable(self, table: Table, column: str) -> bool:
        return authority.ask(self.reader, authority.ASKER, f"{table.id}.{column}", "read")

    def may_unmask(self, table: Table, column: str, tag: str) -> bool:
        name = f"{table.id}.{column}#{tag}"
        if name not in self.asked:
            self.asked[name] = authority.ask(self.unmasker, authority.ASKER, name, "unmask")
        return self.asked[name]

    def direct(self, subject: str, action: str, objects: Iterable[str]) -> bool:
        """Whether a subject's own lines allow an action through one of the objects."""
        wanted = set(objects)
        return any(r == (subject, r[1], action, "allow") and r[1] in wanted for r in self.lines)

    def objects(self, table: Table, column: str) -> list[str]:
        name = f"{table.id}.{column}"
        return [name, *parents(name), *(f"tag:{p}" for t in self.tags(str(table.id), column) for p in tag_path(t))]

    def granting(self, table: Table) -> set[str]:
        if table.id not in self.known:
            self.known[table.id] = self._granting(table)
        return self.known[table.id]

    def _granting(self, table: Table) -> set[str]:
        shown = [c.name for c in table.columns if self.readable(table, c.name)]
        return {s for s in self.closure if any(self.direct(s, "read", self.objects(table, c)) for c in shown)}

    def own_rows(self, table: Table, subject: str, true: frozenset[str]) -> bool:
        rules = self.bundle.tables.get(str(table.id))
        return all(f.id in true for f in (rules.filters if rules else ()) if f.subjects and subject in f.subjects)

    def row(self, table: Table, true: frozenset[str]) -> bool:
        """Whether a row is there for which exactly the filters in `true` hold."""
        rules = self.bundle.tables.get(str(table.id))
        everyone = [f for f in (rules.filters if rules else ()) if f.subjects is None]
        if any(f.id not in true and not self.closure & set(f.exempt) for f in everyone):
            return False
        return any(self.own_rows(table, s, true) for s in self.granting(table))

    def cell(self, table: Table, column: str, true: frozenset[str]) -> Cell:
        """What a readable column shows in a row that is there."""
        granting = self.granting(table)
        admits = {
            s for s in granting if self.own_rows(table, s, true) and self.direct(s, "read", self.objects(table, column))
        }
        if not admits:
            return Cell(NULL, (99, 99))
        tags = self.tags(str(table.id), column)
        masked = [t for t in tags if any((p, None) in self.bundle.masks.entries for p in tag_path(t))]
        if not masked or all(self.cleared(table, column, tag, granting, true) for tag in masked):
            return Cell(CLEAR, (-1, -1))
        kinds = [self.mask(tags, s) for s in admits]
        kinds += [m for s in self.closure - granting if (m := self.mask(tags, s, only_own=True)) is not None]
        return min((Cell(CLEAR, (-1, -1)) if m is None else m for m in kinds), key=lambda c: c.rank)

    def cleared(self, table: Table, column: str, tag: str, granting: set[str], true: frozenset[str]) -> bool:
        if not self.may_unmask(table, column, tag):
            return False
        name = f"{table.id}.{column}"
        objects = [name, *parents(name), *(f"tag:{p}" for p in tag_path(tag))]
        return any(
            self.direct(s, "unmask", objects) and (s not in granting or self.own_rows(table, s, true))
            for s in self.closure
        )

    def mask(self, tags: Sequence[str], subject: str, *, only_own: bool = False) -> Cell | None:
        best = None
        for tag in tags:
            for path in tag_path(tag):
                entry = self.bundle.masks.entries.get((path, subject)) or self.bundle.masks.entries.get((path, None))
                if entry is not None:
                    order = (len(path.split(".")), entry.rank)
                    best = max(best, (order, entry), key=lambda b: b[0]) if best else (order, entry)
                    break
        if best is None or (only_own and best[1].subject is None):
            return None
        shown = best[1]
        return Cell(CLEAR, (-1, -1)) if shown.kind == "none" else Cell(shown.kind, shown.rank)


def stricter(one: Cell, other: Cell) -> Cell:
    """The cell that shows less."""
    return max(one, other, key=lambda c: c.rank)
