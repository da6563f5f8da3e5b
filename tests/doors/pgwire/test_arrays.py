"""Arrays that a client binds; what a server reads in them stands in test_parameters.py."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from proxy.doors.pgwire.arrays import from_binary, from_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", []),
        (" { a , b } ", ["a", "b"]),
        ('{"a,b","\\"\\\\",NULL,"NULL"}', ["a,b", '"\\', None, "NULL"]),
        ("{{a,b},{c,d}}", [["a", "b"], ["c", "d"]]),
        ("[0:1]={a,b}", ["a", "b"]),
        ("{a\\ b,\\{}", ["a b", "{"]),
    ],
)
def test_texts(text: str, value: list[Any]) -> None:
    assert from_text(text, str) == value


@pytest.mark.parametrize(
    "text", ["", "{", "}", "{a", "a}", "{a,}", "{,a}", "{a}b", "{{a},{b,c}}", "{{a},b}", "{{}}", '{"a"b}', "[1:3]={a}"]
)
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the reader's own
        from_text(text, str)


def test_a_tower_of_braces_is_refused_at_once() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the reader's own
        from_text("{" * 1_000_000, str)


def binary(*parts: int) -> bytes:
    return struct.pack(f"!{len(parts)}i", *parts)


def number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def test_binary_forms() -> None:
    assert from_binary(binary(0, 0, 23), 23, number) == []
    assert from_binary(binary(1, 1, 23, 3, 1, 4, 7, -1, 4, 9), 23, number) == [7, None, 9]
    assert from_binary(binary(2, 0, 23, 2, 1, 1, 5, 4, 7, 4, 9), 23, number) == [[7], [9]]


@pytest.mark.parametrize(
    "value",
    [
        binary(1, 0, 25, 1, 1, 4, 7),
        binary(7, 0, 23, *[1, 1] * 7, 4, 7),
        binary(1, 0, 23, 2, 1, 4, 7),
        binary(1, 0, 23, -1, 1),
        binary(1, 2, 23, 1, 1, 4, 7),
        binary(1, 0, 23, 1, 1, 4, 7, 0),
        binary(1, 0, 23, 1, 1, -2),
        binary(1, 0, 23, 1, 1, 2**31 - 1),
        binary(2, 0, 23, 2**31 - 1, 1, 2**31 - 1, 1),
        binary(2, 0, 23, 0, 1, 2**31 - 1, 1) + b"\0",
    ],
)
def test_binary_forms_that_claim_what_is_not_there_are_refused(value: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        from_binary(value, 23, number)
