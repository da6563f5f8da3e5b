"""Names of subjects, tags and objects: each means one thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.policy import objects

part = st.text(min_size=1, max_size=8)


@given(st.lists(part, min_size=1, max_size=4))
def test_spelling_and_parsing_are_inverse(parts: list[str]) -> None:
    assert objects.parse(objects.spell(*parts)) == tuple(parts)


@given(st.lists(part, min_size=1, max_size=4), st.lists(part, min_size=1, max_size=4))
def test_two_things_never_share_a_name(one: list[str], other: list[str]) -> None:
    assert (objects.spell(*one) == objects.spell(*other)) == (one == other)


def test_a_table_with_a_dot_is_not_a_column() -> None:
    assert objects.spell("w", "s", "x.y") == 'w.s."x.y"'
    assert objects.spell("w", "s", "x", "y") == "w.s.x.y"


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a.b.c.d.e", '"a', 'a"b"', '""', '"a"b'])
def test_what_is_no_object(text: str) -> None:
    assert objects.parse(text) is None


def test_a_tags_path_goes_from_the_tag_to_its_root() -> None:
    assert objects.tag_path("pii.email.work") == ("pii.email.work", "pii.email", "pii")


@pytest.mark.parametrize("tag", ["", ".", "a.", "a b", "tag:a", "a..b", "a@b", ".".join("abcdefghi"), "a\n"])
def test_what_is_no_tag(tag: str) -> None:
    assert objects.tag_problem(tag) is not None


def test_the_deepest_tag_still_reaches_casbins_own_limit() -> None:
    assert objects.tag_problem(".".join("abcdefgh")) is None


@pytest.mark.parametrize("text", ["ana", "user:", "role", "USER:ana", " user:ana", "tag:x"])
def test_what_is_no_subject(text: str) -> None:
    assert not objects.is_subject(text)
