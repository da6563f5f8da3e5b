"""The stream of statements: probes, the oracle's grammar, and walks that begin at real statements."""

from __future__ import annotations

import random
from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError

from tests.oracle.fuzz.mutate import Mutator
from tests.oracle.fuzz.pairs import Pair
from tests.oracle.fuzz.probes import Probes
from tests.oracle.fuzz.seeds import SOURCES, seeds
from tests.oracle.fuzz.worlds import World
from tests.oracle.generate import TABLES, Relation
from tests.oracle.test_indistinguishable import Raising

STEPS = 6
"""Changes of one walk, at most; a walk ends where a statement is refused."""
WEIGHTS = {"probe": 30, "grammar": 4, "assistant": 4, "sqlglot": 4, "tpch": 0.8, "tpcds": 0.12}


class Company(Raising):
    """The oracle's grammar, with expressions that raise, over the fuzzer's tables."""

    def base(self, prefix: str = "") -> Relation:
        full = self.pick("sales.customers", "sales.customers", "sales.orders", "sales.orders", "people.employees")
        table, alias = f"company.{full.partition('.')[2]}", self.alias()
        spelt = self.pick(table, table, f"shop.{table}", table.upper())
        return Relation(f"{spelt} AS {alias}", alias, dict(TABLES[full]))


class CompanyOnPostgres(Company):
    """The same in PostgreSQL's words."""

    def pick(self, *choices: str) -> str:
        return super().pick(*(c for c in choices if c not in ("SEMI JOIN", "ANTI JOIN")))

    def item(self, relations: list[Relation]) -> tuple[str, str]:
        text, kind = super().item(relations)
        return text.replace("year(", "date_part('year', "), kind

    def _risky(self, column: str, relations: list[Relation], depth: int) -> str:
        name = self.column(relations, "text") or "'7'"
        digits = f"replace(coalesce({name}, '7'), 'name', '')"
        return self.pick(
            f"CAST({column} AS SMALLINT)",
            f"(100 / ({column} - 2000000007))",
            f"(10 % {column})",
            f"({column} * 100000000)",
            f"CAST({digits} AS INTEGER)",
            f"length(repeat('a', {column} / 1000))",
            f"(DATE '2020-01-01' + {column} - DATE '2020-01-01')",
            f"length(lpad('a', {column} / 100000, 'b'))",
            f"CASE WHEN {self.predicate(relations, depth + 1)} THEN CAST('x' || now()::text AS INTEGER) "
            f"ELSE {column} END",
            f"ascii(chr({column} + 64))",
            f"CAST(sqrt({column}) AS INTEGER)",
        )

    def predicate(self, relations: list[Relation], depth: int = 0) -> str:
        name, column = self.column(relations, "text"), self.column(relations, "int")
        if depth < 2 and name is not None and column is not None and self.chance(4):
            return self.pick(
                f"{name} LIKE 'boo\\'",
                f"'a' ~ {name}",
                f"to_date({name}, 'DD') IS NULL",
                f"({column} > 1000000 AND CAST('x' || now()::text AS INTEGER) = 1)",
                f"({name} = 'boom' AND CAST({name} AS INTEGER) = 1)",
                f"({column} > 1000000 AND (SELECT CAST('x' || now()::text AS INTEGER)) = 1)",
                f"{column} > 1000000",
                f"{name} > 'namez'",
                f"CAST({column} AS SMALLINT) > 3",
                f"substr({name}, 1, {column} - 1) = 'n'",
            )
        return super(Raising, self).predicate(relations, depth)


class Statements:
    """An endless stream for one world; `refused` tells it that the last one did not pass."""

    def __init__(self, world: World, pair: Pair, rng: random.Random, dialect: str) -> None:
        self._rng = rng
        self._dialect = dialect
        self._probes = Probes(rng, world.tables["wide"], pair.calls) if "wide" in world.tables else None
        self._mutator = Mutator(rng, dialect, world.tables, pair.calls)
        self._company = Company if dialect == "duckdb" else CompanyOnPostgres
        self._walks = {source: self._walk(source, set(world.tables)) for source in SOURCES}
        self._refused = False

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Source and text, one after another."""
        while True:
            source = self._rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            if source == "probe" and self._probes is not None:
                yield source, self._probes.statement()
            elif source == "grammar":
                yield source, self._company(self._rng).statement()
            elif source in self._walks:
                for sql in self._walks[source]:
                    yield source, sql
                    if self._rng.random() < 0.3:
                        break

    def refused(self) -> None:
        """The last statement was refused: its walk begins anew."""
        self._refused = True

    def _walk(self, source: str, schemas: set[str]) -> Iterator[str]:
        choices = [seed for seed in seeds(self._dialect)[source] if seed.schema in schemas]
        while choices:
            seed = self._rng.choice(choices)
            tree: exp.Query = seed.tree.copy()
            for step in range(self._rng.randint(1, STEPS) + 1):
                try:
                    if step:
                        tree = self._mutator.change(tree, seed.schema)
                    text = tree.sql(self._dialect)
                except (SqlglotError, TypeError, ValueError):  # a tree that cannot be said in this dialect
                    break
                self._refused = False
                yield text
                if self._refused:
                    break
