"""The policy against the warehouses as they are: whatever names what does not exist is a mistake.

Rule kept here: at start-up and on reload every mistake stops the load, all of them reported together. (A catalog that
changes later cannot stop a running gateway; then `governed.py` withholds the tables that no longer fit.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from proxy.policy.bundle import Bundle
from proxy.policy.governed import Compilers, govern, suggestion
from proxy.policy.grants import Rule
from proxy.policy.objects import OWN, TAG, parse, spell, tag_path
from proxy.values import Catalog


@dataclass(slots=True)
class _Objects:
    """Every object of all catalogs, by depth: warehouses, schemas, tables, and the columns of each table."""

    others: set[str] = field(default_factory=set)
    columns: dict[str, set[str]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether an object exists."""
        parts = parse(name) or ()
        if len(parts) < 4:
            return name in self.others
        return parts[3] in self.columns.get(spell(*parts[:3]), ())


def check(bundle: Bundle, catalogs: Sequence[Catalog], compilers: Compilers) -> list[str]:
    """Every mistake of a policy against these catalogs, in the order of the files."""
    problems: list[str] = []
    objects = _objects(catalogs, problems)
    for rule in bundle.grants.rules:
        if not rule.object.startswith((TAG, f"{OWN}.")) and not objects.has(rule.object):
            problems.append(f"{rule.place}: {_unknown(rule.object, objects)}")
    for table in bundle.tables.values():
        if table.object not in objects.others:
            problems.append(f"{table.place}: {_unknown(table.object, objects)}")
    problems += _dead_filters(bundle)
    for catalog in catalogs:
        govern(bundle, catalog, compilers, problems)
    return list(dict.fromkeys(problems))


def _objects(catalogs: Sequence[Catalog], problems: list[str]) -> _Objects:
    found = _Objects()
    for catalog in catalogs:
        if catalog.warehouse == OWN or ":" in catalog.warehouse:
            problems.append(f"warehouses.{catalog.warehouse}: this name is taken; give the warehouse another")
        found.others.add(spell(catalog.warehouse))
        for table in catalog.tables.values():
            where = table.id
            name = spell(where.warehouse, where.schema, where.name)
            found.others |= {spell(where.warehouse, where.schema), name}
            found.columns.setdefault(name, set()).update(c.name for c in table.columns)
    return found


def _unknown(name: str, objects: _Objects) -> str:
    parts = parse(name) or (name,)
    parent = spell(*parts[:-1])
    if len(parts) == 4 and parent in objects.others:
        return f"{parent} has no column {parts[3]!r}{suggestion(parts[3], objects.columns.get(parent, ()))}"
    kind = ("warehouse", "schema", "table", "column")[len(parts) - 1]
    near = [o for o in objects.others if len(parse(o) or ()) == min(len(parts), 3)]
    return f"there is no {kind} {name!r}{suggestion(name, near)}"


def _dead_filters(bundle: Bundle) -> list[str]:
    """Filters for a subject that no direct grant lets read the table: they would limit nobody. Ended grants count, so
    that a policy does not become a mistake by the passing of time."""
    by_subject: dict[str, list[Rule]] = {}
    for rule in bundle.grants.rules:
        if rule.action == "read" and rule.effect == "allow":
            by_subject.setdefault(rule.subject, []).append(rule)
    problems = []
    for name, table in bundle.tables.items():
        tags = {TAG + path for c in table.columns.values() for tag in c.tags for path in tag_path(tag)}
        for row_filter in table.filters:
            for subject in row_filter.subjects or ():
                if not any(_covers(rule.object, name, tags) for rule in by_subject.get(subject, ())):
                    problems.append(
                        f"{row_filter.place}: the filter {row_filter.id} limits nobody: {subject} has no read "
                        f"grant of its own on {name}; name the subject that stands in the p line"
                    )
    return problems


def _covers(granted: str, table: str, tags: Mapping[str, object] | set[str]) -> bool:
    """Whether a grant on an object lets anything of a table be read."""
    if granted.startswith(TAG):
        return granted in tags
    parts, of = parse(granted) or (), parse(table) or ()
    return parts[:3] == of[: len(parts)] if len(parts) <= 3 else parts[:3] == of
