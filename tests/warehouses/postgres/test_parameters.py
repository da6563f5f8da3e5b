"""Parameters: values are converted by the type the server gave them, or refused; none becomes part of the statement."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from proxy.errors import GatewayError, InvalidSql
from proxy.values import ReasonCode
from proxy.warehouses.postgres.parameters import converted
from proxy.warehouses.postgres.warehouse import Postgres
from tests.warehouses.postgres.running import rows

KEPT = pytest.mark.asyncio(loop_scope="module")

TAKEN = [
    ("$1::int4", 5, "5"),
    ("$1::int4", "5", "5"),
    ("$1::int8", "-9223372036854775808", "-9223372036854775808"),
    ("$1::int2", 7.0, "7"),
    ("$1::numeric", "1.10", "1.10"),
    ("$1::numeric", Decimal("1E+3"), "1000"),
    ("$1::numeric", 0.1, "0.1"),
    ("$1::numeric", "NaN", "NaN"),
    ("$1::float8", "1e3", "1000"),
    ("$1::float8", 1, "1"),
    ("$1::float4", Decimal("0.5"), "0.5"),
    ("$1::boolean", True, "true"),
    ("$1::boolean", "FALSE", "false"),
    ("$1::text", "'; DROP TABLE people; --", "'; DROP TABLE people; --"),
    ("$1::text", 5, "5"),
    ("$1::text", True, "true"),
    ("$1::varchar", "x\u00e9\U0001f600", "x\u00e9\U0001f600"),
    ("$1::bytea", b"\x00\xff", "\\x00ff"),
    ("$1::bytea", "\\x00ff", "\\x00ff"),
    ("$1::uuid", "6F0B2A7E-1111-4222-8333-abcdefabcdef", "6f0b2a7e-1111-4222-8333-abcdefabcdef"),
    ("$1::uuid", uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ("$1::date", "2024-02-29", "2024-02-29"),
    ("$1::date", date(1, 1, 1), "0001-01-01"),
    ("$1::time", "23:59:59.999999", "23:59:59.999999"),
    ("$1::time", time(1, 2), "01:02:00"),
    ("$1::timestamp", "2024-02-29 01:02:03.5", "2024-02-29 01:02:03.5"),
    ("$1::timestamp", "2024-02-29", "2024-02-29 00:00:00"),
    ("$1::timestamptz", "2024-02-29T01:02:03+02:00", "2024-02-28 23:02:03+00"),
    ("$1::timestamptz", "2024-02-29T01:02:03", "2024-02-29 01:02:03+00"),
    ("$1::timestamptz", datetime(2024, 2, 29, tzinfo=UTC), "2024-02-29 00:00:00+00"),
    ("$1::interval", "1 year 2 months -3 days", "1 year 2 mons -3 days"),
    ("$1::interval", "1 month -3 seconds -500000 microseconds", "1 mon -00:00:03.5"),
    ("$1::interval", "9000000000000 seconds", "2500000000:00:00"),
    ("$1::interval", timedelta(days=1, seconds=1), "1 day 00:00:01"),
    ("$1::jsonb", {"a": [1, None]}, '{"a": [1, null]}'),
    ("$1::jsonb", '{"a": 1.10}', '{"a": 1.10}'),
    ("$1::json", [1, "x"], '[1, "x"]'),
    ("$1::inet", "10.0.0.1", "10.0.0.1/32"),
    ("$1::int4[]", [1, "2", None], "{1,2,NULL}"),
    ("$1::text[]", ["a,b", '"', None, "NULL"], '{"a,b","\\"",NULL,"NULL"}'),
    ("$1::date[]", ["2024-01-01"], "{2024-01-01}"),
    ("$1::numeric[]", ["1.10", 2], "{1.10,2}"),
    ("$1::public.mood", "calm", "calm"),
    ("$1::public.mood[]", ["calm"], "{calm}"),
    ("$1::int4range", "[1,5)", "[1,5)"),
    ("$1::int4", None, None),
]


@pytest.mark.parametrize(("sql", "value", "text"), TAKEN, ids=[f"{t[0]}-{t[1]!r}"[:50] for t in TAKEN])
@KEPT
async def test_values_are_converted_by_the_servers_type(kept: Postgres, sql: str, value: Any, text: Any) -> None:
    assert await rows(kept, f"SELECT ({sql})::text AS x", value) == [{"x": text}]


@KEPT
async def test_a_text_compares_with_a_column_of_numbers(kept: Postgres) -> None:
    assert await rows(kept, "SELECT name FROM public.people WHERE id = $1", "5") == [{"name": "name 5"}]
    found = await rows(kept, "SELECT count(*) AS n FROM public.people WHERE id = ANY($1)", ["5", 6])
    assert found == [{"n": 2}]


REFUSED = [
    ("int4", 23, "five"),
    ("int4", 23, "1_000"),
    ("int4", 23, 2**31),
    ("int4", 23, 1.5),
    ("int4", 23, True),
    ("int4", 23, float("nan")),
    ("int4", 23, float("inf")),
    ("oid", 26, -1),
    ("float8", 701, "one"),
    ("float8", 701, True),
    ("numeric", 1700, "0x10"),
    ("numeric", 1700, "1_0"),
    ("bool", 16, 1),
    ("bool", 16, "yes"),
    ("text", 25, "a\0b"),
    ("text", 25, "\ud800"),
    ("bytea", 17, "plain"),
    ("bytea", 17, "\\xzz"),
    ("uuid", 2950, "not one"),
    ("date", 1082, "yesterday"),
    ("date", 1082, "2024-02-30"),
    ("date", 1082, datetime(2024, 1, 1, tzinfo=UTC)),
    ("date", 1082, "2024-01-01T00:00:00"),
    ("time", 1083, "25:00"),
    ("timestamp", 1114, "2024-01-01T00:00:00+02:00"),
    ("timestamp", 1114, "now"),
    ("timestamptz", 1184, "2024-01-01T00:00:00.1234567Z"),
    ("interval", 1186, "soon"),
    ("interval", 1186, ""),
    ("interval", 1186, 5),
    ("list", 1007, "{1,2}"),
    ("list", 1007, ["x"]),
]


@pytest.mark.parametrize(("name", "oid", "value"), REFUSED, ids=[f"{r[0]}-{r[2]!r}"[:50] for r in REFUSED])
def test_what_does_not_convert_is_refused_and_not_quoted(name: str, oid: int, value: Any) -> None:
    with pytest.raises(InvalidSql) as raised:
        converted([0, value], [23, oid], {})
    assert [(r.code, r.about) for r in raised.value.reasons] == [(ReasonCode.PARAMETERS, "$2")]
    assert "$2" in str(raised.value)
    assert raised.value.__cause__ is None
    if isinstance(value, str) and len(value) > 3:
        assert value not in str(raised.value)


def test_the_number_of_parameters_must_fit() -> None:
    with pytest.raises(InvalidSql, match="takes 1 parameters, and 2"):
        converted([1, 2], [23], {})


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT $1::float4", 1e300),
        ("SELECT $1::int4[]", [[1], [1, 2]]),
        ("SELECT $1::int4[]", [1, [2]]),
        ("SELECT $1::public.mood", "SECRETVALUE"),
        ("SELECT $1::jsonb", "SECRETVALUE"),
        ("SELECT $1::inet", "SECRETVALUE"),
        ("SELECT $1::text", object()),
    ],
)
@KEPT
async def test_what_driver_or_server_refuse_is_told_without_the_value(kept: Postgres, sql: str, value: Any) -> None:
    with pytest.raises(GatewayError) as raised:
        await rows(kept, sql, value)
    assert "SECRETVALUE" not in str(raised.value)
    assert raised.value.reasons[0].code in (ReasonCode.PARAMETERS, ReasonCode.CONVERSION)
    assert await rows(kept, "SELECT 1 AS x") == [{"x": 1}]


@KEPT
async def test_too_few_or_many_parameters_are_refused(kept: Postgres) -> None:
    for given in ([], [1, 2]):
        with pytest.raises(InvalidSql, match="takes 1 parameters"):
            await rows(kept, "SELECT $1::int4", *given)
