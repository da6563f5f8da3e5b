"""Who sees what, asked the other way round: for `usher can WHO` and `usher who-can TABLE[.COLUMN]`.

Rule kept here: pure functions on one snapshot, answered by the same compilation that decides queries; there is no
second reading of the policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from proxy.policy.access import compile_view
from proxy.policy.bundle import Bundle
from proxy.policy.governed import Governed, GovernedTable
from proxy.policy.grants import FOREVER, Rule
from proxy.policy.objects import is_subject, parse, spell
from proxy.policy.rules import Rules, closure
from proxy.values import AccessView, TableView


@dataclass(frozen=True, slots=True)
class Access:
    """One subject's access to a table (or to one column, where one was asked for). `via` are the grants that give it:
    file, line and text; `inherited` the role through which they come, empty for the subject's own; `until` is when the
    last of them ends (seconds since the epoch), None for never."""

    subject: str
    inherited: tuple[str, ...]
    view: TableView
    via: tuple[str, ...]
    until: float | None


class NoSuchObject(LookupError):
    """The question names something that is not there; the text says what to write."""


def can(bundle: Bundle, rules: Rules, governed: Governed, who: Sequence[str]) -> AccessView:
    """What somebody sees who is all of `who` at once (`user:..`, `group:..`, `role:..`, and an `app:..` that narrows).
    Raises `NoSuchObject` for a subject without its prefix."""
    for subject in who:
        if not is_subject(subject):
            raise NoSuchObject(f"{subject!r} is no subject: write user:NAME, group:NAME, role:NAME or app:NAME.")
    apps = [s for s in who if s.startswith("app:")]
    if len(apps) > 1:
        raise NoSuchObject("Name one app at most: one app acts at a time.")
    people = [s for s in who if not s.startswith("app:")]
    if not people:  # an app asked about alone: what its own grants allow at most
        return compile_view(bundle, rules, governed, closure(rules, apps), None)
    app = (apps[0], closure(rules, apps)) if apps and apps[0] in rules.apps else None
    return compile_view(bundle, rules, governed, closure(rules, people), app)


def who_can(bundle: Bundle, rules: Rules, governed: Governed, target: str) -> tuple[Access, ...]:
    """Every user, group, app and role of the policy that sees a table or column, sorted by name. Callers may be more
    than one of them at a time. Raises `NoSuchObject` where the target is no table or column of this warehouse."""
    table, column = _target(governed, target)
    alone = replace(governed, tables=(table,))
    found = []
    for subject in sorted(rules.reach):
        subjects = closure(rules, [subject])
        view = compile_view(bundle, rules, alone, subjects, None).tables.get(table.table.id)
        if view is None:
            continue
        if column is not None:
            shown = tuple(c for c in view.columns if c.column.name == column)
            if not shown:
                continue
            view = replace(view, columns=shown)
        grants = [r for r in rules.active if r.subject in subjects and _gives(r, table, column)]
        found.append(_access(subject, view, grants))
    return tuple(found)


def _access(subject: str, view: TableView, grants: Sequence[Rule]) -> Access:
    inherited = tuple(dict.fromkeys(r.subject for r in grants if r.subject != subject))
    via = tuple(f"{r.place}: p, {r.subject}, {r.object}, {r.action}, {r.effect}" for r in grants)
    until = max((r.until for r in grants), default=FOREVER)
    return Access(subject, inherited, view, via, None if until == FOREVER else until)


def _gives(rule: Rule, table: GovernedTable, column: str | None) -> bool:
    if rule.action != "read" or rule.effect != "allow":
        return False
    objects = set(table.chain).union(*(c.own for c in table.columns if column in (None, c.column.name)))
    return rule.object in objects


def _target(governed: Governed, target: str) -> tuple[GovernedTable, str | None]:
    parts = parse(target) or ()
    if len(parts) not in (3, 4):
        raise NoSuchObject(
            f"{target!r} is no table or column: write warehouse.schema.table or warehouse.schema.table.column."
        )
    name = spell(*parts[:3])
    table = next((t for t in governed.tables if t.chain[0] == name), None)
    if table is None:
        raise NoSuchObject(f"There is no table {name!r} in the warehouse.")
    if len(parts) == 4 and parts[3] not in [c.column.name for c in table.columns]:
        raise NoSuchObject(f"The table {name} has no column {parts[3]!r}.")
    return table, parts[3] if len(parts) == 4 else None
