"""Words are taken from the front, or refused where they stand."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.tokens import tokens
from proxy.doors.pgwire.words import Words


def words(sql: str) -> Words:
    return Words(tuple(tokens(sql)))


def test_names_fold_unless_quoted() -> None:
    taken = words('Ab "Ab"')
    assert [taken.name(), taken.name()] == ["ab", "Ab"]
    assert taken.done


def test_what_is_wrong_is_pointed_at() -> None:
    taken = words("SET  5")
    taken.need("SET")
    with pytest.raises(Refused) as caught:
        taken.name()
    assert caught.value.fields.position == 6


def test_the_end_is_pointed_at() -> None:
    taken = words("SET")
    taken.need("SET")
    with pytest.raises(Refused, match="too early") as caught:
        taken.name()
    assert caught.value.fields.position == 4


def test_brackets_are_passed_in_pairs() -> None:
    taken = words("(a (b) ')' c) d")
    assert taken.past_brackets().end == 13
    assert taken.name() == "d"


@pytest.mark.parametrize(("sql", "value"), [("'a''b'", "a'b"), (r"E'\t\'\\x'", "\t'\\x"), ("csv", "csv"), ("5", "5")])
def test_options_take_texts_words_and_numbers(sql: str, value: str) -> None:
    assert words(sql).option() == value
