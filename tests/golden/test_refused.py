"""What is refused, with which class and reason, and with a text that says what to do instead.

A case's `-- bind:` line holds the error's code, its reason, and words its text must hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden.cases import Case, statements
from tests.oracle.test_generated import Oracle

CASES = statements(Path(__file__).parent / "refused")


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    made = Oracle(tmp_path_factory.mktemp("refused"))
    yield made
    made.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_refusal_has_its_reason_and_says_what_to_do(oracle: Oracle, case: Case) -> None:
    code, reason, words = case.bind
    error = oracle.harness.refusal(oracle.callers["analyst"], case.sql)
    assert (error.code, [r.code.value for r in error.reasons]) == (code, [reason])
    assert words in str(error)
