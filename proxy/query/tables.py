"""FROM: what each item offers to the expressions of its block.

Rule kept here: every table node is either a CTE that is in scope here by this dialect's rules, and is renamed, or a
base table of the catalog, or an allowed table function; there is no fourth.
"""

from __future__ import annotations

from typing import Protocol

from sqlglot import exp

from proxy.errors import Ungovernable
from proxy.query.expressions import Reader
from proxy.query.guards import Guards
from proxy.query.ledger import Ledger
from proxy.query.scopes import Cte, Env, Flow, Out, Source, merged, offered
from proxy.values import Edit, ReasonCode

_TABLE_ARGS = frozenset(
    {"this", "alias", "db", "catalog", "joins", "laterals", "only", "pivots", "sample", "ordinality"}
)
_JOIN_ARGS = frozenset({"this", "on", "side", "kind", "using", "method", "expressions", "pivots", "nearest"})


class Queries(Protocol):
    """What FROM needs of the resolver: nested queries, VALUES, and the CTEs in scope."""

    def query(self, node: exp.Expr, env: Env | None, top: bool) -> tuple[Out, ...] | None:
        """Resolves a nested query."""

    def values(self, node: exp.Values, env: Env) -> tuple[Out, ...]:
        """Resolves a VALUES list."""

    def quiet(self) -> bool:
        """Whether no condition around the item being read could be computed inside of it."""

    def cte(self, name: str) -> Cte | None:
        """The CTE of this name that is in scope here."""


class Tables:
    """Reads FROM items of one statement into its ledger."""

    def __init__(self, ledger: Ledger, reader: Reader, guards: Guards, queries: Queries) -> None:
        self._ledger = ledger
        self._reader = reader
        self._guards = guards
        self._queries = queries

    def joins(self, node: exp.Expr, scope: Env, start: int) -> None:
        """Adds the joined items of a node, the first of whose own sources is at `start`: a condition sees no source
        before it, nor, on some engines, any before the last comma."""
        part = self._ledger.dialect.names.commas_part
        start = start if part else 0
        for join in node.args.get("joins") or ():
            if part and not any(value for key, value in join.args.items() if key != "this"):
                start = len(scope.sources)
            self._join(join, scope, start)

    def _join(self, join: exp.Join, scope: Env, start: int) -> None:
        """Adds a join's right side, and reads its condition."""
        extra = {key for key, value in join.args.items() if value} - _JOIN_ARGS
        if extra:
            raise unsupported(join)
        self.item(join.this, scope)
        on = join.args.get("on")
        if on is not None:
            within = Env(scope.parent, scope.sources[start:], scope.aliases)
            self._reader.flow(exp.Where(this=on), within, exposed=True)
        nearest = join.args.get("nearest")
        if nearest is not None:  # ranks pairs of rows, wherever a condition could be computed
            within = Env(scope.parent, scope.sources[start:], scope.aliases)
            for part in nearest.iter_expressions():
                self._reader.flow(part, within, exposed=True)
        for identifier in join.args.get("using") or ():
            self._using(identifier, scope)
        if join.args.get("method") == "NATURAL":
            self._natural(scope)

    def _using(self, identifier: exp.Expr, scope: Env) -> None:
        name = self._ledger.folded(identifier)
        flows = [s.columns[name] for s in scope.sources if name in s.columns]
        flows += [s.rest for s in scope.sources if name not in s.columns and s.rest is not None]
        self._compared(flows)

    def _natural(self, scope: Env) -> None:
        seen: dict[str, list[Flow]] = {}
        for source in scope.sources:
            for name, flow in source.columns.items():
                seen.setdefault(name, []).append(flow)
        for flows in seen.values():
            if len(flows) > 1:
                self._compared(flows)

    def _compared(self, flows: list[Flow]) -> None:
        """Columns that a join compares; where they are not of one type the comparison casts, and a cast can raise."""
        types = {f.type for f in flows}
        casts = len(types) > 1 or None in types or any(self._ledger.computed(f.origins) for f in flows)
        for flow in flows:
            self._ledger.touch(flow.origins)
            self._guards.joined(flow.origins, casts)

    def item(self, node: exp.Expr, scope: Env) -> None:
        """Adds what one FROM item offers to a block. Raises `InvalidSql`, `Ungovernable`."""
        start = len(scope.sources)
        if isinstance(node, exp.Table):
            self._table(node, scope)
        elif isinstance(node, exp.Subquery):
            self._subquery(node, scope)
        elif isinstance(node, exp.Values):
            alias, columns = self._named(node)
            around = self._around(scope)
            scope.sources.append(derived(self._ledger, alias, self._queries.values(node, around or Env(None)), columns))
        elif isinstance(node, exp.Unnest | exp.Lateral):
            self._lateral(node, scope)
        else:
            raise unsupported(node)
        self.joins(node, scope, start)
        for lateral in node.args.get("laterals") or ():
            self.item(lateral, scope)
        if node.args.get("pivots"):
            self._pivot(node, scope)

    def _around(self, scope: Env) -> Env | None:
        """What a sub-query in FROM sees: the items before it, or without LATERAL only the blocks around."""
        return scope if self._ledger.dialect.names.implicit_lateral else scope.parent

    def _named(self, node: exp.Expr) -> tuple[str | None, list[str]]:
        """The alias and column aliases of a FROM item, folded."""
        alias = node.args.get("alias")
        if not isinstance(alias, exp.TableAlias):
            return None, []
        name = self._ledger.folded(alias.this) if alias.this is not None else None
        return name, [self._ledger.folded(c) for c in alias.args.get("columns") or ()]

    def _lateral(self, node: exp.Expr, scope: Env) -> None:
        alias, columns = self._named(node)
        inner = node.this if isinstance(node, exp.Lateral) else None
        if isinstance(inner, exp.Subquery):
            scope.sources.append(derived(self._ledger, alias, self._queries.query(inner, scope, top=False), columns))
            return
        parts = [inner] if inner is not None else node.expressions
        flow = merged(self._reader.flow(part, scope, exposed=True) for part in parts)
        scope.sources.append(_open(alias, columns, flow))

    def _table(self, node: exp.Table, scope: Env) -> None:
        if {key for key, value in node.args.items() if value} - _TABLE_ARGS:
            raise Ungovernable("A table is read in a way that is not supported: name it plainly.", ReasonCode.CONSTRUCT)
        alias, columns = self._named(node)
        if not isinstance(node.this, exp.Identifier):
            flow = self._reader.flow(node.this, scope, exposed=True)
            scope.sources.append(_open(alias or self._ledger.dialect.names.made_up(node.this), columns, flow))
            return
        cte = self._queries.cte(self._ledger.folded(node.this)) if not node.args.get("db") else None
        if cte is not None:
            self._cte_reference(node, cte, alias, columns, scope)
            return
        spelt = self._alias_of(node) if alias is not None else None
        source = self._ledger.reference(node, spelt)
        scope.sources.append(_renamed(source, columns) if columns else source)

    def _alias_of(self, node: exp.Table) -> str:
        """A table's alias as it is spelt. Raises `Ungovernable` where it stands before the table (`FROM a: t`), since
        the engine then takes its place for the table's."""
        identifier = node.args["alias"].this
        if self._ledger.span(identifier).start < self._ledger.span(node.this).start:
            raise Ungovernable(
                "An alias before a table is not supported: write FROM table AS alias.", ReasonCode.CONSTRUCT
            )
        return self._ledger.text(identifier)

    def _cte_reference(self, node: exp.Table, cte: Cte, alias: str | None, columns: list[str], scope: Env) -> None:
        span = self._ledger.span(node.this)
        own = self._ledger.text(node.this)
        text = f'"{cte.renamed}"' if alias is not None else f'"{cte.renamed}" AS {own}'
        self._ledger.edits.append(Edit(span, text))
        source = cte.source(alias or self._ledger.folded(node.this))
        scope.sources.append(_renamed(source, columns) if columns else source)

    def _subquery(self, node: exp.Subquery, scope: Env) -> None:
        alias, columns = self._named(node)
        if not isinstance(node.this, exp.Table):
            outs = self._queries.query(node, self._around(scope), self._queries.quiet())
            scope.sources.append(derived(self._ledger, alias, outs, columns))
            return
        inner = Env(scope.parent, list(scope.sources))
        count = len(inner.sources)
        self.item(node.this, inner)
        found = inner.sources[count:]
        if alias is None:
            scope.sources.extend(found)
            return
        merged_columns: dict[str, Flow] = {}
        for source in found:
            for name, flow in source.columns.items():
                merged_columns[name] = merged((merged_columns[name], flow)) if name in merged_columns else flow
        rest = merged(s.whole() for s in found) if any(s.rest is not None for s in found) or columns else None
        scope.sources.append(Source(alias, merged_columns, None, rest))

    def _pivot(self, node: exp.Expr, scope: Env) -> None:
        """PIVOT and UNPIVOT make columns out of values: the source becomes open."""
        source = scope.sources[-1]
        for pivot in node.args["pivots"]:
            for part in pivot.iter_expressions():
                if not isinstance(part, exp.TableAlias):
                    self._reader.flow(
                        part, Env(scope.parent, [Source(None, source.columns, None, source.whole())]), exposed=True
                    )
            alias = pivot.args.get("alias")
            name = self._ledger.folded(alias.this) if alias is not None and alias.this is not None else source.name
            whole = source.whole()
            self._ledger.touch(whole.origins)
            source = Source(name, {k: f.settled() for k, f in source.columns.items()}, None, whole)
        scope.sources[-1] = source


def derived(ledger: Ledger, alias: str | None, outs: tuple[Out, ...] | None, columns: list[str]) -> Source:
    """A derived table or CTE, its names folded: closed where its result columns are known."""
    name = alias
    stars = ledger.star_columns
    if outs is None:
        flows = ledger.everything()
        return Source(name, dict.fromkeys(columns, flows), None, flows)
    whole = merged(o.flow for o in outs)
    if not columns:
        unnamed = any(o.name is None and o.star is None for o in outs)
        return Source(name, offered(outs, stars), outs, whole if unnamed else None)
    if len(columns) > len(outs) or any(o.star is not None for o in outs):
        return Source(name, dict.fromkeys(columns, whole), None, whole)
    named = tuple(Out(columns[i] if i < len(columns) else o.name, o.flow) for i, o in enumerate(outs))
    return Source(name, offered(named, stars), named, whole if any(o.name is None for o in named) else None)


def _open(alias: str | None, columns: list[str], flow: Flow) -> Source:
    """A source whose columns are not known by name: a table function, unnest."""
    return Source(alias, {c: flow.derived() for c in columns}, None, flow.derived())


def _renamed(source: Source, columns: list[str]) -> Source:
    """A table under a column alias list: which column gets which name depends on what the caller may read."""
    whole = source.whole()
    return Source(source.name, dict.fromkeys(columns, whole), None, whole)


def unsupported(node: exp.Expr) -> Ungovernable:
    """The refusal of a construct that is not resolved here."""
    return Ungovernable(
        f"The statement uses a construct that is not supported here ({type(node).__name__}): write it plainly.",
        ReasonCode.CONSTRUCT,
    )
