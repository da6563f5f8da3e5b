"""Which columns must be NULL in rows that a filter hides (design: errors as oracles).

Rule kept here: an error may not depend on hidden rows, in either of two ways. An expression that can raise may be
computed on a hidden row before the filter is; and whether it is computed at all may depend on what the engine's
statistics say of columns beside it, hidden rows included (`k = 0 AND CAST('x' AS INTEGER) = 1` is folded away where no
row can have k = 0). So the columns under such an expression are guarded where it is exposed, and those that decide over
it everywhere.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from sqlglot import exp

from proxy.query.agreement import Types
from proxy.query.ledger import Ledger
from proxy.query.raising import can_raise, is_settling, is_strict
from proxy.query.scalars import may_be_several
from proxy.query.scopes import Flow, Origin

_DECIDING = (
    exp.And,
    exp.Or,
    exp.Case,
    exp.If,
    exp.Coalesce,
    exp.Nullif,
    exp.Filter,
    exp.In,
    exp.Between,
    exp.Any,
    exp.All,
)
"""Nodes that can leave one of their parts uncomputed."""


@dataclass(slots=True)
class Place:
    """A node of an expression: what stands above it, and whether an aggregate or window does. Nothing changes it."""

    node: exp.Expr
    above: tuple[exp.Expr, ...]
    settled: bool


@dataclass(slots=True)
class Guards:
    """Collects the expressions of one statement; `settle` decides over those that the engine may merge."""

    ledger: Ledger
    _exposed: set[Origin] = field(default_factory=set)
    _raises: bool = False
    _lax: bool = False
    nested: bool = False
    """Whether what is read stands in a sub-query: all of it, its aggregates too, is computed when a row asks for it."""

    def expression(
        self,
        leaves: list[tuple[Flow, Place, bool]],
        inner: list[Place],
        types: Types,
        exposed: bool,
        large: Set[int] = frozenset(),
    ) -> None:
        """One whole expression: `leaves` are its columns and sub-queries (with whether an aggregate settles them),
        `inner` its other nodes, of which those in `large` (ids) raise where their value is too large. `exposed` says
        that the engine may compute it before a row filter."""
        whole = frozenset(origin for flow, _, _ in leaves for origin in flow.origins)
        sql, dialect = self.ledger.sql, self.ledger.dialect
        raising = [p for p in inner if id(p.node) in large or can_raise(p.node, sql, dialect, types)]
        if not self.nested:
            raising = [p for p in raising if not is_settling(p.node, sql, dialect)]
        raising += [p for _, p, _ in leaves if may_be_several(p.node)]
        collated = [p for flow, p, _ in leaves if p.above and self.ledger.collated(flow.origins)]
        raising += [Place(p.above[-1], p.above[:-1], p.settled) for p in collated]
        raising += [p for flow, p, _ in leaves if self.ledger.computed(flow.origins)]
        if any(isinstance(node, _DECIDING) for place in raising for node in (place.node, *place.above)):
            self.ledger.guard(whole)
        if not exposed:
            return
        exposed_ones = [place for place in raising if self.nested or not place.settled]
        self.joined(whole, bool(exposed_ones))
        strict = all(not place.settled and is_strict(place.node) for place in exposed_ones)
        self._lax = self._lax or bool(collated) or not strict
        under = {id(place.node) for place in raising}
        for flow, place, settled in leaves:
            if not settled and any(id(node) in under for node in (*place.above, place.node)):
                self.ledger.guard(flow.live)

    def joined(self, origins: frozenset[Origin], raises: bool) -> None:
        """Columns of a condition, which the engine may merge with any other condition of the statement."""
        self._exposed |= origins
        self._raises = self._raises or raises

    def settle(self) -> None:
        """At the end of the statement: where any of its conditions can raise, the columns of all of them decide."""
        if self._raises:
            self.ledger.guard(frozenset(self._exposed))
        if self.ledger.dialect.conversions.fences and (self._raises or self._lax):
            self.ledger.fence(self._lax)
