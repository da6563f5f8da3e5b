"""Connections that are kept for the next statement.

Rule kept here: a session serves one statement at a time, is given back only when its transaction is over, and is closed
when anything about it is in doubt. The number of statements at one time is bounded; who waits too long is told.
"""

from __future__ import annotations

import asyncio
from collections import deque

from proxy.errors import GatewayError, LimitExceeded, WarehouseUnavailable
from proxy.values import ReasonCode
from proxy.warehouses.postgres.errors import DOWN, DRIVER, mapped
from proxy.warehouses.postgres.session import Session
from proxy.warehouses.postgres.settings import Settings

END_S = 5.0
"""How long a server may take to stop a cancelled statement before its connection is closed."""


class Pool:
    """Sessions of one warehouse: at most `pool.max` for statements, and one more for the gateway's own questions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places = asyncio.Semaphore(settings.pool.max)
        self._idle: deque[Session] = deque()
        self._closed = False

    async def place(self, timeout_s: float) -> None:
        """Wait for a place to run a statement. Raises `LimitExceeded`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._places.acquire()
        except TimeoutError:
            most = self._settings.pool.max
            text = f"The warehouse already runs {most} queries, as many as it may. Try again in a moment."
            raise LimitExceeded(text, ReasonCode.CONCURRENCY) from None

    def leave(self) -> None:
        """Give a place back."""
        self._places.release()

    async def session(self) -> Session:
        """A session in a transaction of its own, with every setting read back. Raises `WarehouseUnavailable`."""
        while self._idle and not self._closed:
            kept = self._idle.pop()
            if await self._begun(kept):
                return kept
        if self._closed:
            raise WarehouseUnavailable(DOWN, ReasonCode.WAREHOUSE_DOWN)
        return await self._fresh()

    async def _begun(self, session: Session) -> bool:
        """Whether a kept session still works; one that does not is closed."""
        age = asyncio.get_running_loop().time() - session.used
        if session.alive and age < self._settings.pool.idle_s:
            try:
                async with asyncio.timeout(self._settings.connect_timeout_s):
                    await session.begin()
                    return True
            except (GatewayError, TimeoutError, *DRIVER):
                session.kill()
                return False
            except BaseException:
                session.kill()
                raise
        session.kill()
        return False

    async def _fresh(self) -> Session:
        try:
            session = await Session.connect(self._settings)
        except (TimeoutError, *DRIVER) as error:
            known = mapped(error)
            if isinstance(known, LimitExceeded | WarehouseUnavailable):
                raise known from error
            raise WarehouseUnavailable(DOWN, ReasonCode.WAREHOUSE_DOWN) from error
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                await session.begin()
        except (TimeoutError, *DRIVER) as error:
            session.kill()
            raise WarehouseUnavailable(DOWN, ReasonCode.WAREHOUSE_DOWN) from error
        except BaseException:
            session.kill()
            raise
        return session

    async def give_back(self, session: Session) -> None:
        """End the session's transaction and keep it; where that does not work in time, close it."""
        try:
            async with asyncio.timeout(END_S):
                await session.end()
        except (TimeoutError, *DRIVER):
            session.kill()
        except BaseException:
            session.kill()
            raise
        session.used = asyncio.get_running_loop().time()
        if session.alive and not self._closed:
            self._idle.append(session)
        elif session.alive:
            await session.close()

    async def close(self) -> None:
        """Close every session that is not at work; those at work are closed when they are given back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()
        await asyncio.sleep(0)  # in this round the loop lets go of connections that were cut
