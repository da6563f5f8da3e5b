"""Numbering plans as patterns; that they are no narrower than libphonenumber's matchers is held by test_gates.py."""

from __future__ import annotations

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.scan.presidio import phone
from proxy.scan.presidio.direct import without_duplicates
from proxy.scan.settings import PHONE_REGIONS


def test_regions_that_complete_local_numbers_have_no_condition() -> None:
    conditions = phone.conditions(["AG", "US"])
    assert conditions["AG"] is None
    assert conditions["US"] is not None


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_condition_is_read_by_re2(region: str) -> None:
    condition = phone.conditions([region])[region]
    if condition is not None:
        pc.match_substring_regex(pa.array(["x"]), condition)


def test_a_prefix_keeps_its_digits_and_leaves_the_number_its_own() -> None:
    assert phone._without_groups(r"(?:0|90)(?:(1[245]|31)(\d{10,11}))?", {2}) == "(?:0|90)(?:(1[245]|31))?"
    assert phone._without_groups(r"0(\d)(?:(\d))", set()) == r"0(\d)(?:(\d))"


def test_alternatives_are_taken_apart_outside_of_groups() -> None:
    assert phone._branches("1(?:2|3)|[4|5]|6") == ["1(?:2|3)", "[4|5]", "6"]


def test_the_fewest_digits_of_a_number() -> None:
    assert phone._fewest_digits(["US"]) == 7
    assert phone._fewest_digits(["US", "SM"]) == 4


PIECES = st.sampled_from(
    [
        "(212) 555-0142",
        "212-555-0142",
        "2125550142",
        "+44 20 7946 0018",
        "020 7946 0018",
        "01 42 68 53 00",
        "98765 43210",
        "1",
        "12",
        " ",
        " ",
        "/",
        "#",
        "(",
        "+",
        "x",
        " ext. 12",
        "#12#",
        ";ext=7",
        "call ",
        "on ",
        ".",
        "＋",
        "٣",
    ]
)


@given(pieces=st.lists(PIECES, min_size=1, max_size=7))
@settings(max_examples=300, deadline=None)
def test_numbers_are_what_all_matchers_together_find(pieces: list[str]) -> None:
    text = "".join(pieces)
    every = {
        (match.start, match.end, "PHONE_NUMBER", 0.4)
        for region in PHONE_REGIONS
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phone.LENIENCY)
    }
    found = [(start, end, "PHONE_NUMBER", 0.4) for start, end in phone.numbers(text, PHONE_REGIONS)]
    assert without_duplicates(found) == without_duplicates(sorted(every))
