"""The embedded engine of one access view: a private database in memory that holds its synthesised rows and no more.

Rule kept here: an instance never sees a file, a network, another view or a warehouse, and its settings are locked
before the first foreign statement. What no statement can name (schemas pgc and isc are not on the search path) is
still no more than the caller may see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from proxy.introspection import builtin
from proxy.introspection.builtin import CATALOG, INFORMATION, Relation
from proxy.introspection.facts import Facts
from proxy.introspection.names import helpers
from proxy.introspection.numbers import Row
from proxy.introspection.rows import made_of

SCHEMAS = {CATALOG: "pgc", INFORMATION: "isc"}
CONFIG: Mapping[str, Any] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "max_temp_directory_size": "0KB",
}
_NUMBERS = ("oid", "xid", "regproc", "regtype", "regclass", "regnamespace", "regrole", "int8")
_STORED = {
    "bool": ("BOOLEAN", pa.bool_()),
    "int2": ("SMALLINT", pa.int16()),
    "int4": ("INTEGER", pa.int32()),
    "cardinal_number": ("INTEGER", pa.int32()),
    "float4": ("DOUBLE", pa.float64()),
    "float8": ("DOUBLE", pa.float64()),
    "int2vector": ("BIGINT[]", pa.list_(pa.int64())),
    "oidvector": ("BIGINT[]", pa.list_(pa.int64())),
    "_int2": ("BIGINT[]", pa.list_(pa.int64())),
    "_oid": ("BIGINT[]", pa.list_(pa.int64())),
    "_regtype": ("BIGINT[]", pa.list_(pa.int64())),
    "timestamptz": ("TIMESTAMP WITH TIME ZONE", pa.timestamp("us", "UTC")),
    "time_stamp": ("TIMESTAMP WITH TIME ZONE", pa.timestamp("us", "UTC")),
    **dict.fromkeys(_NUMBERS, ("BIGINT", pa.int64())),
    **dict.fromkeys(("_text", "_name", "_char", "_aclitem"), ("VARCHAR[]", pa.list_(pa.string()))),
}
_TEXT = ("VARCHAR", pa.string())
_order: list[str] = []
_HEADER = re.compile(r"^-- (\w+)\.(\w+)$", re.MULTILINE)


def stored(kind: str) -> str:
    """The engine's type for values of a pg_type.typname."""
    return _STORED.get(kind, _TEXT)[0]


@cache
def _macros() -> Sequence[str]:
    text = (Path(__file__).parent / "macros.sql").read_text(encoding="utf-8")
    return [part.strip() for part in text.split(";\n") if part.strip()]


@cache
def _views() -> Mapping[tuple[str, str], str]:
    text = (Path(__file__).parent / "views.sql").read_text(encoding="utf-8")
    parts = _HEADER.split(text)[1:]
    return {(parts[i], parts[i + 1]): parts[i + 2].strip() for i in range(0, len(parts), 3)}


class Instance:
    """One view's database. `memory_mb` caps what a statement may use."""

    def __init__(self, facts: Facts, memory_mb: int) -> None:
        self._db = duckdb.connect(":memory:", config={**CONFIG, "memory_limit": f"{memory_mb}MB"})
        self._db.execute("CREATE SCHEMA pgc; CREATE SCHEMA isc")
        rows = made_of(facts)
        for name, (kinds, made) in helpers(facts, rows).items():
            self._table("pgc", name, kinds, made)
        for key, relation in builtin.relations().items():
            if key not in _views():
                kinds = {column.name: column.type for column in relation.columns}
                self._table(SCHEMAS[relation.schema], relation.name, kinds, rows.get(relation.name, ()))
        self._define()
        self._db.execute("SET enable_external_access = false; SET lock_configuration = true")

    def cursor(self) -> Any:
        """A session of its own on the database."""
        return self._db.cursor()

    def close(self) -> None:
        """Forget it."""
        self._db.close()

    def _define(self) -> None:
        """Make functions and views. They use each other, so that one may have to wait for another; the first instance
        of a process finds the order, and the others keep it."""
        waiting = list(_order or [*_macros(), *(_view(builtin.relations()[k], body) for k, body in _views().items())])
        done: list[str] = []
        while waiting:
            later = []
            for statement in waiting:
                try:
                    self._db.execute(statement)
                    done.append(statement)
                except duckdb.CatalogException:
                    later.append(statement)
            if len(later) == len(waiting):
                self._db.execute(later[0])
            waiting = later
        _order[:] = done

    def _table(self, schema: str, name: str, kinds: Mapping[str, str], rows: Sequence[Row]) -> None:
        columns = ", ".join(f'"{column}" {stored(kind)}' for column, kind in kinds.items())
        self._db.execute(f'CREATE TABLE {schema}."{name}" ({columns})')
        if rows:
            arrays = [_array([row.get(c) for row in rows], _STORED.get(k, _TEXT)[1]) for c, k in kinds.items()]
            self._db.register("_given", pa.table(arrays, names=list(kinds)))
            self._db.execute(f'INSERT INTO {schema}."{name}" SELECT * FROM _given')  # noqa: S608 - names of ours
            self._db.unregister("_given")


def _array(values: list[Any], kind: Any) -> Any:
    return pa.array(values, kind)


def _view(relation: Relation, body: str) -> str:
    """A view with all the relation's columns, in order and of their types; what the body does not name is NULL."""
    named = set(re.findall(r" as (\w+)|\b\w+\.(\w+)(?=,| from )", body.partition(" from ")[0] + " from "))
    known = {name for pair in named for name in pair if name}
    star = body.startswith("select r.*")
    columns = ", ".join(_selected(c.name, c.type, star or c.name in known) for c in relation.columns)
    return f'CREATE VIEW {SCHEMAS[relation.schema]}."{relation.name}" AS SELECT {columns} FROM ({body}) AS v'  # noqa: S608


def _selected(name: str, kind: str, known: bool) -> str:
    value = f'v."{name}"' if known else "NULL"
    return f'CAST({value} AS {stored(kind)}) AS "{name}"'


def relation_columns(relation: Relation) -> Iterator[tuple[str, str]]:
    """A relation's columns as (name, typname), in order."""
    return ((column.name, column.type) for column in relation.columns)
