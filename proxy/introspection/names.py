"""Names and numbers as regclass, regtype and their kin read and write them, and format_type's spellings.

Rule kept here: made of the synthesised rows alone, so that a name can be resolved exactly where a row shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from proxy.introspection import builtin
from proxy.introspection.facts import Facts
from proxy.introspection.keys import definitions
from proxy.introspection.numbers import Row, Rows
from proxy.introspection.quoting import quoted, reserved
from proxy.introspection.rows import PG_CATALOG
from proxy.values import CATALOG_VERSION

Helper: TypeAlias = tuple[Mapping[str, str], Sequence[Row]]

_SPELT = {
    # typname -> what stands before and behind a modifier, and how the modifier is packed
    "bool": ("boolean", "", ""),
    "int2": ("smallint", "", ""),
    "int4": ("integer", "", ""),
    "int8": ("bigint", "", ""),
    "float4": ("real", "", ""),
    "float8": ("double precision", "", ""),
    "bpchar": ("character", "", "c"),
    "varchar": ("character varying", "", "c"),
    "numeric": ("numeric", "", "n"),
    "interval": ("interval", "", ""),
    "bit": ("bit", "", "m"),
    "varbit": ("bit varying", "", "m"),
    "time": ("time", " without time zone", "m"),
    "timetz": ("time", " with time zone", "m"),
    "timestamp": ("timestamp", " without time zone", "m"),
    "timestamptz": ("timestamp", " with time zone", "m"),
}
_KEYWORDS = {"word": "text", "catcode": "char", "barelabel": "bool", "catdesc": "text", "baredesc": "text"}
_BARE = {"bpchar": "bpchar", "bit": '"bit"'}


def helpers(facts: Facts, rows: Rows) -> Mapping[str, Helper]:
    """The tables that the functions read, by name: their columns, and their rows."""
    visible = list(_visible(facts, rows))
    reg = {"u__kind": "text", "u__oid": "oid", "u__name": "text"}
    texts = ("u__head", "u__tail", "u__brackets", "u__packs", "u__plain", "u__bare")
    places = [{"u__place": place, "u__schema": schema} for place, schema in enumerate(facts.path)]
    constraints, indexes = definitions(rows, set(visible))
    return {
        "_constraints": ({"u__oid": "oid", "u__text": "text"}, constraints),
        "_indexes": ({"u__oid": "oid", "u__place": "int4", "u__text": "text", "u__pretty": "text"}, indexes),
        "_types": (dict.fromkeys(texts, "text") | {"u__oid": "oid", "u__visible": "bool"}, _types(facts, rows)),
        "_reg": (reg, list(_written(facts, rows, set(visible)))),
        "_named": (reg, list(_read(facts, rows, visible))),
        "_visible": ({"u__oid": "oid"}, [{"u__oid": number} for number in visible]),
        "_path": ({"u__place": "int4", "u__schema": "name"}, places),
        "_reserved": ({"u__reserved": "text"}, [{"u__reserved": word} for word in sorted(reserved())]),
        "_functions": ({"u__oid": "oid", "u__result": "text", "u__arguments": "text"}, _functions(facts, rows)),
        "_keywords": (_KEYWORDS, builtin.keywords()),
        "_roles": (_kinds("pg_roles"), rows["pg_roles"]),
        "_settings": (dict.fromkeys(("name", "setting", "context", "vartype", "unit"), "text"), list(_settings(facts))),
    }


def _kinds(relation: str) -> Mapping[str, str]:
    return {column.name: column.type for column in builtin.relations()[builtin.CATALOG, relation].columns}


def _settings(facts: Facts) -> Iterator[Row]:
    major, minor = (int(part) for part in CATALOG_VERSION.split("."))
    own = {
        "search_path": ", ".join(quoted(schema) for schema in facts.path),
        "server_version": CATALOG_VERSION,
        "server_version_num": str(major * 10_000 + minor),
    }
    for setting in builtin.settings().values():
        yield {
            "name": setting.name,
            "setting": own.get(setting.name, setting.value),
            "context": setting.context,
            "vartype": setting.vartype,
            "unit": setting.unit,
        }


def _types(facts: Facts, rows: Rows) -> Sequence[Row]:
    by_number = {row["oid"]: row for row in rows["pg_type"]}
    hidden = {row["oid"]: row["nspname"] for row in rows["pg_namespace"] if row["nspname"] not in facts.path}
    return [_type(row, by_number, hidden) for row in rows["pg_type"]]


def _type(row: Row, by_number: Mapping[int, Row], schemas: Mapping[int, str]) -> Row:
    array = row["typname"].startswith("_") and row["typelem"] in by_number
    element = by_number[row["typelem"]] if array else row
    name = element["typname"]
    head, tail, packs = _SPELT.get(name, (_in_schema(schemas.get(element["typnamespace"], ""), name), "", ""))
    plain = head + tail
    return {
        "u__oid": row["oid"],
        "u__head": head,
        "u__tail": tail,
        "u__brackets": "[]" if array else "",
        "u__packs": packs,
        "u__plain": plain,
        "u__bare": _BARE.get(name, plain),
        "u__visible": schemas.get(row["typnamespace"], builtin.CATALOG) == builtin.CATALOG,
    }


def _functions(facts: Facts, rows: Rows) -> Sequence[Row]:
    spelt = {row["u__oid"]: row["u__plain"] + row["u__brackets"] for row in _types(facts, rows)}
    return [
        {
            "u__oid": row["oid"],
            "u__result": ("SETOF " if row["proretset"] else "") + spelt.get(row["prorettype"], "???"),
            "u__arguments": ", ".join(spelt.get(kind, "???") for kind in row["proargtypes"]),
        }
        for row in rows["pg_proc"]
    ]


def _in_schema(schema: str, name: str) -> str:
    shown = '"char"' if name == "char" else quoted(name) if name not in ("name", "text") else name
    return shown if schema in ("", builtin.CATALOG) else f"{quoted(schema)}.{shown}"


def _visible(facts: Facts, rows: Rows) -> Iterator[int]:
    """The tables that an unqualified name means: of each name, the first on the search path."""
    schemas = {row["nspname"]: row["oid"] for row in rows["pg_namespace"]}
    seen: set[str] = set()
    for number in [PG_CATALOG, *(schemas[name] for name in facts.path)]:
        found = [row for row in rows["pg_class"] if row["relnamespace"] == number and row["relname"] not in seen]
        seen |= {row["relname"] for row in found}
        yield from (row["oid"] for row in found)


def _written(facts: Facts, rows: Rows, visible: set[int]) -> Iterator[Row]:
    schemas = {row["oid"]: row["nspname"] for row in rows["pg_namespace"]}
    for row in rows["pg_class"]:
        name = quoted(row["relname"])
        full = f"{quoted(schemas[row['relnamespace']])}.{name}"
        yield _reg("regclass", row["oid"], name if row["oid"] in visible else full)
    for row in _types(facts, rows):
        yield _reg("regtype", row["u__oid"], row["u__plain"] + row["u__brackets"])
    for kind, relation, column in _SIMPLE:
        yield from (_reg(kind, row["oid"], quoted(row[column])) for row in rows[relation])


_SIMPLE = (
    ("regproc", "pg_proc", "proname"),
    ("regnamespace", "pg_namespace", "nspname"),
    ("regrole", "pg_roles", "rolname"),
)


def _read(facts: Facts, rows: Rows, visible: Sequence[int]) -> Iterator[Row]:
    """Every spelling that means a thing, without quotes."""
    schemas = {row["oid"]: row["nspname"] for row in rows["pg_namespace"]}
    seen = set(visible)
    for row in rows["pg_class"]:
        yield _reg("regclass", row["oid"], f"{schemas[row['relnamespace']]}.{row['relname']}")
        if row["oid"] in seen:
            yield _reg("regclass", row["oid"], row["relname"])
    spelt = {row["u__oid"]: row["u__plain"] + row["u__brackets"] for row in _types(facts, rows)}
    for row in rows["pg_type"]:
        space = schemas.get(row["typnamespace"], "")
        seen_by_name = space == builtin.CATALOG or space in facts.path
        own = {f"{space}.{row['typname']}"} | ({row["typname"], spelt[row["oid"]]} if seen_by_name else set())
        yield from (_reg("regtype", row["oid"], name.replace('"', "")) for name in sorted(own))
    for kind, relation, column in _SIMPLE:
        yield from (_reg(kind, row["oid"], row[column]) for row in rows[relation])
        if kind == "regproc":
            yield from (_reg(kind, row["oid"], f"pg_catalog.{row[column]}") for row in rows[relation])


def _reg(kind: str, number: Any, name: str) -> Row:
    return {"u__kind": kind, "u__oid": number, "u__name": name}
