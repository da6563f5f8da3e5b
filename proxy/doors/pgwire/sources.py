"""Where a portal's rows come from: an answer of the gateway, a few rows of the door's own, or another portal.

Rule kept here: rows are pulled as they are wanted, in the task that works for the client, and an answer's batches are
exhausted or closed, so that its outcome is recorded. A piece is never larger than asked for. An answer that failed has
no end: what asks for more of it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pyarrow as pa

from proxy.doors.pgwire.refusals import Refused
from proxy.gateway import Answer, Request


class Source(Protocol):
    """Rows, pulled from the front."""

    schema: pa.Schema

    @property
    def answered(self) -> Answered | None:
        """The answer that the rows are of; None for the door's own."""

    async def next(self, most: int | None) -> pa.RecordBatch | None:
        """Some rows, at most so many; None at the end."""

    async def close(self) -> None:
        """No more rows are wanted."""


class Answered:
    """The rows of an answer to a request."""

    def __init__(self, request: Request, answer: Answer) -> None:
        self.request = request
        self.answer = answer
        self.schema = answer.schema
        self._rest: pa.RecordBatch | None = None
        self._ended = False
        self._failed = False

    @property
    def answered(self) -> Answered:
        """Itself."""
        return self

    async def next(self, most: int | None) -> pa.RecordBatch | None:
        """Some rows, at most so many; None at the end. Raises what the answer's batches raise, and `Refused` once they
        did."""
        while self._rest is None:
            if self._failed:
                raise Refused("55000", "These rows ended in an error, and cannot go on.", "Run the query again.")
            if self._ended:
                return None
            self._failed = True
            batch = await anext(self.answer.batches, None)
            self._failed, self._ended = False, batch is None
            if batch is not None and batch.num_rows:
                self._rest = batch
        batch = self._rest
        if most is None or batch.num_rows <= most:
            self._rest = None
            return batch
        self._rest = batch.slice(most)
        return batch.slice(0, most)

    async def close(self) -> None:
        """Hang up, where rows are left."""
        self._ended, self._failed, self._rest = True, False, None
        await self.answer.batches.aclose()


class Fixed:
    """Rows that are there already."""

    answered = None

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.schema = batch.schema
        self._rest = batch

    async def next(self, most: int | None) -> pa.RecordBatch | None:
        """Some rows, at most so many; None at the end."""
        count = self._rest.num_rows if most is None else min(most, self._rest.num_rows)
        piece, self._rest = self._rest.slice(0, count), self._rest.slice(count)
        return piece if count else None

    async def close(self) -> None:
        """Forget them."""
        self._rest = self._rest.slice(0, 0)


class Fetched:
    """So many rows of a cursor; None for all of them."""

    def __init__(self, cursor: Source, count: int | None) -> None:
        self.schema = cursor.schema
        self._cursor = cursor
        self._left = count

    @property
    def answered(self) -> Answered | None:
        """The answer that the cursor takes its rows from."""
        return self._cursor.answered

    async def next(self, most: int | None) -> pa.RecordBatch | None:
        """Some rows, at most so many; None at the end. Raises what the cursor raises."""
        wanted = most if self._left is None else self._left if most is None else min(most, self._left)
        if wanted == 0:
            return None
        batch = await self._cursor.next(wanted)
        if batch is not None and self._left is not None:
            self._left -= batch.num_rows
        return batch

    async def close(self) -> None:
        """The cursor stays."""
        self._left = 0


def texts(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Fixed:
    """Rows of texts."""
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(names))]
    return Fixed(pa.RecordBatch.from_arrays(columns, schema=text_schema(names)))


def text_schema(names: Sequence[str]) -> pa.Schema:
    """Columns of texts."""
    return pa.schema([pa.field(name, pa.string()) for name in names])
