"""What the scan's own parts find in samples of a warehouse's tables: counts by column and entity, and no value.

Rule kept here: a sample is the first rows that the warehouse gives, so many and no more, and each column says how many
cells of it were read; what was not read says why.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from proxy.errors import GatewayError, ScanError
from proxy.ports import Warehouse
from proxy.rewrite.sampling import sample
from proxy.scan.arrays import pack
from proxy.scan.column import Job, Scanned
from proxy.scan.leaves import Unreadable, is_harmless
from proxy.scan.rules import Rule, ScanRules
from proxy.scan.settings import Action, Mode
from proxy.scan.texts import SHORT_WORDS, may_be_json
from proxy.values import Catalog, ReasonCode, Table, TableId
from proxy.workers import WorkerDied, Workers, WorkerTimeout

OFF = "left out by pii.yaml"
TYPE = "not read: {}"
MOST_ROWS = 16_384
"""As many rows as the scan takes at once, so that each column has one verdict."""

Ask = Callable[[Sequence[Job]], Awaitable[list[Scanned | Unreadable]]]
"""Slices of columns, each scanned or unreadable."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of one column: `cells` are those of the sample, `read` those of them that were read, `hits` the
    cells by entity. `prose` says that most texts are sentences or documents. `skipped` says why nothing was read."""

    column: str
    cells: int = 0
    read: int = 0
    hits: Mapping[str, int] = field(default_factory=dict)
    prose: bool = False
    skipped: str = ""

    def share(self, entity: str) -> float:
        """The part of the cells read that hold an entity."""
        return self.hits.get(entity, 0) / self.read if self.read else 0.0


@dataclass(frozen=True, slots=True)
class Sampled:
    """What was seen of one table, or why it could not be read."""

    table: TableId
    columns: tuple[Evidence, ...] = ()
    failed: str = ""


class Sampler:
    """Reads samples of tables and has them scanned. `rows` of each table at most."""

    def __init__(self, ask: Ask, rules: ScanRules, mode: Mode, rows: int, timeout_s: float) -> None:
        self._ask = ask
        self._off = rules.is_off
        self._recognizers = rules.recognizers
        self.rules = tuple(
            Rule(rule.entity, rule.tag, Action.FLAG, rule.threshold, rule.allow)
            for rule in rules.resolve(mode, Action.FLAG)
        )
        self._rows = min(rows, MOST_ROWS)
        self._timeout_s = timeout_s

    async def read(self, warehouse: Warehouse, catalog: Catalog, tables: Sequence[Table]) -> AsyncIterator[Sampled]:
        """Each of a warehouse's tables, one after the other. One that the warehouse does not give is told as failed."""
        for table in tables:
            try:
                yield await self._table(warehouse, catalog, table)
            except ScanError:
                raise
            except GatewayError as error:
                yield Sampled(table.id, failed=str(error))

    async def _table(self, warehouse: Warehouse, catalog: Catalog, table: Table) -> Sampled:
        asked = [c.name for c in table.columns if not self._off(table.id, c.name)]
        found = {c.name: Evidence(c.name, skipped=OFF) for c in table.columns}
        if asked:
            for name, array in zip(asked, await self._sample(warehouse, catalog, table, asked), strict=True):
                found[name] = await self._column(name, array)
        return Sampled(table.id, tuple(found.values()))

    async def _sample(
        self, warehouse: Warehouse, catalog: Catalog, table: Table, columns: Sequence[str]
    ) -> list[pa.Array[Any]]:
        sql = sample(table.id, columns, self._rows, warehouse.dialect)
        result = await warehouse.execute(sql, (), self._timeout_s, catalog.version)
        batches = [batch async for batch in result.batches]
        read = pa.Table.from_batches(batches, result.schema)
        return [_whole(column) for column in read.columns]

    async def _column(self, name: str, array: pa.Array[Any]) -> Evidence:
        cells = len(array)
        if is_harmless(array.type):
            return Evidence(name, cells, skipped=TYPE.format(array.type))
        job = Job(pack(array), name, self.rules, {}, recognizers=self._recognizers)
        (scanned,) = await self._ask([job])
        if isinstance(scanned, Unreadable):
            return Evidence(name, cells, skipped=TYPE.format(array.type))
        hits = {entity: count.cells for entity, count in scanned.counts.items()}
        if scanned.unread and not scanned.read:
            return Evidence(name, cells, skipped=TYPE.format(array.type))
        return Evidence(name, cells, scanned.read, hits, is_prose(array))


def asking(workers: Workers) -> Ask:
    """Have slices scanned by started processes. What goes wrong there is told without what it was about."""

    async def ask(jobs: Sequence[Job]) -> list[Scanned | Unreadable]:
        try:
            scanned: list[Scanned | Unreadable] = await workers.call_through(jobs)
        except (WorkerTimeout, WorkerDied) as error:
            text = (
                "A sample could not be scanned in time. Read fewer rows by --rows, or leave the column out in pii.yaml."
            )
            raise ScanError(text, ReasonCode.SCANNER_DOWN) from error
        return scanned

    return ask


def is_prose(array: pa.Array[Any]) -> bool:
    """Whether most of a column's different texts have more words than a name or title, or are documents; so does
    whatever holds parts."""
    if types.is_nested(array.type):
        return True
    if not (types.is_string(array.type) or types.is_large_string(array.type) or types.is_string_view(array.type)):
        return False
    texts = pc.unique(pc.drop_null(array.cast(pa.large_string())))
    if not len(texts):
        return False
    trimmed = pc.utf8_trim_whitespace(texts)
    words: Any = pc.list_value_length(pc.utf8_split_whitespace(trimmed, max_splits=SHORT_WORDS))
    long = np.asarray(words.to_numpy(zero_copy_only=False)) > SHORT_WORDS
    return bool((long | may_be_json(texts)).mean() > 1 / 2)


def _whole(column: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    made = column.combine_chunks()
    return pa.concat_arrays(made.chunks) if isinstance(made, pa.ChunkedArray) else made
