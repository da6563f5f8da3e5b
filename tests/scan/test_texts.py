"""Questions about many texts at once have the answers of the same question about one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from proxy.scan import texts
from proxy.scan.entities import Form
from proxy.scan.matching import ONE_BY_ONE
from proxy.scan.units import split

TEXTS = st.lists(
    st.text(alphabet=st.sampled_from("0123456789٣+-. \n\u00a0\u2003abéİ{[\"'"), max_size=24) | st.text(max_size=12),
    max_size=8,
)


def of_few_and_many(question: Callable[..., Any], some: list[str]) -> list[Any]:
    """The answers to some texts by themselves, which must be those that they get among many."""
    few = question(pa.array(some, pa.large_string())).tolist()
    many = question(pa.array(some + ["x"] * ONE_BY_ONE, pa.large_string())).tolist()
    assert many[: len(some)] == few
    return list(few)


@given(TEXTS)
def test_bare_numbers_and_their_digits(some: list[str]) -> None:
    assert of_few_and_many(texts.bare, some) == [texts.is_bare(text) for text in some]
    assert of_few_and_many(texts.digits, some) == [len(re.findall(r"\d", text)) for text in some]


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
    for form in Form:
        found = of_few_and_many(lambda array, form=form: texts.of_forms(array, [form])[form], some)
        assert found == [texts.has_form(text, form) for text in some]


@given(TEXTS)
def test_short_texts(some: list[str]) -> None:
    assert of_few_and_many(texts.short, some) == [texts.is_short(text) for text in some]


@given(TEXTS)
def test_whatever_is_split_as_a_document_may_be_one(some: list[str]) -> None:
    for text, may_be in zip(some, of_few_and_many(texts.may_be_json, some), strict=True):
        assert may_be or [u.kind for u in split(text, frozenset())] == ["text"]
