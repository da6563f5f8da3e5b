"""The splice: policy views put into the user's own text, everything else of it kept as it was written.

Rule kept here: only spans that the parser gave are replaced, and each replacement is remembered with its place, so that
the referee can fold it back. Policy text comes from trees; this is the one place where a tree becomes text.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from proxy.dialect import Dialect, Folding, Splice
from proxy.errors import Ungovernable
from proxy.rewrite.slots import Slots
from proxy.rewrite.templates import Templates, text
from proxy.rewrite.views import CLEAR, needs_view
from proxy.values import Decision, Query, Reason, ReasonCode, Slot, Span

_ADDED = ", "


@dataclass(frozen=True, slots=True)
class Spliced:
    """The rewritten text, what may differ in it, and what it binds; `outline` is the text as the caller may read it."""

    sql: str
    outline: str
    folding: Folding
    slots: tuple[Slot, ...]


@dataclass(slots=True)
class _Change:
    span: Span
    text: str
    outline: str
    reference: int | None = None
    view: str | None = None
    grouped: tuple[str, str] | None = None


def splice(query: Query, decision: Decision, dialect: Dialect, templates: Templates | None = None) -> Spliced:
    """The user's text with every base table replaced by its policy view, or its full name where nothing is withheld."""
    templates = templates or Templates()
    slots = Slots(query.parameters, dict(decision.shape), dialect.names.shares_parameters)
    changes = [_Change(edit.span, edit.text, edit.text) for edit in query.edits]
    for index, (reference, view) in enumerate(zip(query.references, decision.views, strict=True)):
        if reference.only:
            raise Ungovernable(
                "ONLY is not supported for a table that has children: leave it out.",
                Reason(ReasonCode.CONSTRUCT, "only"),
            )
        alias = "" if reference.alias is not None else f" AS {reference.name}"
        if needs_view(view):
            select, shown = templates.text(reference, view, decision, slots, dialect)
            changes.append(_Change(reference.span, f"({select}){alias}", f"({shown}){alias}", index, select))
        else:
            whole = templates.full_name(view.table, dialect) + alias
            changes.append(_Change(reference.span, whole, whole, index))
    changes += _grouped(query, decision, dialect)
    changes.sort(key=lambda c: c.span.start)
    sql, places, grouped = _applied(query.sql, changes)
    splices = tuple(
        Splice(
            original=reference.span.start,
            rewritten=places[index][0],
            view=places[index][1],
            table=dialect.full_name(reference.table),
        )
        for index, reference in enumerate(query.references)
    )
    folding = Folding(splices, query.cte_names, query.parameters, query.prefixes, grouped, query.alone)
    return Spliced(sql, _outlined(query.sql, changes), folding, slots.all())


def _grouped(query: Query, decision: Decision, dialect: Dialect) -> list[_Change]:
    """Columns that follow from a key which a GROUP BY holds: the engine knows of no key of a policy view. A key that is
    masked, or NULL in some rows, is none."""
    changes: list[_Change] = []
    for group in query.groups:
        reference, view = query.references[group.reference], decision.views[group.reference]
        if not needs_view(view) or dialect.groups_by_key is None:
            continue
        shown = {c.column.name: c for c in view.columns}
        if any(name not in shown or shown[name].cells != CLEAR for name in group.key):
            continue
        for name in shown if group.star else group.columns:
            if name in shown and name not in group.held and dialect.groups_by_key(shown[name].column.type):
                column = text(exp.column(name, quoted=True), dialect)
                added = f"{_ADDED}{reference.alias or reference.name}.{column}"
                changes.append(_Change(Span(group.end, group.end), added, added, grouped=(group.alias, name)))
    return changes


def _outlined(sql: str, changes: list[_Change]) -> str:
    """The text with the changes as the caller may read them."""
    parts: list[str] = []
    end = 0
    for change in changes:
        parts += [sql[end : change.span.start], change.outline]
        end = change.span.end
    return "".join([*parts, sql[end:]])


def _applied(
    sql: str, changes: list[_Change]
) -> tuple[str, dict[int, tuple[int, str | None]], dict[int, tuple[str, str]]]:
    """The text with the changes made, where each reference now starts, and where each column added to GROUP BY does."""
    parts: list[str] = []
    places: dict[int, tuple[int, str | None]] = {}
    grouped: dict[int, tuple[str, str]] = {}
    length = end = 0
    for change in changes:
        kept = sql[end : change.span.start]
        length += len(kept)
        if change.reference is not None:
            places[change.reference] = (length, change.view)
        if change.grouped is not None:
            grouped[length + len(_ADDED)] = change.grouped
        parts += [kept, change.text]
        length += len(change.text)
        end = change.span.end
    parts.append(sql[end:])
    return "".join(parts), places, grouped
