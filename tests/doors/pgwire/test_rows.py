"""Rows are the server's own, byte by byte: the column's way, the few rows' way and PostgreSQL itself agree."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.doors.pgwire.rows import FEW_ROWS, PIECE_BYTES, RowEncoder, pieces
from proxy.doors.pgwire.types import METADATA
from proxy.errors import InvalidSql
from tests.doors.pgwire.server import Raw
from tests.doors.pgwire.values import CASES, Case, encoded, from_server
from tests.postgres import Database

MANY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def raw(postgres_shared: Database) -> Iterator[Raw]:
    with Raw(postgres_shared) as session:
        yield session


@pytest.mark.parametrize("form", [0, 1], ids=["text", "binary"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_values_are_the_servers_bytes(raw: Raw, case: Case, form: int) -> None:
    @MANY
    @given(st.lists(st.none() | case.draw, min_size=1, max_size=60))
    def check(values: list[object]) -> None:
        whole = [*values, *[None] * max(0, FEW_ROWS + 1 - len(values))]
        theirs = from_server(raw, case, whole, form)
        assert encoded(case, whole, form) == theirs
        assert encoded(case, whole, form, rows=7) == theirs

    check()


def table(rows: int) -> pa.RecordBatch:
    numbers = pa.array(range(rows), pa.int64())
    texts = pa.array([None if i % 5 == 0 else "x" * (i % 50) for i in range(rows)])
    return pa.RecordBatch.from_arrays([numbers, texts, pa.nulls(rows)], names=["a", "b", "c"])


@pytest.mark.parametrize("formats", [[], [0], [1], [0, 1, 0], [1, 0, 1]], ids=str)
def test_columns_stand_side_by_side(raw: Raw, formats: list[int]) -> None:
    batch = table(FEW_ROWS + 10)
    text = "CASE WHEN i % 5 > 0 THEN repeat('x', (i % 50)::int) END"
    sql = f"SELECT i::int8, {text}, NULL::text FROM generate_series(0, {FEW_ROWS + 9}) i"
    theirs = b"".join(raw.rows(sql, (), formats))
    encoder = RowEncoder(batch.schema, formats)
    assert b"".join(encoder.encode(batch)) == theirs
    assert b"".join(b"".join(encoder.encode(batch.slice(i, 1))) for i in range(batch.num_rows)) == theirs


def test_large_batches_come_in_pieces_of_whole_messages() -> None:
    batch = pa.record_batch([pa.array(["x" * 1000] * 20_000)], names=["v"])
    found = [bytes(p) for p in RowEncoder(batch.schema).encode(batch)]
    assert max(map(len, found)) < 2 * PIECE_BYTES
    assert b"".join(found) == (b"D\0\0\3\xf2\0\1\0\0\3\xe8" + b"x" * 1000) * 20_000


def test_no_rows_are_no_bytes() -> None:
    assert list(RowEncoder(table(0).schema).encode(table(0))) == []


def test_rows_without_columns() -> None:
    batch = pa.RecordBatch.from_struct_array(pa.array([{}] * 3, pa.struct([])))
    assert b"".join(RowEncoder(batch.schema).encode(batch)) == b"D\0\0\0\6\0\0" * 3


@pytest.mark.parametrize("formats", [[0, 0], [2], [0, 1, 2], [0] * 4], ids=str)
def test_formats_that_do_not_fit_are_refused(formats: list[int]) -> None:
    with pytest.raises(InvalidSql) as caught:
        RowEncoder(table(1).schema, formats)
    assert caught.value.sqlstate == "08P01"


def test_numbers_that_the_scan_replaced_are_null() -> None:
    field = pa.field("v", pa.string(), metadata={METADATA: b"numeric"})
    values = [None if i % 2 else "<CREDIT_CARD>" for i in range(FEW_ROWS + 1)]
    batch = pa.RecordBatch.from_arrays([pa.array(values, pa.string())], schema=pa.schema([field]))
    for form in (0, 1):
        encoder = RowEncoder(batch.schema, [form])
        assert b"".join(encoder.encode(batch)) == b"D\0\0\0\x0a\0\1\xff\xff\xff\xff" * (FEW_ROWS + 1)
        assert b"".join(encoder.encode(batch.slice(0, 1))) == b"D\0\0\0\x0a\0\1\xff\xff\xff\xff"


def test_rows_of_very_different_sizes_are_parted_too() -> None:
    values = ["x" * (PIECE_BYTES if i < 5 else 1) for i in range(20_000)]
    batch = pa.record_batch([pa.array(values)], names=["v"])
    parts = list(pieces(batch))
    assert [v for p in parts for v in p.column(0).to_pylist()] == values
    assert max(p.nbytes for p in parts) <= 2 * PIECE_BYTES
    assert len(parts) < 50
