"""The identity stage as the gateway sees it: issuers, order of checks, and what the cache may not outlive."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from proxy.identity.token import parse
from proxy.identity.verifier import Verifier
from proxy.values import ReasonCode
from tests.identity.conftest import Refused, Trusting
from tests.identity.forge import AUDIENCE, ISSUER, NOW, Clock, Signer, b64, claims, header, key_set, settings, token
from tests.identity.key_server import KeyServer

SIGNER = Signer()
OTHER = Signer(name="two", kid="key-2")
PARTNER = "https://partner.example.com/"


def issuers(folder: Path, clock: Clock, *changes: dict[str, Any]) -> Verifier:
    """A verifier of several issuers: each names its signers and changes the usual settings."""
    told = []
    for number, change in enumerate(changes):
        path = folder / f"keys-{number}.json"
        path.write_bytes(key_set(*change.pop("signers")))
        told.append({"jwks": f"file:{path}", "leeway_s": 0, **change})
    return Verifier(settings(*told), clock=clock)


# ------------------------------------------------------------------------------------------------------------- issuers
async def test_each_issuer_is_believed_with_its_own_keys_only(tmp_path: Path, clock: Clock, refused: Refused) -> None:
    verifier = issuers(
        tmp_path, clock, {"signers": [SIGNER]}, {"signers": [OTHER], "issuer": PARTNER, "namespace": "partner"}
    )
    assert (await verifier.authenticate(token(SIGNER))).subject == "ana@example.com"
    partner = await verifier.authenticate(token(OTHER, claims(iss=PARTNER)))
    assert (partner.issuer, partner.subject) == (PARTNER, "partner/ana@example.com")
    await refused(verifier, token(OTHER), ReasonCode.KEY_UNKNOWN)
    await refused(verifier, token(SIGNER, claims(iss=PARTNER)), ReasonCode.KEY_UNKNOWN)
    imitated = Signer(name="two", kid="key-1")
    await refused(verifier, token(imitated), ReasonCode.SIGNATURE_INVALID)
    await verifier.close()


async def test_issuer_without_namespace_cannot_be_the_partners_user(
    tmp_path: Path, clock: Clock, refused: Refused
) -> None:
    verifier = issuers(
        tmp_path, clock, {"signers": [SIGNER]}, {"signers": [OTHER], "issuer": PARTNER, "namespace": "partner"}
    )
    for said in ({"sub": "partner/ana"}, {"groups": ["partner/admins"]}, {"azp": "partner/bot"}):
        await refused(verifier, token(SIGNER, claims(**said)), ReasonCode.TOKEN_CLAIMS)
    await verifier.close()


async def test_algorithms_and_audience_are_each_issuers_own(tmp_path: Path, clock: Clock, refused: Refused) -> None:
    ec = Signer(alg="ES256", kid="ec")
    verifier = issuers(
        tmp_path,
        clock,
        {"signers": [SIGNER, ec], "algorithms": ["ES256"]},
        {"signers": [SIGNER], "issuer": PARTNER, "namespace": "p", "audience": "other", "algorithms": ["RS256"]},
    )
    assert (await verifier.authenticate(token(ec))).subject
    await refused(verifier, token(SIGNER), ReasonCode.ALGORITHM_REFUSED)
    await refused(verifier, token(SIGNER, claims(iss=PARTNER)), ReasonCode.AUDIENCE_MISMATCH)
    await verifier.close()


@pytest.mark.parametrize(
    "iss",
    [
        "https://login.example.com",
        "https://login.example.com//",
        "https://LOGIN.example.com/",
        "http://login.example.com/",
        "https://login.example.com/ ",
        "https://login.example.com/\0",
        "https://evil.example/",
        "",
    ],
    ids=ascii,
)
async def test_issuer_is_compared_exactly(trusting: Trusting, refused: Refused, iss: str) -> None:
    await refused(trusting(SIGNER), token(SIGNER, claims(iss=iss)), ReasonCode.ISSUER_UNKNOWN)


# ----------------------------------------------------------------------------------------------------- what is believed
async def test_no_token(trusting: Trusting, refused: Refused) -> None:
    await refused(trusting(SIGNER), "", ReasonCode.TOKEN_MISSING)


async def test_nothing_of_an_unsigned_token_is_told(trusting: Trusting, refused: Refused) -> None:
    """Times, audience and claims are looked at after the signature, so that guessing them tells nothing."""
    forged = Signer(name="evil")
    for said in ({}, {"exp": NOW - 1}, {"aud": "x"}, {"sub": ""}, {"groups": 1}, {"iat": "x"}):
        await refused(trusting(SIGNER), token(forged, claims(**said)), ReasonCode.SIGNATURE_INVALID)


async def test_payload_changed_after_signing(trusting: Trusting, refused: Refused) -> None:
    head, _, signature = token(SIGNER).split(".")
    other = parse(token(SIGNER)).payload.replace(b"ana@", b"ceo@")
    await refused(trusting(SIGNER), f"{head}.{b64(other)}.{signature}", ReasonCode.SIGNATURE_INVALID)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"sub": ...}, ReasonCode.TOKEN_CLAIMS),
        ({"iat": ...}, ReasonCode.TOKEN_CLAIMS),
        ({"exp": ...}, ReasonCode.TOKEN_CLAIMS),
        ({"aud": ...}, ReasonCode.TOKEN_CLAIMS),
        ({"iss": ...}, ReasonCode.TOKEN_CLAIMS),
        ({"exp": NOW}, ReasonCode.TOKEN_EXPIRED),
        ({"nbf": NOW + 1}, ReasonCode.TOKEN_NOT_YET_VALID),
        ({"exp": NOW + 86_401}, ReasonCode.TOKEN_LIFETIME),
        ({"aud": "ushe"}, ReasonCode.AUDIENCE_MISMATCH),
        ({"jti": 1}, ReasonCode.TOKEN_CLAIMS),
        ({"act": []}, ReasonCode.TOKEN_CLAIMS),
    ],
    ids=str,
)
async def test_claims_of_a_signed_token(
    trusting: Trusting, refused: Refused, said: dict[str, Any], reason: ReasonCode
) -> None:
    await refused(trusting(SIGNER), token(SIGNER, claims(**said)), reason)


@pytest.mark.parametrize(
    "payload", [b'{"iss":"%s","iss":"%s"}', b'{"sub":"ana","sub":"%s%s"}', b'{"exp":1%s%s' + b"0" * 400 + b"}"]
)
async def test_signed_nonsense(trusting: Trusting, refused: Refused, payload: bytes) -> None:
    text = payload.replace(b"%s", b"") if b"exp" in payload else payload % (b"a", b"b")
    await refused(trusting(SIGNER), token(SIGNER, text), ReasonCode.TOKEN_MALFORMED)


async def test_header_naming_its_own_key_is_never_looked_at(
    trusting: Trusting, refused: Refused, key_server: KeyServer
) -> None:
    evil = Signer(name="evil")
    url = key_server.serve_keys(evil)
    for own in ({"jku": url}, {"x5u": url}, {"jwk": evil.jwk()}):
        await refused(trusting(SIGNER), token(evil, head=header(evil, **own)), ReasonCode.TOKEN_MALFORMED)
    assert key_server.requests == []


async def test_token_without_key_id(trusting: Trusting, refused: Refused) -> None:
    text = token(SIGNER, head=header(SIGNER, kid=...))
    assert (await trusting(SIGNER).authenticate(text)).subject
    await refused(trusting(SIGNER, OTHER), text, ReasonCode.KEY_UNKNOWN)


# --------------------------------------------------------------------------------------------------------------- cache
async def test_cached_caller_ends_with_its_token(trusting: Trusting, refused: Refused, clock: Clock) -> None:
    verifier, text = trusting(SIGNER, leeway_s=5), token(SIGNER)
    caller = await verifier.authenticate(text)
    clock.now = NOW + 3604.999
    assert await verifier.authenticate(text) is caller
    clock.now = NOW + 3605
    await refused(verifier, text, ReasonCode.TOKEN_EXPIRED)
    clock.now = NOW - 6
    await refused(verifier, text, ReasonCode.TOKEN_NOT_YET_VALID)


async def test_cached_caller_ends_with_its_key(
    trusting: Trusting, refused: Refused, elapsed: Clock, tmp_path: Path
) -> None:
    verifier, text = trusting(SIGNER), token(SIGNER)
    assert (await verifier.authenticate(text)).subject
    (tmp_path / "keys.json").write_bytes(key_set(OTHER))
    elapsed.now += 299
    assert (await verifier.authenticate(text)).subject
    elapsed.now += 1
    await refused(verifier, text, ReasonCode.KEY_UNKNOWN)


async def test_cached_caller_ends_when_another_key_takes_the_id(
    trusting: Trusting, refused: Refused, elapsed: Clock, tmp_path: Path
) -> None:
    verifier, text = trusting(SIGNER), token(SIGNER)
    assert (await verifier.authenticate(text)).subject
    (tmp_path / "keys.json").write_bytes(key_set(Signer(name="two")))
    elapsed.now += 300
    await refused(verifier, text, ReasonCode.SIGNATURE_INVALID)


async def test_cached_caller_ends_when_the_grace_does(
    trusting: Trusting, refused: Refused, elapsed: Clock, tmp_path: Path
) -> None:
    verifier, text = trusting(SIGNER, outage_grace_s=60), token(SIGNER)
    assert (await verifier.authenticate(text)).subject
    os.unlink(tmp_path / "keys.json")
    elapsed.now += 359
    assert (await verifier.authenticate(text)).subject
    elapsed.now += 1
    await refused(verifier, text, ReasonCode.KEYS_UNAVAILABLE)


async def test_refused_tokens_are_not_remembered_as_good(trusting: Trusting, refused: Refused, clock: Clock) -> None:
    verifier = trusting(SIGNER)
    text = token(SIGNER, claims(nbf=NOW + 60))
    for _ in range(2):
        await refused(verifier, text, ReasonCode.TOKEN_NOT_YET_VALID)
    clock.now = NOW + 60
    assert (await verifier.authenticate(text)).subject


async def test_no_token_stays_in_memory(trusting: Trusting) -> None:
    verifier = trusting(SIGNER)
    text = token(SIGNER, claims(marker="m" * 20))
    await verifier.authenticate(text)
    signature = text.split(".")[2]
    del text
    gc.collect()
    held = [o for o in gc.get_referents(verifier._known, *verifier._known.values()) if isinstance(o, str)]
    assert not [o for o in held if signature in o]


# --------------------------------------------------------------------------------------------------------------- whole
async def test_from_discovery_to_a_caller_over_http_under_load(clock: Clock, key_server: KeyServer) -> None:
    key_server.serve_keys(SIGNER, OTHER)
    key_server.serve_metadata(key_server.url)
    key_server.delay_s = 0.1
    verifier = Verifier(settings(issuer=key_server.url), clock=clock)
    texts = [token(s, claims(iss=key_server.url, sub=f"user-{n}")) for n in range(25) for s in (SIGNER, OTHER)]
    callers = await asyncio.gather(*(verifier.authenticate(text) for text in texts))
    assert [c.subject for c in callers] == [f"user-{n}" for n in range(25) for _ in range(2)]
    assert key_server.requests == ["/.well-known/openid-configuration", "/keys"]
    await verifier.close()


async def test_problems_tell_which_issuer_and_why(tmp_path: Path, clock: Clock, refused: Refused) -> None:
    weak = Signer(name="weak", bits=1024)
    verifier = issuers(
        tmp_path,
        clock,
        {"signers": [SIGNER]},
        {"signers": [weak], "issuer": PARTNER, "namespace": "partner"},
        {"signers": [], "issuer": "gone", "namespace": "gone", "jwks": f"file:{tmp_path}/none.json"},
    )
    partner, gone = await verifier.problems()
    assert "partner.example.com" in partner
    assert "usable" in partner
    assert "gone" in gone
    assert "No such file" in gone
    await refused(verifier, token(SIGNER, claims(iss="gone")), ReasonCode.KEYS_UNAVAILABLE)
    await verifier.close()


async def test_program_log_holds_nothing_of_tokens(
    trusting: Trusting, refused: Refused, caplog: pytest.LogCaptureFixture, elapsed: Clock, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG, "proxy")
    verifier, text = trusting(SIGNER, {"kty": "oct", "kid": "secret-kid", "k": "c2VjcmV0"}), token(SIGNER)
    await verifier.authenticate(text)
    (tmp_path / "keys.json").write_text("{")
    elapsed.now += 300
    await verifier.authenticate(text)
    await refused(verifier, token(SIGNER, head=header(SIGNER, kid="marked-kid")), ReasonCode.KEY_UNKNOWN)
    assert "could not be fetched" in caplog.text
    for word in ("marked-kid", "secret-kid", "ana@example.com", text.split(".")[2]):
        assert word not in caplog.text


def test_settings_constants_of_the_tests_are_those_of_the_tokens() -> None:
    assert claims()["iss"] == ISSUER
    assert claims()["aud"] == AUDIENCE
