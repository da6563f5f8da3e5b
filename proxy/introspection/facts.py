"""What the virtual catalog may know: an access view as plain names, types and comments.

Rule kept here: facts are made from the caller's access view alone. A table or column that is not in the view has no
fact, so that nothing made of facts can hold its name; a mask or filter stands here by its name, never by its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from proxy.values import (
    AccessView,
    AllOf,
    Always,
    AnyOf,
    Catalog,
    ColumnView,
    Condition,
    RowFilter,
    TableView,
    TypeKind,
)

_NAMED = {
    # spelling of a type, without what stands in parentheses, in lower case -> pg_type.typname
    "bool": "bool",
    "boolean": "bool",
    "tinyint": "int2",
    "smallint": "int2",
    "utinyint": "int2",
    "integer": "int4",
    "usmallint": "int4",
    "bigint": "int8",
    "uinteger": "int8",
    "hugeint": "numeric",
    "ubigint": "numeric",
    "uhugeint": "numeric",
    "decimal": "numeric",
    "numeric": "numeric",
    "real": "float4",
    "float": "float4",
    "double": "float8",
    "double precision": "float8",
    "varchar": "text",
    "text": "text",
    "character varying": "varchar",
    "character": "bpchar",
    "name": "name",
    "oid": "oid",
    "date": "date",
    "time": "time",
    "time_ns": "time",
    "time without time zone": "time",
    "time with time zone": "timetz",
    "timestamp": "timestamp",
    "timestamp_s": "timestamp",
    "timestamp_ms": "timestamp",
    "timestamp_ns": "timestamp",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "interval": "interval",
    "blob": "bytea",
    "bytea": "bytea",
    "uuid": "uuid",
    "bit": "varbit",
    "bit varying": "varbit",
    "json": "json",
    "jsonb": "jsonb",
    "inet": "inet",
    "cidr": "cidr",
    "macaddr": "macaddr",
    "money": "money",
    "xml": "xml",
    "tsvector": "tsvector",
    "point": "point",
    "int4range": "int4range",
    "int8range": "int8range",
    "numrange": "numrange",
    "tsrange": "tsrange",
    "tstzrange": "tstzrange",
    "daterange": "daterange",
}
_OTHERS = {TypeKind.NESTED: "json"}
_TYPE = re.compile(r"(?P<head>[^(\[]+?)\s*(?:\((?P<size>[0-9, ]+)\))?(?P<tail> with(?:out)? time zone)?", re.IGNORECASE)
_ARRAY = re.compile(r"\[[0-9]*\]\Z")
_WITHOUT = -1


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """One visible column: `type` is a pg_type.typname, `modifier` its atttypmod, `comment` says what masks it."""

    name: str
    type: str
    modifier: int
    required: bool
    comment: str = ""


@dataclass(frozen=True, slots=True)
class TableFact:
    """One visible table or view; `comment` names the row filters in force, `key` the columns of its primary key where
    all of them show their values in every row."""

    schema: str
    name: str
    is_view: bool
    columns: tuple[ColumnFact, ...]
    comment: str = ""
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one access view shows of one warehouse. `path` lists the schemas of it that unqualified names mean."""

    database: str
    path: tuple[str, ...]
    tables: tuple[TableFact, ...]


def facts_of(view: AccessView, catalog: Catalog) -> Facts:
    """The facts of an access view; `catalog` says which of its tables are views, and what the search path is."""
    tables = []
    for table in sorted(catalog.tables.values(), key=lambda t: t.id):
        seen = view.tables.get(table.id)
        if seen is not None:
            columns = tuple(_column(column) for column in seen.columns)
            clear = {column.column.name for column in seen.columns if _clear(column)}
            key = table.key if clear.issuperset(table.key) else ()
            tables.append(TableFact(table.id.schema, table.id.name, table.is_view, columns, _filters(seen), key))
    schemas = {table.schema: None for table in tables}
    folded = {schema.lower(): schema for schema in schemas}
    path = tuple(folded[s.lower()] for s in catalog.search_path if s.lower() in folded)
    return Facts(catalog.warehouse, path, tuple(tables))


def _column(view: ColumnView) -> ColumnFact:
    name, modifier = type_of(view.column.type, view.column.kind)
    required = _clear(view) and not view.column.nullable
    return ColumnFact(view.column.name, name, modifier, required, _masks(view))


def _clear(view: ColumnView) -> bool:
    """Whether a column shows its values, in every row."""
    return len(view.cells) == 1 and isinstance(view.cells[0].when, Always) and view.cells[0].mask is None


def _masks(view: ColumnView) -> str:
    """What a person should know of the column's values before trusting them."""
    masks = list(dict.fromkeys(cell.mask.kind for cell in view.cells if cell.mask is not None))
    if not masks:
        return "" if _plain(view) else "withheld in some rows"
    return f"masked: {', '.join(masks)}" + ("" if len(view.cells) == 1 else " (in some rows)")


def _plain(view: ColumnView) -> bool:
    return any(isinstance(cell.when, Always) and cell.mask is None for cell in view.cells)


def _filters(view: TableView) -> str:
    names = sorted({found.id for found in _row_filters([view.rows])})
    return f"row filters: {', '.join(names)}" if names else ""


def _row_filters(conditions: Iterable[Condition]) -> Iterator[RowFilter]:
    for condition in conditions:
        if isinstance(condition, RowFilter):
            yield condition
        elif isinstance(condition, AllOf | AnyOf):
            yield from _row_filters(condition.parts)


def type_of(spelling: str, kind: TypeKind) -> tuple[str, int]:
    """(pg_type.typname, atttypmod) of a column in its warehouse's own spelling. What has no counterpart is text."""
    array = _ARRAY.search(spelling)
    if array is not None:
        while (nested := _ARRAY.search(spelling)) is not None:
            spelling = spelling[: nested.start()]
        element, modifier = type_of(spelling, TypeKind.OTHER)
        return f"_{element}", modifier
    match = _TYPE.fullmatch(spelling)
    name = _NAMED.get((match["head"] + (match["tail"] or "")).lower()) if match else None
    if match is None or name is None:
        return _OTHERS.get(kind, "text"), _WITHOUT
    return name, _modifier(name, match["size"], spelling)


def _modifier(name: str, size: str | None, spelling: str) -> int:
    """A type's atttypmod, as PostgreSQL packs it (pg_attribute, format_type)."""
    whole = {"hugeint": (39, 0), "ubigint": (20, 0), "uhugeint": (39, 0)}.get(spelling.lower())
    if size is None and whole is None:
        return _WITHOUT
    numbers = list(whole) if whole is not None else [int(n) for n in (size or "").split(",")]
    if name == "numeric":
        scale = numbers[1] if len(numbers) > 1 else 0
        return ((numbers[0] << 16) | (scale & 0x7FF)) + 4
    if name in ("varchar", "bpchar"):
        return numbers[0] + 4
    if name in ("timestamp", "timestamptz", "time", "timetz", "varbit"):
        return numbers[0]
    return _WITHOUT
