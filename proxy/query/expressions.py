"""Expressions to flows: which columns a value is made of, and which of them stand under something that can raise.

Rule kept here: an expression is walked without recursion (only sub-queries recurse), so that long chains are safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlglot import exp

from proxy.query.agreement import WIDE, Types, common
from proxy.query.arithmetic import aggregated, computed
from proxy.query.classes import Among
from proxy.query.growth import GROWING, MOST, grows, sizes
from proxy.query.guards import Guards, Place
from proxy.query.ledger import Ledger
from proxy.query.names import resolve_column, resolve_star
from proxy.query.raising import function_name, is_settling
from proxy.query.scopes import COUNT, DOUBLE, INTEGER, TEXT, Env, Flow, Type, merged
from proxy.values import TypeKind

Nested = Callable[[exp.Expr, Env], Flow]
"""Resolves a sub-query inside an expression; answers the flow of its result."""

_CASTS = {
    exp.DataType.Type.DATE: Type(TypeKind.DATE, "DATE"),
    exp.DataType.Type.TIMESTAMP: Type(TypeKind.TIMESTAMP, "TIMESTAMP"),
    exp.DataType.Type.TIMESTAMPNTZ: Type(TypeKind.TIMESTAMP, "TIMESTAMP"),
    exp.DataType.Type.INT: INTEGER,
    exp.DataType.Type.BIGINT: COUNT,
    exp.DataType.Type.DOUBLE: DOUBLE,
    exp.DataType.Type.BOOLEAN: Type(TypeKind.BOOLEAN, "BOOLEAN"),
}
_OF_TEXT = (exp.Lower, exp.Upper, exp.Trim, exp.Replace, exp.SplitPart)
"""Functions that take and give texts only."""
_COUNTING = (exp.Count, exp.Length, exp.Year, exp.Month, exp.Day, exp.Quarter)
_REAL = (exp.Sqrt, exp.Ln, exp.Exp)
_OF_ANY = (exp.Substring, exp.Concat, exp.DPipe)
"""Functions that give what they take: of texts a text, of lists a list, of blobs a blob."""
_UNTYPED = frozenset({exp.Identifier, exp.Where, exp.Having, exp.And, exp.Or, exp.EQ, exp.Group})
"""Frequent nodes without a type that matters."""
_KEEPS_TYPE = (exp.Min, exp.Max, exp.AnyValue, exp.First, exp.Last, exp.Paren)


_LEAVES = Among(exp.Column, exp.Query, exp.Columns, exp.PositionalColumn, exp.Star)
_GROWING = Among(*GROWING)
"""What may end the walk through an expression."""
_WITHOUT_OPERANDS = Among(exp.DataType, exp.Identifier, exp.Var, exp.TableAlias)


class Reader:
    """Reads expressions of one statement into its ledger."""

    def __init__(self, ledger: Ledger, guards: Guards, nested: Nested) -> None:
        self._ledger = ledger
        self._guards = guards
        self._nested = nested

    def flow(self, root: exp.Expr, env: Env, exposed: bool) -> Flow:
        """The flow of an expression, which is `exposed` where the engine might compute it before a row filter."""
        if type(root) is exp.Column and not isinstance(root.this, exp.Star) and not self._ledger.odd:
            return self._bare(root, env, exposed)
        types: Types = {}
        leaves: list[tuple[Flow, Place, bool]] = []
        inner: list[Place] = []
        stack = [(Place(root, (), False), env)]
        while stack:
            place, around = stack.pop()
            leaf = self._leaf(place.node, around, types) if _LEAVES[type(place.node)] else None
            if leaf is None:
                inner.append(place)
                self._descend(place, around, stack)
            else:
                leaves.append((leaf, place, place.settled and self._is_own(leaf, env)))
        for place in reversed(inner):  # bottom up, as far as types matter for comparing columns
            types[id(place.node)] = self._type(place.node, types)
        growing = [place.node for place in inner if _GROWING[type(place.node)] and grows(place.node)]
        cells = _cells(leaves, inner) if growing else {}
        large = frozenset(id(node) for node in growing if cells[id(node)] > MOST)
        self._guards.expression(leaves, inner, types, exposed, large)
        if len(leaves) == 1 and isinstance(root, exp.Column):
            return leaves[0][0]
        flows = [flow.settled() if settled else flow for flow, _, settled in leaves]
        made = merged(flows).derived(types.get(id(root)))
        nodes = len(inner) + sum(flow.nodes for flow, _, settled in leaves if not settled)
        self._ledger.weigh(nodes)
        return replace(made, cells=cells.get(id(root), made.cells), nodes=nodes)

    def _bare(self, column: exp.Column, env: Env, exposed: bool) -> Flow:
        """The flow of a column and nothing else, over which nothing can raise where no column of a table is odd."""
        flow = resolve_column(column, env, self._ledger)
        if exposed:
            self._guards.joined(flow.origins, raises=False)
        return flow

    def _leaf(self, node: exp.Expr, env: Env, types: Types) -> Flow | None:
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
            flow = resolve_column(node, env, self._ledger)
            types[id(node)] = flow.type
            return flow
        if isinstance(node, exp.Column):
            resolve_star(node, env, self._ledger)
        if isinstance(node, exp.Query):
            flow = self._nested(node, env)
            types[id(node)] = flow.type
            return flow
        if isinstance(node, exp.Columns | exp.PositionalColumn):
            return self._everything(env)
        if isinstance(node, exp.Star) and not is_counted(node):
            return self._everything(env)
        return None

    def _everything(self, env: Env) -> Flow:
        flow = merged(s.whole() for s in env.sources)
        self._ledger.touch(flow.origins)
        return flow

    def _descend(self, place: Place, env: Env, stack: list[tuple[Place, Env]]) -> None:
        """Puts the operands of a node on the stack, the first on top."""
        node = place.node
        operands = _operands(node)
        if not operands:
            return
        if isinstance(node, exp.Lambda):
            env = env.with_locals(self._ledger.folded(i) for i in node.expressions)
        elif isinstance(node, exp.Comprehension):
            env = env.with_locals(
                self._ledger.folded(i)
                for i in (node.args.get("expression"), node.args.get("position"))
                if i is not None
            )
        settled = place.settled or is_settling(node, self._ledger.sql, self._ledger.dialect)
        above = (*place.above, node)
        stack += [(Place(child, above, settled), env) for child in reversed(operands)]

    def _is_own(self, flow: Flow, env: Env) -> bool:
        """Whether all of a flow comes from the block's own sources: no aggregate settles a correlated column."""
        mine: set[tuple[int, str]] = set()
        for source in env.sources:
            mine |= source.whole().live
        return flow.live <= mine

    def _type(self, node: exp.Expr, types: Types) -> Type | None:
        """The type of an inner node, where it is known, by those of its operands."""
        if type(node) in _UNTYPED:
            return None
        if isinstance(node, _KEEPS_TYPE):
            return None if node.args.get("count") else types.get(id(node.this))
        if isinstance(node, exp.Literal):
            return TEXT if node.is_string else None
        if isinstance(node, _OF_TEXT):
            return TEXT
        if isinstance(node, _OF_ANY):
            return TEXT if any(types.get(id(part)) == TEXT for part in _joined(node)) else None
        if isinstance(node, _COUNTING):
            return COUNT
        if isinstance(node, _REAL):
            return DOUBLE
        if isinstance(node, exp.Extract) and self._ledger.dialect.conversions.dates:
            return WIDE
        if isinstance(node, exp.Case | exp.Coalesce):
            return common(_values(node), types, self._ledger.dialect.conversions)
        if isinstance(node, exp.Sum | exp.Avg):
            return aggregated(node, types, self._ledger.dialect.conversions)
        if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div):
            return computed(node, types, self._ledger.dialect.conversions)
        if isinstance(node, exp.Window | exp.Filter | exp.Alias):
            return types.get(id(node.this))
        if isinstance(node, exp.Cast):
            if node.to.is_type(*exp.DataType.TEXT_TYPES):
                return TEXT
            return _CASTS.get(node.to.this)
        return None


def _values(node: exp.Case | exp.Coalesce) -> list[exp.Expr]:
    """What a CASE or COALESCE can give."""
    if isinstance(node, exp.Coalesce):
        return [node.this, *node.expressions]
    values = [*(branch.args.get("true") for branch in node.args["ifs"]), node.args.get("default")]
    return [value for value in values if value is not None]


def _cells(leaves: list[tuple[Flow, Place, bool]], inner: list[Place]) -> Mapping[int, float]:
    """How large each node's value can be."""
    return sizes([place.node for place in inner], {id(place.node): flow.cells for flow, place, _ in leaves})


def _joined(node: exp.Expr) -> list[exp.Expr]:
    """The parts of a concatenation, or what a substring is taken of."""
    if isinstance(node, exp.Substring):
        return [node.this]
    return node.expressions or [node.this, node.expression]


def _operands(node: exp.Expr) -> list[exp.Expr]:
    """The parts of a node that are expressions over rows: a type is not, nor the star of count(*)."""
    if _WITHOUT_OPERANDS[type(node)]:
        return []
    return [c for c in node.iter_expressions() if not isinstance(c, exp.DataType)]


def is_counted(star: exp.Expr) -> bool:
    """Whether a star is that of count(*), which reads no column."""
    return isinstance(star.parent, exp.Count)


def made_up_name(node: exp.Expr, ledger: Ledger) -> str | None:
    """The folded name of a select item, where it is known."""
    if isinstance(node, exp.Alias):
        return ledger.folded(node.args["alias"])
    if isinstance(node, exp.Column):
        return ledger.folded(node.this)
    known = ledger.dialect.names.made_up(node)
    return function_name(node, ledger.sql) if known is None and isinstance(node, exp.Explode) else known
