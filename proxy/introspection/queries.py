"""Queries of a statement about the catalog: SELECT, set operations, WITH.

Rule kept here: a part of a query that is not named here is refused. A bare name in ORDER BY means a column of the
result first, one in GROUP BY a column of FROM first, as in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from proxy.errors import InvalidSql
from proxy.introspection.casts import UNKNOWN
from proxy.introspection.expressions import Expressions, refused
from proxy.introspection.labels import label
from proxy.introspection.scopes import Outputs, Scope, Source, WithQuery, folded, unknown_relation
from proxy.introspection.tables import Tables, allow, renamed
from proxy.values import ReasonCode

_SELECT = frozenset(
    {
        "with_",
        "expressions",
        "from_",
        "joins",
        "where",
        "group",
        "having",
        "order",
        "limit",
        "offset",
        "distinct",
        "laterals",
    }
)
_SETS = frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset"})


class Queries:
    """The translation of one statement, in place."""

    def __init__(self, database: str) -> None:
        self._count = 0
        self.expressions = Expressions(self.query)
        self._tables = Tables(database, self.expressions, self.query)

    @property
    def relations(self) -> set[str]:
        """The catalog relations that the statement reads."""
        return self._tables.relations

    def query(self, node: exp.Expr, scope: Scope, top: bool) -> Outputs:
        """Translates a query, whose names have `scope` for themselves; answers its columns."""
        if isinstance(node, exp.Subquery):
            allow(node, frozenset({"this", "alias", "order", "limit", "offset"}))
            outputs = self.query(node.this, scope, top)
            self._end(node, Scope(None, scope.with_queries), outputs)
            return outputs
        if isinstance(node, exp.SetOperation):
            allow(node, _SETS)
            return self._set_operation(node, scope, top)
        if isinstance(node, exp.Select):
            allow(node, _SELECT)
            return self._select(node, scope, top)
        raise refused(node)

    def _set_operation(self, node: exp.SetOperation, scope: Scope, top: bool) -> Outputs:
        self._with(node, scope)
        left = self.query(node.this, Scope(scope.outer, dict(scope.with_queries)), top)
        right = self.query(node.expression, Scope(scope.outer, dict(scope.with_queries)), top)
        if len(left) != len(right):
            raise InvalidSql("Each query of a UNION must have the same number of columns.", ReasonCode.SYNTAX)
        outputs = [(n, k if k != UNKNOWN else other) for (n, k), (_, other) in zip(left, right, strict=True)]
        self._end(node, Scope(None, scope.with_queries), outputs)
        return outputs

    def _select(self, node: exp.Select, scope: Scope, top: bool) -> Outputs:
        self._with(node, scope)
        from_ = node.args.get("from_")
        if from_ is not None:
            from_.set("this", self._tables.item(from_.this, scope))
        for lateral in node.args.get("laterals") or []:
            raise refused(lateral)
        for join in node.args.get("joins") or []:
            self._tables.join(join, scope)
        where = node.args.get("where")
        if where is not None:
            where.set("this", self.expressions.value(where.this, scope))
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on") is not None:
            distinct.set("on", self.expressions.value(distinct.args["on"], scope))
        outputs = self._projections(node, scope, top)
        group, having = node.args.get("group"), node.args.get("having")
        if group is not None:
            allow(group, frozenset({"expressions"}))
            aliases = {n: k for n, k in _written_aliases(node, outputs).items() if not scope.has(n)}
            inputs_first = replace_aliases(scope, aliases)
            group.set("expressions", [self.expressions.value(g, inputs_first) for g in group.expressions])
        if having is not None:
            having.set("this", self.expressions.value(having.this, scope))
        self._end(node, replace_aliases(scope, _written_aliases(node, outputs)), outputs)
        return outputs

    def _end(self, node: exp.Expr, scope: Scope, outputs: Outputs) -> None:
        """ORDER BY, LIMIT and OFFSET."""
        order = node.args.get("order")
        if order is not None:
            if not isinstance(node, exp.Select):
                scope.aliases = dict(outputs)
            for ordered in order.expressions:
                place = _place(ordered.this, outputs)
                made = self.expressions.value(ordered.this, scope) if place is None else exp.Literal.number(place)
                ordered.set("this", made)
        for key in ("limit", "offset"):
            part = node.args.get(key)
            if part is not None:
                if not isinstance(part, exp.Limit | exp.Offset):
                    raise refused(part)
                part.set(
                    "expression", self.expressions.fitted(self.expressions.translate(part.expression, scope), "int8")[0]
                )

    def _projections(self, node: exp.Select, scope: Scope, top: bool) -> Outputs:
        outputs: list[tuple[str, str]] = []
        made: list[exp.Expr] = []
        for item in node.expressions:
            if isinstance(item, exp.Star):
                if any(item.args.get(key) for key in ("except_", "replace", "rename")):
                    raise refused(item)
                outputs += _starred(scope.sources, scope.merged)
                made.append(exp.Star())
                continue
            name = label(item)
            value, kind = self.expressions.translate(item, scope)
            if kind == "star":
                source = scope.source(folded(item.args.get("table")))
                if source is None:
                    raise unknown_relation(folded(item.args.get("table")))
                outputs += source.columns
            else:
                kind = self.expressions.settled(kind, "text")
                outputs.append((name, kind))
                if not top and not isinstance(value, exp.Alias | exp.Column):
                    value = exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))
            made.append(value)
        node.set("expressions", made)
        return outputs

    def _with(self, node: exp.Expr, scope: Scope) -> None:
        with_ = node.args.get("with_")
        if with_ is None:
            return
        recursive = bool(with_.args.get("recursive"))
        for cte in with_.expressions:
            alias = cte.args["alias"]
            name = folded(alias.this)
            columns = [folded(column) for column in alias.args.get("columns") or []]
            self._count += 1
            own = f"with_{self._count}"
            inner = Scope(scope.outer, dict(scope.with_queries))
            if recursive and isinstance(cte.this, exp.SetOperation):
                outputs = self._recursive(cte.this, inner, name, own, columns)
            else:
                outputs = self.query(cte.this, inner, False)
            found = renamed(outputs, columns)
            scope.with_queries[name] = WithQuery(own, found)
            cte.set("materialized", None)
            named_columns = [exp.to_identifier(column, quoted=True) for column, _ in found]
            cte.set("alias", exp.TableAlias(this=exp.to_identifier(own, quoted=True), columns=named_columns))

    def _recursive(self, node: exp.SetOperation, scope: Scope, name: str, own: str, columns: Sequence[str]) -> Outputs:
        """A query that may read itself: what it starts with says what its columns are."""
        allow(node, _SETS - {"order", "limit", "offset", "with_"})
        outputs = self.query(node.this, Scope(scope.outer, dict(scope.with_queries)), False)
        scope.with_queries[name] = WithQuery(own, renamed(outputs, columns))
        self.query(node.expression, Scope(scope.outer, dict(scope.with_queries)), False)
        return outputs


def replace_aliases(scope: Scope, aliases: dict[str, str]) -> Scope:
    """The scope of GROUP BY and ORDER BY, which see the names of the result first."""
    return replace(scope, aliases=aliases)


def _place(node: exp.Expr, outputs: Outputs) -> int | None:
    """The place, from 1, of the one column of the result that a bare name in ORDER BY means; None for all else."""
    if not isinstance(node, exp.Column) or node.args.get("table") is not None or isinstance(node.this, exp.Star):
        return None
    found = [place for place, (name, _) in enumerate(outputs, start=1) if name == folded(node.this)]
    return found[0] if len(found) == 1 else None


def _written_aliases(node: exp.Select, outputs: Outputs) -> dict[str, str]:
    """The aliases that a query gives its columns, with their types."""
    written = {folded(item.args["alias"]) for item in node.expressions if isinstance(item, exp.Alias)}
    return {name: kind for name, kind in outputs if name in written}


def _starred(sources: Sequence[Source], merged: set[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for source in sources:
        for name, kind in source.columns:
            if name not in merged or name not in seen:
                yield name, kind
            seen.add(name)
