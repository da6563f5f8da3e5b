"""Real statements to start from: TPC-H, TPC-DS, sqlglot's fixtures and what chatbots write, each with its schema named.

Rule kept here: a statement is taken as it is, but for the schema before its tables' names; where the engine is another
than it was written for, sqlglot says it in that engine's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from tests.golden.support.corpora import load
from tests.oracle import tpcds_world, tpch_world
from tests.oracle.fuzz.schemas import tables

SOURCES = ("tpch", "tpcds", "sqlglot", "assistant")
LONGEST = 6_000
VOLATILE = re.compile(
    r"random|uuid|\bnow\b|current_(?!date)|localtime|_timestamp\b|timeofday|\bsample\b|tablesample|\btoday\b", re.I
)
"""What answers otherwise each time it is asked."""


@dataclass(frozen=True, slots=True)
class Seed:
    """One statement as a tree, and where it comes from."""

    source: str
    schema: str
    tree: exp.Query


def _texts() -> Iterator[tuple[str, str, str]]:
    for sql in tpch_world.QUERIES.values():
        yield "tpch", "tpch", sql
    for sql in tpcds_world.QUERIES.values():
        yield "tpcds", "tpcds", sql
    for name in ("sqlglot", "assistant"):
        for statement in load(name, "duckdb").statements:
            yield name, f"{name}_{statement.world}", statement.sql


@cache
def seeds(dialect: str) -> dict[str, tuple[Seed, ...]]:
    """All of them, by source, for an engine's dialect."""
    found: dict[str, list[Seed]] = {source: [] for source in SOURCES}
    for source, schema, sql in _texts():
        if VOLATILE.search(sql):
            continue
        try:
            tree = sqlglot.parse_one(sql, read="duckdb")
            if dialect != "duckdb":
                tree = sqlglot.parse_one(tree.sql(dialect, unsupported_level=ErrorLevel.RAISE), read=dialect)
        except (SqlglotError, TypeError):  # a type error of the generator: a construct that the other engine lacks
            continue
        if isinstance(tree, exp.Query) and len(sql) <= LONGEST:
            found[source].append(Seed(source, schema, _in_schema(tree, schema)))
    return {source: tuple(trees) for source, trees in found.items()}


def _in_schema(tree: exp.Query, schema: str) -> exp.Query:
    known = {table.name.lower() for table in tables()[schema]}
    queries = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and not table.db and table.name.lower() in known - queries:
            table.set("db", exp.to_identifier(schema))
    return tree


@cache
def words(schema: str) -> dict[str, tuple[str, ...]]:
    """By column, the texts that a schema's statements compare it with: rows that hold them are found."""
    found: dict[str, dict[str, None]] = {}
    for seed in (one for group in seeds("duckdb").values() for one in group if one.schema == schema):
        for node in seed.tree.find_all(exp.EQ, exp.In):
            texts = [
                x
                for x in (node.args.get("expression"), *node.expressions)
                if isinstance(x, exp.Literal) and x.is_string
            ]
            if isinstance(node.this, exp.Column):
                found.setdefault(node.this.name.lower(), {}).update({text.name: None for text in texts})
    return {column: tuple(texts) for column, texts in found.items() if texts}
