"""What runs in the worker processes: reading a statement, and running it on the engine of its view.

Rule kept here: a statement runs on the instance that was made of its own view's facts, in a session of its own, within
its time and memory, and leaves no more than a capped number of rows. The engine's messages never leave, as they quote
what a statement holds.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa

from proxy.errors import GatewayError, InvalidSql, QueryFailed, QueryTimeout, TooLarge, Ungovernable
from proxy.introspection.casts import REGISTERED, array_items, element_of
from proxy.introspection.engine import Instance
from proxy.introspection.facts import Facts
from proxy.introspection.memory import capped
from proxy.introspection.numbers import Numbers
from proxy.introspection.results import shaped
from proxy.introspection.translate import Translated, translate
from proxy.values import CATALOG_VERSION, ReasonCode

Key: TypeAlias = tuple[str, str, str]

KEPT = 16
"""Views whose instances a process keeps."""
MOST_ROWS = 200_000
MOST_BYTES = 64 * 1024 * 1024
_instances: dict[Key, Instance] = {}


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the engine's text, the columns it gives, and what it binds."""

    sql: str
    columns: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, str], ...]
    values: tuple[Any, ...]
    user: str
    pid: int
    settings: Mapping[str, str]
    timeout_s: float
    memory_mb: int


def prepare_worker() -> None:
    """Runs once in each worker. Nested statements need more frames than Python allows by default."""
    sys.setrecursionlimit(10_000)


def work(kind: str, *arguments: Any) -> Any:
    """The one function of the workers: `read` or `run`."""
    if kind == "read":
        return read(*arguments)
    return run(*arguments)


def read(sql: str, database: str) -> Translated | None:
    """The statement for the engine; None where it is not about the catalog."""
    return translate(sql, database)


def run(job: Run, key: Key, facts: Facts | None) -> bytes | None:
    """The rows as an Arrow stream; None where this process does not have the view's instance and was not told how to
    make it."""
    instance = _instances.pop(key, None)
    if instance is None:
        if facts is None:
            return None
        while len(_instances) >= KEPT:
            _instances.pop(next(iter(_instances))).close()
        instance = Instance(facts, job.memory_mb)
    _instances[key] = instance
    with capped(job.memory_mb):
        table = _rows(instance, job)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=8192)
    return sink.getvalue().to_pybytes()


def _rows(instance: Instance, job: Run) -> pa.Table:
    values = {name: _bound(value, kind) for (name, kind), value in zip(job.parameters, job.values, strict=True)}
    session = instance.cursor()
    watch = threading.Timer(job.timeout_s, session.interrupt)
    watch.start()
    try:
        _introduce(session, job)
        names = {kind: _names(instance, kind) for kind in _registered(job.columns)}
        found = _fetched(session.sql(job.sql, params=values or None))
        if found.num_columns != len(job.columns):
            raise Ungovernable("The statement cannot be answered: name its columns.", ReasonCode.NOT_PROVEN)
        return shaped(found, job.columns, names)
    except (duckdb.Error, pa.ArrowException, MemoryError, OSError, OverflowError) as error:
        raise refusal(error) from None
    finally:
        watch.cancel()
        session.close()


def _introduce(session: Any, job: Run) -> None:
    """Tell the session who asks. Values are bound, never written."""
    number = Numbers().of("role", job.user)
    settings = {name.lower(): value for name, value in job.settings.items()}
    told = {
        "usher_user": job.user,
        "usher_user_oid": number,
        "usher_pid": job.pid,
        "usher_version": CATALOG_VERSION,
    }
    for name, value in told.items():
        session.execute(f"SET VARIABLE {name} = $1", [value])
    lists = [list(settings), list(settings.values())]
    session.execute("SET VARIABLE usher_settings = map($1::VARCHAR[], $2::VARCHAR[])", lists)


def _fetched(answer: Any) -> pa.Table:
    """All rows, in as many batches as stay below the cap. Raises `TooLarge`."""
    reader = answer.to_arrow_reader(8192)
    batches, rows, size = [], 0, 0
    for batch in reader:
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows > MOST_ROWS or size > MOST_BYTES:
            text = f"An answer about the catalog may have {MOST_ROWS:,} rows. Add a WHERE or a LIMIT."
            raise TooLarge(text, ReasonCode.MAX_ROWS)
        batches.append(batch)
    return pa.Table.from_batches(batches, schema=reader.schema)


def _registered(columns: Sequence[tuple[str, str]]) -> set[str]:
    return {kind for _, whole in columns for kind in (whole, element_of(whole) or "") if kind in REGISTERED}


def _names(instance: Instance, kind: str) -> Mapping[int, str]:
    session = instance.cursor()
    rows = session.execute("SELECT u__oid, u__name FROM pgc._reg WHERE u__kind = $1", [kind]).fetchall()
    session.close()
    return dict(rows)


def _bound(value: Any, kind: str) -> Any:
    """A parameter's value as the engine takes it; arrays may come as PostgreSQL writes them."""
    element = element_of(kind)
    if element is None:
        return str(value) if kind in REGISTERED and value is not None else value
    if isinstance(value, str):
        value = array_items(value if value.startswith("{") else "{" + value.replace(" ", ",") + "}")
    if value is None:
        return None
    return list(value)


_STATES = {
    # what our functions raise -> the refusal
    "42P01": ("A name in the statement is not one of the catalog that is shown here.", ReasonCode.UNKNOWN_TABLE),
    "42704": ("The statement asks for a setting that cannot be read here.", ReasonCode.FUNCTION),
    "0A000": ("Settings cannot be changed inside a query.", ReasonCode.FUNCTION),
}


def refusal(error: Exception) -> GatewayError:
    """The engine's error without its message, which may quote what the statement holds. While rows are read the error
    comes through Arrow, and has its class only as the first word of its message."""
    kind, _, message = str(error).partition(":")
    state = message.split()[0] if message.split() else ""
    if kind == "Invalid Input Error" and state in _STATES:
        return InvalidSql(*_STATES[state], sqlstate=state)
    if kind.upper().startswith("INTERRUPT"):
        return QueryTimeout("The statement about the catalog took too long. Narrow it.", ReasonCode.STATEMENT_TIMEOUT)
    if kind == "Out of Memory Error" or isinstance(error, MemoryError):
        return TooLarge("The statement about the catalog needs too much memory. Narrow it.", ReasonCode.TOO_COMPLEX)
    if kind in ("Conversion Error", "Out of Range Error") or isinstance(error, pa.ArrowInvalid | OverflowError):
        return QueryFailed("A value cannot be read as the type it must have.", ReasonCode.CONVERSION, sqlstate="22P02")
    return Ungovernable(
        "The statement about the catalog cannot be answered: write it plainer.", ReasonCode.ENGINE_ERROR
    )
