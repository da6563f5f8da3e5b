"""Every value arrives exactly as the server holds it, or an error says what to cast."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from proxy.doors.http.cells import values_of
from proxy.errors import GatewayError, QueryFailed
from proxy.warehouses.postgres.types import ARRAYS, SCALARS, TEXTS, column
from proxy.warehouses.postgres.warehouse import Postgres
from tests.postgres import Database
from tests.warehouses.postgres.conftest import Connected
from tests.warehouses.postgres.running import rows, table

KEPT = pytest.mark.asyncio(loop_scope="module")

# A value, and the NULL of its type.
TWICE = "SELECT v.x FROM generate_series(1, 2) AS i LEFT JOIN (SELECT {} AS x) AS v ON i = 1 ORDER BY i"

EXACT = [
    ("true", True, pa.bool_()),
    ("32767::int2", 32767, pa.int16()),
    ("(-2147483648)::int4", -(2**31), pa.int32()),
    ("(-9223372036854775808)::int8", -(2**63), pa.int64()),
    ("4294967295::oid", 2**32 - 1, pa.uint32()),
    ("1.1::float4", 1.100000023841858, pa.float32()),
    ("'-Infinity'::float8", float("-inf"), pa.float64()),
    ("'1e-320'::float8", 1e-320, pa.float64()),
    ("1.5::numeric(10, 2)", Decimal("1.50"), pa.decimal128(10, 2)),
    ("repeat('9', 38)::numeric(38, 0)", Decimal("9" * 38), pa.decimal128(38, 0)),
    ("('-' || repeat('9', 70) || '.25')::numeric(76, 6)", Decimal("-" + "9" * 70 + ".250000"), pa.decimal256(76, 6)),
    ("('1' || repeat('0', 120) || '.' || repeat('7', 60))::numeric", "1" + "0" * 120 + "." + "7" * 60, pa.string()),
    ("12345::numeric(3, -3)", "12000", pa.string()),
    ("0.00012::numeric(3, 5)", "0.00012", pa.string()),
    ("'NaN'::numeric", "NaN", pa.string()),
    ("'-Infinity'::numeric", "-Infinity", pa.string()),
    ("1.10::numeric + 0", "1.10", pa.string()),
    ("'a' || chr(128512)", "a\U0001f600", pa.string()),
    ("'ab'::char(4)", "ab  ", pa.string()),
    ("'x'::\"char\"", "x", pa.string()),
    ("'pg_class'::name", "pg_class", pa.string()),
    ("'\\x00ff'::bytea", b"\x00\xff", pa.binary()),
    ("'6f0b2a7e-1111-4222-8333-abcdefabcdef'::uuid", uuid.UUID("6f0b2a7e-1111-4222-8333-abcdefabcdef"), pa.uuid()),
    ("'12:34:56.789012+05:30'::timetz", "12:34:56.789012+05:30", pa.string()),
    ('\'{"a": 1.10, "a": 2}\'::json', '{"a": 1.10, "a": 2}', pa.string()),
    ('\'{"b": 1.10, "a": 2}\'::jsonb', '{"a": 2, "b": 1.10}', pa.string()),
    ("'10.0.0.0/8'::inet", "10.0.0.0/8", pa.string()),
    ("'10.0.0.0/8'::cidr", "10.0.0.0/8", pa.string()),
    ("'08:00:2b:01:02:03'::macaddr", "08:00:2b:01:02:03", pa.string()),
    ("B'0101'", "0101", pa.string()),
    ("'12.5'::money", "$12.50", pa.string()),
    ("'(1,2.5)'::point", "(1,2.5)", pa.string()),
    ("'a fat cat'::tsvector", "'a' 'cat' 'fat'", pa.string()),
    ("int4range(1, 5)", "[1,5)", pa.string()),
    ("int4multirange(int4range(1, 3), int4range(7, NULL))", "{[1,3),[7,)}", pa.string()),
    ("ROW(1, 'a,\"b', NULL)", '(1,"a,""b",)', pa.string()),
    ("ARRAY[1, NULL, 3]", [1, None, 3], pa.list_(pa.int32())),
    ("ARRAY[1.5, 2]::numeric(5, 2)[]", [Decimal("1.50"), Decimal("2.00")], pa.list_(pa.decimal128(5, 2))),
    ("ARRAY['NULL', NULL, '', 'a\"b', '{x}', 'c,d']", ["NULL", None, "", 'a"b', "{x}", "c,d"], pa.list_(pa.string())),
    ("ARRAY[[1, 2], [3, NULL]]", [[1, 2], [3, None]], pa.list_(pa.list_(pa.int32()))),
    ("'[5:6]={7,8}'::int8[]", [7, 8], pa.list_(pa.int64())),
    ("'{}'::text[]", [], pa.list_(pa.string())),
    ("ARRAY['\\x00'::bytea]", [b"\x00"], pa.list_(pa.binary())),
    ("ARRAY['(1,2)'::point]", ["(1,2)"], pa.list_(pa.string())),
    ("ARRAY['{\"a\": [1]}'::jsonb]", ['{"a": [1]}'], pa.list_(pa.string())),
    ("ARRAY[true, false]", [True, False], pa.list_(pa.bool_())),
    ("ARRAY['2024-01-02'::date]", [datetime(2024, 1, 2, tzinfo=UTC).date()], pa.list_(pa.date32())),
    ("'calm'::public.mood", "calm", pa.string()),
    ("ARRAY['calm', NULL]::public.mood[]", ["calm", None], pa.list_(pa.string())),
    ("ROW(1, 'x')::hr.pair", "(1,x)", pa.string()),
    ("ARRAY[ROW(1, 'x,y')::hr.pair]", ['(1,"x,y")'], pa.list_(pa.string())),
    ("'abc'::public.shorter", "abc", pa.string()),
    ("ARRAY['abc']::public.shorter[]", ["abc"], pa.list_(pa.string())),
    ("'1 2'::int2vector", "1 2", pa.string()),
]


@pytest.mark.parametrize(("sql", "value", "kind"), EXACT, ids=[e[0][:40] for e in EXACT])
@KEPT
async def test_values_arrive_exactly(kept: Postgres, sql: str, value: Any, kind: pa.DataType) -> None:
    found = await table(kept, TWICE.format(sql))
    assert found.schema.field("x").type == kind
    assert found.column("x").to_pylist() == [value, None]


@KEPT
async def test_values_of_users_types_in_tables(kept: Postgres) -> None:
    found = await rows(kept, 'SELECT mood, s, ss, moods FROM hr."Odd Name"')
    assert found == [{"mood": "calm", "s": "x", "ss": "y", "moods": ["calm", None]}]


# Dates and times over the whole range, as the doors write them.
CALENDAR = [
    ("'2024-02-29'::date", "2024-02-29"),
    ("'4713-01-01 BC'::date", "-4712-01-01"),
    ("'0001-12-31 BC'::date", "0000-12-31"),
    ("'5874897-12-31'::date", "+5874897-12-31"),
    ("'infinity'::date", "infinity"),
    ("'-infinity'::date", "-infinity"),
    ("'2024-02-29 23:59:59.999999'::timestamp", "2024-02-29T23:59:59.999999"),
    ("'4713-01-01 00:00:00 BC'::timestamp", "-4712-01-01T00:00:00"),
    ("'infinity'::timestamp", "infinity"),
    ("'-infinity'::timestamptz", "-infinity"),
    ("'2024-02-29 23:59:59+02'::timestamptz", "2024-02-29T21:59:59Z"),
    ("'294246-12-31 23:59:59'::timestamp", "+294246-12-31T23:59:59"),
    ("'24:00:00'::time", "24:00:00"),
    ("'00:00:00.000001'::time", "00:00:00.000001"),
    ("'1 year 2 months -3 days 04:05:06.7'::interval", "P1Y2M-3DT4H5M6.7S"),
    ("'-178000000 years'::interval", "P-178000000Y"),
]


@pytest.mark.parametrize(("sql", "text"), CALENDAR, ids=[e[0][:40] for e in CALENDAR])
@KEPT
async def test_dates_and_times_over_their_whole_range(kept: Postgres, sql: str, text: str) -> None:
    found = await table(kept, TWICE.format(sql))
    assert values_of(found.column("x").combine_chunks()) == [text, None]


REFUSED = [
    "SELECT '294276-12-31'::timestamp",
    "SELECT '300 years'::interval * 12 * 365 + make_interval(hours => 2147483647) * 2",
    "SELECT make_interval(hours => 2147483647) * 4",
    "SELECT 'NaN'::numeric(10, 2)",
    "SELECT ARRAY[1] UNION ALL SELECT ARRAY[[1]]",
]


@pytest.mark.parametrize("sql", REFUSED)
@KEPT
async def test_what_has_no_exact_form_is_an_error_that_says_what_to_cast(kept: Postgres, sql: str) -> None:
    with pytest.raises(QueryFailed, match=r"[Cc]ast"):
        await rows(kept, sql)
    assert await rows(kept, "SELECT 1 AS x") == [{"x": 1}]


@KEPT
async def test_infinite_intervals_are_an_error_where_there_are_any(kept: Postgres, shop: Database) -> None:
    with pytest.raises(GatewayError):
        await rows(kept, "SELECT 'infinity'::interval")
    if shop.server.major >= 17:
        with pytest.raises(QueryFailed, match="infinite or too long"):
            await rows(kept, "SELECT '-infinity'::interval")


@KEPT
async def test_arrays_that_change_their_depth_later_are_an_error(kept: Postgres) -> None:
    late = "SELECT CASE WHEN i < 3000 THEN ARRAY[1] ELSE ARRAY[[1]] END FROM generate_series(1, 4000) AS i"
    with pytest.raises(QueryFailed, match="different dimensions"):
        await rows(kept, late)


async def test_generated_values_equal_the_servers_own_text(connected: Connected, shop: Database) -> None:
    """Two thousand rows of random values of each type, against `value::text` of the server."""
    made = {
        "i": "(random() * 2e9 - 1e9)::int4",
        "l": "((random() - 0.5) * 1.8e19)::numeric(19, 0)::int8",
        "n": "((random() - 0.5) * 1e12)::numeric * (random() * 1e9)::numeric",
        "d": "((random() - 0.5) * 1e9)::numeric(14, 4)",
        "da": "'2000-01-01'::date + ((random() - 0.5) * 1.2e6)::int4",
        "ts": "'2000-01-01'::timestamp + (random() - 0.5) * interval '3000 years'",
        "u": "md5(random()::text)::uuid",
        "b": "decode(md5(random()::text), 'hex')",
        "a": "ARRAY[(random() * 9)::int4, NULL, i]",
        "s": "md5(random()::text) || chr(1 + (random() * 50000)::int4)",
        "o": "random() < 0.5",
    }
    columns = ", ".join(f"CASE WHEN random() < 0.1 THEN NULL ELSE {sql} END AS {name}" for name, sql in made.items())
    shop.sql(f"""
        SELECT setseed(0.5); DROP TABLE IF EXISTS made;
        CREATE TABLE made AS SELECT i AS id, {columns} FROM generate_series(1, 2000) AS i;
        GRANT SELECT ON made TO {shop.role}""")
    texts = ", ".join(f"{name}, {name}::text AS t_{name}" for name in made)
    warehouse = connected(shop, schemas=["public", "hr"])
    found = await rows(warehouse, f"SELECT {texts} FROM public.made ORDER BY id")
    assert len(found) == 2000
    for name in made:
        for row in found:
            assert as_server(row[name]) == row[f"t_{name}"], (name, row[name])


def as_server(value: Any) -> str | None:
    """A Python value as the server writes it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, list):
        return "{" + ",".join("NULL" if v is None else str(v) for v in value) + "}"
    if isinstance(value, datetime):
        return re.sub(r"(\.\d*?)0+$", r"\1", value.isoformat(" "))
    return str(value)


@pytest.mark.parametrize("known", [SCALARS, TEXTS], ids=["scalars", "texts"])
def test_numbers_and_names_of_types_are_the_servers(shop: Database, known: Any) -> None:
    names = dict(shop.query("SELECT oid, typname FROM pg_type WHERE oid < 16384"))
    wrong = {o: n for o, n in known.items() if names[str(o)] != (n if isinstance(n, str) else n.name)}
    assert not wrong


def test_array_types_are_those_of_the_scalars(shop: Database) -> None:
    found = {int(o): int(e) for e, o in shop.query("SELECT oid, typarray FROM pg_type WHERE typarray > 0")}
    assert {a: found[a] for a in ARRAYS} == dict(ARRAYS)
    assert set(ARRAYS.values()) == set(SCALARS)


@pytest.mark.parametrize(
    ("typmod", "kind"), [(-1, pa.string()), ((5 << 16) + 4, pa.decimal128(5, 0)), ((77 << 16) + 4, pa.string())]
)
def test_numeric_has_decimals_where_they_fit(typmod: int, kind: pa.DataType) -> None:
    assert column(1700, typmod, {}).arrow == kind


def test_time_of_day_in_python_is_the_same() -> None:
    build: Callable[..., Any] = SCALARS[1083].build
    micros = timedelta(hours=1, microseconds=5) // timedelta(microseconds=1)
    assert build([micros.to_bytes(8, "big"), None], pa.time64("us")).to_pylist()[0].isoformat() == "01:00:00.000005"
