"""The local issuer: keys made once and kept private, tokens that the verifier takes."""

from __future__ import annotations

import json
import multiprocessing
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Literal

import pytest

from proxy.errors import ConfigError, Unauthenticated
from proxy.identity.issuer import LocalIssuer
from proxy.identity.token import parse
from proxy.identity.verifier import Verifier
from proxy.values import Actor, Caller, ReasonCode
from tests.identity.forge import NOW, Clock, settings


async def authenticated(issuer: LocalIssuer, token: str, **claim_map: Any) -> Caller:
    known = settings(issuer=issuer.issuer, audience=issuer.audience, jwks=f"file:{issuer.jwks_path}", claims=claim_map)
    verifier = Verifier(known, clock=Clock())
    try:
        return await verifier.authenticate(token)
    finally:
        await verifier.close()


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
async def test_minted_tokens_say_what_was_asked(tmp_path: Path, algorithm: Literal["ES256", "RS256"]) -> None:
    issuer = LocalIssuer(tmp_path, algorithm=algorithm, clock=Clock())
    token = issuer.mint(
        subject="ana@example.com",
        groups=["eu-analysts"],
        attributes={"region": "EU", "regions": ("EU", "UK"), "level": 3},
        app="chatbot",
        email="ana@example.com",
        act=["chatbot", "portal"],
        lifetime_s=600,
    )
    mapped = {name: name for name in ("region", "regions", "level")}
    caller = await authenticated(issuer, token, attributes=mapped)
    assert caller == Caller(
        issuer=issuer.issuer,
        subject="ana@example.com",
        expires_at=NOW + 600,
        issued_at=NOW,
        token_hash=caller.token_hash,
        groups=frozenset({"eu-analysts"}),
        attributes={"region": "EU", "regions": ("EU", "UK"), "level": 3},
        email="ana@example.com",
        app="chatbot",
        act=(Actor("chatbot"), Actor("portal")),
    )


async def test_the_least_a_token_needs(tmp_path: Path) -> None:
    issuer = LocalIssuer(tmp_path, clock=Clock())
    caller = await authenticated(issuer, issuer.mint(subject="ana"))
    assert (caller.subject, caller.app, caller.act, caller.expires_at) == ("ana", None, (), NOW + 3600)


async def test_expired_token_can_be_made_for_showing(tmp_path: Path) -> None:
    issuer = LocalIssuer(tmp_path, clock=Clock())
    with pytest.raises(Unauthenticated) as caught:
        await authenticated(issuer, issuer.mint(subject="ana", lifetime_s=-60))
    assert caught.value.reasons[0].code is ReasonCode.TOKEN_EXPIRED


async def test_keys_outlive_the_process(tmp_path: Path) -> None:
    token = LocalIssuer(tmp_path, clock=Clock()).mint(subject="ana")
    assert (await authenticated(LocalIssuer(tmp_path), token)).subject == "ana"


def test_every_token_has_an_id_of_its_own(tmp_path: Path) -> None:
    issuer = LocalIssuer(tmp_path)
    assert parse(issuer.mint(subject="ana")).claims["jti"] != parse(issuer.mint(subject="ana")).claims["jti"]


def test_private_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "issuer"
    issuer = LocalIssuer(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "signing-key-es256.pem").stat().st_mode) == 0o600
    assert sorted(p.name for p in folder.iterdir()) == ["jwks.json", "signing-key-es256.pem"]
    (key,) = json.loads(issuer.jwks_path.read_text())["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_private_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    LocalIssuer(tmp_path)
    (tmp_path / "signing-key-es256.pem").chmod(mode)
    with pytest.raises(ConfigError, match="can be read by others"):
        LocalIssuer(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_private_key_that_is_none(tmp_path: Path, content: bytes) -> None:
    LocalIssuer(tmp_path)
    (tmp_path / "signing-key-es256.pem").write_bytes(content)
    with pytest.raises(ConfigError, match="holds no key"):
        LocalIssuer(tmp_path)


def test_private_key_of_another_kind(tmp_path: Path) -> None:
    LocalIssuer(tmp_path, algorithm="RS256")
    (tmp_path / "signing-key-rs256.pem").rename(tmp_path / "signing-key-es256.pem")
    with pytest.raises(ConfigError, match="holds no key"):
        LocalIssuer(tmp_path)


def test_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be used"):
        LocalIssuer(tmp_path / "file")


def made_kid(folder: str) -> str:
    return str(json.loads(LocalIssuer(Path(folder)).jwks_path.read_text())["keys"][0]["kid"])


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        kids = set(pool.map(made_kid, [str(tmp_path)] * 8, timeout=60))
    assert len(kids) == 1


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "groups", "email", "azp", "act"])
def test_attributes_cannot_stand_for_claims(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="choose other names"):
        LocalIssuer(tmp_path).mint(subject="ana", attributes={name: "x"})


def test_attributes_that_are_no_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be signed"):
        LocalIssuer(tmp_path).mint(subject="ana", attributes={"a": object()})  # type: ignore[dict-item]
