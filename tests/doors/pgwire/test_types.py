"""Which type a column has on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from proxy.doors.pgwire.types import BY_OID, METADATA, array_of, numeric, of_field, of_spelling
from proxy.errors import Ungovernable
from tests.doors.pgwire.server import Raw, cells
from tests.postgres import Database


@pytest.fixture(scope="module")
def raw(postgres_shared: Database) -> Iterator[Raw]:
    with Raw(postgres_shared) as session:
        yield session


def test_every_type_is_the_servers(raw: Raw) -> None:
    sql = f"SELECT oid, typname, typlen, typarray, typelem FROM pg_type WHERE oid IN ({','.join(map(str, BY_OID))})"
    theirs = {int(row[0] or b""): row[1:] for row in map(cells, raw.rows(sql))}
    assert len(theirs) == len(BY_OID)
    for oid, (name, size, array, element) in theirs.items():
        mine = BY_OID[oid]
        assert (mine.name, mine.size, mine.array) == (str(name, "ascii"), int(size), int(array))  # type: ignore[arg-type]
        if mine.name.startswith("_"):
            assert mine.element == int(element or b"")


@pytest.mark.parametrize(
    ("arrow", "name", "typmod"),
    [
        (pa.bool_(), "bool", -1),
        (pa.int8(), "int2", -1),
        (pa.uint8(), "int2", -1),
        (pa.int32(), "int4", -1),
        (pa.uint16(), "int4", -1),
        (pa.int64(), "int8", -1),
        (pa.uint32(), "int8", -1),
        (pa.uint64(), "numeric", -1),
        (pa.decimal128(38, 0), "numeric", -1),
        (pa.decimal128(12, 2), "numeric", (12 << 16 | 2) + 4),
        (pa.decimal256(76, 10), "numeric", (76 << 16 | 10) + 4),
        (pa.float16(), "float4", -1),
        (pa.float32(), "float4", -1),
        (pa.float64(), "float8", -1),
        (pa.string(), "text", -1),
        (pa.large_string(), "text", -1),
        (pa.string_view(), "text", -1),
        (pa.null(), "text", -1),
        (pa.dictionary(pa.int8(), pa.string()), "text", -1),
        (pa.dictionary(pa.int8(), pa.int64()), "int8", -1),
        (pa.binary(), "bytea", -1),
        (pa.binary(16), "bytea", -1),
        (pa.uuid(), "uuid", -1),
        (pa.date32(), "date", -1),
        (pa.date64(), "date", -1),
        (pa.time32("s"), "time", -1),
        (pa.time64("ns"), "time", -1),
        (pa.timestamp("ns"), "timestamp", -1),
        (pa.timestamp("us", "Europe/Berlin"), "timestamptz", -1),
        (pa.month_day_nano_interval(), "interval", -1),
        (pa.duration("ms"), "interval", -1),
        (pa.list_(pa.int32()), "_int4", -1),
        (pa.list_(pa.list_(pa.decimal128(9, 1))), "_numeric", (9 << 16 | 1) + 4),
        (pa.large_list(pa.string()), "_text", -1),
        (pa.list_(pa.date32(), 3), "_date", -1),
        (pa.struct([("a", pa.int8())]), "json", -1),
        (pa.map_(pa.string(), pa.int8()), "json", -1),
        (pa.list_(pa.struct([("a", pa.int8())])), "_json", -1),
        (pa.sparse_union([pa.field("a", pa.int8())]), "json", -1),
    ],
    ids=str,
)
def test_arrow_types(arrow: pa.DataType, name: str, typmod: int) -> None:
    found = of_field(pa.field("v", arrow))
    assert (found.name, found.typmod) == (name, typmod)


@pytest.mark.parametrize(
    ("arrow", "named", "name"),
    [
        (pa.string(), "jsonb", "jsonb"),
        (pa.string(), "numeric", "numeric"),
        (pa.list_(pa.string()), "uuid", "_uuid"),
        (pa.uint32(), "oid", "oid"),
        (pa.string(), "int4", "text"),
        (pa.int64(), "numeric", "int8"),
        (pa.string(), "inet", "text"),
        (pa.string(), "\xff", "text"),
    ],
)
def test_metadata_names_what_text_really_is_and_nothing_else(arrow: pa.DataType, named: str, name: str) -> None:
    assert of_field(pa.field("v", arrow, metadata={METADATA: named.encode("latin1")})).name == name


@pytest.mark.parametrize(
    "arrow",
    [
        pa.decimal128(5, -2),
        pa.run_end_encoded(pa.int32(), pa.string()),
        pa.opaque(pa.binary(), "bignum", "DuckDB"),
        pa.list_(pa.list_(pa.list_(pa.list_(pa.list_(pa.list_(pa.list_(pa.int32()))))))),
    ],
    ids=str,
)
def test_types_that_nobody_decided_on_are_refused(arrow: pa.DataType) -> None:
    with pytest.raises(Ungovernable) as caught:
        of_field(pa.field("v", arrow))
    assert caught.value.sqlstate == "0A000"


@pytest.mark.parametrize(
    ("spelling", "name", "typmod"),
    [
        ("BIGINT", "int8", -1),
        ("bigint", "int8", -1),
        ("HUGEINT", "numeric", -1),
        ("UBIGINT", "numeric", -1),
        ("DECIMAL(18,3)", "numeric", (18 << 16 | 3) + 4),
        ("numeric(12,2)", "numeric", (12 << 16 | 2) + 4),
        ("numeric", "numeric", -1),
        ("VARCHAR", "varchar", -1),
        ("character varying(20)", "varchar", 24),
        ("character(3)", "bpchar", 7),
        ("double precision", "float8", -1),
        ("FLOAT", "float4", -1),
        ("timestamp(3) without time zone", "timestamp", 3),
        ("timestamp with time zone", "timestamptz", -1),
        ("TIMESTAMP WITH TIME ZONE", "timestamptz", -1),
        ("TIMESTAMP_NS", "timestamp", -1),
        ("time(0) with time zone", "timetz", 0),
        ("interval day to second", "interval", -1),
        ("INTERVAL", "interval", -1),
        ("BLOB", "bytea", -1),
        ("UUID", "uuid", -1),
        ("JSON", "json", -1),
        ("jsonb", "jsonb", -1),
        ("INTEGER[]", "_int4", -1),
        ("INTEGER[3]", "_int4", -1),
        ("character varying(20)[]", "_varchar", 24),
        ("DECIMAL(9,1)[][]", "_numeric", (9 << 16 | 1) + 4),
        ("STRUCT(a INTEGER, b VARCHAR)", "json", -1),
        ("STRUCT(a INTEGER)[]", "_json", -1),
        ("MAP(VARCHAR, INTEGER)", "json", -1),
        ("ENUM('a', 'b(1)')", "text", -1),
        ("mood", "text", -1),
        ('"odd ""type"""', "text", -1),
        ("inet", "text", -1),
    ],
)
def test_spellings_of_engines(spelling: str, name: str, typmod: int) -> None:
    found = of_spelling(spelling)
    assert (found.name, found.typmod) == (name, typmod)


def test_numerics_state_precision_and_scale_as_the_server_does(raw: Raw) -> None:
    def typmod(precision: int, scale: int) -> Any:
        name = f"n_{precision}_{scale}"
        raw.run(f"CREATE TEMP TABLE {name} (v numeric({precision},{scale}))")
        return int(
            cells(raw.run(f"SELECT atttypmod FROM pg_attribute WHERE attrelid = '{name}'::regclass AND attnum = 1")[0])[
                0
            ]
        )  # type: ignore[arg-type]

    for precision, scale in ((1, 0), (12, 2), (38, 38), (76, 10)):
        theirs = typmod(precision, scale)
        assert numeric(precision, scale).typmod == theirs
        assert array_of(numeric(precision, scale)).typmod == theirs
