"""The questions of the demo: each works on the raw warehouse, and is asked by people that there are."""

from __future__ import annotations

import pytest

from proxy.demo import warehouse
from proxy.demo.people import BOT, PEOPLE
from proxy.demo.story import QUESTIONS, Question
from tests import demo_folder


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.words)
def test_each_question_has_rows_to_show_and_askers(question: Question) -> None:
    names, rows = warehouse.raw(demo_folder.built() / "shop.duckdb", question.sql)
    assert 3 <= len(rows) <= 4
    assert len(names) == len(set(names))
    assert question.asked
    assert all(a.person in PEOPLE and a.app in (BOT, None) for a in question.asked)


def test_somebody_asks_with_and_without_the_bot() -> None:
    asked = {(a.person, a.app) for q in QUESTIONS for a in q.asked}
    assert {("hr", BOT), ("hr", None)} <= asked
