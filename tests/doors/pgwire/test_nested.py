"""Lists are the server's arrays and structs the server's JSON, byte by byte."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.doors.pgwire.nested import json_texts
from proxy.doors.pgwire.rows import FEW_ROWS, RowEncoder
from proxy.doors.pgwire.texts import texts
from proxy.doors.pgwire.types import METADATA, of_field
from proxy.errors import QueryFailed
from tests.doors.pgwire.server import Raw, cells
from tests.doors.pgwire.values import CASES, Case
from tests.postgres import Database

MANY = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
LISTS = [c for c in CASES if c.name != "view"]


@pytest.fixture(scope="module")
def raw(postgres_shared: Database) -> Iterator[Raw]:
    with Raw(postgres_shared) as session:
        yield session


def lists(case: Case, leaves: list[Any], counts: list[int | None], kind: str = "list") -> pa.RecordBatch:
    """A column of lists, of which each takes the next leaves; None is NULL."""
    _field, array = case.field(leaves)
    offsets = [0]
    for count in counts:
        offsets.append(offsets[-1] + (count or 0))
    mask = pa.array([c is None for c in counts], pa.bool_())
    made = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), array, mask=mask)
    if kind == "large":
        made = made.cast(pa.large_list(array.type))
    metadata = {METADATA: case.metadata} if case.metadata else None
    return pa.RecordBatch.from_arrays([made], schema=pa.schema([pa.field("v", made.type, metadata=metadata)]))


def encoded(batch: pa.RecordBatch, form: int, rows: int = 1000) -> bytes:
    encoder = RowEncoder(batch.schema, [form])
    parts = [batch.slice(i, rows) for i in range(0, batch.num_rows, rows)]
    return b"".join(bytes(p) for part in parts for p in encoder.encode(part))


def of_server(raw: Raw, case: Case, leaves: list[Any], counts: list[int | None], form: int) -> bytes:
    oid = of_field(case.field(leaves)[0]).oid
    kind = raw.run(f"SELECT {oid}::regtype")[0]
    name = (cells(kind)[0] or b"").decode()
    rows, place = [], 1
    for count in counts:
        inner = ", ".join(f"${i}" for i in range(place, place + (count or 0)))
        rows.append("NULL" if count is None else f"ARRAY[{inner}]::{name}[]")
        place += count or 0
    sql = "SELECT v FROM (VALUES " + ", ".join(f"({r}::{name}[])" for r in rows) + ") AS t(v)"
    given_ = [case.parameter(v, oid) for v in leaves]
    return b"".join(raw.rows(sql, given_, [form]))


@pytest.mark.parametrize("form", [0, 1], ids=["text", "binary"])
@pytest.mark.parametrize("case", LISTS, ids=lambda c: c.name)
def test_lists_are_arrays(raw: Raw, case: Case, form: int) -> None:
    @MANY
    @given(st.lists(st.none() | st.lists(st.none() | case.draw, max_size=4), min_size=1, max_size=12), st.booleans())
    def check(rows: list[list[Any] | None], large: bool) -> None:
        whole = [*rows, *[None] * max(0, FEW_ROWS + 1 - len(rows))]
        leaves = [v for row in whole for v in row or ()]
        counts = [None if row is None else len(row) for row in whole]
        batch = lists(case, leaves, counts, "large" if large else "list")
        theirs = of_server(raw, case, leaves, counts, form)
        assert encoded(batch, form) == theirs
        assert encoded(batch, form, 7) == theirs

    check()


def tower(value: int, sizes: list[int]) -> Any:
    return [tower(value * 10 + i, sizes[1:]) for i in range(sizes[0])] if sizes else value


def depth(array: Any) -> int:
    return 0 if not pa.types.is_list(array.type) else 1 + depth(array.flatten())


@pytest.mark.parametrize("form", [0, 1], ids=["text", "binary"])
@pytest.mark.parametrize("sizes", [[1], [2, 3], [3, 1, 2], [1, 1, 1, 1, 2], [2, 1, 2, 1, 2, 1]], ids=str)
def test_nested_lists_are_arrays_of_as_many_dimensions(raw: Raw, sizes: list[int], form: int) -> None:
    kind: pa.DataType = pa.int32()
    for _ in sizes:
        kind = pa.list_(kind)
    values = [tower(i, sizes) for i in range(FEW_ROWS)]
    batch = pa.record_batch([pa.array([*values, None, []], kind)], names=["v"])
    literals = [str(v).replace("[", "{").replace("]", "}").replace(" ", "") for v in values]
    sql = "SELECT v FROM (VALUES " + ", ".join(f"('{t}'::int4[])" for t in literals) + ", (NULL), ('{}')) AS t(v)"
    theirs = b"".join(raw.rows(sql, (), [form]))
    assert encoded(batch, form) == theirs
    assert encoded(batch, form, 5) == theirs


@pytest.mark.parametrize("form", [0, 1])
def test_lists_of_empty_lists_are_empty_arrays(raw: Raw, form: int) -> None:
    batch = pa.record_batch([pa.array([[[]], [[], []]], pa.list_(pa.list_(pa.int32())))], names=["v"])
    theirs = raw.rows("SELECT v FROM (VALUES ('{}'::int4[]), ('{}')) AS t(v)", (), [form])
    assert encoded(batch, form) == b"".join(theirs)


@pytest.mark.parametrize("form", [0, 1])
def test_lists_of_fixed_size_are_arrays(raw: Raw, form: int) -> None:
    batch = pa.record_batch([pa.array([[1, 2], None, [None, 4]], pa.list_(pa.int32(), 2))], names=["v"])
    sql = "SELECT v FROM (VALUES ('{1,2}'::int4[]), (NULL), ('{NULL,4}')) AS t(v)"
    assert encoded(batch, form) == b"".join(raw.rows(sql, (), [form]))


@pytest.mark.parametrize("form", [0, 1])
@pytest.mark.parametrize("value", [[[1], [2, 3]], [[1], None], [[[1]], [[1, 2]]], [[[1], [2]], [[1]]]], ids=str)
def test_lists_that_are_not_rectangular_are_refused(value: Any, form: int) -> None:
    batch = pa.record_batch([pa.array([value])], names=["v"])
    with pytest.raises(QueryFailed) as caught:
        encoded(batch, form)
    assert caught.value.sqlstate == "2202E"


@pytest.mark.parametrize("case", [c for c in CASES if not c.metadata and c.name != "hugeint"], ids=lambda c: c.name)
def test_structs_are_json(raw: Raw, case: Case) -> None:
    oid = of_field(case.field([])[0]).oid

    @MANY
    @given(st.lists(st.tuples(*[st.none() | case.draw] * 3), min_size=1, max_size=20))
    def check(rows: list[tuple[Any, Any, Any]]) -> None:
        first = case.arrow([r[0] for r in rows])
        inner = case.arrow([v for r in rows for v in r[1:]])
        pairs = pa.ListArray.from_arrays(pa.array(range(0, 2 * len(rows) + 1, 2), pa.int32()), inner)
        names = ["a", 'b "c"\n']
        mine = json_texts(pa.StructArray.from_arrays([first, pairs], names), texts).to_pylist()
        sql = "SELECT row_to_json(t) FROM (VALUES " + ", ".join(
            f"(${i}, ARRAY[${i + 1}, ${i + 2}])" for i in range(1, 3 * len(rows), 3)
        )
        given_ = [case.parameter(v, oid) for r in rows for v in r]
        theirs = [(cells(m)[0] or b"").decode() for m in raw.rows(sql + ') AS t(a, "b ""c""\n")', given_)]
        assert mine == theirs

    check()


def test_structs_maps_and_unions_nest() -> None:
    struct = pa.array([{"a": 1, "b": {"c": True}}, {"a": None, "b": None}, None])
    assert json_texts(struct, texts).to_pylist() == ['{"a":1,"b":{"c":true}}', '{"a":null,"b":null}', None]
    maps = pa.array([[("k", 1), ('"', None)], [], None], pa.map_(pa.string(), pa.int32()))
    assert json_texts(maps, texts).to_pylist() == ['{"k":1,"\\"":null}', "{}", None]
    assert json_texts(maps.slice(1), texts).to_pylist() == ["{}", None]
    numbered = pa.array([[(1, "x")]], pa.map_(pa.int32(), pa.string()))
    assert json_texts(numbered, texts).to_pylist() == ['{"1":"x"}']
    codes = pa.array([0, 1, 0, 1], pa.int8())
    children = [pa.array([1, 0, None, 0], pa.int32()), pa.array(["", "x", "", None])]
    sparse = pa.UnionArray.from_sparse(codes, children)
    assert json_texts(sparse, texts).to_pylist() == ["1", '"x"', None, None]
    dense = pa.UnionArray.from_dense(
        codes, pa.array([0, 0, 1, 1], pa.int32()), [children[0].slice(0, 2), children[1].slice(1, 2)]
    )
    assert json_texts(dense, texts).to_pylist() == ["1", '"x"', "0", '""']


def test_fields_that_share_a_name_are_numbered() -> None:
    struct = pa.StructArray.from_arrays([pa.array([1]), pa.array(["x"])], ["", ""])
    assert json_texts(struct, texts).to_pylist() == ['{"f1":1,"f2":"x"}']
    empty = pa.array([{}, None], pa.struct([]))
    assert json_texts(empty, texts).to_pylist() == ["{}", None]
