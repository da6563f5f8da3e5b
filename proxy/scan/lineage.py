"""Which base columns each result column comes from, for the columns that pii.yaml leaves out.

Rule kept here: where the plan does not say it beyond doubt, the result column comes from nowhere, and is scanned.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from proxy.values import Plan, TableId

Source = tuple[TableId, str]


def sources(plan: Plan, schema: pa.Schema) -> tuple[tuple[Source, ...], ...]:
    """For each result column the base columns it is made of; empty where that is not known."""
    unknown: tuple[tuple[Source, ...], ...] = ((),) * len(schema)
    if plan.query.outputs is None:
        return unknown
    found: list[tuple[Source, ...]] = []
    for output in plan.query.outputs:
        if output.star is None:
            found.append(tuple((plan.query.references[i].table, column) for i, column in output.sources))
        elif output.star < len(plan.decision.views):
            view = plan.decision.views[output.star]
            names = [c.column.name for c in view.columns]
            if schema.names[len(found) : len(found) + len(names)] != names:
                return unknown
            found += [((view.table, name),) for name in names]
        else:
            return unknown
    return tuple(found) if len(found) == len(schema) else unknown


def unexplained(plan: Plan, schema: pa.Schema) -> tuple[int, ...]:
    """The places of result columns whose names stand neither in the user's own text nor in the catalog: they were
    made from data (pivoted headers)."""
    text = plan.query.sql.casefold()
    known = {c.column.name.casefold() for view in plan.decision.views for c in view.columns}
    return tuple(i for i, name in enumerate(schema.names) if name.casefold() not in known and not _is_in(name, text))


def _is_in(name: str, text: str) -> bool:
    folded: Sequence[str] = name.casefold().split()
    return all(part in text for part in folded)
