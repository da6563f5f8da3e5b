"""Rows are pulled in pieces no larger than asked for."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.sources import Answered, Fetched, Fixed, Source
from proxy.errors import QueryTimeout
from proxy.gateway import Request
from proxy.values import ReasonCode
from tests.fakes import ANA, CONTEXT, SQL, Fakes, many


async def answered(fakes: Fakes) -> Answered:
    fakes.warehouse.batches = many(3, 4)
    return Answered(Request(SQL), await fakes.gateway.run(ANA, Request(SQL), CONTEXT))


def fixed(count: int) -> Fixed:
    return Fixed(pa.RecordBatch.from_pydict({"n": list(range(count))}))


async def sizes(source: Source, *most: int | None) -> list[int | None]:
    found: list[int | None] = []
    for limit in most:
        batch = await source.next(limit)
        found.append(None if batch is None else batch.num_rows)
    return found


async def test_an_answer_comes_in_pieces_of_its_batches() -> None:
    fakes = Fakes()
    source = await answered(fakes)
    assert await sizes(source, 3, 3, 5, None, None, 1) == [3, 1, 4, 4, None, None]
    assert fakes.audit.of("outcome")[0]["rows"] == 12


async def test_an_answer_that_is_closed_early_is_abandoned() -> None:
    fakes = Fakes()
    source = await answered(fakes)
    await source.next(1)
    await source.close()
    assert await source.next(None) is None
    assert fakes.audit.of("outcome")[0]["outcome"].value == "abandoned"


async def test_an_answer_that_failed_has_no_end() -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(1, 4, QueryTimeout("late", ReasonCode.STATEMENT_TIMEOUT))
    source = Answered(Request(SQL), await fakes.gateway.run(ANA, Request(SQL), CONTEXT))
    fetch = Fetched(source, None)
    assert await sizes(fetch, 1, None) == [1, 3]
    with pytest.raises(QueryTimeout):
        await fetch.next(None)
    with pytest.raises(Refused, match="cannot go on"):
        await fetch.next(None)
    await source.close()
    assert await fetch.next(None) is None


async def test_each_kind_of_rows_knows_whose_answer_it_is() -> None:
    source = await answered(Fakes())
    assert source.answered is source
    assert Fetched(Fetched(source, 1), 1).answered is source
    assert Fetched(fixed(1), 1).answered is None
    await source.close()


@pytest.mark.parametrize(("count", "found"), [(5, [2, 3, None]), (2, [2, None, None]), (None, [2, 6, None])])
async def test_a_fetch_takes_so_many_and_leaves_the_rest(count: int | None, found: list[int | None]) -> None:
    cursor = fixed(8)
    fetch = Fetched(cursor, count)
    assert await sizes(fetch, 2, None, None) == found
    left = await cursor.next(None)
    assert (0 if left is None else left.num_rows) == 8 - sum(n or 0 for n in found)
    await fetch.close()
    assert await fetch.next(None) is None


async def test_fixed_rows_come_once() -> None:
    assert await sizes(fixed(3), 2, None, None) == [2, 1, None]
