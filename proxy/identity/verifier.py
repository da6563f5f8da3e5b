"""The identity stage: a token in, the caller it names out.

Rule kept here: the checks run in one order, cheap ones first and nothing believed before the signature holds; a caller
from the cache is held against the clock and the issuer's keys again, each time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

from proxy.errors import Unauthenticated
from proxy.identity import caller, claims
from proxy.identity.fetch import source
from proxy.identity.key_ring import KeyRing
from proxy.identity.keys import VerificationKey, verify_signature
from proxy.identity.settings import IssuerSettings, Settings
from proxy.identity.token import Token, check_size, parse
from proxy.values import Caller, ReasonCode

_CACHED_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class _Trust:
    """One issuer: what it may claim, and its keys."""

    settings: IssuerSettings
    ring: KeyRing


@dataclass(frozen=True, slots=True)
class _Known:
    """A token that passed every check, and what may undo that: its times and its key."""

    trust: _Trust
    key: VerificationKey
    times: claims.Validity
    caller: Caller


class Verifier:
    """Authenticates tokens of the issuers in its settings. `clock` is wall time and `elapsed` a monotonic clock, both
    in seconds. Raises `ConfigError` where settings name a certificate file that cannot be used."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._trusted = {i.issuer: _Trust(i, KeyRing(i, source(i), elapsed)) for i in settings.issuers}
        self._namespaces = frozenset(i.namespace for i in settings.issuers if i.namespace is not None)
        # By SHA-256, so that no token stays in memory.
        self._known: LRUCache[bytes, _Known] = LRUCache(_CACHED_TOKENS)

    async def authenticate(self, token: str) -> Caller:
        """The caller a token names. Raises `Unauthenticated` with the reason."""
        check_size(token)
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._known.get(digest)
        if known is not None and known.key in (await known.trust.ring.current()).keys:
            claims.check_times(known.times, known.trust.settings, self._clock())
            return known.caller
        self._known.pop(digest, None)
        checked = await self._checked(parse(token))
        self._known[digest] = checked
        return checked.caller

    async def problems(self) -> tuple[str, ...]:
        """Why keys of issuers cannot be had just now, one text an issuer; none where all is well."""
        found = []
        for name, trust in self._trusted.items():
            try:
                keys = await trust.ring.current()
            except Unauthenticated:
                found.append(f"issuer {name}: {trust.ring.failure or 'no keys yet'}")
                continue
            if trust.ring.failure is not None:
                found.append(f"issuer {name}: the last keys are still used, but {trust.ring.failure}")
            elif not keys.keys:
                found.append(f"issuer {name}: none of its keys is usable with {', '.join(trust.settings.algorithms)}")
        return tuple(found)

    async def close(self) -> None:
        """Let go of connections and forget the callers."""
        self._known.clear()
        for trust in self._trusted.values():
            await trust.ring.close()

    async def _checked(self, token: Token) -> _Known:
        trust = self._trusted.get(claims.issuer_name(token.claims))
        if trust is None:
            detail = "The token's issuer is not one that this gateway trusts; sign in with one that it does."
            raise Unauthenticated(detail, ReasonCode.ISSUER_UNKNOWN)
        if token.algorithm not in trust.settings.algorithms:
            accepted = ", ".join(trust.settings.algorithms)
            detail = (
                f"The token is signed with an algorithm that is not accepted; the issuer must use one of: {accepted}."
            )
            raise Unauthenticated(detail, ReasonCode.ALGORITHM_REFUSED)
        key = await trust.ring.find(token.kid, token.algorithm)
        verify_signature(token, key)
        times = claims.validity(token.claims)
        claims.check_times(times, trust.settings, self._clock())
        claims.check_audience(token.claims, trust.settings.audience)
        token_hash = caller.token_hash(token.text, token.claims)
        who = caller.build(token.claims, trust.settings, self._namespaces, times, token_hash)
        return _Known(trust, key, times, who)
