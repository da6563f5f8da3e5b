"""Queries by grammar: joins, sub-queries, CTEs, set operations, windows, aggregates, with any column in any clause.

What is generated is valid for the full tables; a principal's view may lack a column or table that it names, and then
both sides must refuse. LIMIT comes only with an order over all columns, so that every answer is determined up to order.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

TABLES: dict[str, dict[str, str]] = {
    "sales.customers": {
        "id": "int",
        "name": "text",
        "email": "text",
        "region": "text",
        "credit": "number",
        "ssn": "text",
        "born": "date",
        "notes": "text",
        "deleted": "bool",
    },
    "sales.orders": {
        "id": "int",
        "customer_id": "int",
        "day": "date",
        "amount": "number",
        "status": "text",
        "note": "text",
    },
    "people.employees": {"id": "int", "name": "text", "salary": "int", "region": "text", "boss": "int"},
}
T = TypeVar("T")


@dataclass(frozen=True)
class Relation:
    """Something in FROM under an alias, with columns by kind."""

    text: str
    alias: str
    columns: dict[str, str]

    def of(self, *kinds: str) -> list[str]:
        return [f"{self.alias}.{name}" for name, kind in self.columns.items() if kind in kinds]


class Draw:
    """One query being made; `draw` is Hypothesis's, which shrinks, or a seeded generator, which is fast."""

    def __init__(self, draw: st.DrawFn | random.Random) -> None:
        self.draw = draw
        self.count = 0

    def one(self, choices: Sequence[T]) -> T:
        if isinstance(self.draw, random.Random):
            return self.draw.choice(choices)
        return self.draw(st.sampled_from(choices))

    def whole(self, least: int, most: int) -> int:
        if isinstance(self.draw, random.Random):
            return self.draw.randint(least, most)
        return self.draw(st.integers(least, most))

    def pick(self, *choices: str) -> str:
        return self.one(choices)

    def chance(self, one_in: int) -> bool:
        return self.whole(1, one_in) == 1

    def alias(self) -> str:
        self.count += 1
        return f"t{self.count}"

    # ------------------------------------------------------------------------------------------------- expressions
    def column(self, relations: list[Relation], *kinds: str) -> str | None:
        names = [name for relation in relations for name in relation.of(*kinds)]
        return self.one(names) if names else None

    def number(self, relations: list[Relation], depth: int = 0) -> str:
        column = self.column(relations, "int", "number")
        if column is None or self.chance(6):
            return str(self.whole(-5, 120))
        if depth < 2 and self.chance(3):
            return f"({column} {self.pick('+', '-', '*')} {self.number(relations, depth + 1)})"
        if self.chance(8):
            text = self.column(relations, "text")
            return f"length({text})" if text else column
        return f"coalesce({column}, 0)" if self.chance(8) else column

    def text(self, relations: list[Relation], depth: int = 0) -> str:
        column = self.column(relations, "text")
        if column is None or self.chance(8):
            return self.pick("'EU'", "'user3@example.com'", "'***'", "'paid'", "'x'", "NULL::VARCHAR")
        shape = self.whole(1, 9) if depth < 2 else 9
        if shape == 1:
            return f"lower({column})"
        if shape == 2:
            return f"substr({column}, 1, {self.whole(1, 6)})"
        if shape == 3:
            return f"({column} || {self.text(relations, depth + 1)})"
        if shape == 4:
            test, other = self.predicate(relations, depth + 1), self.text(relations, depth + 1)
            return f"CASE WHEN {test} THEN {column} ELSE {other} END"
        return column

    def predicate(self, relations: list[Relation], depth: int = 0) -> str:
        shape = self.whole(1, 12 if depth < 2 else 7)
        if shape == 1:
            pattern = self.pick("'%a%'", "'***%'", "'user1%'", "'_%'")
            return f"{self.text(relations, depth + 1)} LIKE {pattern}"
        if shape == 2:
            return f"{self.text(relations, depth + 1)} = {self.text(relations, depth + 1)}"
        if shape == 3:
            one, two = self.number(relations, depth + 1), self.number(relations, depth + 1)
            return f"{one} {self.pick('=', '<', '>=', '<>')} {two}"
        if shape == 4:
            return f"{self.column(relations, *KINDS) or '1'} IS {self.pick('', 'NOT ')}NULL"
        if shape == 5:
            return f"{self.text(relations, depth + 1)} IN ('EU', 'US', 'open', '***', 'user2@example.org')"
        if shape == 6:
            day = self.column(relations, "date")
            return f"{day} {self.pick('<', '>=')} DATE '2001-05-06'" if day else "TRUE"
        if shape == 7:
            return f"{self.number(relations, depth + 1)} BETWEEN 1 AND {self.whole(2, 90)}"
        if shape == 8:
            return f"NOT ({self.predicate(relations, depth + 1)})"
        if shape in (9, 10):
            one, two = self.predicate(relations, depth + 1), self.predicate(relations, depth + 1)
            return f"({one} {self.pick('AND', 'OR')} {two})"
        return self.sub_query(relations, depth)

    def sub_query(self, relations: list[Relation], depth: int) -> str:
        inner = self.base()
        where = self.predicate([inner], depth + 1)
        outer = self.column(relations, "int")
        mine = self.column([inner], "int")
        if outer is None or mine is None:
            return "TRUE"
        if self.chance(2):
            return f"{self.pick('', 'NOT ')}EXISTS (SELECT 1 FROM {inner.text} WHERE {mine} = {outer} AND {where})"
        if self.chance(2):
            return f"{outer} IN (SELECT {mine} FROM {inner.text} WHERE {where})"
        return f"{outer} >= (SELECT {self.pick('min', 'max', 'avg', 'count')}({mine}) FROM {inner.text} WHERE {where})"

    # --------------------------------------------------------------------------------------------------- relations
    def base(self, prefix: str = "") -> Relation:
        table = self.pick("sales.customers", "sales.customers", "sales.orders", "sales.orders", "people.employees")
        alias = self.alias()
        spelt = self.pick(table, f"shop.{table}", table.upper())
        columns = dict(TABLES[table])
        if not self.chance(12):
            columns.pop("note", None)
        return Relation(f"{spelt} AS {alias}", alias, columns)

    def relation(self, depth: int) -> Relation:
        if depth >= 2 or not self.chance(3):
            return self.base()
        text, columns = self.select(depth + 1, named=True)
        alias = self.alias()
        return Relation(f"({text}) AS {alias}", alias, columns)

    def source(self, depth: int) -> tuple[str, list[Relation]]:
        first = self.relation(depth)
        text, relations = first.text, [first]
        for _ in range(self.one((0, 0, 1, 1, 2))):
            other = self.relation(depth)
            left, right = self.column(relations, "int"), self.column([other], "int")
            if left is None or right is None:
                continue
            extra = f" AND {self.predicate([*relations, other], 1)}" if self.chance(3) else ""
            kind = self.pick("JOIN", "JOIN", "LEFT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN")
            kept = [*relations, other] if kind not in ("SEMI JOIN", "ANTI JOIN") else relations
            text += f" {kind} {other.text} ON {left} = {right}{extra}"
            relations = kept
        return text, relations

    # ------------------------------------------------------------------------------------------------------ blocks
    def item(self, relations: list[Relation]) -> tuple[str, str]:
        kind = self.pick("int", "text", "text", "date", "plain", "plain", "plain", "scalar")
        if kind == "int":
            return self.number(relations), "number"
        if kind == "text":
            return self.text(relations), "text"
        if kind == "scalar":
            inner = self.base()
            value = self.column([inner], "text", "number", "int") or "1"
            return (
                f"(SELECT {self.pick('min', 'max')}({value}) FROM {inner.text} WHERE {self.predicate([inner], 1)})",
                "other",
            )
        if kind == "date":
            day = self.column(relations, "date")
            if day is not None:
                return f"year({day})", "int"
        names = [(name, kind) for r in relations for n, kind in r.columns.items() for name in (f"{r.alias}.{n}",)]
        return self.one(names) if names else ("1", "int")

    def plain_select(self, depth: int, named: bool) -> tuple[str, dict[str, str]]:
        source, relations = self.source(depth)
        where = f" WHERE {self.predicate(relations)}" if self.chance(2) else ""
        if not named and self.chance(5):
            only = self.one(relations).alias
            return f"SELECT {self.pick('*', f'{only}.*', '*, 1 AS one')} FROM {source}{where}", {}
        items = [self.item(relations) for _ in range(self.whole(1, 4))]
        if self.chance(4):
            items.append((self.window(relations), "int"))
        listed = ", ".join(f"{text} AS c{i}" for i, (text, _) in enumerate(items))
        columns = {f"c{i}": "other" if text.startswith("max(") else kind for i, (text, kind) in enumerate(items)}
        return f"SELECT {self.pick('', '', 'DISTINCT ')}{listed} FROM {source}{where}", columns

    def window(self, relations: list[Relation]) -> str:
        partition = self.column(relations, "text", "int") or "1"
        order = ", ".join(name for r in relations for name in r.of(*KINDS)) or "1"
        call = self.pick("row_number()", f"count({partition})", f"max({self.text(relations, 2)})", "rank()")
        return (
            f"{call} OVER (PARTITION BY {partition} ORDER BY {order})"
            if "row" in call or "rank" in call
            else f"{call} OVER (PARTITION BY {partition})"
        )

    def grouped(self, depth: int) -> tuple[str, dict[str, str]]:
        source, relations = self.source(depth)
        where = f" WHERE {self.predicate(relations)}" if self.chance(2) else ""
        keys = [self.item(relations) for _ in range(self.whole(0, 2))]
        keys = [k for k in keys if "SELECT" not in k[0] and not k[0].lstrip("-").isdigit()]
        value = self.number(relations)
        aggregates = [
            (
                self.pick(
                    "count(*)",
                    f"sum({value})",
                    f"count(DISTINCT {self.text(relations)})",
                    f"max({self.text(relations)})",
                ),
                "number",
            )
        ]
        if self.chance(3):
            aggregates.append((f"count(*) FILTER (WHERE {self.predicate(relations, 1)})", "number"))
        items = [*keys, *aggregates]
        listed = ", ".join(f"{text} AS c{i}" for i, (text, _) in enumerate(items))
        group = f" GROUP BY {', '.join(text for text, _ in keys)}" if keys else ""
        having = f" HAVING count(*) > {self.whole(0, 3)}" if keys and self.chance(3) else ""
        columns = {f"c{i}": "other" if text.startswith("max(") else kind for i, (text, kind) in enumerate(items)}
        return f"SELECT {listed} FROM {source}{where}{group}{having}", columns

    def select(self, depth: int, named: bool) -> tuple[str, dict[str, str]]:
        if self.chance(3):
            return self.grouped(depth)
        return self.plain_select(depth, named)

    def statement(self) -> str:
        shape = self.whole(1, 8)
        if shape == 1:
            return self.set_operation()
        if shape == 2:
            return self.with_query()
        text, columns = self.select(0, named=False)
        if columns and self.chance(3):
            order = ", ".join(f"{name} {self.pick('ASC', 'DESC')} NULLS LAST" for name in columns)
            return f"{text} ORDER BY {order} LIMIT {self.whole(0, 9)}"
        return text

    def set_operation(self) -> str:
        one, two = self.source(1), self.source(1)
        parts = []
        for source, relations in (one, two):
            parts.append(
                f"SELECT {self.number(relations)} AS a, {self.text(relations)} AS b "
                f"FROM {source} WHERE {self.predicate(relations)}"
            )
        return f" {self.pick('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT')} ".join(parts)

    def with_query(self) -> str:
        text, columns = self.select(1, named=True)
        name = self.pick("w", "customers", "orders", "W")
        relation = Relation(f"{name} AS q", "q", columns)
        other = self.base()
        joined = self.chance(2)
        relations = [relation, other] if joined else [relation]
        source = f"{relation.text}, {other.text}" if joined else relation.text
        items = ", ".join(self.item(relations)[0] + f" AS c{i}" for i in range(self.whole(1, 3)))
        return f"WITH {name} AS ({text}) SELECT {items} FROM {source} WHERE {self.predicate(relations, 1)}"


KINDS = ("int", "number", "text", "date", "bool")


@st.composite
def statements(draw: st.DrawFn) -> str:
    """One statement."""
    return Draw(draw).statement()
