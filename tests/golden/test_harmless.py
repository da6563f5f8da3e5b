"""What chatbots and BI tools write: none of it is refused, and each answer is that of a copy made by hand.

A restricted analyst asks: rows of one region, masked columns, a hidden column. Each file of `harmless/` is one theme.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden.cases import Case, statements
from tests.oracle.harness import Rows, as_rows
from tests.oracle.test_generated import Oracle, same

CASES = statements(Path(__file__).parent / "harmless")


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    made = Oracle(tmp_path_factory.mktemp("harmless"))
    yield made
    made.close()


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_harmless_statement_answers_as_the_copy_does(oracle: Oracle, case: Case) -> None:
    parameters = case.bind if isinstance(case.bind, dict) else list(case.bind)
    bound = {"params": parameters} if parameters else {}
    expected: Rows = as_rows(oracle.copies["analyst"].sql(case.sql, **bound).to_arrow_table())
    actual = oracle.harness.ask(oracle.callers["analyst"], case.sql, parameters or ())
    assert same(actual, expected), f"{case.sql}\n{actual}\n{expected}"
