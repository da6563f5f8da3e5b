"""What a difference between the two sides is: a finding, or one of the few things that the threat model names.

Rule kept here: a difference is a finding unless it is recognised, and each way to be recognised is asked for narrowly:
by running something, never by what a statement looks like alone.

- *plan choice*: one side fails (or both do, each in its own way) with an SQLSTATE in which the same statement also ends
  over a copy that holds only what the caller sees, in one order of computing at least. The rows that raise are the
  caller's own; that an engine's plans follow the sizes and statistics of tables is a stated limit.
- *undetermined*: both sides answer, in other rows, and the same statement without what leaves its answer open (LIMIT
  without a whole order, the order in an aggregate's list, ranks among equals) is answered alike. Where only LIMIT or
  OFFSET behind everything leaves rows out, both answers must be so many rows of the whole one.
- *time*: a side was stopped for its time or its rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from proxy.errors import GatewayError
from tests.oracle.fuzz.pairs import VARIANTS, Pair, Planner, Told, given

STOPPED = ("timeout", "too-large")


class Verdict(StrEnum):
    """What came of one statement on both sides."""

    SAME = "same"
    STOPPED = "stopped for its time or rows"
    PLAN_CHOICE = "raised by the caller's own rows, by choice of plan"
    UNDETERMINED = "answer left open by the statement"
    FINDING = "finding"


class Judge:
    """Judges differences over one pair."""

    def __init__(self, pair: Pair, planner: Planner, dialect: str) -> None:
        self._pair = pair
        self._planner = planner
        self._dialect = dialect

    def verdict(self, sql: str, one: Told, two: Told, given: Mapping[str, Any] = MappingProxyType({})) -> Verdict:
        """What this difference is."""
        if any(told.error is not None and told.error[0] in STOPPED for told in (one, two)):
            return Verdict.STOPPED
        if one.same(two):
            return Verdict.SAME
        if one.table is not None and two.table is not None:
            return Verdict.UNDETERMINED if self._is_open(sql, one, two) else Verdict.FINDING
        states = {str(told.error[-1]) for told in (one, two) if told.error is not None}
        return Verdict.PLAN_CHOICE if states <= self._pair.raised(sql, given) else Verdict.FINDING

    def differs(self, sql: str) -> bool:
        """Whether a statement is a finding."""
        return self.case(sql) is not None

    def case(self, sql: str) -> tuple[Told, Told] | None:
        """What two sides say to a statement that is a finding; None for one that is none."""
        try:
            plan = self._planner.plan(sql)
        except GatewayError:
            return None
        for variant in range(VARIANTS if plan.query.parameters else 1):
            first, *others = self._pair.told(plan, variant)
            for other in others:
                if self.verdict(sql, first, other, given(plan, variant)) is Verdict.FINDING:
                    return first, other
        return None

    def _is_open(self, sql: str, one: Told, two: Told) -> bool:
        assert one.table is not None
        assert two.table is not None
        if one.table.schema != two.table.schema:
            return False
        rows = whole(sql, self._dialect)
        if rows is not None and (told := self._alike(rows)) is not None:
            return not is_cut_at_the_end(sql, self._dialect) or _are_parts(one, two, told)
        closed = determined(sql, self._dialect)
        return closed is not None and self._alike(closed) is not None

    def _alike(self, sql: str) -> Told | None:
        """What every side answers to a statement; None where they do not answer alike."""
        try:
            first, *others = self._pair.told(self._planner.plan(sql))
        except GatewayError:
            return None
        return first if first.table is not None and all(first.same(other) for other in others) else None


def _are_parts(one: Told, two: Told, rows: Told) -> bool:
    """Whether two answers are so many of these rows, each as often as there."""
    parts = [one.rows(), two.rows()]
    return len({part.total() for part in parts}) == 1 and all(part <= rows.rows() for part in parts)


ORDERED = (
    r"first|last|any_value|arbitrary|array_agg|list|string_agg|group_concat|listagg|jsonb?_agg|json_group_array|"
    r"jsonb?_object_agg|arg_?max|arg_?min|max_by|min_by|mode|histogram|row_number|ntile|lag|lead|first_value|"
    r"last_value|nth_value|approx_quantile|reservoir_quantile|approx_top_k|random|now"
)
"""Functions whose value depends on an order that the statement need not give."""
_ORDERED_NODES = (
    exp.First,
    exp.Last,
    exp.AnyValue,
    exp.ArrayAgg,
    exp.GroupConcat,
    exp.ArgMax,
    exp.ArgMin,
    exp.Mode,
    exp.RowNumber,
    exp.Lag,
    exp.Lead,
    exp.FirstValue,
    exp.LastValue,
    exp.NthValue,
    exp.Ntile,
    exp.ApproxQuantile,
)


def whole(sql: str, dialect: str) -> str | None:
    """The same statement with all of its rows: without LIMIT, OFFSET and the like; None where it has none."""
    return _changed(sql, dialect, _without_limits)


def is_cut_at_the_end(sql: str, dialect: str) -> bool:
    """Whether all that a statement leaves out are rows of its own answer: a LIMIT or OFFSET behind everything else."""
    tree = sqlglot.parse_one(sql, read=dialect)
    for key in ("limit", "offset"):
        tree.set(key, None)
    return whole(tree.sql(dialect), dialect) is None


def _without_limits(tree: exp.Expression) -> None:
    for node in list(tree.find_all(exp.Select, exp.SetOperation, exp.Subquery)):
        for key in ("limit", "offset", "sample"):
            node.set(key, None)
        if isinstance(node.args.get("distinct"), exp.Distinct) and node.args["distinct"].args.get("on") is not None:
            node.set("distinct", None)


def determined(sql: str, dialect: str) -> str | None:
    """The same statement without what leaves its answer open; None where nothing does."""
    return _changed(sql, dialect, _without_choices)


def _changed(sql: str, dialect: str, change: Callable[[exp.Expression], None]) -> str | None:
    """A statement after a change; None where it cannot be read, or nothing changes."""
    try:
        tree = sqlglot.parse_one(sql, read=dialect)
    except SqlglotError:
        return None
    before = tree.sql(dialect)
    change(tree)
    after = tree.sql(dialect)
    return None if after == before else after


def _without_choices(tree: exp.Expression) -> None:
    _without_limits(tree)
    for window in list(tree.find_all(exp.Window)):
        window.set("order", None)
        window.set("spec", None)
        if isinstance(window.this, exp.RowNumber | exp.Ntile | exp.Rank | exp.DenseRank | exp.Lag | exp.Lead):
            window.set("this", exp.Count(this=exp.Star()))
    for call in list(tree.find_all(exp.Func)):
        name = str(call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower()
        if (isinstance(call, _ORDERED_NODES) or re.fullmatch(ORDERED, name)) and call.parent is not None:
            inner = next(iter(call.iter_expressions()), None)
            inner = inner.this if isinstance(inner, exp.Order | exp.Distinct) else inner
            call.replace(exp.Count(this=inner.copy() if isinstance(inner, exp.Expression) else exp.Star()))
