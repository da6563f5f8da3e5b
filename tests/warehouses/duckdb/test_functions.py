"""The table of functions against the live engine: complete, and right where it says that nothing can raise."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import duckdb
import pytest

from proxy.dialect import FunctionKind
from proxy.warehouses.duckdb.functions import FUNCTIONS, REFUSED, ROWS
from proxy.warehouses.duckdb.syntax import syntax

KINDS = {
    "scalar": FunctionKind.SCALAR,
    "macro": FunctionKind.SCALAR,
    "aggregate": FunctionKind.AGGREGATE,
    "window": FunctionKind.WINDOW,
    "table": FunctionKind.TABLE,
    "table_macro": FunctionKind.TABLE,
    "pragma": FunctionKind.TABLE,
}
WRITTEN_AS_SCALAR = {("unnest", FunctionKind.SCALAR)}
"""The engine lists it as a table function only, but its parser lets it stand in a SELECT list."""

# Values that break functions, by type.
NASTY = {
    "VARCHAR": [
        "''",
        "'A%_\\'",
        "'é👍🏽'",
        "'1e400'",
        "'{\"a\":1}'",
        "repeat('ab', 3000)",
        "chr(0) || 'x'",
        "'(['",
        "'İ'",
    ],
    "BIGINT": ["-9223372036854775808", "9223372036854775807", "0", "-1", "64"],
    "INTEGER": ["-2147483648", "2147483647", "0", "1", "64"],
    "HUGEINT": ["-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"],
    "UBIGINT": ["0", "18446744073709551615"],
    "DOUBLE": ["'nan'", "'inf'", "'-inf'", "-0.0", "1.7976931348623157e308", "5e-324", "-1"],
    "DECIMAL(38,10)": ["'9999999999999999999999999999.9999999999'", "'-9999999999999999999999999999.9999999999'"],
    "BOOLEAN": ["true", "false"],
    "DATE": ["'5877642-06-25 (BC)'", "'5881580-07-10'", "'infinity'", "'-infinity'", "'2020-02-29'"],
    "TIMESTAMP": ["'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54.775806'", "'infinity'", "'-infinity'"],
    "TIMESTAMP_NS": ["'1677-09-22'", "'2262-04-11 23:47:16'"],
    "TIMESTAMPTZ": ["'290309-12-22 (BC) 00:00:00+00'", "'294247-01-10 04:00:54+00'", "'infinity'"],
    "TIME": ["'00:00:00'", "'24:00:00'"],
    "INTERVAL": ["'178956970 years'", "'-2147483647 days'", "'0 days'"],
    "BLOB": ["''", "'\\x00\\xFF'"],
    "UUID": ["'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
    "INTEGER[]": ["[]", "[1, 2147483647]", "[NULL]"],
    "VARCHAR[]": ["[]", "['a', NULL, '']"],
    "MAP(VARCHAR, INTEGER)": ["map {}", "map {'a': 1}"],
    "STRUCT(a INTEGER)": ["{'a': 1}"],
    "JSON": ["'{}'", "'[1,2]'", "'null'"],
}
SECOND = ("VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "DATE", "BLOB", "VARCHAR[]", "INTEGER[]")
THIRD = ("VARCHAR", "BIGINT")
NOT_BOUND = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.NotImplementedException)

SAFE = sorted(r.name for r in ROWS if r.allowed and not r.can_raise and r.kind is FunctionKind.SCALAR)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET threads = 1")
    for i, (sql_type, values) in enumerate(NASTY.items()):
        rows = ", ".join(f"(CAST({v} AS {sql_type}))" for v in [*values, "NULL"])
        connection.execute(f"CREATE TABLE n{i} AS SELECT * FROM (VALUES {rows}) AS v(x)")
    yield connection
    connection.close()


def listed(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, FunctionKind]]:
    rows = connection.execute("SELECT DISTINCT lower(function_name), function_type FROM duckdb_functions()").fetchall()
    return {(name, KINDS[kind]) for name, kind in rows}


def test_every_function_of_the_engine_is_decided(engine: duckdb.DuckDBPyConnection) -> None:
    undecided = listed(engine) - {(r.name, r.kind) for r in ROWS}
    assert not undecided, f"decide these in functions.csv: {sorted(undecided)}"


def test_no_line_is_about_nothing_and_none_is_double(engine: duckdb.DuckDBPyConnection) -> None:
    lines = [(r.name, r.kind) for r in ROWS]
    assert len(lines) == len(set(lines))
    assert set(lines) - listed(engine) == WRITTEN_AS_SCALAR


def test_every_line_has_a_reason() -> None:
    assert all(r.reason for r in ROWS)
    assert not set(FUNCTIONS) & set(REFUSED)


REACHING = """
read_csv read_blob read_text read_parquet read_json glob sniff_csv read_duckdb parquet_scan arrow_scan pandas_scan
seq_scan python_map_function query query_table json_execute_serialized_sql json_serialize_sql json_serialize_plan
histogram_values summary stats vector_type pragma_storage_info duckdb_settings duckdb_columns duckdb_logs
current_setting getvariable setseed current_query nextval currval error assert_true sleep_ms pg_sleep write_log
finalize combine variant_bytes_to_variant create_external_resource enum_range has_table_privilege pg_get_viewdef
checkpoint txid_current current_user alias
"""


@pytest.mark.parametrize("name", REACHING.split())
def test_what_reaches_beyond_the_arguments_is_refused(name: str) -> None:
    assert name not in FUNCTIONS
    assert REFUSED[name]


@pytest.mark.parametrize("name", ["histogram", "list", "sum", "lower", "date_trunc", "json_extract"])
def test_what_is_no_table_function_may_not_stand_in_from(name: str) -> None:
    assert not FUNCTIONS[name].table


def test_the_few_table_functions() -> None:
    assert {n for n, f in FUNCTIONS.items() if f.table} == {
        "generate_series",
        "json_each",
        "json_tree",
        "range",
        "repeat",
        "unnest",
    }


@pytest.mark.parametrize("name", ["+", "-", "*", "/", "//", "%", "<<", "^", "**"])
def test_arithmetic_can_raise(name: str) -> None:
    assert FUNCTIONS[name].can_raise


@pytest.mark.parametrize("name", ["substring", "left", "contains", "regexp_matches", "like_escape", "strptime", "abs"])
def test_functions_known_to_raise_are_said_to(name: str) -> None:
    assert FUNCTIONS[name].can_raise


EXPRESSIONS = """
a + b; -a; a * b; a / b; a // b; a % b; a ^ b; a ** b; a & b; a | b; ~a; a << b; a >> b; a || b; a LIKE 'x';
a NOT LIKE 'x'; a ILIKE 'x'; a NOT ILIKE 'x'; a SIMILAR TO 'x'; a GLOB 'x'; a ~ 'x'; a !~ 'x';
a LIKE 'x' ESCAPE '!'; a ^@ 'x'; ifnull(a, b); nullif(a, b); coalesce(a, b); if(a, b, c); count(*);
count(DISTINCT a); count(); sum(a) FILTER (WHERE b); lag(a) OVER (ORDER BY b); string_agg(a, ',' ORDER BY b);
array_agg(a); row_number() OVER (); extract(year FROM a); date_part('year', a); date_trunc('month', a);
a AT TIME ZONE 'UTC'; current_date; current_timestamp; now(); INTERVAL '1 day'; INTERVAL (a) DAY; [1, 2];
{'a': 1}; MAP {'a': 1}; row(1, 2); a[1]; a[1:2]; a['x']; [x + 1 FOR x IN a IF x > 1];
list_transform(a, lambda x: x); unnest(a); a -> 'b'; a ->> 'b'; a @> b; a && b; substring(a FROM 1 FOR 2);
position('a' IN b); trim(BOTH ' ' FROM a); overlay(a PLACING 'b' FROM 1); a IN (1, 2); a = ANY ([1]);
a COLLATE nocase; greatest(a, b); percentile_cont(0.5) WITHIN GROUP (ORDER BY a); quantile_cont(a, 0.5);
median(a); mode(a); arg_max(a, b); approx_count_distinct(a); strftime(a, '%Y'); year(a);
datediff('day', a, b); round(a, 2); split_part(a, ' ', 1); regexp_replace(a, 'x', 'y'); concat_ws(',', a, b);
json_extract_string(a, '$.b'); struct_pack(a := 1);
"""


def test_what_people_write_is_allowed() -> None:
    for expression in EXPRESSIONS.replace("\n", " ").split(";")[:-1]:
        called = syntax(f"SELECT {expression} FROM t").functions
        assert called <= set(FUNCTIONS), f"{expression}: {called - set(FUNCTIONS)}"


def test_a_function_that_nobody_listed_is_not_allowed() -> None:
    assert "width_bucket_is_not_there" not in FUNCTIONS


@pytest.mark.parametrize("name", SAFE)
def test_what_is_said_not_to_raise_does_not(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    tables = {sql_type: f"n{i}" for i, sql_type in enumerate(NASTY)}
    bound = 0
    for arguments in signatures(name):
        sources = ", ".join(f"{tables[t]} AS t{i}" for i, t in enumerate(arguments)) or "n0 AS t0"
        columns = [f"t{i}.x" for i in range(len(arguments))]
        call = f" {name} ".join(columns) if not name[0].isalpha() else f'"{name}"({", ".join(columns)})'
        try:
            engine.execute(f"SELECT count({call}) FROM {sources}").fetchall()
            bound += 1
        except NOT_BOUND:
            continue
    assert bound, f"{name} takes none of the arguments that were tried"


def signatures(name: str) -> Iterator[tuple[str, ...]]:
    if name[0].isalpha():
        yield ()
        yield from ((one,) for one in NASTY)
        yield from itertools.product(THIRD, THIRD, THIRD)
    yield from itertools.product(NASTY, SECOND)
