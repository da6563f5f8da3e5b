"""Rows of the embedded engine as rows of PostgreSQL's catalog: each column of its type, with the type's name in the
field's metadata.

Rule kept here: a column leaves in the Arrow form of its type or the statement fails; names that stand for numbers
(regclass, regproc ..) leave as PostgreSQL writes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from proxy.introspection.casts import REGISTERED, VECTORS, element_of

_pc: Any = pyarrow.compute
METADATA = b"usher.type"
_ARROW: Mapping[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "cardinal_number": pa.int32(),
    "int8": pa.int64(),
    "oid": pa.uint32(),
    "xid": pa.uint32(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "numeric": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "time_stamp": pa.timestamp("us", "UTC"),
}
_BASE = {
    # a domain or a type without a form of its own -> the type that clients are told
    "sql_identifier": "name",
    "character_data": "varchar",
    "yes_or_no": "varchar",
    "cardinal_number": "int4",
    "time_stamp": "timestamptz",
    "numeric": "float8",
    "xid": "oid",
    "json": "json",
}
_TOLD = frozenset({"name", "oid", "varchar", "bpchar", "json", "char", "int2vector", "oidvector"})


def field(name: str, kind: str) -> pa.Field[Any]:
    """The field of a result column, or of a parameter, of a type."""
    element = None if kind in VECTORS else element_of(kind)
    told = _BASE.get(element or kind, element or kind)
    arrow = _ARROW.get(element or kind, pa.string())
    metadata = {METADATA: told.encode()} if told in _TOLD else None
    return pa.field(name, pa.list_(arrow) if element else arrow, metadata=metadata)


def schema(columns: Sequence[tuple[str, str]]) -> pa.Schema:
    """The schema of a result."""
    return pa.schema([field(name, kind) for name, kind in columns])


def shaped(table: pa.Table, columns: Sequence[tuple[str, str]], names: Mapping[str, Mapping[int, str]]) -> pa.Table:
    """The engine's rows in that schema; `names` writes the numbers of each registered type."""
    arrays = [
        _shaped(array, kind, names, field(name, kind).type)
        for array, (name, kind) in zip(table.columns, columns, strict=True)
    ]
    return pa.table(arrays, schema=schema(columns))


def _shaped(array: Any, kind: str, names: Mapping[str, Mapping[int, str]], arrow: Any) -> Any:
    if kind in REGISTERED:
        return pa.array([_written(value, names[kind]) for value in array.to_pylist()], arrow)
    if kind in VECTORS:
        texts = [None if value is None else " ".join(map(str, value)) for value in array.to_pylist()]
        return pa.array(texts, arrow)
    element = element_of(kind)
    if element in REGISTERED:
        lists = array.to_pylist()
        made = [None if v is None else [_written(item, names[str(element)]) for item in v] for v in lists]
        return pa.array(made, arrow)
    return array.cast(arrow)


def _written(value: Any, names: Mapping[int, str]) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return "-" if value == 0 else names.get(value, str(value))
