"""Changes to a parsed statement, each small and made in place: what an attacker would do to a query that works.

Rule kept here: every change is one of the list at the end, drawn by the given generator. Whether the result still means
anything is for the engine to say.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import sqlglot
from sqlglot import exp

from tests.oracle.fuzz.functions import Signature
from tests.oracle.fuzz.probes import CASTS, LITERALS, PATTERNS
from tests.oracle.fuzz.schemas import Column, Table

N = TypeVar("N", bound=exp.Expression)
COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
RAISING: Mapping[str, Sequence[str]] = {
    "int": (
        "10 / {c} > 0",
        "10 % {c} = 1",
        "CAST({c} AS SMALLINT) > 3",
        "{c} * 100000000 > 0",
        "{c} + 2147483647 > 0",
        "chr({c} + 64) = 'A'",
        "sqrt({c}) > 2",
        "{c} = 0 AND CAST('x' AS INTEGER) = 1",
        "{c} < 0 AND 1 % ({c} - {c}) = 1",
        "{c} > 1000 AND CAST({c} || 'a' AS INTEGER) = 1",
    ),
    "number": (
        "10 / {c} > 0",
        "CAST({c} AS SMALLINT) > 3",
        "{c} * {c} * {c} > 1",
        "{c} > 100000 AND CAST('x' AS INTEGER) = 1",
        "{c} = 0 AND CAST('x' AS DATE) IS NULL",
    ),
    "float": (
        "CAST({c} AS INTEGER) = 3",
        "10 / {c} > 0",
        "sqrt({c}) > 1",
        "exp({c} * 100) > 1",
        "{c} > 1e300 AND CAST('x' AS INTEGER) = 1",
    ),
    "text": (
        "CAST({c} AS INTEGER) > 3",
        "CAST({c} AS DATE) IS NULL",
        "{c} LIKE '%a\\'",
        "{c} = 'boom' AND CAST('x' AS INTEGER) = 1",
        "'a' ~ {c}",
        "{c} LIKE {c} ESCAPE {c}",
        "{c} = '' AND CAST({c} AS INTEGER) = 1",
        "CAST({c} AS JSON) IS NULL",
        "chr(length({c})) = 'x'",
        "length(repeat({c}, length({c}))) > 9",
        "{c} > 'zz' AND CAST({c} AS DOUBLE PRECISION) > 1",
    ),
    "date": (
        "{c} + 2147483647 > {c}",
        "date_trunc('year', {c}) > {c}",
        "{c} > DATE '3000-01-01' AND CAST('x' AS INTEGER) = 1",
        "{c} + INTERVAL '1000000 years' > {c}",
    ),
    "time": (
        "date_trunc('year', {c}) > {c}",
        "{c} + INTERVAL '1000000 years' > {c}",
        "{c} = TIMESTAMP 'infinity' AND CAST('x' AS INTEGER) = 1",
        "date_trunc('foo', {c}) IS NULL",
    ),
    "bool": ("{c} AND CAST('x' AS INTEGER) = 1", "CASE WHEN {c} THEN 1 % 0 END = 1"),
    "json": ("CAST({c} AS VARCHAR) = 'null' AND CAST('x' AS INTEGER) = 1",),
}
RAISING = {**RAISING, "bigint": RAISING["int"], "smallint": RAISING["int"], "": ()}
SIZE = 220
"""Nodes from which on a statement only changes, and does not grow."""


class Mutator:
    """Changes statements over some schemas."""

    def __init__(
        self,
        rng: random.Random,
        dialect: str,
        tables: Mapping[str, Sequence[Table]],
        calls: Mapping[str, list[Signature]],
    ) -> None:
        self._rng = rng
        self._dialect = dialect
        self._calls = [call for group in calls.values() for call in group]
        self._columns = {schema: self._by_name(group) for schema, group in tables.items()}
        self._names = {schema: [t.name for t in group] for schema, group in tables.items()}
        self._schema = ""
        self._made = 0

    @staticmethod
    def _by_name(tables: Sequence[Table]) -> dict[str, list[tuple[Table, Column]]]:
        found: dict[str, list[tuple[Table, Column]]] = {}
        for table in tables:
            for column in table.columns:
                found.setdefault(column.name.lower(), []).append((table, column))
        return found

    def change(self, tree: exp.Query, schema: str) -> exp.Query:
        """One change; the tree is the caller's no more."""
        self._schema = schema
        small = sum(1 for _ in tree.walk()) < SIZE
        for _ in range(8):
            change = self._rng.choice(CHANGES if small else SHRINKING)
            made = change(self, tree)
            if made is not None:
                return made
        return tree

    # --------------------------------------------------------------------------------------------------- what is there
    def _one(self, tree: exp.Expression, *kinds: type[N]) -> N | None:
        found = list(tree.find_all(*kinds))
        return self._rng.choice(found) if found else None

    def _column(self, tree: exp.Expression) -> tuple[exp.Column, Table, Column] | None:
        """A column whose table is known."""
        known = self._columns.get(self._schema, {})
        found = [c for c in tree.find_all(exp.Column) if isinstance(c.this, exp.Identifier) and c.name.lower() in known]
        if not found:
            return None
        column = self._rng.choice(found)
        table, meant = self._rng.choice(known[column.name.lower()])
        return column, table, meant

    def _parsed(self, text: str) -> exp.Expression:
        return sqlglot.parse_one(text, read=self._dialect)

    def _literal(self, kind: str) -> exp.Expression:
        return self._parsed(self._rng.choice(LITERALS.get(kind, ("NULL",))))

    def _kind(self, column: Column) -> str:
        return {"bigint": "int", "smallint": "int", "": "text"}.get(column.kind, column.kind)

    def _select(self, tree: exp.Query) -> exp.Select | None:
        return self._one(tree, exp.Select)

    def _alias(self) -> str:
        self._made += 1
        return f"z{self._made}"

    def _raising(self, select: exp.Select) -> exp.Expression | None:
        """A condition over a column that the block already uses."""
        found = self._column(select)
        texts = RAISING.get(found[2].kind, ()) if found else ()
        if found is None or not texts or found[0].parent_select is not select:
            return None
        return self._parsed(self._rng.choice(texts).replace("{c}", found[0].sql(self._dialect)))

    # --------------------------------------------------------------------------------------------------------- changes
    def _comparison(self, tree: exp.Query) -> exp.Query | None:
        node = self._one(tree, *COMPARISONS)
        if node is None or node is tree:
            return None
        node.replace(self._rng.choice(COMPARISONS)(this=node.this, expression=node.expression))
        return tree

    def _operator(self, tree: exp.Query) -> exp.Query | None:
        node = self._one(tree, *ARITHMETIC)
        if node is None:
            return None
        node.replace(exp.paren(self._rng.choice(ARITHMETIC)(this=node.this, expression=node.expression), copy=False))
        return tree

    def _other_literal(self, tree: exp.Query) -> exp.Query | None:
        found = [
            n
            for n in tree.find_all(exp.Literal)
            if not isinstance(n.parent, exp.Interval | exp.DataTypeParam | exp.Limit | exp.JSONPath)
        ]
        if not found:
            return None
        node = self._rng.choice(found)
        if isinstance(node.parent, exp.Like | exp.ILike) and self._rng.random() < 0.6:
            node.replace(self._parsed(self._rng.choice(PATTERNS)))
        else:
            node.replace(self._literal("text" if node.is_string else "int"))
        return tree

    def _cast(self, tree: exp.Query) -> exp.Query | None:
        found = self._column(tree)
        if found is None or isinstance(found[0].parent, exp.Select | exp.Tuple | exp.Join):
            return None
        target = self._rng.choice(CASTS[self._rng.choice(list(CASTS))])
        found[0].replace(exp.cast(found[0].copy(), target, dialect=self._dialect))
        return tree

    def _call(self, tree: exp.Query) -> exp.Query | None:
        found = self._column(tree)
        if found is None:
            return None
        kind = self._kind(found[2])
        fitting = [c for c in self._some_calls() if kind in c.takes]
        if not fitting:
            return None
        call = self._rng.choice(fitting)
        place = call.takes.index(kind)
        column = found[0].sql(self._dialect)
        arguments = [column if i == place else self._literal(k).sql(self._dialect) for i, k in enumerate(call.takes)]
        made = self._parsed(f"{call.name}({', '.join(arguments)})")
        found[0].replace(self._named(made, found[0]))
        return tree

    def _some_calls(self) -> list[Signature]:
        return [self._rng.choice(self._calls) for _ in range(12)] if self._calls else []

    @staticmethod
    def _named(made: exp.Expression, column: exp.Column) -> exp.Expression:
        """With the column's name where it is a result, so that what refers to it still does."""
        return (
            exp.alias_(made, column.name, quoted=True, copy=False)
            if isinstance(column.parent, exp.Select) and column.arg_key == "expressions"
            else made
        )

    def _other_column(self, tree: exp.Query) -> exp.Query | None:
        found = self._column(tree)
        if found is None:
            return None
        node, table, _ = found
        node.set("this", exp.to_identifier(self._rng.choice(table.columns).name, quoted=True))
        return tree

    def _risk(self, tree: exp.Query) -> exp.Query | None:
        select = self._select(tree)
        condition = self._raising(select) if select is not None else None
        if select is None or condition is None:
            return None
        if self._rng.random() < 0.2:
            condition = exp.not_(exp.paren(condition, copy=False), copy=False)
        where = select.args.get("where")
        if where is not None and self._rng.random() < 0.3:
            where.set("this", exp.or_(where.this, condition, copy=False))
        else:
            select.where(condition, copy=False)
        return tree

    def _risky_item(self, tree: exp.Query) -> exp.Query | None:
        select = self._select(tree)
        condition = self._raising(select) if select is not None else None
        if select is None or condition is None or select is not tree or select.args.get("group"):
            return None
        if self._rng.random() < 0.4:
            condition = exp.Case().when(condition, exp.Literal.number(1), copy=False)
        select.select(exp.alias_(condition, self._alias(), copy=False), copy=False)
        return tree

    def _risky_join(self, tree: exp.Query) -> exp.Query | None:
        join = self._one(tree, exp.Join)
        if join is None or join.args.get("on") is None or not isinstance(join.parent, exp.Select):
            return None
        condition = self._raising(join.parent)
        if condition is None:
            return None
        join.set("on", exp.and_(join.args["on"], condition, copy=False))
        return tree

    def _join_kind(self, tree: exp.Query) -> exp.Query | None:
        join = self._one(tree, exp.Join)
        if join is None or join.args.get("on") is None:
            return None
        join.set("kind", None)
        join.set("side", self._rng.choice((None, "LEFT", "RIGHT", "FULL")))
        return tree

    def _distinct(self, tree: exp.Query) -> exp.Query | None:
        select = self._select(tree)
        if select is None:
            return None
        select.set("distinct", None if select.args.get("distinct") else exp.Distinct())
        return tree

    def _unordered(self, tree: exp.Query) -> exp.Query | None:
        select = self._select(tree)
        if select is None:
            return None
        gone = self._rng.choice(("limit", "order", "having", "where", "offset", "qualify"))
        if select.args.get(gone) is None:
            return None
        select.set(gone, None)
        return tree

    def _without(self, tree: exp.Query) -> exp.Query | None:
        node = self._one(tree, exp.And, exp.Or)
        if node is None:
            return None
        node.replace(self._rng.choice((node.this, node.expression)))
        return tree

    def _negated(self, tree: exp.Query) -> exp.Query | None:
        node = self._one(tree, *COMPARISONS, exp.In, exp.Like, exp.Between, exp.Exists)
        if node is None or node is tree:
            return None
        node.replace(exp.not_(exp.paren(node.copy(), copy=False), copy=False))
        return tree

    def _windowed(self, tree: exp.Query) -> exp.Query | None:
        found = self._column(tree)
        if (
            found is None
            or not isinstance(tree, exp.Select)
            or tree.args.get("group")
            or found[0].parent_select is not tree
        ):
            return None
        column = found[0].sql(self._dialect)
        call = self._rng.choice(
            (
                "count(*)",
                f"max({column})",
                f"min({column})",
                f"rank() OVER (ORDER BY {column})",
                f"dense_rank() OVER (ORDER BY {column})",
            )
        )
        text = call if "OVER" in call else f"{call} OVER (PARTITION BY {column})"
        tree.select(exp.alias_(self._parsed(text), self._alias(), copy=False), copy=False)
        return tree

    def _grouped(self, tree: exp.Query) -> exp.Query | None:
        found = self._column(tree)
        if (
            found is None
            or not isinstance(tree, exp.Select)
            or tree.args.get("group")
            or found[0].parent_select is not tree
        ):
            return None
        column = found[0].copy()
        tree.set("expressions", [column, self._parsed(f"count(*) AS {self._alias()}")])
        for key in ("order", "qualify", "distinct", "windows", "having"):
            tree.set(key, None)
        tree.group_by(column.copy(), copy=False)
        return tree

    def _both(self, tree: exp.Query) -> exp.Query | None:
        if tree.args.get("with_") or tree.args.get("order") or tree.args.get("limit"):
            return None
        kind = self._rng.choice((exp.Union, exp.Except, exp.Intersect))
        return kind(this=tree, expression=tree.copy(), distinct=self._rng.random() < 0.5 or kind is not exp.Union)

    def _nested(self, tree: exp.Query) -> exp.Query | None:
        inner = tree.sql(self._dialect)
        shapes = (
            "SELECT * FROM ({q}) AS {a}",
            "SELECT count(*) AS n FROM ({q}) AS {a}",
            "WITH {a} AS ({q}) SELECT * FROM {a}",
            "WITH {a} AS MATERIALIZED ({q}) SELECT count(*) AS n FROM {a}",
            "SELECT 1 AS one WHERE EXISTS ({q})",
            "SELECT (SELECT count(*) FROM ({q}) AS {a}) AS n",
        )
        made = self._parsed(self._rng.choice(shapes).format(q=inner, a=self._alias()))
        return made if isinstance(made, exp.Query) else None

    def _sub_query(self, tree: exp.Query) -> exp.Query | None:
        """A condition that asks another table, by the outer row or not."""
        select, names = self._select(tree), self._names.get(self._schema)
        found = self._column(select) if select is not None else None
        if select is None or found is None or not names or found[0].parent_select is not select:
            return None
        column, name = found[0].sql(self._dialect), exp.to_identifier(found[0].name, quoted=True).sql(self._dialect)
        table, alias = f'{self._schema}."{found[1].name}"', self._alias()
        texts = (
            f"{column} IN (SELECT {alias}.{name} FROM {table} AS {alias})",
            f"EXISTS (SELECT 1 FROM {table} AS {alias} WHERE {alias}.{name} = {column})",
            f"{column} >= (SELECT min({alias}.{name}) FROM {table} AS {alias})",
            f"{column} = (SELECT {alias}.{name} FROM {table} AS {alias})",
            f"{column} NOT IN (SELECT {alias}.{name} FROM {table} AS {alias} WHERE {alias}.{name} > {column})",
        )
        select.where(self._parsed(self._rng.choice(texts)), copy=False)
        return tree

    def _cased(self, tree: exp.Query) -> exp.Query | None:
        """A column that is there only where something holds."""
        found = self._column(tree)
        select = found[0].parent_select if found is not None else None
        condition = self._raising(select) if isinstance(select, exp.Select) else None
        if found is None or condition is None:
            return None
        made = exp.Case().when(condition, found[0].copy(), copy=False)
        found[0].replace(self._named(made, found[0]))
        return tree


Change = Callable[[Mutator, exp.Query], "exp.Query | None"]
SHRINKING: tuple[Change, ...] = (
    Mutator._comparison,
    Mutator._operator,
    Mutator._other_literal,
    Mutator._other_literal,
    Mutator._other_column,
    Mutator._join_kind,
    Mutator._unordered,
    Mutator._without,
    Mutator._distinct,
)
CHANGES: tuple[Change, ...] = (
    *SHRINKING,
    Mutator._cast,
    Mutator._cast,
    Mutator._call,
    Mutator._call,
    Mutator._risk,
    Mutator._risk,
    Mutator._risk,
    Mutator._risk,
    Mutator._risky_item,
    Mutator._risky_join,
    Mutator._negated,
    Mutator._windowed,
    Mutator._grouped,
    Mutator._both,
    Mutator._nested,
    Mutator._sub_query,
    Mutator._cased,
)
