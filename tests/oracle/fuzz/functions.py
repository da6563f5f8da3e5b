"""What the engine's own catalog says of the functions that may be called: which kinds of arguments they take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

KINDS = {
    "tinyint": "int",
    "smallint": "int",
    "integer": "int",
    "bigint": "int",
    "hugeint": "int",
    "decimal": "number",
    "numeric": "number",
    "double": "float",
    "double precision": "float",
    "float": "float",
    "real": "float",
    "varchar": "text",
    "text": "text",
    "character varying": "text",
    "date": "date",
    "timestamp": "time",
    "timestamp without time zone": "time",
    "timestamp with time zone": "zoned",
    "time": "clock",
    "time without time zone": "clock",
    "interval": "interval",
    "boolean": "bool",
    "json": "json",
    "jsonb": "jsonb",
    "blob": "bytes",
    "bytea": "bytes",
    "any": "any",
    '"any"': "any",
    "anyelement": "any",
    "anycompatible": "any",
    "t": "any",
    "integer[]": "ints",
    "bigint[]": "ints",
    "any[]": "ints",
    "t[]": "ints",
    "anyarray": "ints",
    "anycompatiblearray": "ints",
    "varchar[]": "texts",
    "text[]": "texts",
}
SLOW = re.compile(
    r"sleep|generate_series|^range$|current_|^now$|random|uuid|clock|timeofday|setseed|txid|pg_|version|timing"
)
"""What differs from one call to the next, tells of the session, or only takes time."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function."""

    name: str
    takes: tuple[str, ...]
    gives: str


def signatures(rows: Iterable[tuple[str, list[str], str]], allowed: Iterable[str]) -> dict[str, list[Signature]]:
    """Calls by the kind that they give ("" for others): rows are name, types of arguments, type of the result."""
    names = frozenset(allowed)
    found: dict[str, dict[Signature, None]] = {}
    for name, types, gives in rows:
        if name.lower() not in names or SLOW.search(name) or not re.fullmatch(r"[a-z_][a-z_0-9]*", name):
            continue
        takes = [KINDS.get(type_.lower(), "") for type_ in types]
        if "" in takes or not takes:
            continue
        kind = KINDS.get(gives.lower(), "")
        found.setdefault("" if kind == "any" else kind, {})[Signature(name, tuple(takes), kind)] = None
    return {kind: list(calls) for kind, calls in found.items()}
