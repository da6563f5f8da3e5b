"""Values as the column's own type: kept where they fit, NULL where not, and never an error."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from proxy.warehouses.postgres.retyping import converted
from tests.masks.postgres import PostgresEngine
from tests.postgres import Database

FORMED = """smallint|integer|bigint|numeric|numeric(5,2)|numeric(3,5)|real|double precision|boolean|date
timestamp without time zone|timestamp(3) with time zone|text|character varying(3)|character(3)|name"""
OTHERS = """uuid|jsonb|bytea|integer[]|time without time zone|interval|inet|"char"|int4range|public.mood|bit varying(3)
json|xid"""
ODD = """
1 | -1 | 32768 | -32769 | 2147483648 | 9223372036854775808 | 99999 | 1e400 | -1e400 | 1e-400 | 1e999999 | NaN | inf
-Infinity | 1.5 | 999.995 | 3.5e38 | 1e39 | 1e-46 | 1.7976931348623157e308 | 1.8e308 | true | yes | t | 0 | 2024-02-30
2024-02-29 | 2023-02-29 | 1900-02-29 | 2000-02-29 | 0000-01-01 | 2024-13-01 | 2024-04-31 | 9999-12-31 23:59:59.999999
2024-01-01 24:00:00 | 2024-01-01 23:59:60 | 10000-01-01 | 0044-03-15 BC | infinity | 2024-01-01 10:00:00+15 | now
2024-01-01 00:00:00+14:59 | {} | {1} | [1,2) | sad | 10:00 | 1 day | ::1 | a | \\x00 | 101 | 0x1F | 1_000 | 1e | e1 | .5
epoch | 5. | +7
"""


@pytest.fixture(scope="module")
def server(postgres_shared: Database) -> Iterator[PostgresEngine]:
    postgres_shared.sql("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    made = PostgresEngine(postgres_shared)
    yield made
    made.close()


def kept(server: PostgresEngine, target: str, source: str, values: list[Any]) -> list[Any]:
    """What becomes of values of one type on their way to another."""
    tree = converted(exp.column("x"), exp.DataType.build(target, dialect="postgres", udt=True))
    sql = f"SELECT ({tree.sql('postgres')})::text FROM unnest($1::{source}[]) WITH ORDINALITY AS t(x, i) ORDER BY i"
    return [row[0] for row in server.run(sql, values)]


@pytest.mark.parametrize("target", f"{FORMED}|{OTHERS}".replace("\n", "|").split("|"))
def test_no_text_raises(server: PostgresEngine, target: str) -> None:
    texts = [text.strip() for text in ODD.replace("\n", " | ").split(" | ")] + ["9" * 3000, "1" + "0" * 1999, "é", "'"]
    shown = kept(server, target, "text", [*texts, None])
    assert len(shown) == len(texts) + 1
    assert shown[-1] is None

    @settings(max_examples=30)
    @given(st.lists(st.text(st.sampled_from("0123456789+-. eE:T{}[]ainftyx"), max_size=25), min_size=10))
    def holds(texts: list[str]) -> None:
        kept(server, target, "text", texts)

    holds()


SOURCES = {
    "bigint": [-(2**63), 2**63 - 1, 0],
    "numeric": [Decimal(d) for d in ("nan", "inf", "-inf", "1e131000", "-1e-16000", "999.995", "0.00001")],
    "double precision": [float("nan"), float("inf"), -float("inf"), 1.7976931348623157e308, 5e-324, -0.0, 2.5],
    "real": [float("nan"), 3.4028234663852886e38, 1.401298464324817e-45],
    "boolean": [True, False],
    "date": [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(2024, 2, 29)],
    "timestamp": [datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)],
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", FORMED.replace("\n", "|").split("|"))
def test_no_value_raises(server: PostgresEngine, source: str, target: str) -> None:
    assert len(kept(server, target, source, SOURCES[source])) == len(SOURCES[source])


@pytest.mark.parametrize(
    ("target", "given", "shown"),
    [
        ("smallint", ["32767", "-32768", "32768", "1.5", "1e4", "x"], ["32767", "-32768", None, "2", "10000", None]),
        ("bigint", ["9223372036854775807", "9223372036854775808"], ["9223372036854775807", None]),
        ("numeric(5,2)", ["999.99", "999.994", "999.995", "NaN"], ["999.99", "999.99", None, None]),
        ("numeric", ["1e500"], ["1" + "0" * 500]),
        ("double precision", ["1.5", "NaN", "1e-320", "1e308", "1e309"], ["1.5", "NaN", "0", "1e+308", None]),
        ("real", ["1e-40", "1e39", "0.5"], ["0", None, "0.5"]),
        ("boolean", ["true", "false", "yes"], ["true", "false", None]),
        ("date", ["2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29"], ["2024-02-29", None, None, "2000-02-29"]),
        ("date", ["2024-12-31 10:00:00+00", "0000-01-01", "infinity"], ["2024-12-31", None, None]),
        ("timestamp without time zone", ["2024-01-31 23:59:59.5", "x"], ["2024-01-31 23:59:59.5", None]),
        ("character varying(3)", ["abcd"], ["abc"]),
        ("text", ["abcd"], ["abcd"]),
        ("uuid", ["ffffffff-ffff-ffff-ffff-ffffffffffff"], [None]),
    ],
)  # fmt: skip
def test_texts_are_kept_where_they_fit(
    server: PostgresEngine, target: str, given: list[str], shown: list[str | None]
) -> None:
    assert kept(server, target, "text", given) == shown


@pytest.mark.parametrize(
    "target", ["uuid", "jsonb", "bytea", "integer[]", "public.mood", "inet", "int4range", "interval"]
)
def test_a_value_of_the_very_type_is_kept(server: PostgresEngine, target: str) -> None:
    values = {
        "uuid": "0" * 32,
        "jsonb": "{}",
        "bytea": "\\x00",
        "integer[]": "{1}",
        "public.mood": "sad",
        "inet": "::1",
    }
    value = f"CAST('{values.get(target, '1 day' if target == 'interval' else '[1,2)')}' AS {target})"
    tree = converted(exp.column("x"), exp.DataType.build(target, dialect="postgres", udt=True))
    rows = server.run(f"SELECT ({tree.sql('postgres')}) = {value} FROM (SELECT {value} AS x OFFSET 0) AS t")
    assert rows[0][0] is True
