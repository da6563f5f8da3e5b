"""One connection to the server, with every setting that changes the meaning of a statement pinned.

Rule kept here: what is pinned is set when the connection is made and read back before each caller's statement; a
session in which anything differs runs nothing and is thrown away. This file alone knows what the driver does not tell:
type modifiers of result columns, and how to take values over in the form that `types` wants.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from proxy.errors import WarehouseUnavailable
from proxy.values import ReasonCode
from proxy.warehouses.postgres.errors import DOWN
from proxy.warehouses.postgres.settings import Settings
from proxy.warehouses.postgres.types import ARRAYS, SCALARS, TEXTS

PINNED: Mapping[str, str] = {
    "application_name": "usher",
    "array_nulls": "on",
    "backslash_quote": "safe_encoding",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "client_min_messages": "error",
    "DateStyle": "ISO, MDY",
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "on",
    "escape_string_warning": "off",
    "extra_float_digits": "1",
    "gin_fuzzy_search_limit": "0",
    "IntervalStyle": "postgres",
    "jit": "off",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": "auto",
    "quote_all_identifiers": "off",
    "row_security": "on",
    "search_path": "",
    "standard_conforming_strings": "on",
    "synchronize_seqscans": "on",
    "TimeZone": "UTC",
    "transform_null_equals": "off",
    "xmlbinary": "base64",
    "xmloption": "content",
}
"""Settings that any login may change, as every session has them. Rows are fetched piece by piece, which the server does
without parallel workers: so the planner does not count on any."""

GIVEN: Mapping[str, str] = {"is_superuser": "off", "session_replication_role": "origin"}
"""Settings that only the server's owner can change, as they must be."""

OWN = ("default_text_search_config", "timezone_abbreviations")
"""Settings that any login may change and the database chooses: they must stay as the session began with them."""

INSIDE: Mapping[str, str] = {"transaction_read_only": "on", "transaction_isolation": "read committed"}
"""How the transaction of a caller's statement must be."""

_VERIFY = "usher_settings"
_BEGIN = f"BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY; EXECUTE {_VERIFY}"
"""Read in the simple protocol, which answers both at once; the tap hears the row that the driver throws away."""
CONNECT_S = 10.0
CLOSE_S = 5.0
_LONGEST_MS = 2**31 - 1
_ELEMENTS_SQL = """
SELECT t.oid, t.typelem, e.typtype = 'd', e.typbasetype FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem
WHERE t.oid = ANY($1::pg_catalog.oid[]) AND t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
"""


class Tap(asyncio.Protocol):
    """Between the socket and the driver: while it listens it keeps what the server describes of a statement's rows."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._heard: bytearray | None = None

    def listen(self) -> None:
        """Keep what comes from now on."""
        self._heard = bytearray()

    def described(self) -> list[tuple[str, int, int]]:
        """Name, type and type modifier of each result column that was described; listening is over."""
        heard, self._heard = bytes(self._heard or b""), None
        return next((list(_fields(body)) for kind, body in _messages(heard) if kind == b"T"), [])

    def row(self) -> list[str]:
        """The values of the first row that came, as texts; listening is over."""
        heard, self._heard = bytes(self._heard or b""), None
        return next((list(_values(body)) for kind, body in _messages(heard) if kind == b"D"), [])

    def data_received(self, data: bytes) -> None:
        """Bytes of the server."""
        if self._heard is not None:
            self._heard += data
        self._driver.data_received(data)

    def eof_received(self) -> bool | None:
        """The server hung up."""
        ended: bool | None = self._driver.eof_received()
        return ended

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._driver.connection_lost(exc)

    def pause_writing(self) -> None:
        """The server does not keep up."""
        self._driver.pause_writing()

    def resume_writing(self) -> None:
        """The server keeps up again."""
        self._driver.resume_writing()


def _messages(heard: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Whole messages of the protocol, version 3: a letter, a length that counts itself, a body."""
    place = 0
    while place + 5 <= len(heard):
        (length,) = struct.unpack_from("!i", heard, place + 1)
        yield heard[place : place + 1], heard[place + 5 : place + 1 + length]
        place += 1 + length


def _fields(body: bytes) -> Iterator[tuple[str, int, int]]:
    """The columns of a RowDescription message."""
    (count,) = struct.unpack_from("!h", body)
    place = 2
    for _ in range(count):
        end = body.index(b"\0", place)
        _, _, oid, _, typmod, _ = struct.unpack_from("!IhIhih", body, end + 1)
        yield body[place:end].decode(), oid, typmod
        place = end + 19


def _values(body: bytes) -> Iterator[str]:
    """The values of a DataRow message in the text format; none of ours is NULL."""
    (count,) = struct.unpack_from("!h", body)
    place = 2
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, place)
        yield body[place + 4 : place + 4 + max(length, 0)].decode()
        place += 4 + max(length, 0)


class Portal:
    """A statement's rows, piece by piece: the first piece comes with the answer to the binding of its values."""

    def __init__(self, statement: Any, values: Sequence[Any]) -> None:
        self._rows = aiter(statement.cursor(*values, prefetch=1))
        self._begun = False

    async def fetch(self, count: int) -> Sequence[Any]:
        """The next rows, at most so many. Raises the driver's errors."""
        step = self._rows._exec if self._begun else self._rows._bind_exec
        self._begun = True
        rows: Sequence[Any] = await step(count, None)
        return rows


class Driver(asyncpg.Connection):  # type: ignore[misc]
    """The driver's connection, with a tap on it and `types`' forms of values."""

    __slots__ = ("codecs", "tap")

    def __init__(self, protocol: Any, transport: Any, *more: Any) -> None:
        super().__init__(protocol, transport, *more)
        self.tap = Tap(protocol)
        transport.set_protocol(self.tap)
        self.codecs = protocol.get_settings()
        for oid, scalar in SCALARS.items():
            if scalar.wire != "native":
                self.take_over(oid, scalar.name, scalar.wire)
        for oid, name in TEXTS.items():
            self.take_over(oid, name, "text")

    def take_over(self, oid: int, name: str, form: str) -> None:
        """Hand values of a type over as the server's own `text` or `binary` form."""
        decode = bytes if form == "binary" else str
        self.codecs.add_python_codec(oid, name, "pg_catalog", [], "scalar", _as_is, decode, form)


def _as_is(value: Any) -> Any:
    return value


def shown(milliseconds: int) -> str:
    """A length of time as the server shows it: in the largest unit that it is whole in."""
    if milliseconds == 0:
        return "0"
    units = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000))
    unit, size = next(((u, s) for u, s in units if milliseconds % s == 0), ("ms", 1))
    return f"{milliseconds // size}{unit}"


def _settings_sql(names: Sequence[str]) -> str:
    shown_by = (f"pg_catalog.current_setting('{name}')" for name in names)
    return f"SELECT {', '.join(shown_by)}"


def pinned(settings: Settings) -> dict[str, str]:
    """All settings of a session, as the server shows them."""
    limits = {
        "statement_timeout": settings.statement_timeout_s,
        "lock_timeout": settings.lock_timeout_s,
        "idle_in_transaction_session_timeout": settings.idle_timeout_s + 30,
    }
    timed = {name: shown(min(int(seconds * 1000), _LONGEST_MS)) for name, seconds in limits.items()}
    return {**PINNED, **timed}


class Session:
    """One connection. It belongs to one statement at a time."""

    def __init__(self, connection: Any, settings: Settings) -> None:
        self._connection = connection
        self._expected = {**pinned(settings), **GIVEN}
        self._own: dict[str, Any] = {}
        self.elements: dict[int, int] = {}
        """Element types of the array types met so far that are not built in."""
        self._known = {*SCALARS, *ARRAYS, *TEXTS}
        self.used = asyncio.get_running_loop().time()

    @classmethod
    async def connect(cls, settings: Settings) -> Session:
        """A session of which nothing was read back yet. Raises the driver's errors, `TimeoutError`."""
        async with asyncio.timeout(settings.connect_timeout_s):
            connection = await asyncpg.connect(
                settings.url.get_secret_value(),
                connection_class=Driver,
                statement_cache_size=0,
                server_settings={k: v for k, v in pinned(settings).items() if k != "client_encoding"},
                timeout=settings.connect_timeout_s,
            )
            session = cls(connection, settings)
            try:
                began = await connection.fetchrow(_settings_sql(OWN))
                session._expected.update(zip(OWN, began, strict=True))
                await connection.execute(f"PREPARE {_VERIFY} AS {_settings_sql((*session._expected, *INSIDE))}")
            except BaseException:
                session.kill()
                raise
            return session

    # -------------------------------------------------------------------------------------------------- transactions
    async def begin(self) -> None:
        """Begin a caller's transaction and read every setting back, in one round trip. Raises `WarehouseUnavailable`
        where one differs."""
        tap: Tap = self._connection.tap
        tap.listen()
        try:
            await self._connection.execute(_BEGIN)
        finally:
            row = tap.row()
        names = (*self._expected, *INSIDE)
        if len(row) != len(names) or dict(zip(names, row, strict=True)) != {**self._expected, **INSIDE}:
            self.kill()
            raise WarehouseUnavailable(DOWN, ReasonCode.WAREHOUSE_DOWN)

    async def end(self) -> None:
        """End the transaction; nothing of it stays."""
        if self._connection.is_closed():
            return
        if self._connection.is_in_transaction():
            await self._connection.execute("ROLLBACK")

    # ----------------------------------------------------------------------------------------------------- statements
    async def prepare(self, sql: str) -> tuple[Any, list[tuple[str, int, int]]]:
        """A statement prepared by the server, and its columns: name, type, type modifier."""
        statement, columns = await self._prepared(sql)
        oids = {oid for _, oid, _ in columns} | {t.oid for t in statement.get_parameters()}
        unknown = oids - self._known
        if unknown:
            await self._learn(unknown)
            statement, columns = await self._prepared(sql)
        return statement, columns

    async def _prepared(self, sql: str) -> tuple[Any, list[tuple[str, int, int]]]:
        tap: Tap = self._connection.tap
        tap.listen()
        try:
            statement = await self._connection.prepare(sql)
        finally:
            columns = tap.described()
        return statement, columns

    async def _learn(self, oids: set[int]) -> None:
        """Types met for the first time: arrays by their elements, everything else as the server's text."""
        rows = await self.fetch(_ELEMENTS_SQL, sorted(oids))
        for oid, element, is_domain, base in rows:
            inner = base if is_domain else element
            self.elements[oid] = inner
            if inner not in SCALARS:
                self._connection.take_over(inner, "element", "text")
        for oid in oids - self.elements.keys():
            self._connection.take_over(oid, "other", "text")
        self._known |= oids

    async def fetch(self, sql: str, *values: Any) -> Sequence[Any]:
        """All rows of a statement of our own, which stays prepared."""
        if sql not in self._own:
            self._own[sql] = await self._connection.prepare(sql, name=f"usher_{len(self._own)}")
        rows: Sequence[Any] = await self._own[sql].fetch(*values)
        return rows

    # ------------------------------------------------------------------------------------------------------------ end
    @property
    def alive(self) -> bool:
        """Whether the connection is still there."""
        return not self._connection.is_closed()

    def kill(self) -> None:
        """Close the connection at once; the server ends what it still does when it notices."""
        self._connection.terminate()

    async def close(self) -> None:
        """Take leave of the server, or close at once where it does not answer."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._connection.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.kill()
