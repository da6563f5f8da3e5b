"""What python-jose 3.5 lets through when it is asked to decode a token, item by item: here each is refused.

Where it is the other way round (audience lists, Edwards keys in a set), the good token has to pass.
"""

from __future__ import annotations

import time
import zlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwt
from pydantic import ValidationError

from proxy.values import ReasonCode
from tests.identity.conftest import Refused, Trusting
from tests.identity.forge import NOW, Signer, as_json, b64, claims, header, hmac_token, settings, token

SIGNER = Signer()
OTHER = Signer(name="two", kid="key-2")
ED25519 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "kid": "ed",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "use": "sig",
}
OCT = {"kty": "oct", "kid": "key-1", "k": b64(b"0" * 32), "alg": "HS256"}


def jose_accepts(text: str, *keys: Any, **given: Any) -> bool:
    """Whether jose itself would take the token, so that the test is known to be about something."""
    given = {"algorithms": ["RS256"], "audience": "usher", "issuer": "https://login.example.com/"} | given
    return bool(jwt.decode(text, {"keys": [k.jwk() if isinstance(k, Signer) else k for k in keys]}, **given))


async def test_a_good_token_passes(trusting: Trusting) -> None:
    caller = await trusting(SIGNER).authenticate(token(SIGNER))
    assert (caller.issuer, caller.subject) == ("https://login.example.com/", "ana@example.com")


async def test_algorithm_of_the_header_when_no_list_is_given(trusting: Trusting, refused: Refused) -> None:
    wrong = Signer(alg="RS512", extra={"alg": None})
    text = token(wrong, claims(iat=int(time.time()), exp=int(time.time()) + 60))
    assert jose_accepts(text, wrong, algorithms=None)
    verifier = trusting(Signer(extra={"alg": None}), algorithms=["RS256"])
    await refused(verifier, token(wrong), ReasonCode.ALGORITHM_REFUSED)


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
async def test_hmac_with_the_public_key_as_secret(
    trusting: Trusting, refused: Refused, form: PublicFormat, encoding: Encoding, alg: str
) -> None:
    secret = SIGNER.public_bytes(encoding, form)
    for spelling in (secret, secret.strip(), secret.replace(b"\n", b"\r\n")):
        await refused(trusting(SIGNER), hmac_token(spelling, alg), ReasonCode.ALGORITHM_REFUSED)


@pytest.mark.parametrize("alg", ["HS256", "HS512"])
async def test_hmac_with_the_openssh_form_of_the_public_key(trusting: Trusting, refused: Refused, alg: str) -> None:
    for signer in (SIGNER, Signer(alg="ES256")):
        secret = signer.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        await refused(trusting(signer), hmac_token(secret, alg), ReasonCode.ALGORITHM_REFUSED)


async def test_hmac_with_the_ec_public_key_cve_2024_33663(trusting: Trusting, refused: Refused) -> None:
    signer = Signer(alg="ES256")
    for encoding, form in (
        (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        (Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        (Encoding.X962, PublicFormat.UncompressedPoint),
        (Encoding.X962, PublicFormat.CompressedPoint),
    ):
        secret = signer.public_bytes(encoding, form)
        await refused(trusting(signer), hmac_token(secret), ReasonCode.ALGORITHM_REFUSED)


def test_algorithms_as_a_text_that_is_searched() -> None:
    with pytest.raises(ValidationError):
        settings(algorithms="xxHS256xx", jwks="file:keys.json")


@pytest.mark.parametrize(
    "alg", ["RS25", "S256", "RS256,ES256", "RS256 ", "rs256", "", "RS256\0", "PS256", "EdDSA", "ES256K"]
)
async def test_algorithm_that_is_only_nearly_one_of_the_list(trusting: Trusting, refused: Refused, alg: str) -> None:
    await refused(trusting(SIGNER), token(SIGNER, head=header(SIGNER, alg=alg)), ReasonCode.ALGORITHM_REFUSED)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
async def test_algorithm_none(trusting: Trusting, refused: Refused, alg: str) -> None:
    signed = f"{b64(as_json(header(SIGNER, alg=alg)))}.{b64(as_json(claims()))}"
    await refused(trusting(SIGNER), f"{signed}.", ReasonCode.TOKEN_MALFORMED)
    await refused(trusting(SIGNER), f"{signed}.AA", ReasonCode.ALGORITHM_REFUSED)


@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["http://example.com/unknown"], [], "exp", None])
async def test_unknown_critical_extension(trusting: Trusting, refused: Refused, crit: Any) -> None:
    text = token(SIGNER, head=header(SIGNER, crit=crit))
    await refused(trusting(SIGNER), text, ReasonCode.TOKEN_MALFORMED)


async def test_token_without_audience(trusting: Trusting, refused: Refused) -> None:
    now = int(time.time())
    assert jose_accepts(token(SIGNER, claims(aud=..., iat=now, exp=now + 60)), SIGNER)
    await refused(trusting(SIGNER), token(SIGNER, claims(aud=...)), ReasonCode.TOKEN_CLAIMS)


async def test_token_without_expiry(trusting: Trusting, refused: Refused) -> None:
    assert jose_accepts(token(SIGNER, claims(exp=...)), SIGNER)
    await refused(trusting(SIGNER), token(SIGNER, claims(exp=...)), ReasonCode.TOKEN_CLAIMS)


async def test_expiry_as_text(trusting: Trusting, refused: Refused) -> None:
    assert jose_accepts(token(SIGNER, claims(exp=str(int(time.time()) + 60))), SIGNER)
    await refused(trusting(SIGNER), token(SIGNER, claims(exp=str(NOW + 60))), ReasonCode.TOKEN_CLAIMS)


async def test_issued_in_the_future(trusting: Trusting, refused: Refused) -> None:
    now = int(time.time())
    assert jose_accepts(token(SIGNER, claims(iat=now + 500, exp=now + 600)), SIGNER)
    await refused(trusting(SIGNER), token(SIGNER, claims(iat=NOW + 1)), ReasonCode.TOKEN_NOT_YET_VALID)


async def test_key_id_that_the_set_does_not_list(trusting: Trusting, refused: Refused) -> None:
    text = token(SIGNER, claims(iat=NOW, exp=int(time.time()) + 60), header(SIGNER, kid="elsewhere"))
    assert jose_accepts(text, OTHER, SIGNER)
    for kid in ("elsewhere", "KEY-1", "key-1 ", "key-2"):
        good = token(SIGNER, head=header(SIGNER, kid=kid))
        reason = ReasonCode.SIGNATURE_INVALID if kid == "key-2" else ReasonCode.KEY_UNKNOWN
        await refused(trusting(OTHER, SIGNER), good, reason)


async def test_key_for_encryption(trusting: Trusting, refused: Refused) -> None:
    for changes in ({"use": "enc"}, {"use": None, "key_ops": ["encrypt"]}, {"use": 1}, {"key_ops": "verify"}):
        await refused(trusting(SIGNER.jwk(**changes)), token(SIGNER), ReasonCode.KEY_UNKNOWN)


async def test_key_of_another_algorithm_of_its_family(trusting: Trusting, refused: Refused) -> None:
    wrong = SIGNER.jwk(alg="RS512")
    verifier = trusting(wrong, algorithms=["RS256", "RS512"])
    await refused(verifier, token(SIGNER), ReasonCode.ALGORITHM_REFUSED)
    await refused(trusting(wrong, algorithms=["RS256"]), token(SIGNER), ReasonCode.KEY_UNKNOWN)


async def test_symmetric_key_in_the_set(trusting: Trusting, refused: Refused) -> None:
    text = hmac_token(b"0" * 32)
    await refused(trusting(OCT), text, ReasonCode.ALGORITHM_REFUSED)
    await refused(trusting(OCT), token(SIGNER), ReasonCode.KEY_UNKNOWN)
    assert (await trusting(OCT, SIGNER).authenticate(token(SIGNER))).subject


async def test_rsa_key_of_1024_bits(trusting: Trusting, refused: Refused) -> None:
    weak = Signer(name="weak", bits=1024)
    await refused(trusting(weak), token(weak), ReasonCode.KEY_UNKNOWN)


async def test_token_of_two_megabytes(trusting: Trusting, refused: Refused) -> None:
    text = token(SIGNER, claims(pad="x" * 2_000_000))
    began = time.perf_counter()
    await refused(trusting(SIGNER), text, ReasonCode.TOKEN_TOO_LARGE)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "typ", ["JWS", "logout+jwt", "dpop+jwt", "secevent+jwt", "id_token", "JWT ", "", None, 1, ["JWT"]]
)
async def test_any_type(trusting: Trusting, refused: Refused, typ: Any) -> None:
    await refused(trusting(SIGNER), token(SIGNER, head=header(SIGNER, typ=typ)), ReasonCode.TOKEN_MALFORMED)


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", ...])
async def test_types_of_access_tokens_pass(trusting: Trusting, typ: Any) -> None:
    assert (await trusting(SIGNER).authenticate(token(SIGNER, head=header(SIGNER, typ=typ)))).subject


async def test_audience_list_passes_when_it_holds_the_audience(trusting: Trusting, refused: Refused) -> None:
    verifier = trusting(SIGNER)
    assert (await verifier.authenticate(token(SIGNER, claims(aud=["other", "usher"])))).subject
    await refused(verifier, token(SIGNER, claims(aud=["other", "usher2"])), ReasonCode.AUDIENCE_MISMATCH)


async def test_edwards_key_in_the_set_breaks_nothing(trusting: Trusting) -> None:
    assert (await trusting(ED25519, SIGNER).authenticate(token(SIGNER))).subject


async def test_compressed_encrypted_token_cve_2024_33664(trusting: Trusting, refused: Refused) -> None:
    head = b64(as_json({"alg": "dir", "enc": "A128CBC-HS256", "zip": "DEF", "kid": "key-1"}))
    bomb = b64(zlib.compress(b"0" * 1_000_000)[2:-4])
    await refused(trusting(SIGNER), f"{head}..{b64(b'0' * 16)}.{bomb}.{b64(b'0' * 16)}", ReasonCode.TOKEN_MALFORMED)
    for parameter in ({"zip": "DEF"}, {"enc": "A128GCM"}):
        await refused(trusting(SIGNER), token(SIGNER, head=header(SIGNER, **parameter)), ReasonCode.TOKEN_MALFORMED)


async def test_other_spelling_of_the_base64_of_a_token(trusting: Trusting, refused: Refused) -> None:
    text = token(SIGNER)
    head, payload, signature = text.split(".")
    other = chr(ord(signature[-1]) + 1)  # 256 bytes leave four bits of the last letter without meaning
    for odd in (f"{text}=", f"{text}==", f" {text}", f"{text}\n", f"{head}.{payload}.{signature[:-1]}{other}"):
        await refused(trusting(SIGNER), odd, ReasonCode.TOKEN_MALFORMED)
    standard = signature.replace("-", "+").replace("_", "/")
    if standard != signature:
        await refused(trusting(SIGNER), f"{head}.{payload}.{standard}", ReasonCode.TOKEN_MALFORMED)
