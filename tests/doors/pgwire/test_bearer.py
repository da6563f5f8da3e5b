"""SASL OAUTHBEARER: only its own form is read."""

from __future__ import annotations

import json
import struct

import pytest

from proxy.doors.pgwire import bearer
from proxy.doors.pgwire.messages import Violation
from proxy.doors.pgwire.settings import OAuth


def initial(data: bytes, mechanism: bytes = b"OAUTHBEARER") -> bytes:
    return mechanism + b"\0" + struct.pack("!i", len(data)) + data


@pytest.mark.parametrize(
    ("data", "token"),
    [
        (b"n,,\x01auth=Bearer a.b.c\x01\x01", "a.b.c"),
        (b"y,,\x01host=db\x01auth=bearer a.b.c\x01\x01", "a.b.c"),
        (b"n,,\x01auth=\x01\x01", ""),
    ],
)
def test_tokens_are_read(data: bytes, token: str) -> None:
    assert bearer.token(initial(data)) == token


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"OAUTHBEARER\0",
        initial(b"n,,\x01auth=Bearer a.b.c\x01\x01", b"PLAIN"),
        initial(b"n,,\x01auth=Bearer a.b.c\x01\x01") + b"x",
        initial(b"n,a=admin,\x01auth=Bearer a.b.c\x01\x01"),
        initial(b"p=tls-exporter,,\x01auth=Bearer a.b.c\x01\x01"),
        initial(b"n,,\x01auth=Bearer a.b.c\x01"),
        initial(b"n,,\x01auth=Bearer a.b.c\x01auth=Bearer d.e.f\x01\x01"),
        initial(b"n,,\x01auth=Basic a.b.c\x01\x01"),
        initial(b"n,,\x01auth=Bearer \xff\x01\x01"),
        initial(b"n,,\x01host=db\x01\x01"),
        initial(b"n,,\x01auth\x01\x01"),
    ],
)
def test_other_forms_are_refused(data: bytes) -> None:
    with pytest.raises(Violation):
        bearer.token(data)


def test_the_way_to_a_token_is_told() -> None:
    told = json.loads(bearer.way(OAuth(discovery="https://login.example.com/.well-known/openid-configuration")))
    assert told["status"] == "invalid_token"
    assert told["openid-configuration"].startswith("https://login.example.com/")
    assert json.loads(bearer.way(None)) == {"status": "invalid_token"}
