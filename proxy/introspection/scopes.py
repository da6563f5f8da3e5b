"""What the names of a statement mean: the items of FROM, WITH queries, and the columns that each of them has.

Rule kept here: a name means a relation of relations.csv, a WITH query of the statement's own, or nothing. WITH queries
get names of ours, so that one that is meant where it does not reach means nothing to the engine either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlglot import exp

from proxy.errors import InvalidSql
from proxy.values import Reason, ReasonCode

LONGEST = 100

Outputs: TypeAlias = Sequence[tuple[str, str]]
"""The columns of a query or a relation: folded name and type."""


@dataclass(frozen=True, slots=True)
class Source:
    """One item of FROM. `relation` is the pg_class number of a catalog relation, for its `tableoid`."""

    alias: str
    columns: Outputs
    relation: int | None = None

    def type_of(self, column: str) -> str | None:
        """The type of a column of it."""
        return next((kind for name, kind in self.columns if name == column), None)


@dataclass(frozen=True, slots=True)
class WithQuery:
    """A WITH query: the name it gets, and its columns."""

    name: str
    columns: Outputs


@dataclass(slots=True)
class Scope:
    """What can be named at one place: the items of FROM so far, and what the queries around it have."""

    outer: Scope | None
    with_queries: dict[str, WithQuery]
    sources: list[Source] = field(default_factory=list)
    merged: set[str] = field(default_factory=set)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def inner(self) -> Scope:
        """The scope of a query that stands inside."""
        return Scope(self, dict(self.with_queries))

    def find(self, column: str) -> tuple[Source, str] | None:
        """The item whose column an unqualified name means. Raises `InvalidSql` where it could be several."""
        scope: Scope | None = self
        while scope is not None:
            found = [(source, kind) for source in scope.sources if (kind := source.type_of(column)) is not None]
            if len(found) > 1 and column not in scope.merged:
                text = f'The column "{shown(column)}" stands in several tables here: write the table before it.'
                raise InvalidSql(text, Reason(ReasonCode.AMBIGUOUS_NAME, shown(column)), sqlstate="42702")
            if found:
                return found[0]
            scope = scope.outer
        return None

    def has(self, column: str) -> bool:
        """Whether an item of this very query has such a column."""
        return any(source.type_of(column) is not None for source in self.sources)

    def source(self, alias: str) -> Source | None:
        """The item of FROM that a qualifier names."""
        scope: Scope | None = self
        while scope is not None:
            found = next((source for source in scope.sources if source.alias == alias), None)
            if found is not None:
                return found
            scope = scope.outer
        return None

    def is_merged(self, column: str) -> bool:
        """Whether an unqualified name is a column that a join with USING made one."""
        return column in self.merged


def folded(name: exp.Expr | str | None) -> str:
    """A name as statements are compared here: an unquoted one in lower case."""
    if isinstance(name, exp.Identifier):
        text = str(name.this)
        return text if name.args.get("quoted") else text.lower()
    return name.lower() if isinstance(name, str) else ""


def shown(name: str) -> str:
    """A name as an error may quote it."""
    return "".join(c for c in name if c.isprintable())[:LONGEST]


def unknown_relation(name: str) -> InvalidSql:
    """The refusal of a relation that is not there."""
    text = f'There is no relation "{shown(name)}" in the catalog that is shown here.'
    return InvalidSql(text, Reason(ReasonCode.UNKNOWN_TABLE, shown(name)), sqlstate="42P01")


def unknown_column(name: str) -> InvalidSql:
    """The refusal of a column that is not there."""
    text = f'There is no column "{shown(name)}" in these relations of the catalog.'
    return InvalidSql(text, Reason(ReasonCode.UNKNOWN_COLUMN, shown(name)), sqlstate="42703")
