"""Texts of policy views, written once and filled in for each statement.

Rule kept here: a template is kept under everything that its text depends on, and only parameter numbers are filled in:
they stand at marks of characters that no policy text holds. A view that has such characters is written anew each time.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass

from cachetools import LRUCache
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.rewrite.slots import Slots
from proxy.rewrite.views import outline, table_node, view_select
from proxy.values import Decision, Reference, Slot, TableId, TableView

KEPT = 2048
_OPEN, _SHUT = "\ue000", "\ue001"  # private use: sqlglot keeps them, and no policy has them
_MARK = re.compile(f"{_OPEN}([0-9]+){_SHUT}")


@dataclass(frozen=True, slots=True)
class Template:
    """One policy view: its text in pieces, between each two an index into `slots`; `outline` is what callers read."""

    view: TableView
    pieces: tuple[str, ...]
    slots: tuple[Slot, ...]
    outline: str

    def filled(self, slots: Slots) -> str:
        """The text with this statement's parameter numbers."""
        numbers = [str(slots.number(slot)) for slot in self.slots]
        return "".join(p if i % 2 == 0 else numbers[int(p)] for i, p in enumerate(self.pieces))


class Templates:
    """The templates that were written last."""

    def __init__(self) -> None:
        self._kept: LRUCache[Hashable, Template] = LRUCache(KEPT)
        self._names: LRUCache[Hashable, str] = LRUCache(KEPT)

    def full_name(self, table: TableId, dialect: Dialect) -> str:
        """A table's full name as it runs."""
        key = (table, dialect.name)
        known = self._names.get(key)
        if known is None:
            known = self._names[key] = text(table_node(table, dialect), dialect)
        return known

    def text(
        self, reference: Reference, view: TableView, decision: Decision, slots: Slots, dialect: Dialect
    ) -> tuple[str, str]:
        """The policy view of a reference as it runs, and as callers read it."""
        guarded, raises, fenced = reference.guarded, reference.raises, reference.fenced
        key = (decision.view, decision.shape, view.table, guarded, raises, fenced)
        known = self._kept.get(key)
        if known is None or (known.view is not view and known.view != view):
            known = _written(view, reference, decision, dialect)
            if known is None:
                tree = view_select(view, guarded, slots, dialect, raises, fenced)
                return text(tree, dialect), text(outline(view, dialect), dialect)
            self._kept[key] = known
        return known.filled(slots), known.outline


def text(tree: exp.Expr, dialect: Dialect) -> str:
    """A tree of policy text as SQL."""
    return tree.sql(dialect.name, comments=False, identify=True)


def _written(view: TableView, reference: Reference, decision: Decision, dialect: Dialect) -> Template | None:
    """A template, or None where the view's own text has the characters of marks."""
    marked = Slots((), dict(decision.shape), dialect.names.shares_parameters, _marked)
    shown = text(outline(view, dialect), dialect)
    tree = view_select(view, reference.guarded, marked, dialect, reference.raises, reference.fenced)
    pieces = tuple(_MARK.split(text(tree, dialect)))
    clean = not any(_OPEN in p or _SHUT in p for p in pieces)
    found = {int(p) for p in pieces[1::2]}
    return Template(view, pieces, marked.all(), shown) if clean and found == set(range(len(marked.all()))) else None


def _marked(number: int) -> exp.Expr:
    return exp.Parameter(this=exp.Var(this=f"{_OPEN}{number - 1}{_SHUT}"))
