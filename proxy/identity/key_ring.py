"""One issuer's keys over time: cached, fetched once for all who wait, and kept through an outage for a stated time.

Rule kept here: at most one fetch runs at a time and two never start within `refresh_interval_s`, whatever tokens ask
for; keys older than `jwks_ttl_s` plus `outage_grace_s` are never used. Ages are measured on a clock that cannot be set.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from proxy.errors import Unauthenticated
from proxy.identity.fetch import FetchFailed, Source
from proxy.identity.keys import KeySet, VerificationKey, parse_keys
from proxy.identity.settings import IssuerSettings
from proxy.values import ReasonCode

_log = logging.getLogger(__name__)


class KeyRing:
    """The keys of one issuer. `elapsed` is a monotonic clock in seconds."""

    def __init__(self, settings: IssuerSettings, source: Source, elapsed: Callable[[], float]) -> None:
        self._settings = settings
        self._source = source
        self._elapsed = elapsed
        self._lock = asyncio.Lock()
        self._keys: KeySet | None = None
        self._fetched_at = 0.0
        self._attempted_at: float | None = None
        self._failure: str | None = None

    @property
    def failure(self) -> str | None:
        """Why the last fetch failed, or None where it did not."""
        return self._failure

    async def current(self) -> KeySet:
        """The keys in force. Raises `Unauthenticated` (keys-unavailable) where there are none young enough."""
        stale = self._keys is None or self._age() >= self._settings.jwks_ttl_s
        # While one caller fetches, the others wait for it only where the keys at hand may not be used any more.
        if stale and not (self._lock.locked() and self._usable() is not None):
            await self._refresh()
        keys = self._usable()
        if keys is None:
            detail = "The issuer's keys cannot be fetched, so the token cannot be checked; try again in a minute."
            raise Unauthenticated(detail, ReasonCode.KEYS_UNAVAILABLE)
        return keys

    async def find(self, kid: str | None, algorithm: str) -> VerificationKey:
        """The key a token names, after looking for new keys where it is not known. Raises `Unauthenticated`."""
        key = (await self.current()).find(kid, algorithm)
        if key is None:
            await self._refresh()
            key = (await self.current()).find(kid, algorithm)
        if key is None:
            detail = "The token is signed with a key that its issuer does not list; sign in again."
            raise Unauthenticated(detail, ReasonCode.KEY_UNKNOWN)
        return key

    async def close(self) -> None:
        """Let go of connections."""
        await self._source.close()

    def _age(self) -> float:
        return self._elapsed() - self._fetched_at

    def _usable(self) -> KeySet | None:
        limit = self._settings.jwks_ttl_s + self._settings.outage_grace_s
        return self._keys if self._age() < limit else None

    def _due(self) -> bool:
        last = self._attempted_at
        return last is None or self._elapsed() - last >= self._settings.refresh_interval_s

    async def _refresh(self) -> None:
        """Fetch where that is due, or wait for the fetch that runs."""
        if not self._due() and not self._lock.locked():
            return
        # The limit is on waiting for one's turn; a fetch has its own, and must not be cut by that of a waiter.
        try:
            async with asyncio.timeout(2 * self._settings.fetch_timeout_s):
                await self._lock.acquire()
        except TimeoutError:
            return
        try:
            if self._due():
                await self._fetch()
        finally:
            self._lock.release()

    async def _fetch(self) -> None:
        before, started = self._attempted_at, self._elapsed()
        self._attempted_at = started
        ended = False
        try:
            keys = parse_keys(await self._source.fetch(), self._settings.algorithms)
            ended = True
        except (FetchFailed, ValueError) as error:
            ended = True
            self._failure = str(error) if isinstance(error, FetchFailed) else f"the key set {error}"
            _log.warning("keys of issuer %s could not be fetched: %s", self._settings.issuer, self._failure)
            return
        finally:
            # Whoever fetched was cancelled (its client hung up): the next in line must not be refused for that.
            if not ended and self._usable() is None:
                self._attempted_at = before
        self._keys, self._fetched_at, self._failure = keys, started, None
        if keys.dropped:
            _log.info("%d keys of issuer %s are not usable and left out", keys.dropped, self._settings.issuer)
