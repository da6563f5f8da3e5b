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
        ("numeric(299,100)", "numeric(400,100)"),
        ("numeric(300,100)", "numeric(800,200)"),
    ],
)
def test_casts_that_can_lose_something_are_not_safe(one: str, two: str) -> None:
    assert not CONVERSIONS.castable(spelling(one), spelling(two))


NUMBERS = {
    "smallint": ["-32768", "32767", "0"],
    "integer": ["-2147483648", "2147483647", "1"],
    "bigint": ["-9223372036854775808", "9223372036854775807", "-1"],
    "numeric(15,2)": ["9999999999999.99", "-9999999999999.99", "0.01", "'nan'", "0"],
    "numeric(38,10)": ["'9999999999999999999999999999.9999999999'", "'-0.0000000001'", "'nan'"],
    "numeric(3,-2)": ["99900", "-99900", "100"],
    "numeric(15,15)": ["0.999999999999999", "-0.000000000000001"],
    "numeric(290,0)": [f"{'9' * 290}", "-1"],
    "numeric(280,279)": [f"9.{'9' * 279}", f"0.{'0' * 278}1"],
}
DIVISORS = {
    "999999999999999.999999999999999": "DECIMAL(30,15)",
    "0.000000000000001": "DECIMAL(16,15)",
    "-3": "INTEGER",
    "7.0": "DECIMAL(2,1)",
    "999999999999999": "BIGINT",
}
ROOM = "coalesce(bool_and(x = 'nan' OR abs(x) < 1e{before}), true), coalesce(max(scale(x)), 0) <= {after}"


@pytest.fixture(scope="module")
def numbers(server: PostgresEngine) -> PostgresEngine:
    for i, (sql_type, values) in enumerate(NUMBERS.items()):
        rows = ", ".join(f"(CAST({v} AS {sql_type}))" for v in [*values, "NULL"])
        server.run(f"CREATE TABLE m{i} AS SELECT * FROM (VALUES {rows}) AS v(x)")
    return server


def has_room(server: PostgresEngine, made: str, rows: str) -> None:
    """Asserts that every value of `rows` fits in the decimal that it is said to be."""
    digits, after = (int(part) for part in made.removeprefix("DECIMAL(").removesuffix(")").split(","))
    checked = server.run(f"SELECT {ROOM.format(before=digits - after, after=after)} FROM ({rows}) r(x)")
    assert [str(cell) for cell in checked[0]] == ["True", "True"], made


def test_arithmetic_raises_on_no_values_and_has_room_for_all(numbers: PostgresEngine) -> None:
    tried = 0
    for (i, one), (j, two) in itertools.product(enumerate(NUMBERS), enumerate(NUMBERS)):
        for operator in "+-*":
            made = CONVERSIONS.arithmetic(operator, spelling(one), spelling(two))
            if made is not None:
                tried += 1
                has_room(numbers, made, f"SELECT a.x {operator} b.x FROM m{i} a, m{j} b")
    assert tried > 150


def test_quotients_by_a_number_that_is_written_out_have_room(numbers: PostgresEngine) -> None:
    tried = 0
    for (i, one), (divisor, two) in itertools.product(enumerate(NUMBERS), DIVISORS.items()):
        made = CONVERSIONS.arithmetic("/", spelling(one), two)
        if made is not None:
            tried += 1
            has_room(numbers, made, f"SELECT x / {divisor} FROM m{i}")
    assert tried > 30


AGGREGATIONS = (
    "SELECT {function}(x)::numeric FROM m{i}",
    "SELECT {function}(x)::numeric FROM m{i}, generate_series(1, 9999)",
    "SELECT {function}(x)::numeric FROM (SELECT x FROM m{i} WHERE x <> 0 ORDER BY abs(x::numeric) LIMIT 1) s, "
    "generate_series(1, 9999)",
    "SELECT {function}(DISTINCT x)::numeric FROM m{i}",
    "SELECT {function}(x) OVER (ORDER BY g ROWS 3 PRECEDING)::numeric FROM m{i}, generate_series(1, 99) g",
    "SELECT ({function}(x) FILTER (WHERE false))::numeric FROM m{i}",
)


def test_sums_and_means_raise_on_no_rows_and_have_room(numbers: PostgresEngine) -> None:
    for (i, one), function in itertools.product(enumerate(NUMBERS), ("sum", "avg")):
        found = CONVERSIONS.aggregated(function, spelling(one))
        assert found is not None
        made, safe = found
        assert safe or "280" in one or "290" in one
        for rows in AGGREGATIONS if safe else ():
            has_room(numbers, "DECIMAL(19,0)" if made == "BIGINT" else made, rows.format(function=function, i=i))


@pytest.mark.parametrize(
    ("sql_type", "value"), [("numeric", "9e131071"), ("double precision", "1.7e308"), ("real", "3e38")]
)
def test_sums_that_are_not_safe_do_raise(server: PostgresEngine, sql_type: str, value: str) -> None:
    assert CONVERSIONS.aggregated("sum", spelling(sql_type)) in (("DECIMAL", False), ("DOUBLE", False))
    with pytest.raises(Exception, match=r"overflow|out of range"):
        server.run(f"SELECT sum(CAST({value} AS {sql_type})) FROM generate_series(1, 2)")


@pytest.mark.parametrize(
    ("operator", "one", "two"),
    [
        ("+", "integer", "bigint"),
        ("*", "bigint", "bigint"),
        ("+", "numeric", "integer"),
        ("*", "numeric(10,2)", "double precision"),
        ("+", "real", "real"),
        ("*", "numeric(290,0)", "numeric(290,0)"),
        ("%", "numeric(10,2)", "integer"),
        ("^", "numeric(10,2)", "integer"),
        ("+", "date", "integer"),
        ("*", "money", "numeric(10,2)"),
        ("*", "interval", "integer"),
    ],
)
def test_arithmetic_that_can_end_is_not_safe(operator: str, one: str, two: str) -> None:
    assert CONVERSIONS.arithmetic(operator, spelling(one), spelling(two)) is None
