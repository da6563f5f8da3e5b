"""The splice: policy views put into the user's own text, everything else of it kept as it was written.

Rule kept here: only spans that the parser gave are replaced, and each replacement is remembered with its place, so that
the referee can fold it back. Policy text comes from trees; this is the one place where a tree becomes text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from proxy.dialect import Dialect, Folding, Splice
from proxy.rewrite.slots import Slots
from proxy.rewrite.templates import Templates, text
from proxy.rewrite.views import needs_view, table_node
from proxy.values import Decision, Query, Slot, Span


@dataclass(frozen=True, slots=True)
class Spliced:
    """The rewritten text, what may differ in it, and what it binds; `outline` is the text as the caller may read it."""

    sql: str
    outline: str
    folding: Folding
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    span: Span
    text: str
    outline: str
    reference: int | None = None
    view: str | None = None


def splice(query: Query, decision: Decision, dialect: Dialect, templates: Templates | None = None) -> Spliced:
    """The user's text with every base table replaced by its policy view, or its full name where nothing is withheld."""
    templates = templates or Templates()
    slots = Slots(query.parameters, dict(decision.shape), dialect.names.shares_parameters)
    changes = [_Change(edit.span, edit.text, edit.text) for edit in query.edits]
    for index, (reference, view) in enumerate(zip(query.references, decision.views, strict=True)):
        alias = "" if reference.alias is not None else f" AS {reference.name}"
        if needs_view(view):
            select, shown = templates.text(reference, view, decision, slots, dialect)
            changes.append(_Change(reference.span, f"({select}){alias}", f"({shown}){alias}", index, select))
        else:
            whole = text(table_node(view.table, dialect), dialect) + alias
            changes.append(_Change(reference.span, whole, whole, index))
    changes.sort(key=lambda c: c.span.start)
    sql, places = _applied(query.sql, changes)
    outlined, _ = _applied(query.sql, [replace(c, text=c.outline) for c in changes])
    splices = tuple(
        Splice(
            original=reference.span.start,
            rewritten=places[index][0],
            view=places[index][1],
            table=dialect.full_name(reference.table),
        )
        for index, reference in enumerate(query.references)
    )
    folding = Folding(splices, query.cte_names, query.parameters, query.prefixes)
    return Spliced(sql, outlined, folding, slots.all())


def _applied(sql: str, changes: list[_Change]) -> tuple[str, dict[int, tuple[int, str | None]]]:
    """The text with the changes made, and where each reference now starts."""
    parts: list[str] = []
    places: dict[int, tuple[int, str | None]] = {}
    length = end = 0
    for change in changes:
        kept = sql[end : change.span.start]
        length += len(kept)
        if change.reference is not None:
            places[change.reference] = (length, change.view)
        parts += [kept, change.text]
        length += len(change.text)
        end = change.span.end
    parts.append(sql[end:])
    return "".join(parts), places
