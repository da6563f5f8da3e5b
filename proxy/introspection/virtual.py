"""The virtual catalog, as the gateway uses it: statements about the catalog planned, described and answered.

Rule kept here: an answer comes from the caller's access view and from nothing else; no warehouse is asked. Everything
that reads or runs foreign SQL does so in a process that can be killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pyarrow as pa

from proxy.errors import QueryTimeout, Ungovernable
from proxy.introspection.facts import Facts, facts_of
from proxy.introspection.results import field, schema
from proxy.introspection.screen import mentions
from proxy.introspection.settings import Settings
from proxy.introspection.translate import Translated
from proxy.introspection.worker import Key, Run
from proxy.values import (
    AccessView,
    Caller,
    Catalog,
    Decision,
    Described,
    Plan,
    PlanColumn,
    Query,
    ReasonCode,
    Result,
    ResultColumn,
    Session,
    Slot,
    SlotKind,
    TableId,
    Virtual,
)
from proxy.workers import WorkerDied, Workers, WorkerTimeout

KIND = "catalog"
"""The kind of such a statement, in plans and records."""


class VirtualCatalog:
    """The gateway's port to the virtual catalog. `workers` must run `proxy.introspection.worker.work`; they are started
    when the first statement needs them."""

    def __init__(self, workers: Workers, settings: Settings) -> None:
        self._workers = workers
        self._settings = settings
        self._starting = asyncio.Lock()
        self._started = False

    async def close(self) -> None:
        """End the processes."""
        await self._workers.close()

    async def read(self, sql: str, catalog: Catalog, view: AccessView) -> Plan | None:
        """The plan of a statement about the catalog; None for any other. Raises `InvalidSql`, `Ungovernable`,
        `TooLarge`."""
        if not mentions(sql):
            return None
        found: Translated | None = await self._asked("read", sql, catalog.warehouse)
        return None if found is None else _plan(sql, found, catalog, view)

    async def execute(
        self,
        plan: Plan,
        catalog: Catalog,
        view: AccessView,
        caller: Caller,
        session: Session,
        parameters: Sequence[Any],
        timeout_s: float,
    ) -> Result:
        """The answer, from the view that the plan was made for. Raises `QueryFailed`, `QueryTimeout`, `TooLarge`."""
        if plan.virtual is None or view.key != plan.decision.view:
            raise Ungovernable("What you may see has just changed: ask again.", ReasonCode.NOT_PROVEN)
        job = Run(
            sql=plan.sql,
            columns=plan.virtual.columns,
            parameters=plan.virtual.parameters,
            values=tuple(parameters),
            user=session.user or caller.subject,
            pid=session.pid,
            settings=dict(session.settings),
            timeout_s=min(timeout_s, self._settings.timeout_s),
            memory_mb=self._settings.memory_mb,
        )
        key: Key = (catalog.warehouse, catalog.version, view.key)
        answer = await self._asked("run", job, key, None)
        if answer is None:
            facts: Facts = await asyncio.to_thread(facts_of, view, catalog)
            answer = await self._asked("run", job, key, facts)
        if answer is None:
            raise Ungovernable("The statement could not be answered: ask again.", ReasonCode.PARSE_ABORTED)
        reader = pa.ipc.open_stream(answer)
        return Result(reader.schema, _batches(reader))

    async def _asked(self, *arguments: Any) -> Any:
        try:
            await self._start()
            return await self._workers.call(*arguments)
        except WorkerTimeout as error:
            text = "The statement about the catalog took too long. Narrow it."
            raise QueryTimeout(text, ReasonCode.STATEMENT_TIMEOUT) from error
        except WorkerDied as error:
            text = "The statement about the catalog could not be answered, so it was not run: make it plainer."
            raise Ungovernable(text, ReasonCode.PARSE_ABORTED) from error

    async def _start(self) -> None:
        async with self._starting:
            if not self._started:
                await self._workers.start()
                self._started = True


async def _batches(reader: Any) -> AsyncIterator[pa.RecordBatch]:
    for batch in reader:
        yield batch


def _plan(sql: str, found: Translated, catalog: Catalog, view: AccessView) -> Plan:
    names = tuple(name for name, _ in found.parameters)
    expected = tuple(str(n) for n in range(1, len(names) + 1))
    if names != expected:
        raise Ungovernable("Number the parameters $1, $2, .. without a gap.", ReasonCode.PARAMETERS)
    query = Query(
        sql=sql,
        warehouse=catalog.warehouse,
        dialect=catalog.dialect,
        catalog_version=catalog.version,
        references=(),
        columns=(),
        edits=(),
        cte_names={},
        prefixes={},
        parameters=names,
        outputs=None,
        kind=KIND,
        redacted=found.redacted,
        fingerprint=found.fingerprint,
    )
    told = Described(schema(found.columns), tuple(field(name, kind) for name, kind in found.parameters))
    return Plan(
        warehouse=catalog.warehouse,
        sql=found.sql,
        slots=tuple(Slot(SlotKind.CLIENT, name) for name in names),
        query=query,
        decision=Decision(view.key, view.policy, view.commit, view.subjects, (), ()),
        columns=tuple(PlanColumn(_relation(name, catalog.warehouse), "*", "used") for name in found.relations),
        results=tuple(ResultColumn(False, (), ()) for _ in found.columns),
        renames={},
        withheld=(),
        outline=found.redacted,
        virtual=Virtual(found.columns, found.parameters, told),
    )


def _relation(name: str, warehouse: str) -> TableId:
    schema_name, _, relation = name.partition(".")
    return TableId(warehouse, schema_name, relation)
