"""Server messages, byte by byte."""

from __future__ import annotations

from proxy.doors.pgwire import replies
from proxy.doors.pgwire.replies import Fields
from proxy.doors.pgwire.rows import ResultColumn
from proxy.doors.pgwire.types import BY_NAME


def test_an_error_holds_its_fields_and_an_end() -> None:
    sent = replies.error(Fields("ERROR", "42601", "wrong", "more", "do", 3))
    assert sent[:1] == b"E"
    assert int.from_bytes(sent[1:5]) == len(sent) - 1
    assert sent[5:] == b"SERROR\0VERROR\0C42601\0Mwrong\0Dmore\0Hdo\0P3\0\0"


def test_a_zero_byte_cannot_end_a_text_early() -> None:
    assert replies.text("a\0b") == b"ab\0"


def test_rows_are_described() -> None:
    sent = replies.row_description([ResultColumn("n", BY_NAME["int4"], 1)])
    assert sent == b"T\0\0\0\x1a\0\1n\0" + bytes(6) + b"\0\0\0\x17\0\4\xff\xff\xff\xff\0\1"


def test_versions_are_negotiated_down() -> None:
    assert replies.negotiate(3 << 16 | 2, ["_pq_.x"]) == b"v\0\0\0\x13\0\3\0\2\0\0\0\1_pq_.x\0"


def test_short_messages() -> None:
    assert replies.READY["E"] == b"Z\0\0\0\5E"
    assert replies.complete("SELECT 1") == b"C\0\0\0\x0dSELECT 1\0"
    assert replies.key_data(7, b"abcd") == b"K\0\0\0\x0c\0\0\0\7abcd"
    assert replies.parameter("a", "b") == b"S\0\0\0\x08a\0b\0"
    assert replies.parameter_description([23]) == b"t\0\0\0\x0a\0\1\0\0\0\x17"
    assert replies.copy_out(1, 2) == b"H\0\0\0\x0b\1\0\2\0\1\0\1"
    assert replies.sasl(["OAUTHBEARER"]) == b"R\0\0\0\x15\0\0\0\x0aOAUTHBEARER\0\0"
