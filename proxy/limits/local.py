"""Limits held in this process's own memory.

Rule kept here: a place is taken when a query is admitted and given back exactly once; what passes a limit is refused
before it leaves, with an error that names the limit, its value and what to do. A caller is (issuer, subject): the same
subject of another issuer is somebody else. Used from one event loop; nothing here waits but for one's own turn.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from proxy.errors import LimitExceeded, TooLarge
from proxy.limits.settings import Settings
from proxy.values import Caller, Reason, ReasonCode

_Who: TypeAlias = tuple[str, str]
WAITING = 64
"""Statements of one caller that may wait for their turn to be read."""


@dataclass(slots=True)
class _Turns:
    """Those of one caller who wait for, or have, the turn to be read."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    there: int = 0


@dataclass(slots=True)
class LocalTicket:
    """One admitted query's share of the limits, counted up while its rows leave."""

    timeout_s: float
    _settings: Settings
    _running: Counter[_Who]
    _who: _Who
    _rows: int = 0
    _size: int = 0
    _open: bool = field(default=True)

    def take(self, rows: int, size: int) -> None:
        """Count rows and bytes about to leave. Raises `TooLarge` once a limit is passed."""
        self._rows += rows
        self._size += size
        if self._rows > self._settings.max_rows:
            raise TooLarge(
                f"The answer has more than {self._settings.max_rows:,} rows, the most one answer may have "
                "(limits.max_rows). Aggregate, add a WHERE or a LIMIT, or ask with a smaller max_rows to have it cut.",
                Reason(ReasonCode.MAX_ROWS, str(self._settings.max_rows)),
            )
        if self._size > self._settings.max_bytes:
            raise TooLarge(
                f"The answer has more than {self._settings.max_bytes:,} bytes, the most one answer may have "
                "(limits.max_bytes). Select fewer columns, aggregate, or add a WHERE or a LIMIT.",
                Reason(ReasonCode.MAX_BYTES, str(self._settings.max_bytes)),
            )

    def close(self) -> None:
        """Give the place back; a second call changes nothing."""
        if not self._open:
            return
        self._open = False
        self._running[self._who] -= 1
        if self._running[self._who] <= 0:
            del self._running[self._who]


class LocalLimits:
    """Admits queries while their caller has places left."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: Counter[_Who] = Counter()
        self._turns: dict[_Who, _Turns] = {}

    @asynccontextmanager
    async def turn(self, caller: Caller) -> AsyncIterator[None]:
        """One statement of a caller is read at a time, so that no caller takes every process that reads. Raises
        `LimitExceeded` where too many wait, or the turn does not come in the time that a statement may take."""
        who = (caller.issuer, caller.subject)
        turns = self._turns.setdefault(who, _Turns())
        if turns.there > WAITING:
            raise LimitExceeded(
                f"{WAITING} statements of yours wait to be read. Send fewer at a time.",
                Reason(ReasonCode.CONCURRENCY, str(WAITING)),
            )
        turns.there += 1
        try:
            await self._turn_of(turns)
            try:
                yield
            finally:
                turns.lock.release()
        finally:
            turns.there -= 1
            if not turns.there:
                del self._turns[who]

    async def _turn_of(self, turns: _Turns) -> None:
        """Waits for the turn, which the caller of this gives back."""
        try:
            async with asyncio.timeout(self._settings.statement_timeout_s):
                await turns.lock.acquire()
        except TimeoutError as error:
            raise LimitExceeded(
                "Your earlier statements took so long to be read that this one was given up. Send fewer at a time.",
                Reason(ReasonCode.CONCURRENCY, str(turns.there)),
            ) from error

    def admit(self, caller: Caller) -> LocalTicket:
        """A place for one query. Raises `LimitExceeded`."""
        who = (caller.issuer, caller.subject)
        most = self._settings.concurrent_per_caller
        if self._running[who] >= most:
            raise LimitExceeded(
                f"You have {most:,} queries running, the most one caller may have at a time "
                "(limits.concurrent_per_caller). Wait for one to end, or stop one, and ask again.",
                Reason(ReasonCode.CONCURRENCY, str(most)),
            )
        self._running[who] += 1
        return LocalTicket(self._settings.statement_timeout_s, self._settings, self._running, who)
