"""The rewriter: splice, referee, proof, and the plan that explains it.

Rule kept here: a plan leaves only when the engine's own parser and an independent reading have both agreed with it. It
holds no caller's values.
"""

from __future__ import annotations

from collections.abc import Mapping

from proxy import kinds
from proxy.dialect import Dialect
from proxy.rewrite.proof import Held, prove
from proxy.rewrite.splice import splice
from proxy.rewrite.templates import Templates
from proxy.values import (
    Cell,
    ColumnView,
    Decision,
    Output,
    Plan,
    PlanColumn,
    Query,
    ResultColumn,
    TableView,
)


class Rewriter:
    """The gateway's port to rewriting; `dialects` by name of warehouse."""

    def __init__(self, dialects: Mapping[str, Dialect]) -> None:
        self._dialects = dialects
        self._templates = Templates()
        self._held = Held()

    def rewrite(self, query: Query, decision: Decision) -> Plan:
        """The SQL that may run. Raises `Ungovernable` where it cannot be proven."""
        dialect = self._dialects[query.warehouse]
        spliced = splice(query, decision, dialect, self._templates)
        renames = dialect.referee(query.sql, spliced.sql, spliced.folding)
        prove(spliced.sql, query, decision, dialect, self._held)
        return Plan(
            warehouse=query.warehouse,
            sql=spliced.sql,
            slots=spliced.slots,
            query=query,
            decision=decision,
            columns=_columns(query, decision),
            results=_results(query, decision),
            renames=renames,
            withheld=decision.reasons,
            outline=spliced.outline,
        )


def _columns(query: Query, decision: Decision) -> tuple[PlanColumn, ...]:
    """Every readable column that the statement touches, and whether it is returned or only used."""
    returned = {origin for output in query.outputs or () for origin in output.sources}
    everything = query.outputs is None
    found: dict[PlanColumn, None] = {}
    for index, (reference, view) in enumerate(zip(query.references, decision.views, strict=True)):
        for column in view.columns:
            name = column.column.name
            if name in reference.columns:
                usage = "returned" if everything or (index, name) in returned else "used"
                found[PlanColumn(view.table, name, usage, column.tags, _mask_name(column))] = None
    return tuple(found)


def _mask_name(column: ColumnView) -> str | None:
    """The mask that a column may show, the most restrictive first named where rows differ."""
    masks = [cell.mask.kind for cell in column.cells if cell.mask is not None]
    return masks[-1] if masks else None


def _results(query: Query, decision: Decision) -> tuple[ResultColumn, ...] | None:
    if query.outputs is None:
        return None
    results: list[ResultColumn] = []
    for output in query.outputs:
        if output.star is not None:
            results += [_result((column,), plain=True) for column in decision.views[output.star].columns]
        else:
            results.append(_result(_sources(output, decision.views), output.plain))
    return tuple(results)


def _sources(output: Output, views: tuple[TableView, ...]) -> tuple[ColumnView, ...]:
    wanted = set(output.sources)
    return tuple(c for i, view in enumerate(views) for c in view.columns if (i, c.column.name) in wanted)


def _result(sources: tuple[ColumnView, ...], plain: bool) -> ResultColumn:
    tags = tuple(dict.fromkeys(tag for column in sources for tag in column.tags))
    clear = tuple(t for t in tags if all(t in c.clear_tags for c in sources if t in c.tags))
    masked = plain and bool(sources) and all(_is_masked(column.cells) for column in sources)
    leaves = any(_leaves_text(cell) for column in sources for cell in column.cells)
    return ResultColumn(masked, tags, clear, leaves)


def _leaves_text(cell: Cell) -> bool:
    return cell.mask is not None and bool(getattr(kinds.load("masks", cell.mask.kind), "LEAVES_TEXT", False))


def _is_masked(cells: tuple[Cell, ...]) -> bool:
    return bool(cells) and all(cell.mask is not None for cell in cells)
