"""Texts as units: plain text is one, JSON is its strings and numbers, and replacing keeps the rest."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from proxy.scan.units import join, split

NONE: frozenset[str] = frozenset()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def test_plain_text_is_one_unit() -> None:
    (unit,) = split("a@example.com [x]", NONE)
    assert (unit.start, unit.end, unit.text, unit.kind) == (0, 17, "a@example.com [x]", "text")


def test_what_only_looks_like_json_is_plain_text() -> None:
    for text in ("{a@example.com}", "[1, 2", '"open', "[" * 100_000):
        assert [u.kind for u in split(text, NONE)] == ["text"]


def test_json_is_its_strings_keys_and_numbers() -> None:
    units = split('{"a": ["x", 12.50, true, null], "b\\u0040c": -3e2}', NONE)
    assert [(u.kind, u.text) for u in units] == [
        ("string", "a"),
        ("string", "x"),
        ("number", "12.50"),
        ("string", "b@c"),
        ("number", "-3e2"),
    ]


def test_escapes_do_not_hide_what_a_string_says() -> None:
    (unit,) = split('"ana\\u0040example\\u002ecom"', NONE)
    assert unit.text == "ana@example.com"


def test_a_key_hints_at_its_value() -> None:
    units = split('{"ssn": 512345678, "id": 512345678}', NONE)
    assert {(u.text, u.hints) for u in units if u.kind == "number"} == {
        ("512345678", frozenset({"US_SSN"})),
        ("512345678", NONE),
    }


def test_replacing_keeps_the_rest_byte_by_byte() -> None:
    text = '{ "a" :\t1.10,"b":[ 4111, "x" ] }'
    units = split(text, NONE)
    places = {u.text: i for i, u in enumerate(units)}
    assert join(text, units, {places["4111"]: "<CREDIT_CARD>", places["x"]: 'say "<X>"'}) == (
        '{ "a" :\t1.10,"b":[ null, "say \\"<X>\\"" ] }'
    )


def test_lone_surrogates_become_readable_and_keep_their_place() -> None:
    (unit,) = split('"a\\ud800@example.com"', NONE)
    assert unit.text == "a\ufffd@example.com"


@given(json_values, st.sampled_from([None, 2]), st.booleans())
def test_units_of_json_rebuild_it(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    units = split(text, NONE)
    if units[:1] and units[0].kind == "text":
        return
    strings = {i: u.text for i, u in enumerate(units) if u.kind == "string" and "\ufffd" not in u.text}
    assert json.loads(join(text, units, strings)) == value
    assert join(text, units, {}) == text
    assert all(a.end <= b.start for a, b in itertools.pairwise(units))
