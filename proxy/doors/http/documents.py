"""What the door says of a plan, an answer, a catalog and a record, as JSON.

Rule kept here: functions from values to JSON, and nothing that the caller's own policy view does not hold: hidden
columns are not even counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from proxy.doors.http.cells import type_name
from proxy.doors.http.problems import reasons_json
from proxy.gateway import Answer, Planned
from proxy.life import Tally
from proxy.values import (
    AllOf,
    Always,
    AnyOf,
    ColumnView,
    Condition,
    Decision,
    Json,
    Never,
    Plan,
    Record,
    RowFilter,
    ScanReport,
    TableView,
)


def columns_json(answer: Answer) -> list[Json]:
    """The result's columns. `masked` is null where it is not known what a column is computed from."""
    known = answer.plan.results
    masked: Sequence[bool | None] = [None] * len(answer.schema)
    if known is not None and len(known) == len(answer.schema):
        masked = [column.masked for column in known]
    return [
        {"name": field.name, "type": type_name(field.type), "masked": hidden}
        for field, hidden in zip(answer.schema, masked, strict=True)
    ]


def opening_json(answer: Answer) -> dict[str, Json]:
    """What is known before the first row."""
    return {
        "columns": columns_json(answer),
        "decision": decision_json(answer.decision_id, answer.plan),
        "withheld": reasons_json(answer.plan.withheld),
    }


def ending_json(tally: Tally) -> dict[str, Json]:
    """What is known after the last row."""
    return {"row_count": tally.rows, "truncated": tally.truncated, "scan": _scan_json(tally.report)}


def decision_json(decision_id: str, plan: Plan) -> dict[str, Json]:
    """Under which policy, and as whom, a statement was decided."""
    decision: Decision = plan.decision
    return {
        "id": decision_id,
        "policy": decision.policy,
        "commit": decision.commit,
        "subjects": list(decision.subjects),
        "reasons": reasons_json(decision.reasons),
    }


def plan_json(planned: Planned) -> dict[str, Json]:
    """A decision in full: what is read, what of it shows, and the SQL that would run as its caller may read it."""
    plan = planned.plan
    views = {view.table: view for view in plan.decision.views}
    columns: list[Json] = [
        {"table": str(c.table), "column": c.column, "usage": c.usage, "tags": list(c.tags), "mask": c.mask}
        for c in plan.columns
    ]
    return {
        "decision": decision_json(planned.decision_id, plan),
        "warehouse": plan.warehouse,
        "kind": plan.query.kind,
        "fingerprint": plan.query.fingerprint,
        "tables": [table_json(views[table]) for table in sorted(views)],
        "columns": columns,
        "parameters": list(plan.query.parameters),
        "withheld": reasons_json(plan.withheld),
        "sql": plan.outline,
    }


def catalog_json(warehouse: str, views: Sequence[TableView]) -> dict[str, Json]:
    """Every table the caller may read."""
    return {"warehouse": warehouse, "tables": [table_json(view) for view in views]}


def table_json(view: TableView) -> dict[str, Json]:
    """A table as its policy view shows it."""
    shown = {Always: "all", Never: "none"}.get(type(view.rows), "filtered")
    return {
        "name": str(view.table),
        "schema": view.table.schema,
        "table": view.table.name,
        "rows": shown,
        "filters": list(dict.fromkeys(_filters(view.rows))),
        "columns": [_column_json(column) for column in view.columns],
    }


def record_json(record: Record) -> dict[str, Json]:
    """An audit record as it is stored."""
    return {
        "event_id": record.event_id,
        "sequence": record.sequence,
        "time": record.time,
        "kind": record.kind,
        "body": dict(record.body),
        "previous": record.previous,
        "hash": record.hash,
    }


def _column_json(view: ColumnView) -> dict[str, Json]:
    masks = [cell.mask.kind for cell in view.cells if cell.mask is not None]
    clear = any(cell.mask is None for cell in view.cells)
    return {
        "name": view.column.name,
        "type": view.column.type,
        "kind": view.column.kind.value,
        "nullable": view.column.nullable,
        "tags": list(view.tags),
        "masked": "never" if not masks else "sometimes" if clear else "always",
        "masks": list(dict.fromkeys(masks)),
    }


def _filters(condition: Condition) -> Iterable[str]:
    if isinstance(condition, RowFilter):
        yield condition.id
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from _filters(part)


def _scan_json(report: ScanReport | None) -> Json:
    if report is None:
        return None
    findings: list[Json] = [
        {"column": f.column, "entity": f.entity, "cells": f.cells, "action": f.action, "score": round(f.score, 2)}
        for f in report.findings
    ]
    return {
        "mode": report.mode,
        "cells_read": report.cells_read,
        "cells_skipped": dict(report.cells_skipped),
        "names_unread": dict(report.names_unread),
        "findings": findings,
    }
