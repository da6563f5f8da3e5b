"""The outside of a token: segments, header, and nothing of it believed."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import Unauthenticated
from proxy.identity.token import MAX_TOKEN_BYTES, decode_base64url, parse
from proxy.values import ReasonCode
from tests.identity.forge import Signer, as_json, b64, claims, header, token

SIGNER = Signer()


def reason_of(text: str) -> ReasonCode:
    with pytest.raises(Unauthenticated) as caught:
        parse(text)
    (reason,) = caught.value.reasons
    return reason.code


def raw_token(head: bytes, payload: bytes) -> str:
    return f"{b64(head)}.{b64(payload)}.{b64(b'signature')}"


def test_a_token_is_taken_apart() -> None:
    read = parse(token(SIGNER))
    assert (read.algorithm, read.kid, read.claims["sub"]) == ("RS256", "key-1", "ana@example.com")
    assert read.payload == as_json(claims())


def test_nothing_of_a_token_shows_in_its_repr() -> None:
    text = token(SIGNER)
    assert text not in repr(parse(text))
    assert "ana@example.com" not in repr(parse(text))


def test_no_token_has_its_own_reason() -> None:
    assert reason_of("") is ReasonCode.TOKEN_MISSING


def test_size_is_bounded_to_the_byte() -> None:
    head = b64(as_json(header(SIGNER)))
    fitting = "x" * (MAX_TOKEN_BYTES - len(head) - 2)
    assert reason_of(f"{head}.{fitting[:-8]}.{'A' * 8}") is ReasonCode.TOKEN_MALFORMED
    assert reason_of(f"{head}.{fitting[:-8]}.{'A' * 9}") is ReasonCode.TOKEN_TOO_LARGE


@pytest.mark.parametrize("text", ["a", "a.b", "a.b.c.d", "...", "..", "....", "a.b.c.d.e", "a.b.c.d.e.f", "." * 8000])
def test_wrong_number_of_segments(text: str) -> None:
    assert reason_of(text) is ReasonCode.TOKEN_MALFORMED


@pytest.mark.parametrize(
    "text", ["Bearer x", "ä.b.c", "\ud800.a.b", "e30.e30.é", "e30.e30.e 0", "e30.\x00.e30", "e30.e30.\uff41"]
)
def test_characters_that_are_not_base64url(text: str) -> None:
    assert reason_of(text) is ReasonCode.TOKEN_MALFORMED


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c", "crit", "b64", "cty", "enc", "zip"])
@pytest.mark.parametrize("value", ["https://evil.example/keys", {"kty": "RSA"}, None, False])
def test_header_that_brings_its_own_key_or_processing(name: str, value: Any) -> None:
    assert reason_of(token(SIGNER, head=header(SIGNER, **{name: value}))) is ReasonCode.TOKEN_MALFORMED


def test_header_parameters_without_effect_are_ignored() -> None:
    read = parse(token(SIGNER, head=header(SIGNER, x5t="abc", nonce="abc", ver="1.0")))
    assert read.kid == "key-1"


@pytest.mark.parametrize(
    "head",
    [
        b'{"alg":"RS256","alg":"none","kid":"key-1"}',
        b'{"alg":"RS256","kid":"key-1","kid":"key-2"}',
        b'{"alg":"RS256","kid":NaN}',
        b'{"alg":"RS256","kid":' + b"[" * 2500 + b"]" * 2500 + b"}",
        b'["RS256"]',
        b"",
        b"\xff\xfe",
    ],
)
def test_header_that_is_not_strict_json(head: bytes) -> None:
    assert reason_of(raw_token(head, as_json(claims()))) is ReasonCode.TOKEN_MALFORMED


@pytest.mark.parametrize(
    "payload",
    [
        b'{"sub":"ana","sub":"root"}',
        b'{"sub":"ana","groups":["a"],"groups":["admin"]}',
        b'{"sub":"ana","act":{"sub":"bot","sub":"root"}}',
        b'{"exp":Infinity}',
        b'{"exp":' + b"9" * 4000 + b"}",
        b'{"a":' + b'{"a":' * 800 + b"1" + b"}" * 801,
        b"null",
        b"ana",
    ],
)
def test_payload_that_is_not_strict_json(payload: bytes) -> None:
    assert reason_of(raw_token(as_json(header(SIGNER)), payload)) is ReasonCode.TOKEN_MALFORMED


@pytest.mark.parametrize("alg", [..., None, 1, ["RS256"], {"a": 1}, True])
def test_algorithm_that_is_no_text(alg: Any) -> None:
    assert reason_of(token(SIGNER, head=header(SIGNER, alg=alg))) is ReasonCode.TOKEN_MALFORMED


@pytest.mark.parametrize("kid", [None, "", 1, ["key-1"], {"a": 1}, "k" * 257, True])
def test_key_id_that_is_no_short_text(kid: Any) -> None:
    assert reason_of(token(SIGNER, head=header(SIGNER, kid=kid))) is ReasonCode.TOKEN_MALFORMED


@given(st.binary(min_size=1, max_size=64))
def test_base64url_reads_what_was_written(raw: bytes) -> None:
    assert decode_base64url(b64(raw)) == raw


@given(st.text(alphabet=string.ascii_letters + string.digits + "-_=+/ ", min_size=1, max_size=12))
def test_base64url_has_one_spelling(text: str) -> None:
    try:
        raw = decode_base64url(text)
    except ValueError:
        return
    assert b64(raw) == text


@given(
    st.text(max_size=60) | st.lists(st.binary(max_size=20), min_size=3, max_size=3).map(lambda s: ".".join(map(b64, s)))
)
def test_arbitrary_text_is_refused_as_a_token(text: str) -> None:
    with pytest.raises(Unauthenticated):
        parse(text)
