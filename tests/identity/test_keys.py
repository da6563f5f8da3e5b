"""Key sets: which keys are usable and for what, and how every exception of jose ends."""

from __future__ import annotations

import json
from typing import Any

import jose.exceptions
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from jose import jws
from jose.exceptions import JOSEError

from proxy.errors import Unauthenticated
from proxy.identity.keys import MAX_RSA_BITS, parse_keys, verify_signature
from proxy.identity.token import decode_base64url, parse
from proxy.values import ReasonCode
from tests.identity.forge import Signer, as_json, b64, claims, key_set, number, rsa_key, token

ALL = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
RSA = Signer()
EC = Signer(alg="ES256", kid="ec")
SIGNERS = [
    Signer(alg="RS256"),
    Signer(alg="RS384"),
    Signer(alg="RS512"),
    Signer(alg="ES256", curve="P-256"),
    Signer(alg="ES384", curve="P-384"),
    Signer(alg="ES512", curve="P-521"),
]


def usable(*keys: Any, algorithms: tuple[str, ...] = ALL) -> set[str | None]:
    return {k.kid for k in parse_keys(key_set(*keys), algorithms).keys}


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda s: s.alg)
def test_each_algorithm_verifies_and_detects_a_change(signer: Signer) -> None:
    key = parse_keys(key_set(signer), ALL).find("key-1", signer.alg)
    assert key is not None
    text = token(signer)
    verify_signature(parse(text), key)
    head, payload, signature = text.split(".")
    raw = decode_base64url(signature)
    flipped = [raw[:-1] + bytes([raw[-1] ^ 1]), bytes([raw[0] ^ 128]) + raw[1:]]
    others = [f"{head}.{payload}.{b64(s)}" for s in (*flipped, raw[:-6], raw + b"0", bytes(len(raw)), b"0")]
    for wrong in (*others, f"{head}.{b64(as_json(claims(sub='root')))}.{signature}"):
        with pytest.raises(Unauthenticated) as caught:
            verify_signature(parse(wrong), key)
        assert caught.value.reasons[0].code is ReasonCode.SIGNATURE_INVALID


def test_payload_of_another_token_under_a_good_signature() -> None:
    key = parse_keys(key_set(RSA), ALL).find("key-1", "RS256")
    assert key is not None
    head, _, signature = token(RSA, {"sub": "ana"}).split(".")
    with pytest.raises(Unauthenticated):
        verify_signature(parse(f"{head}.{b64(b'{}')}.{signature}"), key)


def test_signature_of_zeros_on_an_ec_key_cve_2022_21449() -> None:
    key = parse_keys(key_set(EC), ALL).find("ec", "ES256")
    assert key is not None
    head, payload, _ = token(EC).split(".")
    with pytest.raises(Unauthenticated):
        verify_signature(parse(f"{head}.{payload}.{b64(bytes(64))}"), key)


def test_key_is_good_for_its_own_algorithm_only() -> None:
    keys = parse_keys(key_set(RSA, EC), ALL)
    assert {k.kid: k.algorithms for k in keys.keys} == {"key-1": {"RS256"}, "ec": {"ES256"}}
    for kid, algorithm in (("key-1", "ES256"), ("key-1", "RS512"), ("ec", "RS256"), ("ec", "ES384")):
        with pytest.raises(Unauthenticated) as caught:
            keys.find(kid, algorithm)
        assert caught.value.reasons[0].code is ReasonCode.ALGORITHM_REFUSED


def test_rsa_key_without_algorithm_is_good_for_its_family_as_far_as_allowed() -> None:
    (key,) = parse_keys(key_set(RSA.jwk(alg=None)), ("RS256", "RS512", "ES256")).keys
    assert key.algorithms == {"RS256", "RS512"}


def test_ec_key_is_bound_to_its_curve() -> None:
    (key,) = parse_keys(key_set(EC.jwk(alg=None)), ALL).keys
    assert key.algorithms == {"ES256"}
    assert not usable(EC.jwk(alg="ES384"))
    assert not usable(EC.jwk(crv="P-384"))


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "oct", "k": "AAAA"},
        {"kty": "OKP", "crv": "Ed25519"},
        {"kty": "rsa"},
        {"kty": ["RSA"]},
        {"kty": None},
        {"use": "enc"},
        {"use": ["sig"]},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"key_ops": []},
        {"alg": "PS256"},
        {"alg": "RSA-OAEP"},
        {"alg": "HS256"},
        {"alg": 256},
        {"d": "AQAB"},
        {"n": None},
        {"n": 5},
        {"n": ""},
        {"n": "AQAB"},
        {"n": "!!!!"},
        {"e": None},
        {"e": "AQ"},
        {"e": "Ag"},
        {"e": "AQAAAAAAAAAB"},
        {"kid": 1},
        {"kid": ""},
        {"kid": ["key-1"]},
        {"kid": "k" * 257},
    ],
    ids=str,
)
def test_rsa_keys_that_are_left_out(changes: dict[str, Any]) -> None:
    assert usable({**RSA.jwk(), **changes} if None not in changes.values() else RSA.jwk(**changes), EC) == {"ec"}


@pytest.mark.parametrize(
    "changes",
    [
        {"crv": "P-257"},
        {"crv": "secp256k1"},
        {"crv": 256},
        {"x": b64(bytes(32))},
        {"y": b64(b"\x01" * 32)},
        {"x": "AA"},
        {"x": b64(bytes(33))},
        {"y": None},
        {"d": b64(b"\x01" * 32)},
    ],
    ids=str,
)
def test_ec_keys_that_are_left_out(changes: dict[str, Any]) -> None:
    assert usable(EC.jwk(**changes), RSA) == {"key-1"}


@pytest.mark.parametrize("bits", [1024, 2047])
def test_rsa_keys_that_are_too_short(bits: int) -> None:
    assert not usable(RSA.jwk(n=number((rsa_key("one").public_key().public_numbers().n >> (2048 - bits)) | 1)))


def test_rsa_keys_so_long_that_checking_would_take_seconds() -> None:
    assert not usable(RSA.jwk(n=number((1 << MAX_RSA_BITS) | 1)))


@pytest.mark.parametrize("entry", [None, 1, "key", [], [["kty", "RSA"]], {}])
def test_entries_that_are_no_keys_break_nothing(entry: Any) -> None:
    keys = parse_keys(key_set(entry, RSA), ALL)
    assert (len(keys.keys), keys.dropped) == (1, 1)


def test_one_id_for_several_keys_names_none_of_them() -> None:
    assert usable(RSA, Signer(name="two"), EC) == {"ec"}
    assert usable(RSA, Signer(alg="ES256")) == set()


def test_the_same_key_listed_twice_is_one_key() -> None:
    assert usable(RSA, RSA) == {"key-1"}


def test_token_without_id_needs_a_set_with_one_usable_key() -> None:
    for only in (RSA, RSA.jwk(kid=None)):
        assert parse_keys(key_set(only, {"kty": "oct", "k": "AAAA"}), ALL).find(None, "RS256") is not None
    assert parse_keys(key_set(RSA, EC), ALL).find(None, "RS256") is None
    assert parse_keys(key_set(RSA.jwk(kid=None), EC.jwk(kid=None)), ALL).find(None, "RS256") is None
    assert parse_keys(key_set(), ALL).find(None, "RS256") is None


def test_token_with_an_id_never_uses_a_key_without() -> None:
    assert parse_keys(key_set(RSA.jwk(kid=None)), ALL).find("key-1", "RS256") is None


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": null}', b"<html>", b'{"keys": [], "keys": []}', b"\xff"],
)
def test_documents_that_are_no_key_set(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"is not|has no list|twice"):
        parse_keys(document, ALL)


def test_sets_of_absurd_size_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        parse_keys(json.dumps({"keys": [{}] * 101}).encode(), ALL)


def jose_errors() -> list[type[JOSEError]]:
    found = [e for e in vars(jose.exceptions).values() if isinstance(e, type) and issubclass(e, Exception)]
    assert all(issubclass(e, JOSEError) for e in found)
    return found


@pytest.mark.parametrize(
    "error",
    [
        *jose_errors(),
        UnsupportedAlgorithm,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
        UnicodeError,
    ],
)
def test_every_exception_of_jose_is_a_refusal(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> bytes:
        raise error("a text that may quote the token")

    key = parse_keys(key_set(RSA), ALL).find("key-1", "RS256")
    assert key is not None
    monkeypatch.setattr(jws, "verify", fails)
    with pytest.raises(Unauthenticated) as caught:
        verify_signature(parse(token(RSA)), key)
    assert "quote" not in str(caught.value)
    assert isinstance(caught.value.__cause__, error)


def test_same_key_spelt_otherwise_is_the_same_key() -> None:
    first = parse_keys(key_set(RSA), ALL).keys
    again = parse_keys(key_set(RSA.jwk(x5t="abc", key_ops=["verify"], use=None)), ALL).keys
    assert first == again
    assert first != parse_keys(key_set(Signer(name="two")), ALL).keys
