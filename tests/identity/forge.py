"""Tokens as an attacker would make them: every part can be wrong, and none of our own code or of jose's makes them."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from proxy.identity.settings import Settings

ISSUER = "https://login.example.com/"
AUDIENCE = "usher"
NOW = 1_800_000_000

HASHES: Mapping[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES: Mapping[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = float(NOW)

    def __call__(self) -> float:
        return self.now


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(name: str, curve: str = "P-256") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(CURVES[curve])


@dataclass(frozen=True)
class Signer:
    """A key pair that signs whatever it is given. `kid` None leaves the id out of tokens and key sets."""

    alg: str = "RS256"
    kid: str | None = "key-1"
    name: str = "one"
    bits: int = 2048
    curve: str = "P-256"
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def private(self) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
        return rsa_key(self.name, self.bits) if self.alg.startswith("RS") else ec_key(self.name, self.curve)

    def jwk(self, **changes: Any) -> dict[str, Any]:
        """The public key as a key set lists it; a change to None leaves the member out."""
        key = self.private
        if isinstance(key, rsa.RSAPrivateKey):
            public = key.public_key().public_numbers()
            members: dict[str, Any] = {"kty": "RSA", "n": number(public.n), "e": number(public.e)}
        else:
            point = key.public_key().public_numbers()
            size = (key.key_size + 7) // 8
            members = {"kty": "EC", "crv": self.curve, "x": number(point.x, size), "y": number(point.y, size)}
        members |= {"kid": self.kid, "use": "sig", "alg": self.alg} | self.extra | changes
        return {name: value for name, value in members.items() if value is not None}

    def sign(self, message: bytes) -> bytes:
        key, hashing = self.private, HASHES[self.alg[2:]]
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(message, padding.PKCS1v15(), hashing)
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashing)))
        size = (key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def public_bytes(self, encoding: serialization.Encoding, form: serialization.PublicFormat) -> bytes:
        return self.private.public_key().public_bytes(encoding, form)


def claims(**changes: Any) -> dict[str, Any]:
    """A good set of claims; a change to `...` leaves the claim out."""
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ana@example.com", "iat": NOW, "exp": NOW + 3600, "jti": "token-1"}
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def header(signer: Signer, **changes: Any) -> dict[str, Any]:
    """A good header for a signer; a change to `...` leaves the parameter out."""
    good: dict[str, Any] = {"alg": signer.alg, "typ": "JWT", "kid": ... if signer.kid is None else signer.kid}
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def as_json(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def token(signer: Signer, payload: Any = None, head: Any = None) -> str:
    """A signed token. `payload` and `head` may be dicts, or bytes to be taken as they are."""
    payload = claims() if payload is None else payload
    head = header(signer) if head is None else head
    signed = f"{b64(as_json(head))}.{b64(as_json(payload))}"
    return f"{signed}.{b64(signer.sign(signed.encode()))}"


def hmac_token(secret: bytes, alg: str = "HS256", kid: str = "key-1", payload: Any = None) -> str:
    """A token signed with a shared secret: the classic confusion takes the public key for it."""
    head = {"alg": alg, "typ": "JWT", "kid": kid}
    signed = f"{b64(as_json(head))}.{b64(as_json(payload or claims()))}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha' + alg[2:]))}"


def key_set(*keys: Any) -> bytes:
    """A JWK set of signers and of members as they are."""
    return json.dumps({"keys": [k.jwk() if isinstance(k, Signer) else k for k in keys]}).encode()


def settings(*issuers: Mapping[str, Any], **only: Any) -> Settings:
    """Settings of one issuer (`only` changes it) or of several (each a change of the usual one)."""
    usual = {"issuer": ISSUER, "audience": AUDIENCE}
    return Settings.model_validate(
        {"issuers": [{**usual, **i} for i in issuers or ({},)] if not only else [usual | only]}
    )
