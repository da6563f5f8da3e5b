"""What every mask keeps, on real PostgreSQL servers: SQL form and value form are equal, nothing raises, types stay."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from proxy import kinds
from proxy.values import TypeKind
from proxy.warehouses.postgres.catalog import kind_of
from tests.masks.engine import same, sql_of, value_of
from tests.masks.postgres import PostgresEngine
from tests.masks.texts import NASTY, texts
from tests.postgres import Database

T = TypeKind
EXAMPLES = settings(max_examples=25)
EDGES = {"edges": [-(2**53), -100, 0, 7, 30_000, 2**53]}
OPTIONS: dict[str, dict[str, Any]] = {
    "constant": {"value": 7},
    "range_bucket": EDGES,
    "round_to": {"to": 100},
    "sql": {"expression": "left(x, 1)"},
}
VALUES = {
    "text": ["''", "'ana@example.com'", "'4111 1111 1111 1111'", "'é👍🏽'", "repeat('x', 100000)", "E'\\n\\\\'"],
    "character varying(9)": ["''", "'a@b.c'", "'123456789'"],
    "character(4)": ["''", "'a@b'", "'éé'"],
    "smallint": ["'-32768'", "32767", "0"],
    "integer": ["'-2147483648'", "2147483647", "0"],
    "bigint": ["'-9223372036854775808'", "9223372036854775807", "0"],
    "numeric": ["'nan'", "'inf'", "'-inf'", "'1e131000'", "'-1e-16000'", "'1e400'", "0"],
    "numeric(4,1)": ["'-999.9'", "999.9", "0.5", "'nan'"],
    "numeric(3,3)": ["'0.999'", "0"],
    "real": ["'nan'", "'inf'", "'-inf'", "3.4e38", "'1e-45'", "'-0'"],
    "double precision": ["'nan'", "'inf'", "'-inf'", "'1.7976931348623157e308'", "'5e-324'", "1e300"],
    "boolean": ["true", "false"],
    "date": ["'4713-01-01 BC'", "'5874897-12-31'", "'infinity'", "'-infinity'", "'2020-02-29'", "'0001-12-31 BC'"],
    "timestamp without time zone": ["'4713-01-01 BC'", "'294276-12-31 23:59:59.999999'", "'infinity'", "'-infinity'"],
    "timestamp(0) without time zone": ["'2020-02-29 23:59:59.9'", "'infinity'"],
    "timestamp with time zone": ["'4713-01-01 BC'", "'294276-12-31 23:59:59.999999+00'", "'infinity'", "'2020-02-29'"],
    "time without time zone": ["'00:00:00'", "'24:00:00'"],
    "interval": ["'178000000 years'", "'-1 day'"],
    "bytea": ["''", "'\\x00ff'"],
    "uuid": ["'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
    "integer[]": ["'{1,NULL}'"],
    "jsonb": ["'{}'"],
    "int4range": ["'[1,5)'"],
}
NUMBERS = {T.INTEGER, T.DECIMAL, T.FLOAT}


@pytest.fixture(scope="module")
def server(postgres_shared: Database) -> Iterator[PostgresEngine]:
    made = PostgresEngine(postgres_shared)
    yield made
    made.close()


def module_of(name: str) -> ModuleType:
    return kinds.load("masks", name)


def agree(server: PostgresEngine, name: str, kind: TypeKind, sql_type: str, values: list[Any], **options: Any) -> None:
    """Assert that the two forms of a mask make the same of these values."""
    server.load(values, sql_type)
    got = server.masked(sql_of(module_of(name), kind, options, server.dialect))
    wanted = [value_of(module_of(name), value, kind, options) for value in values]
    numbers = [float(g) if isinstance(w, float) and g is not None else g for g, w in zip(got, wanted, strict=True)]
    wrong = [row for row in zip(values, numbers, wanted, strict=True) if not same(row[1], row[2])]
    assert not wrong, f"(value, engine, Python): {wrong[:5]}"


OF_TEXTS = {
    "constant": {"value": "it's \\ $1"},
    "email_domain": {},
    "first_n": {"n": 2},
    "hash": {},
    "last_four": {},
    "pseudonym": {},
    "redact": {},
    "scrub": {},
}


@pytest.mark.parametrize("name", OF_TEXTS)
def test_the_forms_agree_on_texts(server: PostgresEngine, name: str) -> None:
    agree(server, name, T.TEXT, "text", NASTY, **OF_TEXTS[name])

    @EXAMPLES
    @given(values=texts)
    def holds(values: list[str | None]) -> None:
        agree(server, name, T.TEXT, "text", values, **OF_TEXTS[name])

    holds()


@pytest.mark.parametrize("to", [1, 7, 1000, 10**9])
@pytest.mark.parametrize("sql_type", ["smallint", "bigint"])
def test_round_to_agrees_on_whole_numbers(server: PostgresEngine, sql_type: str, to: int) -> None:
    most = 2**15 if sql_type == "smallint" else 2**63
    agree(server, "round_to", T.INTEGER, sql_type, [-most, most - 1, 0, None, -5, 12345], to=to)


@pytest.mark.parametrize("name", ["round_to", "range_bucket"])
@pytest.mark.parametrize("to", [1, 7, 10**9])
def test_the_forms_agree_on_floating_numbers(server: PostgresEngine, name: str, to: int) -> None:
    options = {"to": to} if name == "round_to" else EDGES

    @EXAMPLES
    @given(values=st.lists(st.none() | st.floats(), min_size=1))
    def holds(values: list[float | None]) -> None:
        agree(server, name, T.FLOAT, "double precision", [*values, math.nan, math.inf, 5e-324, 1.7e308], **options)

    @EXAMPLES
    @given(values=st.lists(st.none() | st.floats(width=32), min_size=1))
    def holds_of_real(values: list[float | None]) -> None:
        agree(server, name, T.FLOAT, "real", list(values), **options)

    holds()
    holds_of_real()


@pytest.mark.parametrize("name", ["round_to", "range_bucket"])
def test_the_forms_agree_on_decimals(server: PostgresEngine, name: str) -> None:
    odd = [Decimal(d) for d in ("nan", "inf", "-inf", "1e500", "-1e500", "29999.99999999999999999999999", "1e-500")]
    options = {"to": 7} if name == "round_to" else EDGES

    @EXAMPLES
    @given(values=st.lists(st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=3), min_size=1))
    def holds(values: list[Decimal | None]) -> None:
        agree(server, name, T.DECIMAL, "numeric", [*values, *odd], **options)

    holds()


@pytest.mark.parametrize("name", ["year_only", "month_only"])
def test_the_forms_agree_on_dates(server: PostgresEngine, name: str) -> None:
    aware = st.datetimes(min_value=datetime.datetime(2, 1, 1), timezones=st.just(datetime.UTC))

    @EXAMPLES
    @given(st.lists(st.none() | st.dates()), st.lists(st.none() | st.datetimes()), st.lists(st.none() | aware))
    def holds(dates: list[Any], moments: list[Any], in_utc: list[Any]) -> None:
        agree(server, name, T.DATE, "date", dates)
        agree(server, name, T.TIMESTAMP, "timestamp", moments)
        agree(server, name, T.TIMESTAMP, "timestamptz", in_utc)

    holds()


@pytest.mark.parametrize("sql_type", VALUES)
@pytest.mark.parametrize("name", kinds.names("masks"))
def test_no_value_raises_null_stays_null_and_the_type_is_the_columns(
    server: PostgresEngine, name: str, sql_type: str
) -> None:
    server.load_sql([*VALUES[sql_type], "NULL"], sql_type)
    tree = sql_of(module_of(name), kind_of(sql_type), OPTIONS.get(name, {}), server.dialect)
    if isinstance(tree, exp.Null):
        return
    target = exp.DataType.build(sql_type, dialect="postgres", udt=True)
    shown = server.expressions.converted(tree, target)
    assert len(server.masked(exp.cast(tree.copy(), "text"))) == len(VALUES[sql_type]) + 1
    assert server.masked(exp.cast(shown.copy(), "text"))[-1] is None
    assert server.type_of(shown) == sql_type.replace("(9)", "").replace("(4)", "").replace("(4,1)", "").replace(
        "(3,3)", ""
    ).replace("(0)", "")


def test_what_masks_give_is_kept_in_the_columns_type(server: PostgresEngine) -> None:
    """The cast to the column's own type loses no mask that fits."""
    for sql_type, name, values, shown in (
        ("character varying(20)", "email_domain", ["ana@example.com"], ["***@example.com"]),
        ("smallint", "round_to", [32767], [32700]),
        ("numeric(4,1)", "round_to", [Decimal("999.9")], [Decimal("900.0")]),
        ("real", "round_to", [1234.5], [1200.0]),
        ("double precision", "round_to", [-1234.5, 1e308], [-1200.0, 1e308]),
        ("date", "month_only", [datetime.date(2024, 2, 29)], [datetime.date(2024, 2, 1)]),
        (
            "timestamp(0) without time zone",
            "year_only",
            [datetime.datetime(2024, 2, 29)],
            [datetime.datetime(2024, 1, 1)],
        ),
    ):
        server.load(values, sql_type)
        tree = sql_of(module_of(name), kind_of(sql_type), OPTIONS.get(name, {}), server.dialect)
        target = exp.DataType.build(sql_type, dialect="postgres", udt=True)
        assert server.masked(server.expressions.converted(tree, target)) == shown, sql_type


@pytest.mark.parametrize("name", kinds.names("masks"))
@pytest.mark.parametrize("kind", sorted(TypeKind))
def test_the_mask_reads_only_its_column_and_calls_only_the_engines_own_functions(
    server: PostgresEngine, name: str, kind: TypeKind
) -> None:
    tree = sql_of(module_of(name), kind, OPTIONS.get(name, {}), server.dialect)
    assert {c.sql("postgres") for c in tree.find_all(exp.Column)} <= {'"__g"."x"'}
    for call in tree.find_all(exp.Anonymous):
        assert call.parent is not None
        assert call.parent.sql("postgres").startswith('"pg_catalog".')
    assert not list(tree.find_all(exp.Func, bfs=False)) or all(
        isinstance(f, exp.Anonymous | exp.Case | exp.If | exp.Cast | exp.And) for f in tree.find_all(exp.Func)
    )
