"""A small issuer of our own, for `usher demo` and tests: a key in a folder, a key set beside it, tokens on request.

Rule kept here: the private key is created once, whole or not at all, readable by its owner alone, and refused when
others can read it.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jwk, jws
from jose.backends.base import Key
from jose.exceptions import JOSEError

from proxy.errors import ConfigError
from proxy.identity.keys import thumbprint
from proxy.values import Attribute

_RESERVED = frozenset(
    {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "groups", "email", "email_verified", "azp", "client_id", "act"}
)


class LocalIssuer:
    """Issues tokens signed with the key in `folder`, which is created on first use.

    `jwks_path` is the key set that a gateway is pointed to (`jwks: file:..`). Raises `ConfigError` where the folder
    cannot be used."""

    def __init__(
        self,
        folder: Path,
        *,
        issuer: str = "https://issuer.usher.localhost",
        audience: str = "usher",
        algorithm: Literal["ES256", "RS256"] = "ES256",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self.audience = audience
        self.algorithm = algorithm
        self.jwks_path = folder / "jwks.json"
        self._clock = clock
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._key, public = _keys(folder / f"signing-key-{algorithm.lower()}.pem", algorithm)
            self._kid = public["kid"]
            _replace(self.jwks_path, orjson.dumps({"keys": [public]}, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise ConfigError([f"demo issuer: {folder} cannot be used: {error.strerror}"]) from error

    def mint(
        self,
        *,
        subject: str,
        groups: Sequence[str] = (),
        attributes: Mapping[str, Attribute] | None = None,
        app: str | None = None,
        email: str | None = None,
        act: Sequence[str] = (),
        lifetime_s: int = 3600,
    ) -> str:
        """A signed token. `act` lists the subjects of the chain of actors, the current one first; each attribute
        becomes a claim of its name. A token that has expired already is one with a negative lifetime. Raises
        `ValueError` for an attribute named as a claim that the token has a use for, and for what is no JSON."""
        taken = sorted(_RESERVED & (attributes or {}).keys())
        if taken:
            raise ValueError(f"attributes cannot be named {', '.join(taken)}; choose other names")
        now = int(self._clock())
        claims: dict[str, Any] = {**(attributes or {})}
        claims |= {"iss": self.issuer, "aud": self.audience, "sub": subject, "iat": now, "exp": now + lifetime_s}
        claims |= {"jti": secrets.token_hex(16), "groups": list(groups)}
        claims |= {"email": email} if email is not None else {}
        claims |= {"azp": app} if app is not None else {}
        chain: dict[str, Any] | None = None
        for actor in reversed(act):
            chain = {"sub": actor, "act": chain} if chain else {"sub": actor}
        claims |= {"act": chain} if chain else {}
        try:
            return jws.sign(claims, self._key, headers={"kid": self._kid, "typ": "at+jwt"}, algorithm=self.algorithm)
        except (JOSEError, TypeError) as error:
            raise ValueError(
                "the claims cannot be signed: they must be texts, numbers, truth values or lists"
            ) from error


def _keys(path: Path, algorithm: str) -> tuple[Key, dict[str, str]]:
    """The signing key, and its public half as a JWK."""
    if not path.exists():
        _create(path, _new_key(algorithm))
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise ConfigError([f"demo issuer: {path} can be read by others; delete it to have a new one made"])
        pem = file.read()
    try:
        key = jwk.construct(pem, algorithm)
        return key, _public(key)
    except (JOSEError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ConfigError(
            [f"demo issuer: {path} holds no key for {algorithm}; delete it to have a new one made"]
        ) from error


def _new_key(algorithm: str) -> bytes:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public(key: Key) -> dict[str, str]:
    members: dict[str, str] = key.public_key().to_dict()
    bare = {name: value for name, value in members.items() if name != "alg"}
    return {**members, "kid": thumbprint(bare), "use": "sig"}


def _create(path: Path, content: bytes) -> None:
    """Put the file there, whole; where another process was first, its file stays."""
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _replace(path: Path, content: bytes) -> None:
    draft = _draft(path, content)
    draft.chmod(0o644)
    draft.replace(path)


def _draft(path: Path, content: bytes) -> Path:
    """A new file in the same folder, readable by its owner alone, durable on return."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
