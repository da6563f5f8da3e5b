"""Strict JSON: what two readers could understand differently, and what would exhaust one."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.identity.strict_json import MAX_DEPTH, parse_object

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), plain, max_size=4))
def test_plain_objects_read_as_json_reads_them(value: dict[str, Any]) -> None:
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_an_object_or_a_value_error(raw: bytes) -> None:
    try:
        value = parse_object(raw)
    except ValueError:
        return
    assert isinstance(value, dict)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"sub": "ana", "sub": "root"}',
        b'{"sub": "ana", "s\\u0075b": "root"}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": [{"b": 1, "b": 1}]}',
    ],
)
def test_duplicate_members_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="names a member twice"):
        parse_object(raw)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_not_finite_are_refused(number: str) -> None:
    with pytest.raises(ValueError, match="not finite"):
        parse_object(f'{{"exp": {number}}}'.encode())


@pytest.mark.parametrize("digits", [41, 400, 5000, 8000])
def test_numbers_of_absurd_length_are_refused(digits: int) -> None:
    with pytest.raises(ValueError, match="absurd length"):
        parse_object(b'{"exp": ' + b"9" * digits + b"}")


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 8000,
        b'{"a":' * 1600,
        b'{"a":' + b"[" * 4000 + b"]" * 4000 + b"}",
        b'{"a":' + b'{"b":[' * MAX_DEPTH + b"1" + b"]}" * MAX_DEPTH + b"}",
        b'{"a": "' + b'\\"' * 4000 + b'", "b":' + b"[" * 4000,
    ],
)
def test_nesting_bombs_are_refused_at_once(raw: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_object(raw)
    assert time.perf_counter() - began < 1


def test_depth_is_counted_to_the_last_level() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    assert parse_object(nested(MAX_DEPTH))
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_object(nested(MAX_DEPTH + 1))


def test_brackets_inside_texts_are_not_nesting() -> None:
    assert parse_object(b'{"a": "' + b"[{" * 100 + b'", "b\\"[[[[[[[[[[[[[[[[[[[[[[[": 1}')


def test_an_unterminated_text_is_read_in_linear_time() -> None:
    began = time.perf_counter()
    with pytest.raises(ValueError, match="is not JSON"):
        parse_object(b'{"a": "' + b'[{\\"' * 60_000)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("raw", [b'{"a": "\\ud800"}', b'{"\\udfff": 1}', b'{"a": ["\\ud83d\\u0041"]}'])
def test_half_surrogate_pairs_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        parse_object(raw)
    assert parse_object(b'{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_object('{"sub": "zoé"}'.encode(encoding))


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b'"a"', b"1", b"{", b'{"a":1}x', b"{'a':1}", b'{"a":"\n"}', b"\xef\xbb\xbf{}"]
)
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_object(raw)
