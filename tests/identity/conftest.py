"""What the identity tests share: a key server, and verifiers that are closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.errors import Unauthenticated
from proxy.identity.verifier import Verifier
from proxy.values import ReasonCode
from tests.identity.forge import Clock, Signer, key_set, settings
from tests.identity.key_server import KeyServer, running

Trusting = Callable[..., Verifier]
Refused = Callable[..., Awaitable[Unauthenticated]]


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    with running() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def elapsed() -> Clock:
    return Clock(1000.0)


@pytest.fixture
async def trusting(tmp_path: Path, clock: Clock, elapsed: Clock) -> AsyncIterator[Trusting]:
    """A verifier whose one issuer has the given keys in a file; keywords change the issuer's settings."""
    opened: list[Verifier] = []

    def build(*keys: Any, **changes: Any) -> Verifier:
        path = tmp_path / "keys.json"
        path.write_bytes(key_set(*(keys or (Signer(),))))
        changes = {"algorithms": ["RS256", "ES256"], "leeway_s": 0, "jwks": f"file:{path}"} | changes
        opened.append(Verifier(settings(**changes), clock=clock, elapsed=elapsed))
        return opened[-1]

    yield build
    for verifier in opened:
        await verifier.close()


@pytest.fixture
def refused() -> Refused:
    """Asserts that a token is refused for one reason, with a text that tells what to do and nothing of the token."""

    async def check(verifier: Verifier, token: str, reason: ReasonCode) -> Unauthenticated:
        with pytest.raises(Unauthenticated) as caught:
            await verifier.authenticate(token)
        assert [r.code for r in caught.value.reasons] == [reason]
        assert caught.value.detail.endswith(".")
        assert not [part for part in token.split(".") if len(part) > 8 and part in caught.value.detail]
        return caught.value

    return check
