"""What stands in the records: the bodies of a query's decision, refusal and outcome.

Rule kept here: no value and no token. SQL stands without its literals, names that a user could have spelt at will only
where they are known or plain, errors as code and reasons and never as text. Labels that nobody signed stand apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from proxy.audit import redaction
from proxy.errors import GatewayError
from proxy.values import (
    AllOf,
    AnyOf,
    Caller,
    Condition,
    Context,
    Json,
    Outcome,
    Plan,
    Reason,
    ReasonCode,
    RowFilter,
    ScanReport,
    TableView,
)

# Reasons that are about a name the user wrote, and not about one of catalog, policy or settings.
_WRITTEN = frozenset(
    {
        ReasonCode.SYNTAX,
        ReasonCode.STATEMENT_KIND,
        ReasonCode.CONSTRUCT,
        ReasonCode.FUNCTION,
        ReasonCode.UNKNOWN_TABLE,
        ReasonCode.UNKNOWN_COLUMN,
        ReasonCode.UNKNOWN_WAREHOUSE,
        ReasonCode.AMBIGUOUS_NAME,
        ReasonCode.PARAMETERS,
        ReasonCode.NOT_PROVEN,
        ReasonCode.ENGINE_ERROR,
        ReasonCode.DIVISION_BY_ZERO,
        ReasonCode.CONVERSION,
        ReasonCode.OUT_OF_RANGE,
        ReasonCode.PII_FOUND,
    }
)


# ------------------------------------------------------------------------------------------------------------ bodies
def of_plan(plan: Plan) -> dict[str, Json]:
    """What a plan adds to its decision or refusal; the same for everybody who shares the plan."""
    query, decided = plan.query, plan.decision
    return {
        "catalog": query.catalog_version,
        "columns": [
            {
                "mask": column.mask,
                "name": f"{column.table}.{column.column}",
                "tags": list(column.tags),
                "usage": column.usage,
            }
            for column in plan.columns
        ],
        "objects": _objects(decided.views),
        "policy": {"commit": decided.commit, "fingerprint": decided.policy, "view": decided.view},
        "reasons": _reasons(decided.reasons),
        "roles": list(decided.subjects),
        "statement": {
            "fingerprint": query.fingerprint,
            "kind": query.kind,
            "parameters": len(query.parameters),
            "rewritten": redaction.without_literals(plan.sql, _names(plan)),
            "sql": _short(query.redacted),
        },
        "withheld": _reasons(plan.withheld),
    }


def _short(text: str) -> str | None:
    return text if len(text) <= redaction.LONGEST_SQL else None


def decision(
    decision_id: str, caller: Caller, context: Context, warehouse: str, planned: Mapping[str, Json]
) -> dict[str, Json]:
    """An allowed query, before the warehouse is asked; `planned` is what `of_plan` says of its plan."""
    return {**_who(decision_id, caller, context, warehouse), **planned, "decision": "allowed"}


def refused(
    decision_id: str,
    caller: Caller,
    context: Context,
    warehouse: str,
    planned: Mapping[str, Json],
    error: BaseException,
) -> dict[str, Json]:
    """A query that ended before anything ran; `planned` is empty where it came to no plan."""
    who = _who(decision_id, caller, context, warehouse)
    text = error.statement if isinstance(error, GatewayError) and not planned else None
    statement: dict[str, Json] = {} if text is None else {"statement": {"sql": _short(text)}}
    return {**who, **statement, **planned, "decision": "refused", "error": _error(error)}


def outcome(
    decision_id: str,
    caller: Caller,
    how: Outcome,
    rows: int,
    size: int,
    report: ScanReport | None,
    error: BaseException | None,
    duration_ms: float,
    plan: Plan | None,
) -> dict[str, Json]:
    """How an allowed query ended. `size` in bytes of Arrow memory; times in milliseconds since the query came."""
    return {
        "actor": {"issuer": caller.issuer, "subject": caller.subject},
        "bytes": int(size),
        "decision_id": decision_id,
        "duration_ms": round(duration_ms, 3),
        "error": None if error is None else _error(error),
        "outcome": how.value,
        "recovered": False,
        "rows": int(rows),
        "scan": None if report is None else _scan(report, plan),
    }


def abandoned(decision_id: str, recovered: bool) -> dict[str, Json]:
    """The outcome of a decision that never got its own: `recovered` where an earlier process left it so, else the
    gateway stopped. How many rows had left is not known."""
    return {
        "bytes": None,
        "decision_id": decision_id,
        "error": None,
        "outcome": Outcome.ABANDONED.value,
        "recovered": recovered,
        "rows": None,
        "scan": None,
    }


# ------------------------------------------------------------------------------------------------------------- parts
def _who(decision_id: str, caller: Caller, context: Context, warehouse: str) -> dict[str, Json]:
    labels = sorted(context.labels.items())[: redaction.MOST_LABELS]
    return {
        "actor": {
            "act": [{"issuer": link.issuer, "subject": link.subject} for link in caller.act],
            "app": caller.app,
            "groups": [*sorted(caller.groups)],
            "issuer": caller.issuer,
            "subject": caller.subject,
            "token": {"expires_at": caller.expires_at, "hash": caller.token_hash, "issued_at": caller.issued_at},
        },
        "client": {
            "address": _label(context.address),
            "door": context.door,
            "session": _label(context.session),
            "trace": _label(context.trace),
            "unverified": {redaction.label(k): redaction.label(v) for k, v in labels},
        },
        "decision_id": decision_id,
        "warehouse": warehouse,
    }


def _label(text: str | None) -> str | None:
    return None if text is None else redaction.label(text)


def _objects(views: Sequence[TableView]) -> list[Json]:
    """Each table once, with the filters in force on it and the roles that opened it."""
    seen: dict[str, Json] = {}
    for view in views:
        seen[str(view.table)] = {
            "filters": [*sorted({row_filter.id for row_filter in _filters(view)})],
            "hidden_columns": view.hidden,
            "roles": list(view.roles),
            "table": str(view.table),
        }
    return list(seen.values())


def _filters(view: TableView) -> Iterator[RowFilter]:
    """Every row filter of a view, those that decide about cells included."""
    conditions: list[Condition] = [view.rows, *(cell.when for column in view.columns for cell in column.cells)]
    while conditions:
        condition = conditions.pop()
        if isinstance(condition, RowFilter):
            yield condition
        elif isinstance(condition, AllOf | AnyOf):
            conditions.extend(condition.parts)


def _names(plan: Plan) -> frozenset[str]:
    """Every name that catalog, policy or gateway gave, and that may therefore stand in the rewritten text."""
    names: set[str] = {plan.warehouse}
    for view in plan.decision.views:
        names |= {view.table.warehouse, view.table.schema, view.table.name}
        names |= {column.column.name for column in view.columns}
        names |= {name for row_filter in _filters(view) for name in row_filter.names}
    names |= {column.column for column in plan.columns}
    names |= set(plan.query.cte_names.values())
    return frozenset(names)


def _reasons(reasons: Sequence[Reason]) -> list[Json]:
    return [{"about": _about(reason), "code": reason.code.value} for reason in reasons]


def _about(reason: Reason) -> str:
    if not reason.about:
        return ""
    return redaction.plain_name(reason.about) if reason.code in _WRITTEN else redaction.label(reason.about)


def _error(error: BaseException) -> Json:
    """Code and reasons of an error; what is no `GatewayError` is named by its class alone."""
    if isinstance(error, GatewayError):
        return {"code": error.code, "reasons": _reasons(error.reasons), "sqlstate": error.sqlstate}
    code = "internal" if isinstance(error, Exception) else "hang-up"
    return {"class": type(error).__name__, "code": code, "reasons": [], "sqlstate": None}


def _scan(report: ScanReport, plan: Plan | None) -> Json:
    names = _names(plan) if plan is not None else frozenset[str]()
    return {
        "cells_read": int(report.cells_read),
        "cells_skipped": {why: int(count) for why, count in report.cells_skipped.items()},
        "names_unread": {why: int(count) for why, count in report.names_unread.items()},
        "findings": [
            {
                "action": finding.action,
                "cells": int(finding.cells),
                "column": redaction.name(finding.column, names),
                "entity": finding.entity,
                "score": round(float(finding.score), 4),
            }
            for finding in report.findings
        ],
        "mode": report.mode,
    }
