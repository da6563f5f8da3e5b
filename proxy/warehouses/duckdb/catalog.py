"""DuckDB's schema as a `Catalog`.

Rule kept here: the snapshot holds the attached database and nothing else, and its version is a hash of its content, so
that equal schemas have equal versions wherever and whenever they are read. A type that is not listed is `OTHER`, for
which every mask is NULL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from proxy.dialect import folded
from proxy.values import Catalog, Column, Table, TableId, TypeKind

COLUMNS_SQL = """
SELECT schema_name, table_name, column_name, data_type, is_nullable
FROM system.main.duckdb_columns() WHERE database_name = $1 AND NOT internal
ORDER BY schema_name, table_name, column_index
"""
VIEWS_SQL = "SELECT schema_name, view_name FROM system.main.duckdb_views() WHERE database_name = $1 AND NOT internal"

KINDS: Mapping[str, TypeKind] = {
    "VARCHAR": TypeKind.TEXT,
    "TINYINT": TypeKind.INTEGER,
    "SMALLINT": TypeKind.INTEGER,
    "INTEGER": TypeKind.INTEGER,
    "BIGINT": TypeKind.INTEGER,
    "HUGEINT": TypeKind.INTEGER,
    "UTINYINT": TypeKind.INTEGER,
    "USMALLINT": TypeKind.INTEGER,
    "UINTEGER": TypeKind.INTEGER,
    "UBIGINT": TypeKind.INTEGER,
    "UHUGEINT": TypeKind.INTEGER,
    "DECIMAL": TypeKind.DECIMAL,
    "FLOAT": TypeKind.FLOAT,
    "DOUBLE": TypeKind.FLOAT,
    "BOOLEAN": TypeKind.BOOLEAN,
    "DATE": TypeKind.DATE,
    "TIMESTAMP": TypeKind.TIMESTAMP,
    "TIMESTAMP_S": TypeKind.TIMESTAMP,
    "TIMESTAMP_MS": TypeKind.TIMESTAMP,
    "TIMESTAMP_NS": TypeKind.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": TypeKind.TIMESTAMP,
    "TIME": TypeKind.TIME,
    "TIME_NS": TypeKind.TIME,
    "TIME WITH TIME ZONE": TypeKind.TIME,
    "INTERVAL": TypeKind.INTERVAL,
    "BLOB": TypeKind.BINARY,
    "BIT": TypeKind.BINARY,
    "UUID": TypeKind.UUID,
    "JSON": TypeKind.NESTED,
    "VARIANT": TypeKind.NESTED,
    "STRUCT": TypeKind.NESTED,
    "MAP": TypeKind.NESTED,
    "UNION": TypeKind.NESTED,
    "TUPLE": TypeKind.NESTED,
}


def kind_of(data_type: str) -> TypeKind:
    """The kind of a type in DuckDB's own spelling, e.g. `DECIMAL(10,2)` or `STRUCT(a INTEGER)[]`."""
    if data_type.endswith("]"):
        return TypeKind.NESTED
    return KINDS.get(data_type.partition("(")[0], TypeKind.OTHER)


def snapshot(connection: Any, warehouse: str, search_path: Sequence[str]) -> Catalog:
    """The schema of the database attached as `warehouse`, read over a DuckDB connection."""
    views = {(schema, name) for schema, name in connection.execute(VIEWS_SQL, [warehouse]).fetchall()}
    columns: dict[tuple[str, str], list[Column]] = {}
    for schema, table, name, data_type, nullable in connection.execute(COLUMNS_SQL, [warehouse]).fetchall():
        column = Column(name, data_type, kind_of(data_type), bool(nullable), computed=(schema, table) in views)
        columns.setdefault((schema, table), []).append(column)
    tables = {
        (folded(schema), folded(name)): Table(TableId(warehouse, schema, name), tuple(found), (schema, name) in views)
        for (schema, name), found in columns.items()
    }
    path = tuple(folded(schema) for schema in search_path)
    return Catalog(warehouse, "duckdb", _version(warehouse, tables, path), tables, path)


def _version(warehouse: str, tables: Mapping[tuple[str, str], Table], path: Sequence[str]) -> str:
    content = [
        [t.id.schema, t.id.name, t.is_view, [[c.name, c.type, c.nullable] for c in t.columns]]
        for _, t in sorted(tables.items())
    ]
    canonical = json.dumps([warehouse, list(path), content], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
