"""Classes of nodes: what `issubclass` says, remembered."""

from __future__ import annotations

import pytest
from sqlglot import exp

from proxy.query.classes import Among

WANTED = (exp.Query, exp.Func)


@pytest.mark.parametrize("kind", [exp.Select, exp.Union, exp.Sum, exp.Anonymous, exp.Column, exp.Where, exp.Func])
def test_the_answer_is_that_of_issubclass_however_often_it_is_asked(kind: type[exp.Expr]) -> None:
    among = Among(*WANTED)
    for _ in range(2):
        assert among[kind] is issubclass(kind, WANTED)


def test_what_was_asked_is_remembered() -> None:
    among = Among(*WANTED)
    assert exp.Select not in among
    assert among[exp.Select]
    assert exp.Select in among
