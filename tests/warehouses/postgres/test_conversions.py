"""What types do together, against the live servers: nothing that is said to be safe raises on any value."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from proxy.warehouses.postgres.conversions import CONVERSIONS, spelling
from tests.masks.postgres import PostgresEngine
from tests.postgres import Database
from tests.warehouses.postgres.test_functions import NASTY

SPELT = {
    "text": "VARCHAR",
    "TEXT": "VARCHAR",
    "character varying(20)": "VARCHAR",
    "VARCHAR(20)": "VARCHAR",
    "character(3)": "VARCHAR",
    "CHAR(3)": "VARCHAR",
    "INT": "INTEGER",
    "bigint": "BIGINT",
    "DOUBLE PRECISION": "DOUBLE",
    "real": "REAL",
    "numeric": "DECIMAL",
    "numeric(10,2)": "DECIMAL(10,2)",
    "DECIMAL(10, 2)": "DECIMAL(10,2)",
    "numeric(3,-2)": "DECIMAL(3,-2)",
    "DECIMAL(5)": "DECIMAL(5,0)",
    "timestamp(3) without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
    "time(3) without time zone": "time without time zone",
    "jsonb": "jsonb",
    "text[]": "text[]",
    "numeric(10,2)[]": "numeric(10,2)[]",
    '"char"': '"char"',
    'public."text"': 'public."text"',
    "public.text": "public.text",
    "public.mood": "public.mood",
}
TARGETS = (*NASTY, "numeric(12,2)", "numeric(400,0)", "numeric(350,340)", "numeric(3,-2)")


@pytest.fixture(scope="module")
def server(postgres_shared: Database) -> Iterator[PostgresEngine]:
    made = PostgresEngine(postgres_shared)
    for i, (sql_type, values) in enumerate(NASTY.items()):
        rows = ", ".join(f"(CAST({v} AS {sql_type}))" for v in [*values, "NULL"])
        made.run(f"CREATE TABLE n{i} AS SELECT * FROM (VALUES {rows}) AS v(x)")
    yield made
    made.close()


def table(sql_type: str) -> str:
    return f"n{list(NASTY).index(sql_type)}"


@pytest.mark.parametrize(("written", "spelt"), SPELT.items())
def test_types_are_spelt_in_one_way(written: str, spelt: str) -> None:
    assert spelling(written) == spelt


def test_what_is_comparable_compares(server: PostgresEngine) -> None:
    pairs = 0
    for one, two in itertools.product(NASTY, NASTY):
        if CONVERSIONS.comparable(spelling(one), spelling(two)):
            pairs += 1
            for operator in ("=", "<", "IS DISTINCT FROM"):
                if operator == "<" and spelling(one) in ("jsonb", "xid"):
                    continue
                server.run(f"SELECT count(a.x {operator} b.x) FROM {table(one)} a, {table(two)} b")
    assert pairs > 50


def test_what_is_unifiable_comes_to_one_type(server: PostgresEngine) -> None:
    for one, two in itertools.product(NASTY, NASTY):
        if CONVERSIONS.unifiable(spelling(one), spelling(two)):
            for order in ("a.x, b.x", "b.x, a.x"):
                server.run(f"SELECT count(coalesce({order})) FROM {table(one)} a, {table(two)} b")


def test_what_is_castable_is_cast(server: PostgresEngine) -> None:
    casts = 0
    for one, two in itertools.product(NASTY, TARGETS):
        if CONVERSIONS.castable(spelling(one), spelling(two)):
            casts += 1
            server.run(f"SELECT count(CAST(x AS {two})) FROM {table(one)}")
    assert casts > 50


def test_what_is_printable_has_a_text(server: PostgresEngine) -> None:
    assert CONVERSIONS.printable is not None
    for one in NASTY:
        if CONVERSIONS.printable(spelling(one)):
            server.run(
                f"SELECT count(CAST(x AS text)), count(CAST(x AS varchar(3))), count('a'::text || x) FROM {table(one)}"
            )


@pytest.mark.parametrize("field", ["'a'", "0", "-1", "'{}'"])
def test_fields_of_json_in_parts_are_read(server: PostgresEngine, field: str) -> None:
    for json_type in CONVERSIONS.fields:
        server.run(f"SELECT count(x -> {field}), count(x ->> {field}) FROM {table(json_type)}")


@pytest.mark.parametrize("part", sorted(CONVERSIONS.dates))
def test_every_moment_has_these_parts(server: PostgresEngine, part: str) -> None:
    for moment in ("date", "timestamp", "timestamptz"):
        server.run(f"SELECT count(extract({part} FROM x)) FROM {table(moment)}")


UNSAFE = [
    ("numeric", "double precision"),
    ("json", "json"),
    ("text[]", "text[]"),
    ("text", "integer"),
    ("numeric(400,0)", "real"),
    ("public.mood", "public.mood"),
]


@pytest.mark.parametrize(("one", "two"), UNSAFE)
def test_what_is_not_known_is_not_safe(one: str, two: str) -> None:
    assert not CONVERSIONS.comparable(spelling(one), spelling(two))
    assert not CONVERSIONS.unifiable(spelling(two), spelling(one))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("bigint", "integer"),
        ("numeric", "numeric(10,2)"),
        ("numeric(10,2)", "numeric(9,2)"),
        ("numeric(10,2)", "numeric(12,1)"),
        ("numeric(10,2)", "integer"),
        ("double precision", "real"),
        ("double precision", "bigint"),
        ("numeric", "double precision"),
        ("date", "timestamp"),
        ("integer", "boolean"),
        ("timestamp", "timestamptz"),
        ("bigint", "numeric(18,0)"),
        ("text", "integer"),
        ("json", "jsonb"),
    ],
)
def test_casts_that_can_lose_something_are_not_safe(one: str, two: str) -> None:
    assert not CONVERSIONS.castable(spelling(one), spelling(two))
