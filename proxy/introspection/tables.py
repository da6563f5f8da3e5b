"""The items of FROM: catalog relations, WITH queries, derived tables and functions.

Rule kept here: every item becomes a table, a sub-query or a function of ours under an alias, and puts its columns, with
their types, into the scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from sqlglot import exp

from proxy.errors import InvalidSql
from proxy.introspection import builtin
from proxy.introspection import functions as known
from proxy.introspection.builtin import CATALOG, INFORMATION
from proxy.introspection.engine import SCHEMAS
from proxy.introspection.expressions import Expressions, Queries, refused
from proxy.introspection.scopes import Outputs, Scope, Source, folded, unknown_relation
from proxy.values import ReasonCode

Columns: TypeAlias = list[tuple[str, str]]
_JOIN = frozenset({"this", "on", "using", "kind", "side", "method"})
_TABLE = frozenset({"this", "db", "catalog", "alias", "ordinality", "joins"})
_SERIES: dict[type[exp.Expr], str] = {
    exp.ExplodingGenerateSeries: "generate_series",
    exp.GenerateSeries: "generate_series",
    exp.Unnest: "unnest",
    exp.Explode: "unnest",
    exp.CurrentSchemas: "current_schemas",
    exp.CurrentVersion: "version",
    exp.CurrentDatabase: "current_database",
    exp.CurrentSchema: "current_schema",
}
_KEYWORDS = [("word", "text"), ("catcode", "char"), ("barelabel", "bool"), ("catdesc", "text"), ("baredesc", "text")]
_EMPTY = {
    "aclexplode": [("grantor", "oid"), ("grantee", "oid"), ("privilege_type", "text"), ("is_grantable", "bool")],
    "pg_options_to_table": [("option_name", "text"), ("option_value", "text")],
    "pg_partition_ancestors": [("relid", "regclass")],
}


def relation_of(table: exp.Table, database: str) -> builtin.Relation | None:
    """The catalog relation that a name means: pg_catalog stands before every other schema of the search path."""
    if not isinstance(table.this, exp.Identifier):
        return None
    schema, catalog = folded(table.args.get("db")), folded(table.args.get("catalog"))
    if catalog and catalog != database.lower():
        return None
    return builtin.relations().get((schema or CATALOG, folded(table.this)))


class Tables:
    """The items of FROM of one statement; `relations` collects the catalog relations that it reads."""

    def __init__(self, database: str, expressions: Expressions, queries: Queries) -> None:
        self._database = database
        self.expressions = expressions
        self._queries = queries
        self.relations: set[str] = set()

    def join(self, join: exp.Join, scope: Scope) -> None:
        """One join, whose right side joins the scope. Raises `Ungovernable`."""
        allow(join, _JOIN)
        if str(join.args.get("method") or "") not in ("", "NATURAL"):
            raise refused(join)
        before = len(scope.sources)
        join.set("this", self.item(join.this, scope))
        using = [folded(column) for column in join.args.get("using") or []]
        if join.args.get("method"):
            left = {n for source in scope.sources[:before] for n, _ in source.columns}
            using = [n for source in scope.sources[before:] for n, _ in source.columns if n in left]
        elif using:
            join.set("using", [exp.to_identifier(column, quoted=True) for column in using])
        scope.merged |= set(using)
        if join.args.get("on") is not None:
            join.set("on", self.expressions.value(join.args["on"], scope))

    def item(self, item: exp.Expr, scope: Scope) -> exp.Expr:
        """One item of FROM, with the joins that the grammar hangs on it; what they hold is put into the scope."""
        joins = item.args.get("joins") or []
        made = self._lone(item, scope)
        for join in joins:
            self.join(join, scope)
        if joins:
            made.set("joins", joins)
        return made

    def _lone(self, item: exp.Expr, scope: Scope) -> exp.Expr:
        if isinstance(item, exp.Table):
            return self._function(item, scope) if isinstance(item.this, exp.Func) else self._relation(item, scope)
        if isinstance(item, exp.Subquery) and _is_parenthesised(item):
            allow(item, frozenset({"this", "joins"}))
            item.set("this", self.item(item.this, scope))
            return item
        if isinstance(item, exp.Subquery):
            return self._derived(item, scope, Scope(scope.outer, dict(scope.with_queries)))
        if isinstance(item, exp.Lateral) and isinstance(item.this, exp.Subquery):
            item.set("this", exp.Subquery(this=item.this.this))
            return self._derived(item, scope, Scope(scope, dict(scope.with_queries)))
        if isinstance(item, exp.Lateral) and isinstance(item.this, exp.Func):
            return self._scan(item.this, item.args.get("alias"), bool(item.args.get("ordinality")), scope)
        if isinstance(item, exp.Unnest):
            if isinstance(item.args.get("offset"), exp.Identifier):  # the grammar takes the last name for the place
                item.args["alias"].append("columns", item.args["offset"])
            return self._scan(item, item.args.get("alias"), bool(item.args.get("offset")), scope)
        if isinstance(item, exp.Values):
            return self._values(item, scope)
        raise refused(item)

    def _relation(self, table: exp.Table, scope: Scope) -> exp.Expr:
        allow(table, _TABLE - {"ordinality"})
        name = folded(table.this)
        alias, columns = _alias_of(table, name)
        found = scope.with_queries.get(name) if not table.args.get("db") else None
        relation = None if found is not None else relation_of(table, self._database)
        if found is not None:
            made = exp.Table(this=exp.to_identifier(found.name, quoted=True))
            source = Source(alias, renamed(found.columns, columns))
        elif relation is not None:
            self.relations.add(f"{relation.schema}.{relation.name}")
            schema = exp.to_identifier(SCHEMAS[relation.schema], quoted=True)
            made = exp.Table(this=exp.to_identifier(relation.name, quoted=True), db=schema)
            own = [(column.name, column.type) for column in relation.columns]
            number = relation.oid if relation.schema == CATALOG else None
            source = Source(alias, renamed(own, columns), number)
        else:
            raise unknown_relation(name)
        scope.sources.append(source)
        made.set("alias", _table_alias(alias, [c for c, _ in source.columns] if columns else []))
        return made

    def _derived(self, item: exp.Expr, scope: Scope, inner: Scope) -> exp.Expr:
        alias, columns = _alias_of(item, f"derived_{len(scope.sources)}")
        query = item.this.this if isinstance(item, exp.Lateral) else item.this
        outputs = self._queries(query, inner, False)
        source = Source(alias, renamed(outputs, columns))
        scope.sources.append(source)
        item.set("alias", _table_alias(alias, [c for c, _ in source.columns]))
        return item

    def _values(self, item: exp.Values, scope: Scope) -> exp.Expr:
        alias, columns = _alias_of(item, "values")
        kinds: list[str] = []
        for row in item.expressions:
            made = [self.expressions.translate(value, scope) for value in row.expressions]
            row.set("expressions", [value for value, _ in made])
            kinds = kinds or [self.expressions.settled(kind, "text") for _, kind in made]
        source = Source(alias, renamed([(f"column{n}", k) for n, k in enumerate(kinds, start=1)], columns))
        scope.sources.append(source)
        item.set("alias", _table_alias(alias, [c for c, _ in source.columns]))
        return item

    # -------------------------------------------------------------------------------------------- functions in FROM
    def _function(self, table: exp.Table, scope: Scope) -> exp.Expr:
        allow(table, _TABLE)
        schema = folded(table.args.get("db"))
        if schema not in ("", CATALOG, INFORMATION) or table.args.get("catalog"):
            raise refused(table)
        return self._scan(table.this, table.args.get("alias"), bool(table.args.get("ordinality")), scope)

    def _scan(self, function: exp.Expr, given: exp.Expr | None, ordinality: bool, scope: Scope) -> exp.Expr:
        name = function.name.lower() if isinstance(function, exp.Anonymous) else _SERIES.get(type(function), "")
        alias = folded(given.this) if given is not None and given.this is not None else name
        columns = [folded(c) for c in (given.args.get("columns") if given is not None else None) or []]
        entry = known.functions().get(name)
        if entry is not None and entry.returns == known.TABLE:
            made, own = self._table_function(name, entry.calls, function, scope)
        elif name in ("generate_series", "unnest", "generate_subscripts", "_pg_expandarray"):
            value, kind = self.expressions.translate(function, scope)
            made, own = value, [(alias if not columns else name, kind)]
            if name == "_pg_expandarray":
                own = [("x", "int2"), ("n", "int4")]
                made = exp.Select(expressions=[exp.Alias(this=value, alias=exp.to_identifier("e"))])
                made = exp.select("e.x", "e.n").from_(made.subquery("s"))
            else:
                made = exp.Select(expressions=[value])
        else:
            return self._one_row(function, alias, columns, scope)
        if ordinality:
            own = [*own, ("ordinality", "int8")]
            made = exp.select("*", "row_number() over ()").from_(
                exp.Subquery(this=made, alias=exp.TableAlias(this=exp.to_identifier("f")))
            )
        source = Source(alias, renamed(own, columns))
        scope.sources.append(source)
        lateral = exp.Lateral(this=exp.Subquery(this=made)) if scope.sources[:-1] else exp.Subquery(this=made)
        lateral.set("alias", _table_alias(alias, [c for c, _ in source.columns]))
        return lateral

    def _one_row(self, function: exp.Expr, alias: str, columns: Sequence[str], scope: Scope) -> exp.Expr:
        """A function that gives one value: `FROM version()`."""
        value, kind = self.expressions.translate(function, scope)
        source = Source(alias, renamed([(alias, kind)], columns))
        scope.sources.append(source)
        made = exp.Subquery(this=exp.Select(expressions=[value]))
        made.set("alias", _table_alias(alias, [c for c, _ in source.columns]))
        return made

    def _table_function(
        self, name: str, calls: str, function: exp.Expr, scope: Scope
    ) -> tuple[exp.Expr, list[tuple[str, str]]]:
        arguments = [self.expressions.value(a, scope) for a in function.expressions]
        if calls == "_keywords":
            return exp.select("*").from_(exp.table_("_keywords", db="pgc", quoted=True)), _KEYWORDS
        del arguments  # none of these functions has rows here, whatever it is asked
        own = _EMPTY[name]
        nulls = [exp.Alias(this=exp.null(), alias=exp.to_identifier(column, quoted=True)) for column, _ in own]
        return exp.Select(expressions=nulls).where(exp.false()), own


# ------------------------------------------------------------------------------------------------------------- parts
def _is_parenthesised(item: exp.Subquery) -> bool:
    """`(a JOIN b ON ..)`, whose tables the query around it sees; and not a query, however many parentheses it has."""
    inner = item.this
    if item.args.get("alias") is not None:
        return False
    return isinstance(inner, exp.Table) or (
        isinstance(inner, exp.Subquery)
        and (inner.args.get("alias") is not None or bool(inner.args.get("joins")) or _is_parenthesised(inner))
    )


def allow(node: exp.Expr, parts: frozenset[str]) -> None:
    """Raises `Ungovernable` where a node has a part that is not understood."""
    for key, value in node.args.items():
        if value and key not in parts and key != "kind":
            raise refused(value if isinstance(value, exp.Expr) else node)


def renamed(columns: Outputs, names: Sequence[str]) -> Outputs:
    """Columns under the names that an alias gives to the first of them. Raises `InvalidSql`."""
    if len(names) > len(columns):
        raise InvalidSql("An alias names more columns than there are.", ReasonCode.SYNTAX, sqlstate="42P10")
    return [(names[n] if n < len(names) else name, kind) for n, (name, kind) in enumerate(columns)]


def _alias_of(item: exp.Expr, otherwise: str) -> tuple[str, list[str]]:
    given = item.args.get("alias")
    if not isinstance(given, exp.TableAlias):
        return otherwise, []
    name = folded(given.this) if given.this is not None else otherwise
    return name, [folded(column) for column in given.args.get("columns") or []]


def _table_alias(name: str, columns: Sequence[str]) -> exp.TableAlias:
    made = [exp.to_identifier(column, quoted=True) for column in columns]
    return exp.TableAlias(this=exp.to_identifier(name, quoted=True), columns=made)
