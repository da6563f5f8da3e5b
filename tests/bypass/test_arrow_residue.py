"""What travels beside the cells: buffers behind a slice, values behind nulls, metadata, dictionaries."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proxy.gateway import Request
from tests.bypass.asking import FORMS, Served, canaries_in
from tests.oracle.harness import CONTEXT

NAMES = "SELECT name FROM customers ORDER BY id"
STATEMENTS = {
    "all": "SELECT * FROM customers",
    "guarded": "SELECT * FROM customers WHERE CAST(replace(name, 'name', '') AS INTEGER) > 0",
    "first_rows": "SELECT * FROM customers ORDER BY id LIMIT 3",
    "conditional_nulls": "SELECT CASE WHEN id % 4 = 0 THEN name END AS a, nullif(email, email) AS b FROM customers",
    "outer_join": "SELECT o.id, c.* FROM orders o LEFT JOIN customers c ON c.id = o.customer_id",
    "lists": "SELECT list(name) AS a, list({'n': name, 'e': email}) AS b FROM customers",
    "dictionary": "SELECT region::ENUM ('EU', 'US') AS a FROM customers",
    "map": "SELECT map([name], [email]) AS a FROM customers",
    "windows": "SELECT lag(name, 5) OVER (ORDER BY id), lead(email) OVER (ORDER BY id DESC) FROM customers",
    "filtered_aggregate": "SELECT list(name) FILTER (WHERE id < 0) AS a, max(name) AS b FROM customers",
}


async def _batches(served: Served, sql: str, max_rows: int | None) -> tuple[pa.Schema, list[pa.RecordBatch]]:
    answer = await served.harness.app.gateway.run(served.callers["ana"], Request(sql, max_rows=max_rows), CONTEXT)
    return answer.schema, [batch async for batch in answer.batches]


def _buffers(array: pa.Array) -> bytes:
    """All bytes that an array holds on to, those outside of its window too."""
    return b"".join(b.to_pybytes() for b in array.buffers() if b is not None)


@pytest.mark.parametrize("max_rows", [None, 1])
@pytest.mark.parametrize("case", STATEMENTS)
def test_buffers_hold_nothing_but_what_is_shown(served: Served, case: str, max_rows: int | None) -> None:
    schema, batches = served.harness.run(_batches(served, STATEMENTS[case], max_rows))
    left = repr(schema.metadata).encode() + b"".join(repr(f.metadata).encode() for f in schema)
    left += b"".join(_buffers(column) for batch in batches for column in batch.columns)
    assert sum(batch.num_rows for batch in batches) == (max_rows or len(served.expected(STATEMENTS[case])))
    assert not canaries_in(left + _stream(schema, batches))


def test_a_cut_answer_holds_only_the_rows_that_are_left(served: Served) -> None:
    data = _stream(*served.harness.run(_batches(served, NAMES, 1)))
    assert b"name2" in data
    assert b"name4" not in data


def test_a_cut_answer_over_http_holds_only_the_rows_that_are_left(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.tokens['ana']}", "Accept": FORMS[3]}
    answer = served.client.post("/v1/query", json={"sql": NAMES, "max_rows": 1}, headers=headers)
    assert b"name2" in answer.content
    assert b"name4" not in answer.content


def _stream(schema: pa.Schema, batches: list[pa.RecordBatch]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data
