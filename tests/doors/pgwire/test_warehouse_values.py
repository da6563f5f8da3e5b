"""Values on their whole way: from a warehouse's own tables, as Arrow, to the bytes that PostgreSQL would send."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from proxy import kinds
from proxy.doors.pgwire.rows import FEW_ROWS, RowEncoder
from tests.doors.pgwire.server import Raw, cells
from tests.postgres import Database

STORED: Mapping[str, Sequence[str]] = {
    "boolean": ["true", "false"],
    "smallint": ["-32768", "32767"],
    "integer": ["-2147483648", "0"],
    "bigint": ["9223372036854775807", "-1"],
    "oid": ["4294967295"],
    "real": ["1.1", "1e6", "-0", "NaN", "infinity", "1e-45"],
    "double precision": ["0.1", "1e15", "1e-5", "123456789012345.6", "1e23", "-infinity", "5e-324"],
    "numeric": ["1.50", "-0.000001", "NaN", "Infinity", "123456789012345678901234567890.123"],
    "numeric(12,2)": ["1.5", "-9999999999.99", "0"],
    "numeric(38,0)": ["99999999999999999999999999999999999999"],
    "numeric(50,20)": ["0.00000000000000000001", "-123456789012345678901234567890"],
    "text": ["", "é", "a\tb", "\\N"],
    "varchar(10)": ["x"],
    "char(3)": ["a"],
    "name": ["n"],
    "bytea": ["\\x00ff", ""],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "json": ['{"a": [1,  2]}'],
    "jsonb": ['{"b": 1, "a": null}'],
    "date": ["0044-03-15 BC", "infinity", "2020-02-29", "10000-01-01"],
    "time": ["00:00:00", "24:00:00", "12:34:56.789"],
    "timestamp": ["2020-01-02 03:04:05.6", "-infinity", "0001-01-01 BC", "12345-01-01"],
    "timestamptz": ["2020-01-02 03:04:05+02", "infinity", "0044-03-15 00:00:00 BC"],
    "interval": ["1 year 2 mons -3 days", "-00:00:01.5", "0", "100:00:00"],
    "integer[]": ["{1,NULL,3}", "{}"],
    "text[]": ['{"a b",NULL,"NULL","",x}'],
    "numeric(5,1)[]": ["{1.5,-2}"],
    "timestamptz[]": ['{"2020-01-01 00:00:00+00"}'],
    "integer[][]": ["{{1,2},{3,4}}"],
}
"""Types of the server, and texts of values."""


async def taken(warehouse: Any, sql: str) -> pa.RecordBatch:
    version = (await warehouse.catalog()).version
    result = await warehouse.execute(sql, [], 30.0, version)
    async with contextlib.aclosing(result.batches) as batches:
        return pa.Table.from_batches([b async for b in batches], schema=result.schema).combine_chunks().to_batches()[0]


async def test_values_of_a_postgresql_warehouse_are_the_servers_bytes(postgres: Database) -> None:
    names = [f"c{i}" for i in range(len(STORED))]
    columns = ", ".join(f"{n} {kind}" for n, kind in zip(names, STORED, strict=True))
    rows = []
    for i in range(max(map(len, STORED.values())) + FEW_ROWS):
        values = [v[i] if i < len(v) else None for v in STORED.values()]
        literals = ["NULL" if v is None else "'" + v.replace("'", "''") + "'" for v in values]
        rows.append(f"({i}, {', '.join(literals)})")
    postgres.sql(f"CREATE TABLE v (n int PRIMARY KEY, {columns}); INSERT INTO v VALUES {', '.join(rows)}")
    sql = f"SELECT {', '.join(names)} FROM public.v ORDER BY n"
    warehouse = postgres.connect("shop")
    try:
        batch = await taken(warehouse, sql)
    finally:
        await warehouse.close()
    with Raw(postgres) as raw:
        for form in (0, 1):
            encoder = RowEncoder(batch.schema, [form])
            theirs = raw.rows(sql, (), [form])
            assert b"".join(encoder.encode(batch)) == b"".join(theirs)
            assert b"".join(b"".join(encoder.encode(batch.slice(i, 1))) for i in range(batch.num_rows)) == b"".join(
                theirs
            )
            oids = raw.rows(
                "SELECT atttypid FROM pg_attribute WHERE attrelid = 'v'::regclass AND attnum > 1 ORDER BY attnum"
            )
            assert [c.type.oid for c in encoder.columns] == [int(cells(o)[0] or b"") for o in oids]


EMBEDDED = [
    ("true", "bool", "t"),
    ("170141183460469231731687303715884105727::HUGEINT", "numeric", "170141183460469231731687303715884105727"),
    ("18446744073709551615::UBIGINT", "numeric", "18446744073709551615"),
    ("255::UTINYINT", "int2", "255"),
    ("1.50::DECIMAL(9, 2)", "numeric", "1.50"),
    ("1e10::DOUBLE", "float8", "10000000000"),
    ("'a'::ENUM('a', 'b')", "text", "a"),
    ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("'{\"a\": 1}'::JSON", "json", '{"a": 1}'),
    ("'\\xFF'::BLOB", "bytea", "\\xff"),
    ("'2020-01-02 03:04:05.123456789'::TIMESTAMP_NS", "timestamp", "2020-01-02 03:04:05.123456"),
    ("'2020-01-02 03:04:05'::TIMESTAMP_S", "timestamp", "2020-01-02 03:04:05"),
    ("'infinity'::TIMESTAMP_MS", "timestamp", "infinity"),
    ("'-infinity'::DATE", "date", "-infinity"),
    ("'2020-01-02 03:04:05+02'::TIMESTAMPTZ", "timestamptz", "2020-01-02 01:04:05+00"),
    ("INTERVAL '14 months 3 days 4 hours'", "interval", "1 year 2 mons 3 days 04:00:00"),
    ("[[1, 2], [3, NULL]]", "_int4", "{{1,2},{3,NULL}}"),
    ("['a b', NULL]", "_text", '{"a b",NULL}'),
    ("['a', 'b']::ENUM('a', 'b')[]", "_text", "{a,b}"),
    ("[{'a': 1}]", "_json", '{"{\\"a\\":1}"}'),
    ("{'a': 1, 'b': [1.5, NULL], 'c': 'x\"'}", "json", '{"a":1,"b":[1.5,null],"c":"x\\""}'),
    ("MAP {'k': DATE '2020-01-02'}", "json", '{"k":"2020-01-02"}'),
    ("union_value(a := 1)", "json", "1"),
    ("NULL", None, None),
]


@pytest.mark.parametrize(("sql", "name", "text"), EMBEDDED, ids=lambda v: str(v))
async def test_values_of_a_duckdb_warehouse_are_postgresqls(
    tmp_path: Any, sql: str, name: str | None, text: str | None
) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as made:
        made.execute(f"CREATE TABLE t AS SELECT {sql} AS v")
    module = kinds.load("warehouses", "duckdb")
    warehouse = module.connect("shop", module.Settings(path=tmp_path / "shop.duckdb"))
    try:
        batch = await taken(warehouse, "SELECT v FROM shop.main.t")
    finally:
        await warehouse.close()
    encoder = RowEncoder(batch.schema)
    assert name is None or encoder.columns[0].type.name == name
    assert cells(b"".join(encoder.encode(batch))) == [None if text is None else text.encode()]
    many = pa.Table.from_batches([batch] * (FEW_ROWS + 1)).combine_chunks().to_batches()[0]
    assert b"".join(encoder.encode(many)) == b"".join(encoder.encode(batch)) * (FEW_ROWS + 1)
    binary = RowEncoder(batch.schema, [1])
    assert b"".join(binary.encode(many)) == b"".join(binary.encode(batch)) * (FEW_ROWS + 1)
