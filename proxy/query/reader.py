"""Reads statements in worker processes: what crashes or hangs there takes nobody else with it.

Rule kept here: the workers keep catalogs by version, so that a statement travels alone; a worker that has not seen the
catalog says so and is asked again with it.
"""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from proxy import kinds
from proxy.errors import TooLarge, Ungovernable
from proxy.query.bind import names_of, read
from proxy.query.text import Caps
from proxy.values import (
    Catalog,
    ColumnUse,
    Edit,
    Grouped,
    Output,
    Query,
    ReasonCode,
    Reference,
    Span,
    TableId,
)
from proxy.workers import WorkerDied, Workers, WorkerTimeout

_KEPT = 64
_SENT: dict[type[Any], Callable[[Any], tuple[Any, ...]]] = {
    kind: attrgetter(*(field.name for field in fields(kind)))
    for kind in (Query, Reference, ColumnUse, Edit, Grouped, Output, Span, TableId)
}
"""What answers are made of -> its parts, in the order in which its class takes them."""
_catalogs: dict[tuple[str, str, str], tuple[Catalog, frozenset[str]]] = {}


def prepare_worker(*engines: str) -> None:
    """Runs once in each worker, which is ready once these kinds of warehouse are loaded: the first statement must not
    wait for that. Nested statements need more frames than Python allows by default."""
    sys.setrecursionlimit(10_000)
    for kind in _SENT:
        copyreg.pickle(kind, _as_call)
    for engine in engines:
        kinds.load("warehouses", engine).DIALECT.syntax("SELECT 1")


def _as_call(value: Any) -> tuple[type[Any], tuple[Any, ...]]:
    """A value for pickle: a call of its class. What dataclasses do for themselves takes three times as long."""
    kind = type(value)
    return kind, _SENT[kind](value)


def read_in_worker(sql: str, key: tuple[str, str, str], catalog: Catalog | None, caps: Caps) -> Query | None:
    """Reads one statement in a worker; `key` is the catalog's warehouse, version and view. None where this worker does
    not have that catalog yet."""
    if catalog is not None:
        while len(_catalogs) >= _KEPT:
            del _catalogs[next(iter(_catalogs))]
        _catalogs[key] = catalog, names_of(catalog)
    known = _catalogs.get(key)
    return None if known is None else read(sql, known[0], caps, known[1])


class Reader:
    """The gateway's port to parsing and binding. `workers` must run `read_in_worker`."""

    def __init__(self, workers: Workers, caps: Caps | None = None) -> None:
        self._workers = workers
        self._caps = caps or Caps()

    async def read(self, sql: str, catalog: Catalog) -> Query:
        """The statement, completely understood. Raises `InvalidSql`, `Ungovernable`, `TooLarge`."""
        if len(sql) > self._caps.max_bytes:
            raise TooLarge(
                f"The statement has {len(sql)} characters; at most {self._caps.max_bytes} bytes are read. Put long "
                "lists into a table or join against a sub-query instead.",
                ReasonCode.TOO_LONG,
            )
        try:
            key = (catalog.warehouse, catalog.version, catalog.view)
            query: Query | None = await self._workers.call(sql, key, None, self._caps)
            if query is None:
                query = await self._workers.call(sql, key, catalog, self._caps)
        except (WorkerTimeout, WorkerDied) as error:
            raise Ungovernable(
                "The statement could not be read in time, so it was not run: make it shorter and plainer.",
                ReasonCode.PARSE_ABORTED,
            ) from error
        if query is None:
            raise Ungovernable("The statement could not be read: try again.", ReasonCode.PARSE_ABORTED)
        return query
