"""Messages are read whole, or not at all."""

from __future__ import annotations

import struct

import pytest

from proxy.doors.pgwire import messages
from proxy.doors.pgwire.messages import Violation


def start(code: int, body: bytes = b"") -> messages.Opening:
    return messages.opening(struct.pack("!I", code) + body)


def test_a_start_up_packet_gives_its_parameters() -> None:
    found = start(3 << 16 | 2, b"user\0ana\0database\0shop\0\0")
    assert found == messages.Startup(2, {"user": "ana", "database": "shop"})


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (2 << 16, b"user\0ana\0\0"),
        (4 << 16, b"user\0ana\0\0"),
        (3 << 16, b"user\0ana\0"),
        (3 << 16, b"user\0ana\0\0more"),
        (3 << 16, b"user\0ana\0user\0bo\0\0"),
        (3 << 16, b"user\0\xff\0\0"),
        (80_877_102, b"\0\0\0\1abc"),
        (80_877_102, b"\0\0\0\1" + b"k" * 257),
        (80_877_103, b"x"),
    ],
)
def test_openings_that_do_not_fit_are_refused(code: int, body: bytes) -> None:
    with pytest.raises(Violation):
        start(code, body)


@pytest.mark.parametrize("length", [4, 32, 256])
def test_cancel_keys_may_be_long(length: int) -> None:
    assert start(80_877_102, b"\0\0\0\1" + b"k" * length) == messages.CancelRequest(1, b"k" * length)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"Q", b"SELECT 1"),
        (b"Q", b"SELECT \xff\0"),
        (b"P", b"\0SELECT 1\0\0\2\0\0\0\1"),
        (b"B", b"\0\0\0\0\0\1\0\0\0\5ab\0\0"),
        (b"B", b"\0\0\0\0\0\1\xff\xff\xff\xfe\0\0"),
        (b"B", b"\0\0\0\1\0\2\0\0\0\0"),
        (b"B", b"\0\0\0\2\0\0\0\1\0\1\0\0\0\1a\0\0"),
        (b"D", b"Xname\0"),
        (b"E", b"\0\0\0"),
        (b"S", b"x"),
    ],
)
def test_messages_that_do_not_fit_are_refused(kind: bytes, body: bytes) -> None:
    with pytest.raises(Violation):
        messages.message(kind, body)


def test_a_negative_row_limit_is_none() -> None:
    assert messages.message(b"E", b"\0\xff\xff\xff\xff") == messages.Execute("", 0)


def test_secrets_do_not_show() -> None:
    shown = repr(
        [messages.Password(b"jwt"), start(3 << 16, b"usher.token\0jwt\0\0"), messages.CancelRequest(1, b"jwts")]
    )
    assert "jwt" not in shown
