"""The DuckDB warehouse as the gateway sees it: a catalog that follows the file, and statements whose rows stream.

Rule kept here: the engine works in a bounded pool of threads and only while rows are asked for; whatever ends a
result (its last row, an error, the statement timeout, a hang-up, nobody taking rows) stops the engine and gives its
place back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pyarrow as pa

from proxy.dialect import Dialect
from proxy.errors import ConfigError, GatewayError, LimitExceeded, QueryTimeout, WarehouseUnavailable
from proxy.values import Catalog, Described, ReasonCode, Result
from proxy.warehouses.duckdb import Settings
from proxy.warehouses.duckdb.errors import CHANGED, DOWN, FATAL
from proxy.warehouses.duckdb.execution import Execution
from proxy.warehouses.duckdb.session import Session, identity

log = logging.getLogger(__name__)

READY_S = 5.0
CLOSE_S = 10.0
T = TypeVar("T")


class DuckDb:
    """One database file. `execute` may be called by many tasks at once."""

    def __init__(self, name: str, settings: Settings, dialect: Dialect) -> None:
        """Raises `ConfigError` where the file cannot be opened."""
        self.dialect = dialect
        self._name = name
        self._settings = settings
        self._session = Session(name, settings)
        self._looked = time.monotonic()
        self._places = asyncio.Semaphore(settings.concurrent_queries)
        self._refreshing = asyncio.Lock()
        self._open: set[Batches] = set()
        self._closed = False
        # A running statement and the close that stops it may need a thread each.
        self._pool = ThreadPoolExecutor(2 * settings.concurrent_queries + 2, thread_name_prefix=f"duckdb-{name}")

    async def catalog(self) -> Catalog:
        """The schema; looks at most every `refresh_s` seconds whether the file was replaced."""
        session = self._session
        if session.broken or time.monotonic() - self._looked >= self._settings.refresh_s:
            async with self._refreshing:
                if self._session is session:
                    await self._refresh(session)
        return self._session.catalog

    async def execute(self, sql: str, parameters: Sequence[Any], timeout_s: float, catalog_version: str) -> Result:
        """Run one proven SELECT, on the schema it was proven for only. `timeout_s` counts while the engine works, not
        while the client takes its time.

        Raises `QueryFailed`, `InvalidSql`, `QueryTimeout`, `LimitExceeded`, `WarehouseUnavailable`."""
        session = await self._placed(timeout_s)
        if session.catalog.version != catalog_version:
            self._places.release()
            raise WarehouseUnavailable(CHANGED, ReasonCode.WAREHOUSE_DOWN)
        batches = Batches(
            session.execution(), self._run, timeout_s, self._settings.idle_timeout_s, self._given_back(session)
        )
        self._open.add(batches)
        try:
            schema = await batches.start(sql, parameters)
        except BaseException as error:
            session.broken = session.broken or isinstance(error.__cause__, FATAL)
            closing = batches.abandon()
            if isinstance(error, GatewayError):
                error.lingering = closing
            raise
        return Result(schema, batches)

    async def describe(self, sql: str, timeout_s: float, catalog_version: str) -> Described:
        """What a proven SELECT gives and takes, without reading data. Raises as `execute` does."""
        session = await self._placed(timeout_s)
        execution = session.execution()
        work: asyncio.Future[Described] | None = None
        try:
            if session.catalog.version != catalog_version:
                raise WarehouseUnavailable(CHANGED, ReasonCode.WAREHOUSE_DOWN)
            work = self._run(execution.describe, sql)
            await asyncio.wait({work}, timeout=timeout_s)
            if not work.done():
                text = f"The engine took longer than {timeout_s:g} seconds to read the statement. Shorten it."
                raise QueryTimeout(text, ReasonCode.STATEMENT_TIMEOUT)
            return await work
        except GatewayError as error:
            session.broken = session.broken or isinstance(error.__cause__, FATAL)
            raise
        finally:
            execution.stop()
            if work is not None:
                work.add_done_callback(_seen)
            closing = self._run(execution.close)
            closing.add_done_callback(lambda _: self._ended(session))

    async def _placed(self, timeout_s: float) -> Session:
        """A session that works, with a place in it. Raises `LimitExceeded`, `WarehouseUnavailable`."""
        if self._closed:
            raise WarehouseUnavailable(DOWN, ReasonCode.WAREHOUSE_DOWN)
        if self._session.broken:
            await self.catalog()
        await self._place(timeout_s)
        return self._session

    async def ready(self) -> bool:
        """Whether the file is there and the engine answers."""
        if self._closed:
            return False
        try:
            async with asyncio.timeout(READY_S):
                return await self._run(self._session.answers) and await self._run(self._settings.path.is_file)
        except TimeoutError:
            return False

    async def close(self) -> None:
        """Stop every statement and close the file."""
        self._closed = True
        closing = {batches.abandon() for batches in tuple(self._open)}
        if closing:
            await asyncio.wait(closing, timeout=CLOSE_S)
        self._session.retire()
        self._pool.shutdown(wait=False, cancel_futures=True)

    # ---------------------------------------------------------------------------------------------------- one step each
    def _run(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    async def _refresh(self, session: Session) -> None:
        """A new session where the file is another one now; running statements keep the old. A file that does not open
        leaves the old session at work."""
        self._looked = time.monotonic()
        try:
            if not session.broken and await self._run(identity, self._settings.path) == session.identity:
                return
            fresh = await self._run(Session, self._name, self._settings)
        except (ConfigError, OSError) as error:
            log.warning("warehouse %s: the file cannot be re-opened (%s)", self._name, type(error).__name__)
            if session.broken:
                raise WarehouseUnavailable(DOWN, ReasonCode.WAREHOUSE_DOWN) from error
            return
        self._session = fresh
        session.retire()

    async def _place(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._places.acquire()
        except TimeoutError:
            most = self._settings.concurrent_queries
            text = f"The warehouse already runs {most} queries, as many as it may. Try again in a moment."
            raise LimitExceeded(text, ReasonCode.CONCURRENCY) from None

    def _ended(self, session: Session) -> None:
        self._places.release()
        session.release()

    def _given_back(self, session: Session) -> Callable[[Batches], None]:
        def give_back(batches: Batches) -> None:
            self._open.discard(batches)
            self._places.release()
            session.release()

        return give_back


class Batches(AsyncIterator[pa.RecordBatch]):
    """A result's batches: the engine makes the next one when it is asked for. `aclose` is a hang-up."""

    def __init__(
        self,
        execution: Execution,
        run: Callable[..., asyncio.Future[Any]],
        timeout_s: float,
        idle_s: float,
        done: Callable[[Batches], None],
    ) -> None:
        self._execution = execution
        self._run = run
        self._timeout_s = timeout_s
        self._left_s = timeout_s
        self._idle_s = idle_s
        self._done = done
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Future[None] | None = None
        self._ended: BaseException | None = None

    async def start(self, sql: str, parameters: Sequence[Any]) -> pa.Schema:
        """Run until the schema is known."""
        schema: pa.Schema = await self._work(self._execution.start, sql, parameters)
        self._watch()
        return schema

    def __aiter__(self) -> Batches:
        """Itself: a result is read once."""
        return self

    async def __anext__(self) -> pa.RecordBatch:
        """The next batch; ends, or raises as `DuckDb.execute` does."""
        if self._closing is not None:
            if self._ended is not None:
                raise self._ended
            raise StopAsyncIteration
        batch: pa.RecordBatch | None
        try:
            ready = self._execution.ready()
            if ready is not None or self._execution.done:
                batch = ready
            else:
                batch = await self._work(self._execution.next)
        except BaseException:
            self.abandon()
            raise
        if batch is None:
            await self.aclose()
            raise StopAsyncIteration
        self._watch()
        return batch

    async def aclose(self) -> None:
        """Stop the engine and wait until it let go; may be called at any time, and twice."""
        closing = self.abandon()
        if not closing.done():
            await asyncio.wait({closing}, timeout=CLOSE_S)

    @property
    def lingering(self) -> asyncio.Future[None] | None:
        """Ends once the engine has let go; None while nobody told it to."""
        return self._closing

    def abandon(self) -> asyncio.Future[None]:
        """Stop the engine, without waiting for it."""
        if self._timer is not None:
            self._timer.cancel()
        if self._closing is None and self._execution.done:
            self._closing = asyncio.get_running_loop().create_future()
            self._closing.set_result(None)
            self._done(self)
        elif self._closing is None:
            self._execution.stop()
            self._closing = self._run(self._execution.close)
            self._closing.add_done_callback(lambda _: self._done(self))
        return self._closing

    async def _work(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The engine's time, counted: past the timeout it is stopped."""
        if self._timer is not None:
            self._timer.cancel()
        began = time.monotonic()
        work = self._run(function, *arguments)
        work.add_done_callback(_seen)
        await asyncio.wait({work}, timeout=max(self._left_s, 0.0))
        self._left_s -= time.monotonic() - began
        if not work.done():
            self.abandon()
            text = (
                f"The statement took longer than {self._timeout_s:g} seconds. Filter more, aggregate, or ask for less."
            )
            raise QueryTimeout(text, ReasonCode.STATEMENT_TIMEOUT)
        return work.result()

    def _watch(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._idle_s, self._expire)

    def _expire(self) -> None:
        text = f"Nobody took rows from this result for {self._idle_s:g} seconds, so it was closed. Run the query again."
        self._ended = QueryTimeout(text, ReasonCode.STATEMENT_TIMEOUT)
        self.abandon()


def _seen(work: asyncio.Future[Any]) -> None:
    """A stopped statement's own error has nobody to read it."""
    if not work.cancelled():
        work.exception()
