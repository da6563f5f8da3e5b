"""PostgreSQL's schema as a `Catalog`.

Rule kept here: the snapshot holds what the gateway's login may read of the governed schemas and nothing else, with
names as the server stores them, and its version is a hash of its content. A type that is not listed is `OTHER`, for
which every mask is NULL. A partition or a child table shows rows of its parent without the parent's filters: it counts
as a view, which opens only where the policy names it. A table's stamp changes whenever the server wrote anything of it
that a snapshot could show.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from proxy.errors import WarehouseUnavailable
from proxy.values import Catalog, Column, ReasonCode, Table, TableId, TypeKind
from proxy.warehouses.postgres.errors import CHANGED

Stamps: TypeAlias = Mapping[tuple[str, str], str]
ATTEMPTS = 5
RELATIONS = "r v m f p"
"""Tables, views, materialized views, foreign tables and partitioned tables (pg_class.relkind)."""

COLUMNS_SQL = """
WITH RECURSIVE bases (type, base, typmod) AS (
    SELECT t.oid, t.typbasetype, t.typtypmod FROM pg_catalog.pg_type AS t WHERE t.typtype = 'd'
    UNION ALL
    SELECT b.type, t.typbasetype, CASE WHEN b.typmod = -1 THEN t.typtypmod ELSE b.typmod END
    FROM bases AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.base WHERE t.typtype = 'd'
),
domains (type, base, typmod) AS (
    SELECT b.type, b.base, b.typmod FROM bases AS b
    JOIN pg_catalog.pg_type AS t ON t.oid = b.base WHERE t.typtype <> 'd'
)
SELECT n.nspname, c.relname, CASE WHEN c.relispartition OR EXISTS (
        SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid
    ) THEN 'v' ELSE c.relkind::pg_catalog.text END, a.attname,
    pg_catalog.format_type(
        coalesce(d.base, a.atttypid), CASE WHEN a.atttypmod = -1 THEN coalesce(d.typmod, -1) ELSE a.atttypmod END
    ),
    NOT (a.attnotnull OR coalesce(dt.typnotnull, false)), a.attcollation NOT IN (0, 100),
    c.relkind = 'v' OR a.attgenerated = 'v',
    (SELECT pg_catalog.cardinality(k.conkey) FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid = c.oid AND k.contype = 'p' AND NOT k.condeferrable AND a.attnum = ANY(k.conkey)),
    c.relhassubclass
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS dt ON dt.oid = a.atttypid
LEFT JOIN domains AS d ON d.type = a.atttypid
WHERE n.nspname = ANY($1::pg_catalog.name[]) AND c.relkind = ANY($2::pg_catalog."char"[])
    AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY n.nspname, c.relname, a.attnum
"""

_STAMP = """
pg_catalog.concat_ws('/',
    pg_catalog.hash_record_extended(ROW(n.oid, n.xmin, c.oid, c.xmin), 0),
    (SELECT pg_catalog.bit_xor(pg_catalog.hash_record_extended(ROW(a.attnum, a.xmin), 0))
        FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0),
    (SELECT pg_catalog.bit_xor(pg_catalog.hash_record_extended(ROW(r.oid, r.xmin), 0))
        FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid),
    (SELECT pg_catalog.bit_xor(pg_catalog.hash_record_extended(ROW(k.oid, k.xmin), 0))
        FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'p')
)
FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
"""
ALL_STAMPS_SQL = f"""
SELECT n.nspname, c.relname, {_STAMP}
WHERE n.nspname = ANY($1::pg_catalog.name[]) AND c.relkind = ANY($2::pg_catalog."char"[])
"""
SOME_STAMPS_SQL = f"""
SELECT pair ->> 0, pair ->> 1, (
    SELECT {_STAMP}
    WHERE n.nspname = (pair ->> 0)::pg_catalog.name AND c.relname = (pair ->> 1)::pg_catalog.name
) FROM pg_catalog.jsonb_array_elements($1::pg_catalog.jsonb) AS wanted (pair)
"""  # noqa: S608 - texts of ours
# From JSON, not arrays: how many there are is no guess of the planner's, so that it plans once and not each time anew.

KINDS: Mapping[str, TypeKind] = {
    "text": TypeKind.TEXT,
    "character varying": TypeKind.TEXT,
    "character": TypeKind.TEXT,
    "name": TypeKind.TEXT,
    "smallint": TypeKind.INTEGER,
    "integer": TypeKind.INTEGER,
    "bigint": TypeKind.INTEGER,
    "oid": TypeKind.INTEGER,
    "numeric": TypeKind.DECIMAL,
    "real": TypeKind.FLOAT,
    "double precision": TypeKind.FLOAT,
    "boolean": TypeKind.BOOLEAN,
    "date": TypeKind.DATE,
    "timestamp without time zone": TypeKind.TIMESTAMP,
    "timestamp with time zone": TypeKind.TIMESTAMP,
    "time without time zone": TypeKind.TIME,
    "time with time zone": TypeKind.TIME,
    "interval": TypeKind.INTERVAL,
    "bytea": TypeKind.BINARY,
    "bit": TypeKind.BINARY,
    "bit varying": TypeKind.BINARY,
    "uuid": TypeKind.UUID,
    "json": TypeKind.NESTED,
    "jsonb": TypeKind.NESTED,
}


class Asks(Protocol):
    """Whatever runs statements of our own and gives all their rows."""

    async def fetch(self, sql: str, *values: Any) -> Sequence[Any]:
        """All rows."""


def kind_of(data_type: str) -> TypeKind:
    """The kind of a type in the server's own spelling, e.g. `numeric(10,2)` or `timestamp(3) without time zone`."""
    if data_type.endswith("[]"):
        return TypeKind.NESTED
    head, opened, rest = data_type.partition("(")
    return KINDS.get(head + rest.partition(")")[2] if opened else head, TypeKind.OTHER)


def groupable(data_type: str) -> bool:
    """Whether values of a type in the server's own spelling are known to have an equality that GROUP BY can use."""
    elements = data_type.removesuffix("[]")
    return elements != "json" and kind_of(elements) not in (TypeKind.OTHER,)


async def stamps(session: Asks, schemas: Sequence[str]) -> Stamps:
    """The stamp of each table and view of these schemas: what changes whenever its columns, rules or rights do."""
    rows = await session.fetch(ALL_STAMPS_SQL, list(schemas), RELATIONS.split())
    return {(schema, name): stamp for schema, name, stamp in rows}


async def stamps_of(session: Asks, tables: Collection[tuple[str, str]]) -> Stamps:
    """The stamps of these tables, without those that do not exist."""
    rows = await session.fetch(SOME_STAMPS_SQL, json.dumps(list(tables)))
    return {(schema, name): stamp for schema, name, stamp in rows if stamp is not None}


async def snapshot(
    session: Asks, warehouse: str, schemas: Sequence[str], path: Sequence[str]
) -> tuple[Stamps, Catalog]:
    """Stamps and schema that belong together. Raises `WarehouseUnavailable` where the schema keeps changing."""
    before = await stamps(session, schemas)
    for _ in range(ATTEMPTS):
        rows = await session.fetch(COLUMNS_SQL, list(schemas), RELATIONS.split())
        after = await stamps(session, schemas)
        if before == after:
            return after, _catalog(rows, warehouse, path)
        before = after
    raise WarehouseUnavailable(CHANGED, ReasonCode.WAREHOUSE_DOWN)


def _catalog(rows: Sequence[Any], warehouse: str, path: Sequence[str]) -> Catalog:
    columns: dict[tuple[str, str, bool], list[Column]] = {}
    keys: dict[tuple[str, str], list[str]] = {}
    sizes: dict[tuple[str, str], int] = {}
    parted: set[tuple[str, str]] = set()
    for schema, table, kind, name, data_type, nullable, collated, computed, size, has_children in rows:
        found = columns.setdefault((schema, table, kind in ("v", "m")), [])
        own = bool(collated) and data_type != "name"
        found.append(Column(name, data_type, kind_of(data_type), bool(nullable), own, bool(computed)))
        if has_children:
            parted.add((schema, table))
        if size is not None:
            keys.setdefault((schema, table), []).append(name)
            sizes[schema, table] = size
    whole = {table: tuple(key) for table, key in keys.items() if len(key) == sizes[table]}  # all of it can be read
    tables = {
        (schema, name): Table(
            TableId(warehouse, schema, name),
            tuple(found),
            is_view,
            whole.get((schema, name), ()),
            (schema, name) in parted,
        )
        for (schema, name, is_view), found in columns.items()
    }
    return Catalog(warehouse, "postgres", _version(warehouse, tables, path), tables, tuple(path))


def _told(column: Column) -> list[object]:
    return [column.name, column.type, column.nullable, column.own_collation, column.computed]


def _version(warehouse: str, tables: Mapping[tuple[str, str], Table], path: Sequence[str]) -> str:
    content = [
        [t.id.schema, t.id.name, t.is_view, t.key, t.parted, [_told(column) for column in t.columns]]
        for _, t in sorted(tables.items())
    ]
    canonical = json.dumps([warehouse, list(path), content], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
