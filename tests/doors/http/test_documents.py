"""What the door says of policy views: no more than they hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.doors.http.documents import ending_json, plan_json, record_json, table_json
from proxy.doors.http.models import PlanModel, RecordModel, ScanModel, TableModel
from proxy.gateway import Request
from proxy.life import Tally
from proxy.values import (
    AllOf,
    Always,
    AnyOf,
    Cell,
    Column,
    ColumnView,
    Condition,
    Finding,
    Mask,
    Never,
    Record,
    RowFilter,
    ScanReport,
    TableId,
    TableView,
    TypeKind,
)
from tests.fakes import ANA, CONTEXT, SQL, Fakes

TABLE = TableId("shop", "main", "t")
A = RowFilter("a", TABLE, "x = 1", frozenset(), None)
B = RowFilter("b", TABLE, "y = 'secret-4711'", frozenset(), None)
COLUMN = Column("c", "VARCHAR", TypeKind.TEXT)


@pytest.mark.parametrize(
    ("rows", "shown", "filters"),
    [
        (Always(), "all", []),
        (Never(), "none", []),
        (A, "filtered", ["a"]),
        (AllOf((A, AnyOf((B, A)))), "filtered", ["a", "b"]),
        (AnyOf((Never(), B)), "filtered", ["b"]),
    ],
)
def test_rows_are_told_by_the_names_of_their_filters(rows: Condition, shown: str, filters: list[str]) -> None:
    told = table_json(TableView(TABLE, (), rows, hidden=7))
    assert TableModel.model_validate(told, strict=True).rows == shown
    assert told["filters"] == filters
    assert "7" not in repr(told)
    assert "secret-4711" not in repr(told)


@pytest.mark.parametrize(
    ("cells", "masked", "masks"),
    [
        ((Cell(Always(), None),), "never", []),
        ((Cell(Always(), Mask("redact")),), "always", ["redact"]),
        ((Cell(A, None), Cell(Always(), Mask("hash"))), "sometimes", ["hash"]),
        ((Cell(A, Mask("hash")), Cell(B, Mask("redact")), Cell(Always(), Mask("hash"))), "always", ["hash", "redact"]),
        ((), "never", []),
    ],
)
def test_columns_are_told_by_the_names_of_their_masks(cells: tuple[Cell, ...], masked: str, masks: list[str]) -> None:
    [column] = table_json(TableView(TABLE, (ColumnView(COLUMN, cells),), Always()))["columns"]
    assert (column["masked"], column["masks"]) == (masked, masks)


def test_options_of_masks_are_not_told() -> None:
    mask = Mask("constant", (("value", "secret-4711"),))
    assert "4711" not in repr(table_json(TableView(TABLE, (ColumnView(COLUMN, (Cell(Always(), mask),)),), Always())))


async def test_a_table_named_twice_is_told_once() -> None:
    fakes = Fakes()
    planned = await fakes.gateway.plan(ANA, Request(SQL), CONTEXT)
    view = planned.plan.decision.views[0]
    decision = replace(planned.plan.decision, views=(view, view))
    told = plan_json(replace(planned, plan=replace(planned.plan, decision=decision)))
    assert len(PlanModel.model_validate(told, strict=True).tables) == 1


def test_scan_is_told_without_values() -> None:
    report = ScanReport("full", 3, {"null": 1}, (Finding("c", "PERSON", 2, "redact", 0.84999),))
    told = ending_json(Tally(3, 1, True, report))
    assert (told["row_count"], told["truncated"]) == (3, True)
    assert ScanModel.model_validate(told["scan"], strict=True).findings[0].score == 0.85
    assert ending_json(Tally())["scan"] is None


def test_record_is_told_as_it_is_stored() -> None:
    record = Record("e1", 1, "2026-01-02T03:04:05Z", "start", {"pid": 1}, "p", "h")
    assert RecordModel.model_validate(record_json(record), strict=True).body == {"pid": 1}
