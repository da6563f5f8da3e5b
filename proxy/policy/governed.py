"""A catalog as the policy sees it: objects, tags, compiled filters and masks of every table.

Rule kept here: what the policy says of a table must fit the table as it is. Where it does not (a column renamed, a
filter that no longer compiles) the table is withheld from everybody, never shown with less protection. A view shows
what its author put into it, from wherever: it is opened only by a policy that names it, and by a grant that names it
only to whom that grant is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from proxy.errors import ConfigError, GatewayError
from proxy.policy.bundle import Bundle
from proxy.policy.datafile import FilterRule, TableRules
from proxy.policy.maskfile import NONE, MaskEntry, Masks
from proxy.policy.objects import TAG, parse, spell, tag_path
from proxy.values import Catalog, Column, Mask, RowFilter, Table, TableId

CompileFilter = Callable[[str, str, Table, Catalog], RowFilter]
"""(id, where, table, catalog) -> the compiled filter. Raises `InvalidSql`."""
CompileMask = Callable[[str, Mapping[str, Any], str, Column, Table, Catalog], Mask]
"""(kind, options, tag, column, table, catalog) -> the compiled mask. Raises `InvalidSql` or `ConfigError`."""


@dataclass(frozen=True, slots=True)
class Compilers:
    """How filters and masks are compiled, and which attributes a filter may use. `lists` hold several values."""

    compile_filter: CompileFilter
    compile_mask: CompileMask
    attributes: frozenset[str]
    lists: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shade:
    """A mask with its place in the order of restrictiveness; `mask` is None for the plain value."""

    rank: tuple[int, int]
    mask: Mask | None


CLEAR = Shade((-1, -1), None)


@dataclass(frozen=True, slots=True)
class GovernedColumn:
    """A column: `own` are the objects it lies in beside its table's (itself, its tags and their parents)."""

    column: Column
    object: str
    own: tuple[str, ...]
    tags: tuple[str, ...]
    masked: tuple[str, ...]
    shade: Shade
    """What it shows by the masks of its tags."""
    overrides: Mapping[str, tuple[Shade, bool]]
    """What it shows to a subject with masks of its own on these tags, and whether one of those decides."""


@dataclass(frozen=True, slots=True)
class GovernedFilter:
    """A row filter: as written, and compiled."""

    rule: FilterRule
    compiled: RowFilter


@dataclass(frozen=True, slots=True)
class GovernedTable:
    """A table: `chain` are the objects all its columns lie in (table, schema, warehouse); a grant on one of those in
    `opened_by` shows all of them."""

    table: Table
    chain: tuple[str, ...]
    opened_by: tuple[str, ...]
    columns: tuple[GovernedColumn, ...]
    filters: tuple[GovernedFilter, ...]


@dataclass(frozen=True, slots=True)
class Governed:
    """All tables of a catalog that may be shown; `withheld` are those that do not fit the policy, `closed` views that
    the policy does not name."""

    warehouse: str
    version: str
    tables: tuple[GovernedTable, ...]
    withheld: frozenset[TableId]
    closed: frozenset[TableId] = frozenset()


def govern(bundle: Bundle, catalog: Catalog, compilers: Compilers, problems: list[str]) -> Governed:
    """Fit the policy to a catalog; what does not fit is noted in `problems` and its table withheld."""
    denied, named = _denied_columns(bundle), _named(bundle)
    tables: list[GovernedTable] = []
    withheld: set[TableId] = set()
    closed: set[TableId] = set()
    for table in sorted(catalog.tables.values(), key=lambda t: t.id):
        if table.is_view and spell(table.id.warehouse, table.id.schema, table.id.name) not in named:
            closed.add(table.id)
            continue
        before = len(problems)
        governed = _table(bundle, table, catalog, compilers, problems)
        names = {c.name for c in table.columns}
        if len(problems) > before or not denied.get(governed.chain[0], frozenset()) <= names:
            withheld.add(table.id)
        else:
            tables.append(governed)
    return Governed(catalog.warehouse, catalog.version, tuple(tables), frozenset(withheld), frozenset(closed))


def _named(bundle: Bundle) -> frozenset[str]:
    """Tables and views that the policy names: in a data file, or in an allowing grant on them or a column of theirs."""
    granted = (parse(r.object) for r in bundle.grants.rules if r.effect == "allow" and not r.object.startswith(TAG))
    return frozenset(bundle.tables) | {spell(*parts[:3]) for parts in granted if parts is not None and len(parts) >= 3}


def _denied_columns(bundle: Bundle) -> Mapping[str, frozenset[str]]:
    """Columns that a deny names, by table object: one that is gone may have been renamed, and would then be shown."""
    found: dict[str, set[str]] = {}
    for rule in bundle.grants.rules:
        parts = None if rule.object.startswith(TAG) else parse(rule.object)
        if rule.effect == "deny" and parts is not None and len(parts) == 4:
            found.setdefault(spell(*parts[:3]), set()).add(parts[3])
    return {table: frozenset(columns) for table, columns in found.items()}


def _table(bundle: Bundle, table: Table, catalog: Catalog, compilers: Compilers, problems: list[str]) -> GovernedTable:
    place = table.id
    chain = (
        spell(place.warehouse, place.schema, place.name),
        spell(place.warehouse, place.schema),
        spell(place.warehouse),
    )
    rules = bundle.tables.get(chain[0])
    if rules is not None:
        _check_columns(rules, table, problems)
    columns = tuple(
        _column(c, table, chain[0], rules, bundle.masks, catalog, compilers, problems) for c in table.columns
    )
    compiled = ((f, _filter(f, table, catalog, compilers, problems)) for f in (rules.filters if rules else ()))
    filters = tuple(GovernedFilter(rule, row_filter) for rule, row_filter in compiled if row_filter is not None)
    opened_by = chain if rules is not None or not table.is_view else chain[:1]
    return GovernedTable(table, chain, opened_by, columns, filters)


def _check_columns(rules: TableRules, table: Table, problems: list[str]) -> None:
    names = [c.name for c in table.columns]
    for column in rules.columns.values():
        if column.name not in names:
            problems.append(
                f"{column.place}: {rules.object} has no column {column.name!r}{suggestion(column.name, names)}"
            )


def _column(
    column: Column,
    table: Table,
    table_object: str,
    rules: TableRules | None,
    masks: Masks,
    catalog: Catalog,
    compilers: Compilers,
    problems: list[str],
) -> GovernedColumn:
    name = f"{table_object}.{spell(column.name)}"
    tagged = rules.columns.get(column.name) if rules else None
    if tagged is None:
        return GovernedColumn(column, name, (name,), (), (), CLEAR, {})
    paths = dict.fromkeys(path for tag in tagged.tags for path in tag_path(tag))
    shades = {
        key: shade
        for key, entry in masks.entries.items()
        if entry.tag in paths and (shade := _shade(entry, column, table, catalog, compilers, problems)) is not None
    }
    own = (name, *(TAG + path for path in paths))
    base, _ = _chosen(tagged.tags, None, masks, shades)
    overrides = {s: _chosen(tagged.tags, s, masks, shades) for _, s in shades if s is not None}
    return GovernedColumn(column, name, own, tagged.tags, masks.masked(tagged.tags), base, overrides)


def _chosen(
    tags: tuple[str, ...], subject: str | None, masks: Masks, shades: Mapping[tuple[str, str | None], Shade]
) -> tuple[Shade, bool]:
    """What holds for a subject, and whether it is an entry of its own. (A mask that did not compile leaves no
    shade; then its table is withheld, and what stands here is never shown.)"""
    entry = masks.chosen(tags, subject)
    if entry is None:
        return CLEAR, False
    return shades.get((entry.tag, entry.subject), CLEAR), entry.subject is not None


def _shade(
    entry: MaskEntry, column: Column, table: Table, catalog: Catalog, compilers: Compilers, problems: list[str]
) -> Shade | None:
    try:
        mask = compilers.compile_mask(entry.kind, entry.options, entry.tag, column, table, catalog)
    except (GatewayError, ConfigError) as error:
        text = error.detail if isinstance(error, GatewayError) else "; ".join(error.problems)
        problems.append(f"{entry.place}: on {table.id}.{column.name}: {text}")
        return None
    return Shade(entry.rank, None if entry.kind == NONE else mask)


def _filter(
    rule: FilterRule, table: Table, catalog: Catalog, compilers: Compilers, problems: list[str]
) -> RowFilter | None:
    try:
        compiled = compilers.compile_filter(rule.id, rule.where, table, catalog)
    except (GatewayError, ConfigError) as error:
        text = error.detail if isinstance(error, GatewayError) else "; ".join(error.problems)
        problems.append(f"{rule.place}: the filter {rule.id} cannot be used: {text}")
        return None
    mistakes = [
        f"needs the attribute :{name}, which no claim supplies; map a claim to it in the settings, or use one of: "
        f"{', '.join(sorted(compilers.attributes))}"
        for name in sorted(compiled.attributes - compilers.attributes)
    ]
    single = compiled.attributes & compilers.lists - compiled.lists
    mistakes += [f"takes :{name} as one value, but it is a list; write `IN (:{name})`" for name in sorted(single)]
    problems.extend(f"{rule.place}: the filter {rule.id} {mistake}" for mistake in mistakes)
    return None if mistakes else compiled


def suggestion(name: str, names: Iterable[str]) -> str:
    """A hint at the name that was probably meant, to append to a problem; empty where none is near."""
    spelt = {n.casefold(): n for n in names}
    near = get_close_matches(name.casefold(), spelt, n=1, cutoff=0.6)
    return f"; did you mean {spelt[near[0]]!r}?" if near else ""
