"""The scan is right on columns it was not made for: a small budget of `python -m tests.scan.accuracy`."""

from __future__ import annotations

import pytest

from proxy.scan.settings import Mode
from tests.scan.accuracy import DEVELOPMENT, HELD_OUT, KNOWN, Measured, Tally, measure, page

EXACT = frozenset({"CREDIT_CARD", "CRYPTO", "EMAIL_ADDRESS", "IBAN_CODE", "MAC_ADDRESS", "US_ITIN", "US_SSN"})
"""Entities with a checksum or a form of their own."""


@pytest.fixture(scope="module")
def measured() -> Measured:
    return measure(Mode.PATTERNS, rows=80, seed=7, columns=KNOWN)


def test_every_form_of_personal_data_is_found(measured: Measured) -> None:
    recalls = {name: tally.recall() or 0.0 for name, tally in measured.tallies.items()}
    assert recalls.keys() >= EXACT
    assert {name: share for name, share in recalls.items() if share < 0.99} == {}


def test_what_is_found_is_right(measured: Measured) -> None:
    precisions = {name: tally.precision() or 0.0 for name, tally in measured.tallies.items()}
    assert {name: precisions[name] for name in EXACT if precisions[name] < 1} == {}
    assert precisions["PHONE_NUMBER"] > 0.95


def test_few_harmless_columns_are_flagged(measured: Measured) -> None:
    assert len(measured.harmless) >= 50
    flagged = measured.flagged()
    assert len(flagged) <= 1, flagged
    assert all(share < 0.2 for _, share, _ in flagged), flagged


def test_the_columns_for_development_are_right_too_and_none_of_those_held_out() -> None:
    made = measure(Mode.PATTERNS, rows=80, seed=7, columns=DEVELOPMENT)
    assert {name: share for name, _, share in made.personal if share < 1} == {}
    assert made.tallies["PHONE_NUMBER"].missed == 0
    assert len(made.flagged()) <= 2, made.flagged()
    for ours, theirs in zip(DEVELOPMENT, HELD_OUT, strict=True):
        assert len(ours) > 3
        assert len(theirs) > 3
        assert not {one.name for one in ours} & {one.name for one in theirs}


def test_the_page_says_what_was_measured() -> None:
    made = Measured(Mode.PATTERNS, {"CRYPTO": Tally(3, 1, 1)}, [("wallet", "CRYPTO", 0.75)], [("id", 0.5, "CRYPTO")])
    text = page([made], {"US": made}, 4, 1)
    assert "| US | 1 of 92 |" in text
    assert "| CRYPTO | 4 | 75.0% | 75.0% |" in text
    assert "| known | 1 of 1 (100.0%) | 50.00% | `id` (50.0% of its cells, CRYPTO) |" in text


def test_a_cell_is_counted_once_for_each_entity() -> None:
    made = Measured(Mode.PATTERNS)
    made.count(frozenset({"CRYPTO", "US_SSN"}), frozenset({"CRYPTO", "PHONE_NUMBER"}))
    assert made.tallies == {"CRYPTO": Tally(right=1), "US_SSN": Tally(missed=1), "PHONE_NUMBER": Tally(wrong=1)}
