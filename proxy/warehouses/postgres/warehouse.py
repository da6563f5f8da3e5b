"""The PostgreSQL warehouse as the gateway sees it: a catalog that follows the server, and statements whose rows stream.

Rule kept here: the server works only while rows are asked for; whatever ends a result (its last row, an error, the
statement timeout, a hang-up, nobody taking rows) stops the server and gives its place back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from proxy.dialect import Dialect
from proxy.errors import ConfigError, GatewayError, QueryTimeout, WarehouseUnavailable
from proxy.values import Catalog, Described, ReasonCode, Result
from proxy.warehouses.postgres.catalog import Stamps, snapshot, stamps
from proxy.warehouses.postgres.errors import CHANGED, DOWN, DRIVER, start_problem
from proxy.warehouses.postgres.execution import Execution, Outdated
from proxy.warehouses.postgres.pool import Pool
from proxy.warehouses.postgres.privileges import problems
from proxy.warehouses.postgres.session import Session
from proxy.warehouses.postgres.settings import Settings

log = logging.getLogger(__name__)

READY_S = 5.0
CATALOG_S = 30.0
CLOSE_S = 10.0


class Postgres:
    """One database on one server. `execute` may be called by many tasks at once."""

    def __init__(self, name: str, settings: Settings, dialect: Dialect) -> None:
        """Raises `ConfigError` where the server does not answer, or the login is not what it must be."""
        self.dialect = dialect
        self._name = name
        self._settings = settings
        self._pool = Pool(settings)
        self._stamps, self._catalog = _looked(name, settings)
        self._at = time.monotonic()
        self._refreshing = asyncio.Lock()
        self._open: set[Batches] = set()
        self._closed = False

    async def catalog(self) -> Catalog:
        """The schema; looks at most every `refresh_s` seconds whether it changed."""
        if time.monotonic() - self._at >= self._settings.refresh_s:
            await self._refresh(self._stamps)
        return self._catalog

    async def execute(self, sql: str, parameters: Sequence[Any], timeout_s: float, catalog_version: str) -> Result:
        """Run one proven SELECT, on the schema it was proven for only. `timeout_s` counts while the server works, not
        while the client takes its time.

        Raises `QueryFailed`, `InvalidSql`, `QueryTimeout`, `LimitExceeded`, `WarehouseUnavailable`."""
        try:
            return await self._executed(sql, parameters, timeout_s, catalog_version)
        except Outdated as error:
            await self._refresh(error.stamps)
        try:
            return await self._executed(sql, parameters, timeout_s, catalog_version)
        except Outdated as error:
            raise WarehouseUnavailable(CHANGED, ReasonCode.WAREHOUSE_DOWN) from error

    async def describe(self, sql: str, timeout_s: float, catalog_version: str) -> Described:
        """What a proven SELECT gives and takes, as the server tells when it prepares it. Raises as `execute` does."""
        try:
            return await self._described(sql, timeout_s, catalog_version)
        except Outdated as error:
            await self._refresh(error.stamps)
        try:
            return await self._described(sql, timeout_s, catalog_version)
        except Outdated as error:
            raise WarehouseUnavailable(CHANGED, ReasonCode.WAREHOUSE_DOWN) from error

    async def ready(self) -> bool:
        """Whether the server answers."""
        if self._closed:
            return False
        try:
            async with asyncio.timeout(READY_S):
                session = await self._pool.session()
                await self._pool.give_back(session)
                return session.alive
        except (TimeoutError, GatewayError):
            return False

    async def close(self) -> None:
        """Stop every statement and close the connections."""
        self._closed = True
        closing = {batches.abandon() for batches in tuple(self._open)}
        if closing:
            await asyncio.wait(closing, timeout=CLOSE_S)
        await self._pool.close()

    # ---------------------------------------------------------------------------------------------------- one step each
    async def _executed(self, sql: str, parameters: Sequence[Any], timeout_s: float, version: str) -> Result:
        if self._closed:
            raise WarehouseUnavailable(DOWN, ReasonCode.WAREHOUSE_DOWN)
        await self._pool.place(timeout_s)
        if self._catalog.version != version:
            self._pool.leave()
            raise WarehouseUnavailable(CHANGED, ReasonCode.WAREHOUSE_DOWN)
        execution = Execution(self._pool, self._settings.batch_rows)
        batches = Batches(execution, timeout_s, self._settings.idle_timeout_s, self._given_back)
        self._open.add(batches)
        try:
            schema = await batches.start(sql, parameters, self._settings.schemas, self._stamps)
        except BaseException as error:
            closing = batches.abandon()
            if isinstance(error, GatewayError):
                error.lingering = closing
            raise
        return Result(schema, batches)

    async def _described(self, sql: str, timeout_s: float, version: str) -> Described:
        if self._closed:
            raise WarehouseUnavailable(DOWN, ReasonCode.WAREHOUSE_DOWN)
        await self._pool.place(timeout_s)
        try:
            if self._catalog.version != version:
                raise WarehouseUnavailable(CHANGED, ReasonCode.WAREHOUSE_DOWN)
            execution = Execution(self._pool, self._settings.batch_rows)
            try:
                async with asyncio.timeout(timeout_s):
                    return await execution.describe(sql, self._settings.schemas, self._stamps)
            except TimeoutError:
                text = f"The server took longer than {timeout_s:g} seconds to read the statement. Shorten it."
                raise QueryTimeout(text, ReasonCode.STATEMENT_TIMEOUT) from None
            finally:
                await execution.close()
        finally:
            self._pool.leave()

    async def _refresh(self, seen: Stamps) -> None:
        """Look at the schema, unless somebody did since it was `seen`; the old snapshot stays where it did not change,
        and where the server does not answer."""
        async with self._refreshing:
            if self._stamps is not seen:
                return
            self._at = time.monotonic()
            try:
                async with asyncio.timeout(CATALOG_S):
                    await self._look()
            except (TimeoutError, WarehouseUnavailable, *DRIVER) as error:
                log.warning("warehouse %s: the schema cannot be read (%s)", self._name, type(error).__name__)

    async def _look(self) -> None:
        session = await self._pool.session()
        try:
            if await stamps(session, self._settings.schemas) != self._stamps:
                found = await snapshot(session, self._name, self._settings.schemas, self._settings.search_path)
                self._stamps, self._catalog = found
        except BaseException:
            session.kill()
            raise
        finally:
            await self._pool.give_back(session)

    def _given_back(self, batches: Batches) -> None:
        self._open.discard(batches)
        self._pool.leave()


class Batches(AsyncIterator[pa.RecordBatch]):
    """A result's batches: the server makes the next one when it is asked for. `aclose` is a hang-up."""

    def __init__(self, execution: Execution, timeout_s: float, idle_s: float, done: Callable[[Batches], None]) -> None:
        self._execution = execution
        self._timeout_s = timeout_s
        self._left_s = timeout_s
        self._idle_s = idle_s
        self._done = done
        self._timer: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[Any] | None = None
        self._closing: asyncio.Future[None] | None = None
        self._ended: BaseException | None = None

    async def start(self, sql: str, parameters: Sequence[Any], schemas: Sequence[str], stamped: Stamps) -> pa.Schema:
        """Run until the schema is known."""
        schema: pa.Schema = await self._timed(self._execution.start(sql, parameters, schemas, stamped))
        self._watch()
        return schema

    def __aiter__(self) -> Batches:
        """Itself: a result is read once."""
        return self

    async def __anext__(self) -> pa.RecordBatch:
        """The next batch; ends, or raises as `Postgres.execute` does."""
        if self._closing is not None:
            if self._ended is not None:
                raise self._ended
            raise StopAsyncIteration
        try:
            batch: pa.RecordBatch | None = await self._timed(self._execution.next())
        except BaseException:
            self.abandon()
            raise
        if batch is None:
            await self.aclose()
            raise StopAsyncIteration
        self._watch()
        return batch

    async def aclose(self) -> None:
        """Stop the server and wait until it let go; may be called at any time, and twice."""
        closing = self.abandon()
        await asyncio.wait({closing}, timeout=CLOSE_S)

    @property
    def lingering(self) -> asyncio.Future[None] | None:
        """Ends once the server has let go; None while nobody told it to."""
        return self._closing

    def abandon(self) -> asyncio.Future[None]:
        """Stop the server, without waiting for it."""
        if self._timer is not None:
            self._timer.cancel()
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
            self._closing.add_done_callback(lambda _: self._done(self))
        return self._closing

    async def _close(self) -> None:
        """Cancel the step at work, by which the driver asks the server to stop; then give the session back."""
        if self._work is not None and not self._work.done():
            self._work.cancel()
            await asyncio.wait({self._work}, timeout=CLOSE_S)
        await self._execution.close()

    async def _timed(self, step: Coroutine[Any, Any, Any]) -> Any:
        """The server's time, counted: past the timeout it is stopped."""
        if self._timer is not None:
            self._timer.cancel()
        began = time.monotonic()
        self._work = work = asyncio.get_running_loop().create_task(step)
        work.add_done_callback(_seen)
        await asyncio.wait({work}, timeout=max(self._left_s, 0.0))
        self._left_s -= time.monotonic() - began
        if not work.done():
            self.abandon()
            text = (
                f"The statement took longer than {self._timeout_s:g} seconds. Filter more, aggregate, or ask for less."
            )
            raise QueryTimeout(text, ReasonCode.STATEMENT_TIMEOUT)
        if work.cancelled():
            raise QueryTimeout("The statement was stopped.", ReasonCode.STATEMENT_TIMEOUT)
        return work.result()

    def _watch(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._idle_s, self._expire)

    def _expire(self) -> None:
        text = f"Nobody took rows from this result for {self._idle_s:g} seconds, so it was closed. Run the query again."
        self._ended = QueryTimeout(text, ReasonCode.STATEMENT_TIMEOUT)
        self.abandon()


def _seen(work: asyncio.Task[Any]) -> None:
    """A stopped statement's own error has nobody to read it."""
    if not work.cancelled():
        work.exception()


# ---------------------------------------------------------------------------------------------------------- the start
def _looked(name: str, settings: Settings) -> tuple[Stamps, Catalog]:
    """The first snapshot, by a login with the least rights. It is taken in a thread with an event loop of its own, as
    whoever builds a gateway may be in one already. Raises `ConfigError`."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_first_look(name, settings))).result()


async def _first_look(name: str, settings: Settings) -> tuple[Stamps, Catalog]:
    try:
        async with asyncio.timeout(settings.connect_timeout_s + CATALOG_S):
            session = await Session.connect(settings)
            try:
                wrong = await problems(session, name, settings.schemas)
                if wrong:
                    raise ConfigError(wrong)
                await session.begin()
                return await snapshot(session, name, settings.schemas, settings.search_path)
            finally:
                await session.close()
    except (TimeoutError, GatewayError, *DRIVER) as error:
        # What is wrong with an address is told in words that quote it, the password's pieces included.
        cause = None if isinstance(error, ValueError) else error
        raise ConfigError([f"warehouses.{name}.url: {start_problem(error)}"]) from cause
