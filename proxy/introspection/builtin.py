"""What every PostgreSQL server has: its own relations and their columns, types, keywords and settings, kept as data.

Rule kept here: the files beside this module are the allow-list. A relation that is not in relations.csv cannot be read.
They state facts of PostgreSQL 15's catalog (src/include/catalog); a test holds them against a real server.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
CATALOG = "pg_catalog"
INFORMATION = "information_schema"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a catalog relation; `type` is a pg_type.typname."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of the catalog; `kind` is its pg_class.relkind."""

    schema: str
    name: str
    oid: int
    kind: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that may be read, with the value that holds where a session says nothing else."""

    name: str
    value: str
    context: str
    vartype: str
    unit: str | None


@cache
def relations() -> Mapping[tuple[str, str], Relation]:
    """Every relation that may be read, by schema and name."""
    found = {}
    for line in _lines("relations.csv"):
        columns = tuple(_column(word) for word in line["columns"].split())
        relation = Relation(line["schema"], line["relation"], int(line["oid"]), line["kind"], columns)
        found[relation.schema, relation.name] = relation
    return found


def _column(word: str) -> Column:
    name, _, kind = word.partition(":")
    return Column(name, kind.rstrip("!"), kind.endswith("!"))


@cache
def rows() -> Mapping[str, list[dict[str, Any]]]:
    """The rows that relations of pg_catalog have on every server, by relation."""
    content = json.loads((_HERE / "builtin.json").read_text(encoding="utf-8"))
    return {name: [dict(zip(it["columns"], row, strict=True)) for row in it["rows"]] for name, it in content.items()}


@cache
def types() -> Mapping[str, Mapping[str, Any]]:
    """pg_type's own rows, by typname."""
    return {row["typname"]: row for row in rows()["pg_type"]}


@cache
def keywords() -> list[dict[str, Any]]:
    """pg_get_keywords()'s rows."""
    return [{**line, "barelabel": line["barelabel"] == "t"} for line in _lines("keywords.csv")]


@cache
def settings() -> Mapping[str, Setting]:
    """The settings that may be read, by lower-case name."""
    made = [
        Setting(s["name"], s["setting"], s["context"], s["vartype"], s["unit"] or None) for s in _lines("settings.csv")
    ]
    return {setting.name.lower(): setting for setting in made}


def _lines(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
