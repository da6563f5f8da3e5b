"""The measurement of answers that are published elsewhere: done here on a small database of the same form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden.support.measure import measure
from tests.golden.support.outside import FIGURES, corpus
from tests.golden.test_support import SHARE

TABLES = [
    {
        "db_id": "museum",
        "table_names_original": ["Museum", "visit"],
        "column_names_original": [[-1, "*"], [0, "Museum_ID"], [0, "Name"], [1, "Museum_ID"], [1, "Tickets"]],
        "column_types": ["text", "number", "text", "text", "number"],
        "primary_keys": [1],
    }
]
ANSWERS = [
    "SELECT Name FROM museum WHERE Museum_ID NOT IN (SELECT Museum_ID FROM visit)",
    "SELECT Name FROM museum WHERE Museum_ID NOT IN (SELECT Museum_ID FROM visit)",
    "SELECT T1.Museum_ID, T1.Name, sum(T2.Tickets) FROM museum AS T1 JOIN visit AS T2 ON T1.Museum_ID = T2.Museum_ID "
    "GROUP BY T1.Museum_ID ORDER BY count(*) DESC LIMIT 1",
    'SELECT Name FROM museum WHERE Name = "Plaza"',
]
TAKEN = {"duckdb": [ANSWERS[0]], "postgres": [ANSWERS[0], ANSWERS[2]]}


@pytest.mark.parametrize("engine", TAKEN)
def test_what_an_engine_takes_is_measured(engine: str, tmp_path: Path) -> None:
    found = corpus(ANSWERS, [{"db_id": "museum"}] * len(ANSWERS), TABLES, engine)
    assert [s.sql for s in found.statements] == TAKEN[engine]
    assert measure(tmp_path, found) == []


def test_the_figures_are_of_enough_statements_and_few_are_refused() -> None:
    for figures in json.loads(FIGURES.read_text(encoding="utf-8")):
        assert figures["accepted"] >= 300
        assert 1 - figures["refused"] / figures["accepted"] >= SHARE
