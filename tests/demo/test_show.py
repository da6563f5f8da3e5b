"""The demo's layout: within the width, side by side where there is room, and nothing of an answer lost."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from proxy.demo import show
from proxy.demo.story import QUESTIONS, Asked

ANSWER: dict[str, Any] = {
    "columns": [{"name": "id", "masked": False}, {"name": "email", "masked": True}],
    "rows": [[1, "***@example.com"], [2, None]],
    "row_count": 2,
    "withheld": [{"code": "row-filter", "about": "shop.sales.customers:own-region"}],
    "scan": {"findings": [{"entity": "PERSON", "cells": 2, "column": "email", "action": "flag"}]},
    "decision": {"id": "0190-answer"},
}
ERROR: dict[str, Any] = {
    "detail": "There is no such table.",
    "reasons": [{"code": "unknown-table", "about": "x"}],
    "decision_id": "0190-error",
}


def printed(shown: RenderableType, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(shown)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_everything_keeps_within_the_width(width: int) -> None:
    panels = [show.after(Asked("analyst"), ANSWER, None), show.after(Asked("hr", None), None, ERROR)]
    wide = [["x" * 200, "word " * 40]]
    for shown in (
        show.opening(Path("/tmp/demo"), built=True),
        show.question(1, QUESTIONS[0]),
        show.before(["a", "b"], wide),
        show.side_by_side(panels, width),
        show.audit(intact=True, records=3),
    ):
        assert max(len(line) for line in printed(shown, width).splitlines()) <= width


def test_two_answers_stand_beside_each_other_only_where_there_is_room() -> None:
    panels = [show.after(Asked("analyst"), ANSWER, None), show.after(Asked("hr", None), None, ERROR)]
    beside = next(line for line in printed(show.side_by_side(panels, 100)).splitlines() if "AFTER analyst" in line)
    below = next(line for line in printed(show.side_by_side(panels, 80), 80).splitlines() if "AFTER analyst" in line)
    assert "AFTER hr with their own tool" in beside
    assert "AFTER hr" not in below


def test_an_answer_shows_rows_what_is_withheld_the_scan_and_the_decision() -> None:
    text = printed(show.after(Asked("analyst"), ANSWER, None))
    for said in ("***@example.com", "NULL", "only some rows of sales.customers (own-region)", "PERSON", "0190-answer"):
        assert said in text


def test_a_refusal_shows_why_and_the_decision() -> None:
    text = printed(show.after(Asked("hr"), None, ERROR))
    for said in ("refused", "There is no such table.", "unknown-table: x", "0190-error", "through helpbot"):
        assert said in text


@pytest.mark.parametrize("width", [70, 100])
def test_numbers_are_never_cut(width: int) -> None:
    rows = [["Arjun Bernard", "arjun.bernard1@shop.example.com", "135900.00"]]
    answer = {**ANSWER, "columns": [{"name": n, "masked": False} for n in ("name", "email", "salary")], "rows": rows}
    panels = [show.after(Asked("hr"), answer, None), show.after(Asked("hr", None), answer, None)]
    assert printed(show.side_by_side(panels, width), width).count("135900.00") == 2


def test_an_empty_answer_says_so() -> None:
    assert "no rows" in printed(show.after(Asked("hr"), {**ANSWER, "rows": [], "scan": None}, None))


def test_a_log_that_was_changed_is_not_called_verified() -> None:
    assert "verified" in printed(show.audit(intact=True, records=3))
    assert "verified" not in printed(show.audit(intact=False, records=3))


@pytest.mark.parametrize(
    ("process", "told", "not_told"), [(4711, "kill -HUP 4711", "usher serve"), (None, "usher serve &", "4711")]
)
def test_next_steps_are_commands_that_fit_the_folder(process: int | None, told: str, not_told: str) -> None:
    console = Console(file=io.StringIO(), width=60)
    console.print(show.next_steps(Path("/tmp/demo"), "127.0.0.1:9", "127.0.0.1:8", process), soft_wrap=True)
    file = console.file
    assert isinstance(file, io.StringIO)
    text = file.getvalue()
    assert told in text
    assert not_told not in text
    assert "export USHER_CONFIG=/tmp/demo/usher.yaml\n" in text
    assert "curl -s http://127.0.0.1:9/v1/query" in text
    assert "usher explain --as support" in text
    assert "psql -h 127.0.0.1 -p 8 -U token shop\n" in text


def test_next_steps_without_the_postgresql_door() -> None:
    assert "psql" not in printed(show.next_steps(Path("/tmp/demo"), "127.0.0.1:9", None, 4711))
