"""Questions about many texts at once have the answers of the same question about one."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from proxy.scan import texts, verdicts
from proxy.scan.entities import Form
from proxy.scan.units import split

TEXTS = st.lists(
    st.text(alphabet=st.sampled_from("0123456789٣+-. \n\u00a0\u2003abéİ{[\"'"), max_size=24) | st.text(max_size=12),
    max_size=8,
)


@given(TEXTS)
def test_bare_numbers_and_their_digits(some: list[str]) -> None:
    array = pa.array(some, pa.large_string())
    assert texts.bare(array).tolist() == [verdicts._is_bare(text) for text in some]
    assert texts.digits(array).tolist() == [len(re.findall(r"\d", text)) for text in some]


@given(TEXTS)
def test_the_forms_of_chance_hits(some: list[str]) -> None:
    some = [
        *some,
        "1.2.3.4",
        "(212) 555-1234",
        "63629-970-55",
        "12.5",
        "RX 123 456 789 DE",
        "A1-2",
        "33U 008199 5316948",
    ]
    some += ["03 6398 9619 7356 9296 19", "٣A 1234567"]
    array = pa.array(some, pa.large_string())
    for form in Form:
        assert texts.of_forms(array, [form])[form].tolist() == [verdicts._has_form(text, form) for text in some]


@given(TEXTS)
def test_short_texts(some: list[str]) -> None:
    array = pa.array(some, pa.large_string())
    assert texts.short(array).tolist() == [verdicts._is_short(text) for text in some]


@given(TEXTS)
def test_whatever_is_split_as_a_document_may_be_one(some: list[str]) -> None:
    array = pa.array(some, pa.large_string())
    for text, may_be in zip(some, texts.may_be_json(array).tolist(), strict=True):
        assert may_be or [u.kind for u in split(text, frozenset())] == ["text"]
