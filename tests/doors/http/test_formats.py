"""The four forms, byte for byte."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.doors.http.formats import FORMS, ArrowForm, CsvForm, JsonForm, NdjsonForm, error_line, pieces
from proxy.gateway import Answer, Request
from proxy.life import Tally
from tests.fakes import ANA, CONTEXT, SQL, Fakes

SCHEMA = pa.schema(
    [
        ("n", pa.int64()),
        ("d", pa.decimal128(12, 2)),
        ("t", pa.string()),
        ("f", pa.float64()),
        ("b", pa.bool_()),
        ("day", pa.date32()),
        ("l", pa.list_(pa.int32())),
        ("e", pa.dictionary(pa.int8(), pa.string())),
    ]
)
ROWS = [
    {"n": 1, "d": Decimal("1.50"), "t": 'a"b,\nc', "f": 0.5, "b": True, "day": dt.date(2020, 1, 1), "l": [1], "e": "x"},
    {"n": 2**60, "d": None, "t": "", "f": math.nan, "b": None, "day": None, "l": None, "e": None},
    {"n": None, "d": Decimal("-0.01"), "t": None, "f": None, "b": False, "day": None, "l": [], "e": "y"},
]
BATCH = pa.RecordBatch.from_pylist(ROWS, schema=SCHEMA)
JSON_ROWS = [
    [1, "1.50", 'a"b,\nc', 0.5, True, "2020-01-01", [1], "x"],
    [str(2**60), None, "", "NaN", None, None, None, None],
    [None, "-0.01", None, None, False, None, [], "y"],
]


async def answered(schema: pa.Schema = SCHEMA) -> Answer:
    fakes = Fakes()
    answer = await fakes.gateway.run(ANA, Request(SQL), CONTEXT)
    await answer.batches.aclose()
    return Answer(answer.decision_id, answer.plan, schema, answer.batches, Tally(rows=6, size=1))


async def written(form_class: Any, batches: list[pa.RecordBatch]) -> bytes:
    form = form_class(await answered(batches[0].schema))
    return form.head() + b"".join(form.rows(b) for b in batches) + form.tail()


async def test_json_is_one_document() -> None:
    document = json.loads(await written(JsonForm, [BATCH, BATCH.slice(0, 0), BATCH]))
    assert document["rows"] == JSON_ROWS * 2
    assert [c["type"] for c in document["columns"]] == [
        "integer",
        "decimal(12,2)",
        "text",
        "float",
        "boolean",
        "date",
        "list<integer>",
        "text",
    ]
    assert document["row_count"] == 6


async def test_json_that_was_not_ended_is_no_document() -> None:
    form = JsonForm(await answered())
    text = form.head() + form.rows(BATCH)
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(text)


async def test_ndjson_is_a_line_a_row() -> None:
    first, *rows, last = (await written(NdjsonForm, [BATCH, BATCH])).decode().splitlines()
    assert [json.loads(row) for row in rows] == JSON_ROWS * 2
    assert list(json.loads(first)) == ["columns", "decision", "withheld"]
    assert json.loads(last) == {"end": {"row_count": 6, "truncated": False, "scan": None}}


def test_error_line_is_a_line() -> None:
    assert error_line({"code": "denied"}) == b'{"error":{"code":"denied"}}\n'


async def test_arrow_keeps_types_and_says_the_rest_in_metadata() -> None:
    data = await written(ArrowForm, [BATCH, BATCH])
    with pa.ipc.open_stream(data) as reader:
        assert reader.schema.equals(SCHEMA)
        opening = json.loads(reader.schema.metadata[b"usher"])
        assert [c["name"] for c in opening["columns"]] == SCHEMA.names
        got = [reader.read_next_batch_with_custom_metadata() for _ in range(3)]
        with pytest.raises(StopIteration):
            reader.read_next_batch()
    assert [b.to_pylist()[0]["d"] for b, _ in got[:2]] == [Decimal("1.50")] * 2
    assert [m for _, m in got[:2]] == [None, None]
    end, metadata = got[2]
    assert end.num_rows == 0
    assert json.loads(metadata[b"usher.end"]) == {"row_count": 6, "truncated": False, "scan": None}


async def test_arrow_that_was_not_ended_lacks_its_last_batch() -> None:
    form = ArrowForm(await answered())
    data = form.head() + form.rows(BATCH)
    with pa.ipc.open_stream(data) as reader:
        found = [m for _, m in reader.iter_batches_with_custom_metadata()]
    assert found == [None]


async def test_arrow_keeps_the_metadata_that_was_there() -> None:
    schema = SCHEMA.with_metadata({b"other": b"1"})
    data = await written(ArrowForm, [BATCH.cast(schema)])
    assert set(pa.ipc.open_stream(data).schema.metadata) == {b"other", b"usher"}


async def test_csv_is_read_back_by_another_reader() -> None:
    text = (await written(CsvForm, [BATCH, BATCH])).decode()
    header, *rows = list(csv.reader(io.StringIO(text)))
    assert header == SCHEMA.names
    expected = [
        ["1", "1.50", 'a"b,\nc', "0.5", "true", "2020-01-01", "[1]", "x"],
        [str(2**60), "", "", "NaN", "", "", "", ""],
        ["", "-0.01", "", "", "false", "", "[]", "y"],
    ]
    assert rows == expected * 2


async def test_csv_tells_null_from_empty_text() -> None:
    batch = pa.RecordBatch.from_pydict({"a": ["", None], "b": [1, 2]})
    assert await written(CsvForm, [batch]) == b'"a","b"\n"",1\n,2\n'


async def test_csv_header_names_may_hold_anything() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=['a"b', "c,\nd"])
    assert list(csv.reader(io.StringIO((await written(CsvForm, [batch])).decode()))) == [['a"b', "c,\nd"], ["1", "2"]]


@pytest.mark.parametrize("form_class", FORMS)
async def test_columns_of_one_name_are_all_there(form_class: Any) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    data = await written(form_class, [batch])
    if form_class is JsonForm:
        assert json.loads(data)["rows"] == [[1, 2]]
    elif form_class is NdjsonForm:
        assert data.splitlines()[1] == b"[1,2]"
    elif form_class is CsvForm:
        assert data == b'"a","a"\n1,2\n'
    else:
        assert pa.ipc.open_stream(data).read_all().num_columns == 2


@pytest.mark.parametrize("form_class", FORMS)
async def test_no_form_holds_what_it_wrote(form_class: Any) -> None:
    batch = BATCH.drop_columns(["e"])  # a dictionary is written once, before the first batch
    form = form_class(await answered(batch.schema))
    form.head()
    form.rows(batch)  # Arrow writes its schema no earlier than this, and JSON no comma
    first, second = form.rows(batch), form.rows(batch)
    assert len(first) == len(second)


@given(st.integers(0, 50), st.integers(1, 2000))
def test_pieces_are_the_batch(rows: int, size: int) -> None:
    batch = pa.RecordBatch.from_pydict({"n": list(range(rows)), "t": ["x" * 10] * rows})
    cut = list(pieces(batch, size))
    assert [n for piece in cut for n in piece["n"].to_pylist()] == list(range(rows))
    assert all(piece.nbytes <= max(size, 40) * 2 for piece in cut)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r"))


@given(st.lists(st.tuples(CELLS, st.none() | st.integers(-(2**63), 2**63 - 1)), min_size=1))
def test_csv_keeps_every_text(rows: list[tuple[str, int | None]]) -> None:
    batch = pa.RecordBatch.from_pydict({"t": [t for t, _ in rows], "n": [n for _, n in rows]})
    batch = batch.cast(pa.schema([("t", pa.string()), ("n", pa.int64())]))
    form = CsvForm(Answer("d", None, batch.schema, None, Tally()))  # type: ignore[arg-type]
    got = list(csv.reader(io.StringIO(form.rows(batch).decode(), newline="")))
    assert got == [[t, "" if n is None else str(n)] for t, n in rows]
