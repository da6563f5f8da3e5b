"""Tokens that are not what they seem, sent over HTTP: each is refused, and says nothing but why."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from proxy.identity.issuer import LocalIssuer
from tests.bypass.asking import Served, canaries_in

Claims = dict[str, Any]


def _part(value: Any) -> bytes:
    data = value if isinstance(value, bytes) else orjson.dumps(value)
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _parts(token: str) -> tuple[dict[str, Any], Claims, bytes]:
    head, body, signature = (base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in token.split("."))
    return orjson.loads(head), orjson.loads(body), signature


def _joined(head: Any, body: Any, signature: bytes) -> str:
    return b".".join([_part(head), _part(body), _part(signature)]).decode()


def _none(token: str, _: Served) -> str:
    head, body, _s = _parts(token)
    return _joined({**head, "alg": "none"}, body, b"")


def _none_capital(token: str, _: Served) -> str:
    head, body, _s = _parts(token)
    return _joined({**head, "alg": "NonE"}, body, b"")


def _hmac_with_the_public_key(token: str, served: Served) -> str:
    head, body, _s = _parts(token)
    key = served.harness.issuer.jwks_path.read_bytes()
    signed = _part({**head, "alg": "HS256"}) + b"." + _part(body)
    return (signed + b"." + _part(hmac.new(key, signed, hashlib.sha256).digest())).decode()


def _other_claims(token: str, _: Served) -> str:
    head, body, signature = _parts(token)
    return _joined(head, {**body, "groups": ["auditors"]}, signature)


def _embedded_key(token: str, served: Served) -> str:
    head, body, signature = _parts(token)
    jwks = orjson.loads(served.harness.issuer.jwks_path.read_bytes())
    return _joined({**head, "jwk": jwks["keys"][0]}, body, signature)


def _key_from_elsewhere(token: str, _: Served) -> str:
    head, body, signature = _parts(token)
    return _joined({**head, "jku": "http://127.0.0.1:1/keys"}, body, signature)


def _unknown_crit(token: str, _: Served) -> str:
    head, body, signature = _parts(token)
    return _joined({**head, "crit": ["x"], "x": 1}, body, signature)


def _zero_signature(token: str, _: Served) -> str:
    head, body, _s = _parts(token)
    return _joined(head, body, bytes(64))


def _claims_twice(token: str, _: Served) -> str:
    head, body, signature = _parts(token)
    raw = orjson.dumps(body)[:-1] + b',"groups":["auditors"]}'
    return _joined(head, raw, signature)


def _encrypted(token: str, _: Served) -> str:
    return token + ".AAAA.AAAA"


def _padded(token: str, _: Served) -> str:
    return token + "="


def _cut(token: str, _: Served) -> str:
    return token[:-2]


def _unsigned(token: str, _: Served) -> str:
    return token.rpartition(".")[0] + "."


def _large(token: str, _: Served) -> str:
    head, body, signature = _parts(token)
    return _joined(head, {**body, "x": "a" * 9000}, signature)


def _traversing_kid(token: str, _: Served) -> str:
    head, body, signature = _parts(token)
    return _joined({**head, "kid": "../../../../etc/passwd"}, body, signature)


def _sql_kid(token: str, _: Served) -> str:
    head, body, signature = _parts(token)
    return _joined({**head, "kid": "x' UNION SELECT 1 --"}, body, signature)


FORGED: dict[str, Callable[[str, Served], str]] = {
    f.__name__.strip("_"): f
    for f in (
        _none,
        _none_capital,
        _hmac_with_the_public_key,
        _other_claims,
        _embedded_key,
        _key_from_elsewhere,
        _unknown_crit,
        _zero_signature,
        _claims_twice,
        _encrypted,
        _padded,
        _cut,
        _unsigned,
        _large,
        _traversing_kid,
        _sql_kid,
    )
}


@pytest.mark.parametrize("case", FORGED)
def test_forged_tokens(served: Served, case: str) -> None:
    token = FORGED[case](served.tokens["ana"], served)
    body = {"sql": "SELECT count(*) FROM customers"}
    answer = served.client.post("/v1/query", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401, answer.content
    assert not canaries_in(answer.content)
    assert "rows" not in answer.json()


@pytest.mark.parametrize("lifetime", [-1, -3600])
def test_an_expired_token(served: Served, lifetime: int) -> None:
    token = served.harness.issuer.mint(subject="ana", groups=["analysts"], lifetime_s=lifetime)
    answer = served.client.post("/v1/query", json={"sql": "SELECT 1"}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_read_in_any_case(served: Served, scheme: str) -> None:
    header = f"{scheme} {served.tokens['ana']}"
    answer = served.client.post("/v1/query", json={"sql": "SELECT 1 AS a"}, headers={"Authorization": header})
    assert answer.status_code == 200


def test_a_token_of_another_issuer(served: Served, tmp_path: Path) -> None:
    stranger = LocalIssuer(tmp_path / "stranger")
    token = stranger.mint(subject="ana", groups=["analysts"], attributes={"region": "EU"})
    answer = served.client.post("/v1/query", json={"sql": "SELECT 1"}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_many_failures_do_not_slow_the_others_down(served: Served) -> None:
    began = time.monotonic()
    for number in range(50):
        head, body, signature = _parts(served.tokens["ana"])
        token = _joined({**head, "kid": f"unknown-{number}"}, body, signature)
        assert served.client.get("/v1/catalog", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    answer = served.client.get("/v1/catalog", headers={"Authorization": f"Bearer {served.tokens['ana']}"})
    assert answer.status_code == 200
    assert time.monotonic() - began < 10
