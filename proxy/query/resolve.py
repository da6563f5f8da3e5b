"""Query blocks to references, CTEs and lineage: an own resolver, since a wrong idea of what is a CTE is a hole.

Rule kept here: scopes are climbed by hand, never by sqlglot's walk, which misses some. CTEs get names that no user can
write, so that a wrong guess finds nothing instead of a table.
"""

from __future__ import annotations

import string

from sqlglot import exp

from proxy.errors import Ungovernable
from proxy.query.expressions import Reader, is_counted, made_up_name
from proxy.query.groups import grouped
from proxy.query.guards import Guards
from proxy.query.ledger import Ledger
from proxy.query.names import resolve_star
from proxy.query.scalars import bare
from proxy.query.scopes import Cte, Env, Flow, Out, Source, merged, offered
from proxy.query.tables import Tables, derived, unsupported
from proxy.query.text import RESERVED
from proxy.values import Edit, ReasonCode

Ctes = dict[str, Cte | None]
"""WITH queries in scope by folded name; None for one that stands further down, which the engine already sees."""

_LETTERS = frozenset(string.ascii_letters + string.digits + "_")
_CLAUSES = ("group", "having", "qualify", "order", "limit", "offset", "distinct", "sample")
_EXPOSED = frozenset({"having", "qualify"})
_ALIASED = frozenset({"group", "order", "distinct"})
"""Clauses that can use a select item's alias on every engine."""
_CONDITIONS = ("joins", "laterals", "where", "having", "qualify")


class Resolver:
    """Resolves one statement into its ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._guards = Guards(ledger)
        self._reader = Reader(ledger, self._guards, self._nested)
        self._tables = Tables(ledger, self._reader, self._guards, self)
        self._quiet = False
        self._ctes: Ctes = {}

    def statement(self, tree: exp.Expr) -> tuple[Out, ...] | None:
        """Resolves the whole statement; answers its result columns, or None where their order is not known."""
        outs = self.query(tree, None, top=True)
        self._guards.settle()
        return outs

    # ------------------------------------------------------------------------------------------------------- queries
    def _nested(self, node: exp.Expr, env: Env) -> Flow:
        outs = self.query(node, env, top=False)
        if outs is None:
            return self._ledger.everything()
        return outs[0].flow if len(outs) == 1 and outs[0].star is None else merged(o.flow for o in outs)

    def query(self, node: exp.Expr, env: Env | None, top: bool) -> tuple[Out, ...] | None:
        """Resolves a query and its WITH; `top` says that its result is the statement's own."""
        before, around = self._ctes, self._guards.nested
        self._guards.nested = not top
        try:
            self._with(node.args.get("with_"), env)
            return self._body(node, env, top)
        finally:
            self._ctes, self._guards.nested = before, around

    def quiet(self) -> bool:
        """Whether the block around the FROM item being read has no condition that could be computed inside of it, and
        neither have those around it: then a sub-query's results are no more exposed than the statement's own."""
        return self._quiet

    def cte(self, name: str) -> Cte | None:
        """The CTE of this (folded) name that is in scope here. Raises `Ungovernable` for one that is read before its
        place in the list."""
        if name in self._ctes and self._ctes[name] is None:
            raise Ungovernable(
                "A WITH query is read before it is defined: put WITH queries in the order in which they build on each "
                "other, and write a recursive one as first part UNION ALL recursive part.",
                ReasonCode.CONSTRUCT,
            )
        return self._ctes.get(name)

    def _body(self, node: exp.Expr, env: Env | None, top: bool) -> tuple[Out, ...] | None:
        if isinstance(node, exp.Select):
            return self._select(node, env, top)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, env, top)
        if isinstance(node, exp.Values):
            return self.values(node, env or Env(None))
        if isinstance(node, exp.Subquery):
            outs = self.query(node.this, env, top)
            self._modifiers(node, outs, env)
            return outs
        if isinstance(node, exp.Table):
            holder = Env(env)
            self._tables.item(node, holder)
            return self._star(holder, None)
        raise unsupported(node)

    def _set_operation(self, node: exp.SetOperation, env: Env | None, top: bool) -> tuple[Out, ...] | None:
        matched = isinstance(node, exp.Intersect | exp.Except)  # of which a side may never be computed
        left = self.query(node.this, env, top and not matched)
        right = self.query(node.expression, env, top and not matched)
        if matched:
            self._matched(left, right)
        if left is None or right is None or node.args.get("by_name") or not _aligned(left, right):
            outs = None
        else:
            outs = tuple(
                Out(
                    one.name,
                    merged((one.flow, two.flow)).derived(one.flow.type if one.flow.type == two.flow.type else None),
                )
                for one, two in zip(left, right, strict=True)
            )
        self._modifiers(node, outs, env)
        return outs

    def _matched(self, *sides: tuple[Out, ...] | None) -> None:
        """Rows that are held against each other: which side the engine computes first, and so whether the other one
        raises, goes by how many different ones it expects. Columns of a side that is not known: all that were read."""
        for side in sides:
            known = None if side is None else frozenset(origin for out in side for origin in out.flow.origins)
            self._guards.joined(self._ledger.read() if known is None else known, raises=False)

    def _modifiers(self, node: exp.Expr, outs: tuple[Out, ...] | None, env: Env | None) -> None:
        """ORDER BY, LIMIT and their kin of a set operation or sub-query see its result columns."""
        whole = merged(o.flow for o in outs or ())
        result = Source(None, offered(outs, self._ledger.star_columns), None, whole)
        scope = Env(env, [result])
        for clause in ("where", *_CLAUSES):
            part = node.args.get(clause)
            if isinstance(part, exp.Expr):
                self._reader.flow(part, scope, exposed=clause == "where")

    def values(self, node: exp.Values, env: Env) -> tuple[Out, ...]:
        """Resolves a VALUES list; every column may hold what any row does."""
        flow = merged(self._reader.flow(row, env, exposed=True) for row in node.expressions)
        width = len(node.expressions[0].expressions) if node.expressions else 0
        return tuple(Out(self._ledger.dialect.names.value_column(i), flow) for i in range(width))

    def _select(self, node: exp.Select, env: Env | None, top: bool) -> tuple[Out, ...] | None:
        scope = Env(env)
        source = node.args.get("from_")
        around = self._quiet
        if source is not None:
            self._quiet = top and _is_alone(source.this) and not any(node.args.get(part) for part in _CONDITIONS)
            self._tables.item(source.this, scope)
        self._quiet = False  # what is joined is never alone, however quiet the blocks around are
        self._tables.joins(node, scope, 0)
        for lateral in node.args.get("laterals") or ():
            self._tables.item(lateral, scope)
        self._quiet = around
        if node.args.get("pivots"):
            raise unsupported(node)
        everywhere = self._ledger.dialect.names.aliases_everywhere
        aliases: dict[str, Flow] = scope.aliases if everywhere else {}
        outs = self._select_list(node, scope, aliases, top and not (everywhere and _names_an_alias(node)))
        aliased = scope if everywhere else Env(scope.parent, scope.sources, aliases)
        where = node.args.get("where")
        if where is not None:
            self._reader.flow(where, scope, exposed=True)
        for clause in _CLAUSES:
            part = node.args.get(clause)
            if isinstance(part, exp.Expr):
                within = aliased if clause in _ALIASED else scope
                self._reader.flow(part, within, exposed=clause in _EXPOSED or not top)
        for window in node.args.get("windows") or ():
            self._reader.flow(window, scope, exposed=not top)
        grouped(node, scope, self._ledger)
        return outs

    def _select_list(
        self, node: exp.Select, scope: Env, aliases: dict[str, Flow], hidden: bool
    ) -> tuple[Out, ...] | None:
        """Select items in order, whose `aliases` are collected for where they can be used. `hidden` says that they are
        computed for the result only."""
        outs: list[Out] | None = []
        self._ledger.check_width(len(node.expressions))
        for item in node.expressions:
            star = item.this if isinstance(item, exp.Column) and isinstance(item.this, exp.Star) else item
            if isinstance(star, exp.Star):
                only = None
                if isinstance(item, exp.Column) and item.args.get("table"):
                    only = self._ledger.folded(item.args["table"])
                    resolve_star(item, scope, self._ledger)
                for part in [*(star.args.get("replace") or ())]:
                    self._reader.flow(part.this if isinstance(part, exp.Alias) else part, scope, exposed=not hidden)
                expanded = None if _edits_star(star) else self._star(scope, only, node)
                if expanded is None:
                    self._touch_all(scope)
                outs = outs + list(expanded) if outs is not None and expanded is not None else None
                self._ledger.check_width(len(outs or ()))
                continue
            flow = self._reader.flow(item.this if isinstance(item, exp.Alias) else item, scope, exposed=not hidden)
            if isinstance(item, exp.Alias):
                aliases[self._ledger.folded(item.args["alias"])] = flow
            if outs is not None and _spreads(item):
                outs = None
            elif outs is not None:
                outs.append(self._out(item, flow))
        if not node.expressions:
            expanded = self._star(scope, None, node)
            if expanded is None:
                self._touch_all(scope)
            return expanded
        if outs is None:
            self._touch_all(scope)
            return None
        return tuple(outs)

    def _out(self, item: exp.Expr, flow: Flow) -> Out:
        named = (
            item.args["alias"] if isinstance(item, exp.Alias) else item.this if isinstance(item, exp.Column) else None
        )
        return Out(made_up_name(item, self._ledger), flow, shown=None if named is None else self._ledger.shown(named))

    def _touch_all(self, scope: Env) -> None:
        for source in scope.sources:
            self._ledger.touch(source.whole().origins)

    def _star(self, scope: Env, only: str | None, node: exp.Select | None = None) -> tuple[Out, ...] | None:
        """The columns of `*` or `only.*`, or None where their order is not known (USING, open sources)."""
        sources = [s for s in scope.sources if only is None or s.name == only]
        if only is not None and not sources:
            return None  # the fields of a struct
        for source in sources:
            self._ledger.touch(source.whole().origins)
        joins = (node.args.get("joins") or ()) if node is not None else ()
        if only is None and any(
            j.args.get("using") or j.args.get("method") or j.args.get("kind") in ("SEMI", "ANTI") for j in joins
        ):
            return None
        outs: list[Out] = []
        for source in sources:
            if source.reference is not None and source.outs is None and source.rest is None:
                outs.append(Out(None, source.whole(), source.reference))
            elif source.outs is not None:
                outs.extend(source.outs)
            else:
                return None
            self._ledger.check_width(len(outs))
        return tuple(outs)

    # ---------------------------------------------------------------------------------------------------------- WITH
    def _with(self, node: exp.With | None, env: Env | None) -> None:
        if node is None:
            return
        recursive = bool(node.args.get("recursive"))
        if recursive and self._ledger.dialect.names.recursive_sees_all:
            names = (self._ledger.folded(cte.args["alias"].this) for cte in node.expressions)
            self._ctes = {**self._ctes, **dict.fromkeys(names, None)}
        for cte in node.expressions:
            self._cte(cte, env, recursive)

    def _cte(self, node: exp.CTE, env: Env | None, recursive: bool) -> None:
        ledger = self._ledger
        identifier = node.args["alias"].this
        name = str(identifier.name)
        renamed = f"{RESERVED}_cte{len(ledger.cte_names)}_{''.join(c for c in name if c in _LETTERS)[:40]}"
        ledger.cte_names[renamed] = ledger.shown(identifier)
        name = ledger.folded(identifier)
        ledger.edits.append(Edit(ledger.span(identifier), f'"{renamed}"'))
        columns = [ledger.folded(c) for c in node.args["alias"].args.get("columns") or ()]
        body = bare(node.this)
        if recursive and isinstance(body, exp.Union):
            around = self._ctes
            self._with(body.args.get("with_"), env)
            made = self._recursive(body, name, renamed, columns, env)
            self._ctes = {**around, name: made}
            return
        outs = self.query(node.this, env, top=False)
        self._ctes = {**self._ctes, name: self._as_cte(renamed, outs, columns)}

    def _recursive(self, body: exp.Union, name: str, renamed: str, columns: list[str], env: Env | None) -> Cte:
        """The anchor first, without itself; then the recursive part. A later round may compute with any value of an
        earlier one, so every column may hold what any of the two gives, and all of it is guarded."""
        outs = self.query(body.this, env, top=False)
        names = self._as_cte(renamed, outs, columns).columns
        first = self._whole(outs)
        self._ctes = {**self._ctes, name: Cte(renamed, None, dict.fromkeys(names, first), first)}
        second = self.query(body.expression, env, top=False)
        self._modifiers(body, None, env)
        whole = merged((first, self._whole(second)))
        self._ledger.guard(whole.origins)
        return Cte(renamed, None, dict.fromkeys(names, whole), whole)

    def _whole(self, outs: tuple[Out, ...] | None) -> Flow:
        """All that can be in the rows of a query."""
        return self._ledger.everything() if outs is None else merged(o.flow for o in outs)

    def _as_cte(self, renamed: str, outs: tuple[Out, ...] | None, columns: list[str]) -> Cte:
        source = derived(self._ledger, None, outs, columns)
        return Cte(renamed, source.outs, source.columns, source.rest)


def _names_an_alias(node: exp.Select) -> bool:
    """Whether a condition may use what the select list computes, by its alias."""
    aliases = {item.alias.lower() for item in node.expressions if isinstance(item, exp.Alias)}
    conditions = (node.args.get(clause) for clause in ("where", "having", "qualify"))
    return any(
        column.name.lower() in aliases and not column.table
        for part in conditions
        if part is not None and aliases
        for column in part.find_all(exp.Column)
    )


def _aligned(left: tuple[Out, ...], right: tuple[Out, ...]) -> bool:
    return len(left) == len(right) and all(o.star is None for o in (*left, *right))


def _edits_star(star: exp.Star) -> bool:
    return any(star.args.get(key) for key in ("except_", "replace", "rename", "ilike"))


def _spreads(item: exp.Expr) -> bool:
    """Whether a select item can become several columns, or none."""
    if item.find(exp.Columns) is not None:
        return True
    inside = item.walk(prune=lambda node: isinstance(node, exp.Query))
    return any(isinstance(n, exp.Star) and not is_counted(n) for n in inside)


def _is_alone(item: exp.Expr) -> bool:
    """Whether a FROM item is one query, in however many parentheses, and no join in them."""
    while isinstance(item, exp.Subquery):
        if any(item.args.get(part) for part in ("joins", "laterals", "pivots")):
            return False
        item = item.this
    return isinstance(item, exp.Query)
