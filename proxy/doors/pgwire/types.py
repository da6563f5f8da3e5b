"""Which PostgreSQL type a result column or a catalog column has on the wire.

Rule kept here: a type says exactly what the bytes behind it hold, so that a client never has to guess; Arrow types that
nobody decided on are refused. Result columns go by their Arrow type, and by the field's metadata `usher.type` where a
warehouse names there what it delivers as text, or narrower than Arrow can say (`numeric`, `json`, `jsonb`, `uuid`,
`oid`, `name`, `char`, `varchar`, `bpchar`, `int2vector`, `oidvector`). The types: src/include/catalog/pg_type.dat.

    Arrow                                       PostgreSQL
      bool                                      bool
      int8, int16, uint8                        int2
      int32, uint16                             int4
      int64, uint32                             int8
      uint64, decimal(38, 0) of HUGEINT         numeric
      float16, float32; float64                 float4; float8
      decimal128, decimal256 (p, s)             numeric(p, s)
      text and dictionaries of it, null         text
      binary; uuid                              bytea; uuid
      date; time                                date; time
      timestamp, with a zone                    timestamp, timestamptz (parts of a microsecond are cut)
      intervals, durations                      interval
      lists                                     an array of the innermost elements' type
      structs, maps, unions                     json
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.types as at

from proxy.errors import Ungovernable
from proxy.values import ReasonCode

METADATA = b"usher.type"
"""Field metadata: PostgreSQL's name of the type that the column really is."""
WIDEST = 38
DEEPEST = 6
"""Dimensions that arrays may have (MAXDIM)."""


@dataclass(frozen=True, slots=True)
class WireType:
    """A type as RowDescription and ParameterDescription state it. `size` is pg_type.typlen (-1: varying), `array` the
    type of arrays of it, `element` the type of its elements; each 0 where there is none."""

    oid: int
    name: str
    size: int
    array: int = 0
    element: int = 0
    typmod: int = -1


_PLAIN = (
    WireType(16, "bool", 1, 1000),
    WireType(17, "bytea", -1, 1001),
    WireType(18, "char", 1, 1002),
    WireType(19, "name", 64, 1003),
    WireType(20, "int8", 8, 1016),
    WireType(21, "int2", 2, 1005),
    WireType(22, "int2vector", -1, 1006),
    WireType(23, "int4", 4, 1007),
    WireType(25, "text", -1, 1009),
    WireType(26, "oid", 4, 1028),
    WireType(30, "oidvector", -1, 1013),
    WireType(114, "json", -1, 199),
    WireType(700, "float4", 4, 1021),
    WireType(701, "float8", 8, 1022),
    WireType(1042, "bpchar", -1, 1014),
    WireType(1043, "varchar", -1, 1015),
    WireType(1082, "date", 4, 1182),
    WireType(1083, "time", 8, 1183),
    WireType(1114, "timestamp", 8, 1115),
    WireType(1184, "timestamptz", 8, 1185),
    WireType(1186, "interval", 16, 1187),
    WireType(1266, "timetz", 12, 1270),
    WireType(1700, "numeric", -1, 1231),
    WireType(2950, "uuid", 16, 2951),
    WireType(3802, "jsonb", -1, 3807),
)
_ARRAYS = tuple(WireType(t.array, f"_{t.name}", -1, 0, t.oid) for t in _PLAIN)
BY_OID: Mapping[int, WireType] = {t.oid: t for t in _PLAIN + _ARRAYS}
"""Every type that values are written and read in."""
BY_NAME: Mapping[str, WireType] = {t.name: t for t in _PLAIN + _ARRAYS}
"""The same, by PostgreSQL's own names (`int4`, `_int4`)."""
TEXT = BY_NAME["text"]
VECTORS = {"int2vector": "int2", "oidvector": "oid"}
"""Types of the catalog whose values are numbers with blanks between them, and the types of those."""
_TEXTUAL = frozenset({"numeric", "json", "jsonb", "uuid", "char", "name", "varchar", "bpchar", *VECTORS})
"""What a text column may be named by its metadata."""


# ------------------------------------------------------------------------------------------------------------ results
def of_field(field: pa.Field[Any]) -> WireType:
    """The type of a result column. Raises `Ungovernable` for Arrow types that have no form here."""
    plain = _BY_ID.get(field.type.id)
    if plain is not None and field.metadata is None:
        return plain
    kind, depth = _innermost(field.type)
    named = (field.metadata or {}).get(METADATA, b"").decode("ascii", "replace")
    found = _named(kind, named) or _of_arrow(kind)
    if found is None or depth > DEEPEST:
        text = "The result holds a column of a type that this door cannot send. Cast it to text."
        raise Ungovernable(text, ReasonCode.CONSTRUCT)
    return array_of(found) if depth else found


def array_of(element: WireType) -> WireType:
    """The type of arrays of a type; they share its type modifier."""
    return replace(BY_OID[element.array], typmod=element.typmod)


def is_list(kind: pa.DataType) -> bool:
    """Whether values are lists, of any of Arrow's layouts (maps are none)."""
    return bool(at.is_list(kind) or at.is_large_list(kind) or at.is_fixed_size_list(kind) or at.is_list_view(kind))


def is_text(kind: pa.DataType) -> bool:
    """Whether values are text, of any of Arrow's layouts."""
    return bool(at.is_string(kind) or at.is_large_string(kind) or at.is_string_view(kind))


def is_binary(kind: pa.DataType) -> bool:
    """Whether values are bytes, of any of Arrow's layouts."""
    return bool(
        at.is_binary(kind) or at.is_large_binary(kind) or at.is_binary_view(kind) or at.is_fixed_size_binary(kind)
    )


def is_uuid(kind: pa.DataType) -> bool:
    """Whether it is Arrow's own type of UUIDs."""
    return isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.uuid"


def _innermost(kind: Any) -> tuple[Any, int]:
    depth = 0
    while True:
        if at.is_dictionary(kind):
            kind = kind.value_type
        elif is_list(kind):
            kind, depth = kind.value_type, depth + 1
        else:
            return kind, depth


def _named(kind: pa.DataType, name: str) -> WireType | None:
    if (is_text(kind) and name in _TEXTUAL) or (at.is_uint32(kind) and name == "oid"):
        return BY_NAME[name]
    return None


def _of_arrow(kind: Any) -> WireType | None:
    if at.is_decimal128(kind) or at.is_decimal256(kind):
        return numeric(kind.precision, kind.scale) if kind.scale >= 0 else None
    if at.is_timestamp(kind):
        return BY_NAME["timestamp" if kind.tz is None else "timestamptz"]
    return next((BY_NAME[name] for test, name in _BY_ARROW if test(kind)), None)


def numeric(precision: int, scale: int) -> WireType:
    """`numeric(p, s)`. Numbers of 38 digits without places may be HUGEINTs of 39: their type states no precision."""
    if precision >= WIDEST and scale == 0:
        return BY_NAME["numeric"]
    return replace(BY_NAME["numeric"], typmod=(precision << 16 | scale) + 4)


_BY_ARROW: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (at.is_null, "text"),
    (is_text, "text"),
    (at.is_boolean, "bool"),
    (lambda k: at.is_int8(k) or at.is_int16(k) or at.is_uint8(k), "int2"),
    (lambda k: at.is_int32(k) or at.is_uint16(k), "int4"),
    (lambda k: at.is_int64(k) or at.is_uint32(k), "int8"),
    (at.is_uint64, "numeric"),
    (lambda k: at.is_float16(k) or at.is_float32(k), "float4"),
    (at.is_float64, "float8"),
    (is_uuid, "uuid"),
    (is_binary, "bytea"),
    (at.is_date, "date"),
    (at.is_time, "time"),
    (at.is_interval, "interval"),
    (at.is_duration, "interval"),
    (lambda k: at.is_struct(k) or at.is_map(k) or at.is_union(k), "json"),
)

_PLAINEST = (pa.bool_(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.string(), pa.date32())
_BY_ID = {kind.id: next(BY_NAME[name] for test, name in _BY_ARROW if test(kind)) for kind in _PLAINEST}
"""What needs no second look."""


# ------------------------------------------------------------------------------------------------------------ catalog
_SPELLINGS: Mapping[str, str] = {
    "bigint": "int8",
    "blob": "bytea",
    "boolean": "bool",
    '"char"': "char",
    "char": "bpchar",
    "character": "bpchar",
    "character varying": "varchar",
    "decimal": "numeric",
    "double": "float8",
    "double precision": "float8",
    "float": "float4",
    "hugeint": "numeric",
    "int": "int4",
    "integer": "int4",
    "map": "json",
    "real": "float4",
    "smallint": "int2",
    "struct": "json",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "time_ns": "time",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "timestamp_ms": "timestamp",
    "timestamp_ns": "timestamp",
    "timestamp_s": "timestamp",
    "tinyint": "int2",
    "ubigint": "numeric",
    "uhugeint": "numeric",
    "uinteger": "int8",
    "union": "json",
    "usmallint": "int4",
    "utinyint": "int2",
}
_LIST = re.compile(r"(?:\[\d*\])+\Z")
_MODIFIED = re.compile(r"([a-z_0-9 ]+?) ?(?:\((\d+)(?:, ?(\d+))?\))?( with(?:out)? time zone)?\Z")


def of_spelling(spelling: str) -> WireType:
    """The type of a catalog column, from the engine's own spelling (`DECIMAL(18,3)`, `character varying(20)[]`,
    `STRUCT(a INTEGER)`); names that nobody knows here are enumerations and the like, and travel as text."""
    text = " ".join(spelling.lower().split())
    if spelling == "BIT" or text.startswith("interval "):
        return BY_NAME["bytea" if spelling == "BIT" else "interval"]
    if _LIST.search(text):
        return array_of(of_spelling(_LIST.sub("", text)))
    found = _MODIFIED.match(text)
    if found is None:
        return BY_NAME[_SPELLINGS.get(text.partition("(")[0], "text")]
    name = found[1] + (found[4] or "")
    known = BY_NAME.get(_SPELLINGS.get(name, name), TEXT)
    if found[2] is None:
        return replace(known, typmod=5) if name in ("char", "character") else known
    first, second = int(found[2]), int(found[3] or 0)
    if known.name == "numeric":
        return numeric(first, second)
    if known.name in ("varchar", "bpchar"):
        return replace(known, typmod=first + 4)
    return replace(known, typmod=first) if known.name in ("time", "timetz", "timestamp", "timestamptz") else known
