"""What a pattern finds, the wider one finds too; and it is read by RE2."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.scan.presidio.derive import spread, wider

ALL = re.IGNORECASE | re.MULTILINE | re.DOTALL
PATTERNS = (
    r"\b(?:[A-Z]{1,3}-)?\d{3,5}\b",
    r"(?<![\w:])x+(?=y)",
    r"^(a|bc|[^d])*e?f{2,}$",
    r"([ab])(\d{2})\1-\2",
    r"(?i:ski)\s?\W",
    r"(?:ab?){0,3}c",
    r"[\s.]\S[^\d]",
    r"k\b|\Bs",
)
TEXTS = st.text(alphabet=st.sampled_from("abcdefkisxyABKSIſKİı0123456789-: .\n٣é"), max_size=14)


def found(pattern: str, text: str) -> bool:
    return bool(pc.match_substring_regex(pa.array([text]), pattern)[0].as_py())


@pytest.mark.parametrize("flags", [0, ALL])
@given(text=TEXTS, pattern=st.sampled_from(PATTERNS))
@settings(max_examples=400)
def test_what_a_pattern_finds_the_wider_one_finds(flags: int, text: str, pattern: str) -> None:
    wide = wider(pattern, flags)
    if re.search(pattern, text, flags):
        assert wide is None or found(wide, text)
        assert wide is None or re.search(wide, text)


def test_edges_are_cut_to_what_a_hit_needs() -> None:
    wide = wider(r"\b\d{8,17}\b", 0)
    assert wide is not None
    assert not found(wide, "1234567")
    assert found(wide, "id12345678x")


@pytest.mark.parametrize("pattern", [r"\b", r"a*", r"(", r"x{70,}", r"(?:a?b?)*$"])
def test_there_is_none_where_it_would_be_found_everywhere_or_cannot_be_read(pattern: str) -> None:
    assert wider(pattern, 0) is None


def test_marks_may_stand_between_all_characters() -> None:
    wide = spread(r"[2-9]\d{2}", "[-. ]*")
    assert found(wide, "2-1 2")
    assert not found(wide, "2x12")


@pytest.mark.parametrize(
    "pattern", [r"[[:digit:]]{3}", r"[x[:^alpha:]]y", "(?:wonder){e<=1}land", "(?:cat){i}", "(?:a){1<=s<=2}"]
)
def test_what_only_the_library_regex_reads_so_has_no_gate(pattern: str) -> None:
    assert wider(pattern, 0) is None
