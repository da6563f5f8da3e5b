"""EXPLAIN POLICY as rows: what a statement reads, and what of it its caller may see.

Rule kept here: functions from a plan to rows, and nothing that the caller's own policy view does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from proxy.doors.pgwire import sources
from proxy.doors.pgwire.sources import Fixed
from proxy.gateway import Planned
from proxy.values import AllOf, Always, AnyOf, ColumnView, Condition, Never, Reason, RowFilter, TableView

COLUMNS = ("item", "name", "detail")
SCHEMA = sources.text_schema(COLUMNS)


def rows(planned: Planned) -> Fixed:
    """One row an item: decision, policy, table, filter, column, reason, and at last the SQL in outline."""
    return sources.texts(COLUMNS, list(_rows(planned)))


def _rows(planned: Planned) -> Iterator[tuple[str, str, str]]:
    plan = planned.plan
    yield "decision", planned.decision_id, "allowed"
    yield "policy", plan.decision.policy, plan.decision.commit or ""
    yield "warehouse", plan.warehouse, plan.query.kind
    for table, view in sorted({view.table: view for view in plan.decision.views}.items()):
        shown = {Always: "all", Never: "none"}.get(type(view.rows), "filtered")
        yield "table", str(table), f"rows: {shown}"
        for name in dict.fromkeys(_filters(view)):
            yield "filter", name, str(table)
    masked = {(v.table, c.column.name): _masked(c) for v in plan.decision.views for c in v.columns}
    for column in plan.columns:
        told = [column.usage, masked.get((column.table, column.column), "")]
        if column.tags:
            told.append("tags: " + ", ".join(column.tags))
        yield "column", f"{column.table}.{column.column}", "; ".join(part for part in told if part)
    for reason in plan.withheld:
        yield "withheld", reason.code.value, reason.about
    for line in (plan.outline or plan.query.redacted).splitlines() or [""]:
        yield "sql", "", line


def _filters(view: TableView) -> Iterator[str]:
    conditions: list[Condition] = [view.rows]
    while conditions:
        condition = conditions.pop(0)
        if isinstance(condition, RowFilter):
            yield condition.id
        elif isinstance(condition, AllOf | AnyOf):
            conditions.extend(condition.parts)


def _masked(view: ColumnView) -> str:
    masks = dict.fromkeys(cell.mask.kind for cell in view.cells if cell.mask is not None)
    if not masks:
        return ""
    always = all(cell.mask is not None for cell in view.cells)
    return f"{'masked' if always else 'masked in some rows'}: {', '.join(masks)}"


def told(reasons: tuple[Reason, ...]) -> str:
    """Reasons in one line, each once: `masked (shop.main.customers.email)`."""
    return ", ".join(dict.fromkeys(f"{r.code.value} ({r.about})" if r.about else r.code.value for r in reasons))
