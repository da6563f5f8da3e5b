"""Tags added to the text of a data file, as a person would write them.

Rule kept here: nothing else in the file changes, comments and order included; what is written is read back, and says
exactly what it said before and the new tags. A file whose form does not allow that is refused, never rewritten.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from proxy.errors import ConfigError
from proxy.policy import yamlfile
from proxy.policy.objects import parse, spell
from proxy.policy.yamlfile import Document, Extent

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
_STEP = 2

_Block: TypeAlias = Callable[[int], str]
"""Lines, by how far they are indented."""


@dataclass(frozen=True, slots=True)
class Tagging:
    """The tags of one column, and a comment for whoever reads the change."""

    column: str
    tags: tuple[str, ...]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class _Insert:
    at: int
    text: str


def edited(text: str, file: str, wanted: Mapping[str, Sequence[Tagging]]) -> str:
    """A data file's text with tags for columns that it does not list; tables (`warehouse.schema.table`) that it does
    not have are added at its end. Raises `ConfigError` where the text cannot be added to."""
    problems: list[str] = []
    document = yamlfile.parse(text, file, problems)
    if document is None:
        raise ConfigError(problems)
    newline = "\r\n" if "\r\n" in text else "\n"
    value = document.value or {}
    if not isinstance(value.get("tables", {}), dict):
        raise ConfigError([f"{document.place('tables')}: `tables` is no mapping; write one"])
    keys = {spell(*(parse(key) or (key,))): key for key in value.get("tables") or {}}
    inserts = [_into(document, text, keys[name], wanted[name]) for name in wanted if name in keys]
    new = {name: columns for name, columns in wanted.items() if name not in keys}
    if new:
        inserts.append(_tables(document, text, new))
    made = text
    for insert in sorted(inserts, key=lambda i: i.at, reverse=True):
        made = made[: insert.at] + insert.text.replace("\n", newline) + made[insert.at :]
    _prove(made, document, {keys.get(name, name): columns for name, columns in wanted.items()})
    return made


def _prove(made: str, before: Document, wanted: Mapping[str, Sequence[Tagging]]) -> None:
    """Raises `ConfigError` unless the text says what was wanted, and nothing else has changed."""
    expected = copy.deepcopy(before.value or {})
    tables = expected.setdefault("tables", {})
    for name, columns in wanted.items():
        listed = tables.setdefault(name, {}).setdefault("columns", {})
        listed.update({one.column: list(one.tags) for one in columns})
    after = yamlfile.parse(made, before.file, [])
    if after is None or after.value != expected:
        names = ", ".join(wanted)
        raise ConfigError(
            [f"{before.file}: is written in a form that cannot be added to; add the tags of {names} by hand"]
        )


# ---------------------------------------------------------------------------------------------------------- inserting
def _into(document: Document, text: str, table: str, columns: Sequence[Tagging]) -> _Insert:
    """New columns of a table that the file has."""
    listed = document.extent("tables", table, "columns")
    if listed is not None:
        return _added(text, listed, _flow(columns), lambda indent: _block(columns, indent))
    entry = document.extent("tables", table)
    if entry is None:
        raise ConfigError([f"{document.place('tables', table)}: {table} is no mapping; add its columns by hand"])

    def block(indent: int) -> str:
        return f"{' ' * indent}columns:\n{_block(columns, indent + _STEP)}"

    behind = document.end("tables", table, "owner")
    if behind is not None and not entry.flow:
        entry = Extent(behind, entry.column, entry.flow, entry.empty)
    return _added(text, entry, f"columns: {{{_flow(columns)}}}", block)


def _tables(document: Document, text: str, tables: Mapping[str, Sequence[Tagging]]) -> _Insert:
    """Tables that the file does not have, behind those that it has."""

    def block(indent: int) -> str:
        return "".join(_stub(name, columns, indent) for name, columns in tables.items())

    flow = ", ".join(f"{_name(name)}: {{columns: {{{_flow(columns)}}}}}" for name, columns in tables.items())
    there = document.extent("tables")
    if there is not None:
        return _added(text, there, flow, block)
    return _Insert(len(text), f"{_line_end(text, len(text))[1]}tables:\n{block(_STEP)}")


def _added(text: str, there: Extent, flow: str, block: _Block) -> _Insert:
    if there.flow:
        return _Insert(there.end, flow if there.empty else f", {flow}")
    at, ended = _line_end(text, there.end)
    return _Insert(at, ended + block(there.column))


def _line_end(text: str, at: int) -> tuple[int, str]:
    """Where the line of a character ends, and what has to end it where the file's last line has no end."""
    if at > 0 and text[at - 1] == "\n":
        return at, ""
    found = text.find("\n", at)
    return (found + 1, "") if found >= 0 else (len(text), "\n" if text else "")


# ------------------------------------------------------------------------------------------------------------ writing
def _stub(name: str, columns: Sequence[Tagging], indent: int) -> str:
    return f"{' ' * indent}{_name(name)}:\n{' ' * (indent + _STEP)}columns:\n{_block(columns, indent + 2 * _STEP)}"


def _block(columns: Sequence[Tagging], indent: int) -> str:
    lines = (f"{' ' * indent}{_name(one.column)}: {_tags(one)}" for one in columns)
    comments = (f"  # {one.comment}" if one.comment else "" for one in columns)
    return "".join(f"{line}{comment}\n" for line, comment in zip(lines, comments, strict=True))


def _flow(columns: Sequence[Tagging]) -> str:
    return ", ".join(f"{_name(one.column)}: {_tags(one)}" for one in columns)


def _tags(one: Tagging) -> str:
    return f"[{', '.join(_name(tag) for tag in one.tags)}]"


def _name(name: str) -> str:
    """A name as YAML takes it for just this text: plain where it cannot be anything else, else in double quotes."""
    if _PLAIN.match(name):
        return name
    quoted = json.dumps(name, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
