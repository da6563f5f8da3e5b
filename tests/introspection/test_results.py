"""Rows of the embedded engine as rows of PostgreSQL's catalog."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proxy.introspection.results import METADATA, field, shaped
from tests.introspection.answering import answer


@pytest.mark.parametrize(
    ("kind", "arrow", "told"),
    [
        ("oid", pa.uint32(), b"oid"),
        ("name", pa.string(), b"name"),
        ("text", pa.string(), None),
        ("char", pa.string(), b"char"),
        ("int2", pa.int16(), None),
        ("bool", pa.bool_(), None),
        ("int2vector", pa.string(), b"int2vector"),
        ("oidvector", pa.string(), b"oidvector"),
        ("_name", pa.list_(pa.string()), b"name"),
        ("_text", pa.list_(pa.string()), None),
        ("_oid", pa.list_(pa.uint32()), b"oid"),
        ("regproc", pa.string(), None),
        ("sql_identifier", pa.string(), b"name"),
        ("cardinal_number", pa.int32(), None),
        ("yes_or_no", pa.string(), b"varchar"),
        ("timestamptz", pa.timestamp("us", "UTC"), None),
    ],
)
def test_each_type_has_its_form_and_its_name(kind: str, arrow: pa.DataType, told: bytes | None) -> None:
    made = field("a", kind)
    assert made.type == arrow
    assert (made.metadata or {}).get(METADATA) == told


def test_values_are_shaped() -> None:
    table = pa.table(
        [
            pa.array([1259, None, 0, 4711]),
            pa.array([[1, 2], None, [], [3]], pa.list_(pa.int64())),
            pa.array([16, 25, 26, None], pa.int64()),
            pa.array([[25, 0], None, [], [4711]], pa.list_(pa.int64())),
        ],
        names=["a", "b", "c", "d"],
    )
    columns = [("a", "regclass"), ("b", "int2vector"), ("c", "oid"), ("c", "_regtype")]
    made = shaped(table, columns, {"regclass": {1259: "pg_class"}, "regtype": {25: "text"}})
    assert [column.to_pylist() for column in made.columns] == [
        ["pg_class", None, "-", "4711"],
        ["1 2", None, "", "3"],
        [16, 25, 26, None],
        [["text", "-"], None, [], ["4711"]],
    ]
    assert made.schema.names == ["a", "b", "c", "c"]


def test_a_whole_relation_has_the_servers_types() -> None:
    table = answer("SELECT * FROM pg_proc WHERE proname = 'array_in'")
    row = table.to_pylist()[0]
    assert (row["proname"], row["proargtypes"], row["prosupport"], row["prolang"]) == (
        "array_in",
        "2275 26 23",
        "-",
        12,
    )
