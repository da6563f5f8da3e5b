"""Recognizers run without Presidio's wrapping find what they find with it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult

from proxy.scan.presidio.direct import Span, finder, without_duplicates
from proxy.scan.presidio.engine import analyzer_engine, no_model
from proxy.scan.settings import PHONE_REGIONS
from tests.scan.identity import fuzzed

RECOGNIZERS = analyzer_engine(no_model(), PHONE_REGIONS).registry.recognizers
CELLS = [fuzzed(random.Random(seed)) for seed in range(3_000)]


def spans(results: list[RecognizerResult]) -> set[Span]:
    return {(r.start, r.end, r.entity_type, float(r.score)) for r in results}


@pytest.mark.parametrize("recognizer", RECOGNIZERS, ids=lambda r: r.name)
def test_what_a_recognizer_finds(recognizer: EntityRecognizer) -> None:
    find = finder(recognizer)
    cells = CELLS[:200] if recognizer.name == "PhoneRecognizer" else CELLS
    for cell in cells:
        assert set(find(cell)) == spans(recognizer.analyze(cell, recognizer.supported_entities, None)), cell


def test_patterns_of_a_new_recognizer_are_run_with_its_own_flags() -> None:
    recognizer = PatternRecognizer("BADGE", patterns=[Pattern("b", r"\bB-\d{3}\b", 0.7)], global_regex_flags=0)
    find = finder(recognizer)
    assert find("x B-123 b-456") == [(2, 7, "BADGE", 0.7)]


SPANS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 6), st.sampled_from("AB"), st.sampled_from([0.1, 0.5, 1.0])).map(
        lambda t: (t[0], t[0] + t[1], t[2], t[3])
    ),
    max_size=8,
)


@given(SPANS)
def test_duplicates_are_those_of_presidio(some: list[Span]) -> None:
    results = [RecognizerResult(entity, start, end, score) for start, end, entity, score in some]
    assert set(without_duplicates(some)) == spans(EntityRecognizer.remove_duplicates(results))
