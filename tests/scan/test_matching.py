"""Few texts are searched as many are."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.scan import matching, texts
from proxy.scan.presidio.analyzer import Analyzer
from proxy.scan.settings import PHONE_REGIONS, Mode

OWN = [texts._JSON, texts._BARE, texts._GROUPS, texts._QUAD, texts._CODE, texts._CAPITAL, texts._LETTER]
NASTY = st.text(alphabet=st.sampled_from('0123456789٠٣９０ -.+＋@:/()xXabfF_éſKİ\n\t\0gDE{["𝟘'), max_size=60)


@pytest.fixture(scope="module")
def patterns() -> set[str]:
    """Every pattern that the scan asks for whole columns."""
    gates = [r._gate for r in Analyzer(Mode.PATTERNS, PHONE_REGIONS)._recognizers]
    joined = {c for gate in gates for floor in (0.0, 0.5) for c in gate._conditions(floor) if c}
    return joined | {gate._trigger for gate in gates if gate._trigger} | set(OWN)


@given(some=st.lists(NASTY | st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=8))
@settings(max_examples=60)
def test_texts_searched_one_by_one_are_those_that_arrow_finds(patterns: set[str], some: list[str]) -> None:
    """A text that only one way found would be scanned in large answers and not in small ones."""
    few, many = pa.array(some), pa.array(some * (matching.ONE_BY_ONE + 1))
    for pattern in patterns:
        one_by_one, together = matching.matching(few, pattern), matching.matching(many, pattern)
        assert one_by_one.tolist() == together.tolist()[: len(some)], pattern


@given(some=st.lists(NASTY | st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=8))
def test_what_is_counted_one_by_one_is_what_arrow_counts(some: list[str]) -> None:
    few, many = pa.array(some), pa.array(some * (matching.ONE_BY_ONE + 1))
    assert texts.digits(few).tolist() == texts.digits(many).tolist()[: len(some)]


def test_every_pattern_of_the_scan_stays_compiled(patterns: set[str]) -> None:
    assert all(matching.compiled(pattern) is not None for pattern in patterns)


def test_a_pattern_that_re2_does_not_take_is_none() -> None:
    assert matching.compiled(r"(?<=a)b") is None


def test_no_texts_hold_nothing() -> None:
    assert matching.matching(pa.array([], pa.string()), "a").tolist() == []
