"""Gates keep no text from a recognizer that would find something in it."""

from __future__ import annotations

import random

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.scan.entities import ENTITIES
from proxy.scan.matching import ONE_BY_ONE
from proxy.scan.presidio.analyzer import Analyzer
from proxy.scan.presidio.gates import PhoneGate
from proxy.scan.settings import PHONE_REGIONS, Mode
from tests.scan.identity import fuzzed

NASTY = st.text(
    alphabet=st.sampled_from("0123456789٠٣９０15 -.+＋@:/()xXabfF_éſKİ\n\tgDE"), min_size=1, max_size=60
) | st.from_regex(r"[-+(]?(\d{3}[-. ]?){2,6}\d{1,4}", fullmatch=True)


@pytest.fixture(scope="module")
def patterns() -> Analyzer:
    return Analyzer(Mode.PATTERNS, PHONE_REGIONS)


def test_every_pattern_of_presidio_has_a_gate(patterns: Analyzer) -> None:
    without = [r.recognizer.name for r in patterns._recognizers if r._gate._conditions(0.0)[0] is None]
    assert without == ["PhoneRecognizer"], "it has a gate of its own"


@given(texts=st.lists(NASTY, min_size=1, max_size=8))
@settings(max_examples=150)
def test_gates_keep_no_text_from_a_recognizer_that_would_find_something(patterns: Analyzer, texts: list[str]) -> None:
    array = pa.array(texts, pa.large_string())
    for recognizer in patterns._recognizers:
        if recognizer.entity != "PHONE_NUMBER":
            finds = {place for place, text in enumerate(texts) if recognizer._find(text)}
            assert finds <= set(recognizer._gate.passing(array, 0.0, False).tolist()), recognizer.recognizer.name


def by_region(gate: PhoneGate, text: str) -> tuple[str, ...]:
    """The regions that may know a number in a text."""
    return gate.passing(pa.array([text]), NOWHERE).get(0, ())


NOWHERE = np.empty(0, dtype=np.int64)
REGIONS = ["US", "GB", "GG", "FR", "IN", "BR", "IL", "DE", "SM", "AG", "AR", "CA", "IT", "MX", "CH", "CO"]
GATES = {region: PhoneGate([region]) for region in REGIONS}


@given(
    region=st.sampled_from(REGIONS),
    text=st.from_regex(r"(00|011|0|1)?[-(]?(\d{1,4}[-. )/]{0,2}){1,5}", fullmatch=True),
)
@settings(max_examples=600)
def test_the_gate_for_telephone_numbers_is_no_narrower_than_any_regions_plan(region: str, text: str) -> None:
    if any(phonenumbers.PhoneNumberMatcher(text, region, leniency=1)):
        assert by_region(GATES[region], text) == (region,)


@given(region=st.sampled_from(REGIONS), number=st.integers(0, 10**12), data=st.data())
@settings(max_examples=600)
def test_valid_numbers_pass_however_they_are_written(region: str, number: int, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(phonenumbers.PhoneNumberType.values())))
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None:
        return
    form = data.draw(st.sampled_from([0, 1, 2]))
    written = phonenumbers.format_number(example, form)
    tail = str(number)[: data.draw(st.integers(0, 4))]
    text = data.draw(st.sampled_from(["", "x ", "tel:", "(", "no "])) + written[: len(written) - len(tail)] + tail
    text += data.draw(st.sampled_from(["", ".", " ext. 12", " x9", ")", " or"]))
    if any(phonenumbers.PhoneNumberMatcher(text, region, leniency=1)):
        assert by_region(GATES[region], text) == (region,)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_gate_lets_the_example_numbers_of_every_region_pass(region: str) -> None:
    gate = PhoneGate([region])
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            for form in (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.E164):
                text = f"call {phonenumbers.format_number(number, form)} please"
                assert by_region(gate, text) == (region,), text


def test_gates_keep_most_texts_away() -> None:
    gate = PhoneGate(PHONE_REGIONS)
    for text in ("2.50", "10.1.2.3 is up", "version 1.2.19", "12:30:11", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"):
        assert by_region(gate, text) == (), text


WHOLE = st.from_regex(r"(\+?1[ .-]?)?(\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-]?)[0-9]{3}[ .-]?[0-9]{4}", fullmatch=True)


@given(texts=st.lists(WHOLE, min_size=1, max_size=20))
@settings(max_examples=150)
def test_whole_american_numbers_are_what_all_matchers_together_find(patterns: Analyzer, texts: list[str]) -> None:
    array = pa.array(texts)
    for place in patterns._phones.whole_numbers(array).tolist():
        results = next(r for r in patterns._engine.registry.recognizers if r.name == "PhoneRecognizer").analyze(
            texts[place], ["PHONE_NUMBER"], None
        )
        assert [(r.start, r.end) for r in results] == [(0, len(texts[place]))]


def test_every_entity_that_the_scan_knows_has_a_recognizer() -> None:
    entities = {e for r in Analyzer(Mode.FULL, PHONE_REGIONS)._recognizers for e in r.entities}
    assert set(ENTITIES) <= entities


@given(texts=st.lists(NASTY, min_size=2, max_size=5))
@settings(max_examples=40)
def test_few_texts_hold_what_they_hold_among_many(patterns: Analyzer, texts: list[str]) -> None:
    """Few texts are first asked for all recognizers at once, and many are not."""
    few = [text.encode("utf-8", "ignore").decode() for text in texts]
    entities = dict.fromkeys({e for r in patterns._recognizers for e in r.entities}, 0.0)
    padded = few + [f"word {n}" for n in range(ONE_BY_ONE)]
    many = patterns.search(pa.array(padded, pa.large_string()), entities, frozenset(), {}).hits
    for place, text in enumerate(few):
        (alone,) = patterns.find([text], frozenset(entities), frozenset())
        assert alone == many.get(place, ())


def test_a_fuzzed_text_by_itself_holds_what_it_holds_among_many(patterns: Analyzer) -> None:
    draw = random.Random(11)
    texts = sorted({fuzzed(draw) for _ in range(400)})
    entities = frozenset(e for r in patterns._recognizers for e in r.entities)
    together = patterns.find(texts, entities, frozenset())
    assert [patterns.find([text], entities, frozenset())[0] for text in texts] == together
    assert sum(map(bool, together)) > 100
