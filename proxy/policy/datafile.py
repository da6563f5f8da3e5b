"""data/*.yaml: owners, column tags and row filters of each table.

Rule kept here: a file is checked as a typed model first (its JSON schema is this model), then as one policy with all
other files; nothing is taken from a file with a mistake in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from proxy.policy.objects import EVERYONE, SUBJECT_PREFIXES, is_subject, parse, spell, tag_problem
from proxy.policy.source import Place
from proxy.policy.yamlfile import Document, validate

Text = Annotated[str, Field(min_length=1)]
Subject = Annotated[str, Field(pattern=r"^(user|group|app|role):.+$")]


class FilterEntry(BaseModel):
    """A row filter: which rows the subjects named in `for` may see."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="Unique within the table.")]
    subjects: Literal["everyone"] | Annotated[list[Subject], Field(min_length=1)] = Field(
        alias="for", description="Whose rows it limits: everyone, or a list of subjects."
    )
    exempt: list[Subject] = Field(default=[], alias="except", description="Whom a filter for everyone leaves alone.")
    where: Text = Field(description="SQL over the table's columns; `:name` is an attribute of the caller.")


class TableEntry(BaseModel):
    """What is said of one table."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    owner: str | None = Field(default=None, description="Whom to ask for access.")
    columns: dict[str, list[Text]] = Field(default={}, description="Tags of each column.")
    rows: list[FilterEntry] = Field(default=[], description="Row filters.")


class DataFile(BaseModel):
    """One domain's tables, keyed warehouse.schema.table."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="Usher data policy")

    tables: dict[str, TableEntry] = Field(default={})


@dataclass(frozen=True, slots=True)
class FilterRule:
    """A row filter as written. `subjects` is None for everyone."""

    id: str
    subjects: tuple[str, ...] | None
    exempt: tuple[str, ...]
    where: str
    place: Place


@dataclass(frozen=True, slots=True)
class TaggedColumn:
    """A column and its tags."""

    name: str
    tags: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class TableRules:
    """All that data/*.yaml says of one table; `object` is its name as rules spell it."""

    object: str
    owner: str | None
    columns: Mapping[str, TaggedColumn]
    filters: tuple[FilterRule, ...]
    place: Place


def load(documents: Iterable[Document], problems: list[str]) -> dict[str, TableRules]:
    """The tables of all files, by object name, with every mistake noted."""
    tables: dict[str, TableRules] = {}
    for document in documents:
        model = validate(DataFile, document, problems)
        for name, entry in (model.tables if model else {}).items():
            place = document.place("tables", name)
            parts = parse(name)
            if parts is None or len(parts) != 3:
                problems.append(f"{place}: {name!r} is no table: write warehouse.schema.table")
                continue
            key = spell(*parts)
            if key in tables:
                problems.append(f"{place}: {key} is described already at {tables[key].place}; join the two")
                continue
            tables[key] = _table(key, name, entry, document, problems)
    return tables


def _table(key: str, name: str, entry: TableEntry, document: Document, problems: list[str]) -> TableRules:
    place = document.place("tables", name)
    columns = {}
    for column, tags in entry.columns.items():
        at = document.place("tables", name, "columns", column)
        problems.extend(f"{at}: {mistake}" for mistake in map(tag_problem, tags) if mistake)
        columns[column] = TaggedColumn(column, tuple(dict.fromkeys(tags)), at)
    filters: dict[str, FilterRule] = {}
    for index, row in enumerate(entry.rows):
        at = document.place("tables", name, "rows", index)
        if row.id in filters:
            problems.append(f"{at}: the filter {row.id} is written twice for {key}; give it another id")
        subjects = None if row.subjects == EVERYONE else tuple(dict.fromkeys(row.subjects))
        problems.extend(_subject_mistakes((*(subjects or ()), *row.exempt), at))
        if row.exempt and subjects is not None:
            problems.append(f"{at}: `except` belongs to a filter `for: everyone`; leave those subjects out of `for`")
        filters[row.id] = FilterRule(row.id, subjects, tuple(row.exempt), row.where, at)
    return TableRules(key, entry.owner, columns, tuple(filters.values()), place)


def _subject_mistakes(subjects: Iterable[str], place: Place) -> list[str]:
    wanted = ", ".join(p + "NAME" for p in SUBJECT_PREFIXES)
    return [f"{place}: {s!r} is no subject: write {wanted}" for s in subjects if not is_subject(s)]
