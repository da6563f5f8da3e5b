"""Plain twins: only of texts that need one, and every hit goes back to where it stands."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.scan.presidio.analyzer import Analyzer
from proxy.scan.presidio.plain import replacements, twin, twins
from proxy.scan.settings import PHONE_REGIONS, Mode

NOWHERE = np.empty(0, dtype=np.int64)
NONE: frozenset[str] = frozenset()
ODD = st.text(alphabet=st.sampled_from([*map(chr, sorted(replacements())[::7]), *"ab19 .-@éßЖ日😀"]), max_size=30)


@pytest.fixture(scope="module")
def patterns() -> Analyzer:
    return Analyzer(Mode.PATTERNS, PHONE_REGIONS)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("ａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ana@example.com"),
        ("an\u200ba@exa\u00adm\u2060ple.c\ufe0fom", "ana@example.com"),
        ("٥١٢-٣٤-٥٦٧٨", "512-34-5678"),
        ("512–34—5678 −1", "512-34-5678 -1"),
        ("ana@example․com", "ana@example.com"),
        ("𝐚𝟏②x²\u00a0K", "a12x2 K"),
    ],
)
def test_unusual_characters_stand_for_plain_ones(text: str, plain: str) -> None:
    made = twin(text)
    assert made is not None
    assert made.texts.to_pylist() == [plain]


@pytest.mark.parametrize("text", ["", "ana@example.com", "José naïve ÄÖÜß", "日本語 текст", "“quoted” … ½ ™ ﬁ", "😀"])
def test_other_texts_have_no_twin(text: str) -> None:
    assert twin(text) is None


def test_only_some_of_a_column_have_one_and_those_left_out_have_none() -> None:
    made = twins(pa.array(["a", "１", "é", "２", "３"], pa.large_string()), np.array([3]))
    assert made is not None
    assert made.places.tolist() == [1, 4]


@given(st.lists(ODD, min_size=1, max_size=6))
def test_it_is_all_the_same_whether_few_are_asked_or_many(texts: list[str]) -> None:
    few, many = (twins(pa.array(texts * times, pa.large_string()), NOWHERE) for times in (1, 20))
    assert (few is None) == (many is None)
    if few is not None and many is not None:
        assert few.places.tolist() == [place for place in many.places.tolist() if place < len(texts)]


@given(ODD)
def test_each_character_of_a_twin_stands_for_one_of_its_text(text: str) -> None:
    made = twin(text)
    if made is None:
        assert not set(map(ord, text)) & replacements().keys()
        return
    plain = made.texts[0].as_py()
    for place, char in enumerate(plain):
        ((start, end, _, _),) = made.back(0, [(place, place + 1, "X", 1.0)])
        assert end == start + 1
        assert replacements().get(ord(text[start]), text[start]) == char


def test_what_is_replaced_is_a_form_of_ascii_or_shows_nothing() -> None:
    for code, plain in replacements().items():
        assert code > 127
        assert plain is None or (len(plain) == 1 and plain.isascii())
        if plain is not None and plain.isalpha():
            assert unicodedata.normalize("NFKC", chr(code)) == plain


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("mail ａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ now", "EMAIL_ADDRESS"),
        ("mail an\u200ba@exam\u200bple.com now", "EMAIL_ADDRESS"),
        ("mail ana@example․com now", "EMAIL_ADDRESS"),
        ("card 4111\u200b1111\u200b1111\u200b1111", "CREDIT_CARD"),
        ("card ４１１１ １１１１ １１１１ １１１１", "CREDIT_CARD"),
        ("card ٤١١١١١١١١١١١١١١١", "CREDIT_CARD"),
        ("ssn 512–34–5678", "US_SSN"),
        ("ssn ５１２-３４-５６７８", "US_SSN"),
        ("call 212\u200b-646\u200b-1234", "PHONE_NUMBER"),
        ("call ２１２-６４６-１２３４", "PHONE_NUMBER"),
    ],
)
def test_no_form_hides_personal_data(patterns: Analyzer, text: str, entity: str) -> None:
    ((*hits,),) = patterns.find([text], frozenset({entity}), NONE)
    assert [hit.entity for hit in hits if hit.score >= 0.4] == [entity]
    (hit,) = hits
    assert text[: hit.start].endswith(" ")
    assert text[hit.end :] in ("", " now")


def test_a_long_text_is_read_so_too(patterns: Analyzer) -> None:
    text = "word " * 5_000 + "an\u200ba@exam\u200bple.com" + " word" * 5_000
    ((hit,),) = patterns.find([text], frozenset({"EMAIL_ADDRESS"}), NONE)
    assert text[hit.start : hit.end] == "an\u200ba@exam\u200bple.com"


def test_the_exact_mode_reads_twins_too() -> None:
    texts = ["ａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ssn 512–34–5678", "nothing"]
    entities = frozenset({"EMAIL_ADDRESS", "US_SSN"})
    exact = Analyzer(Mode.EXACT, PHONE_REGIONS).find(texts, entities, NONE)
    assert [[hit.entity for hit in hits] for hits in exact] == [["EMAIL_ADDRESS"], ["US_SSN"], []]
