"""The engine's expressions for masks: NULL stays NULL, nothing raises, nothing can be captured by a macro."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from proxy.values import TypeKind
from proxy.warehouses.duckdb.expressions import EXPRESSIONS as E
from tests.masks.engine import KEY, key_blocks


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()


def computed(engine: duckdb.DuckDBPyConnection, tree: exp.Expression, value: str) -> Any:
    sql = f"SELECT {tree.sql('duckdb', identify=True)} FROM (SELECT {value} AS x) AS t"
    return engine.execute(sql).fetchall()[0][0]


X = exp.column(exp.to_identifier("x", quoted=True))
ALL: dict[str, tuple[Callable[[], exp.Expression], str]] = {
    "to_text": (lambda: E.to_text(X.copy()), "VARCHAR"),
    "replace_all": (lambda: E.replace_all(X.copy(), "a", "b"), "VARCHAR"),
    "matches": (lambda: E.matches(X.copy(), "a"), "VARCHAR"),
    "first": (lambda: E.first(X.copy(), 2), "VARCHAR"),
    "last": (lambda: E.last(X.copy(), 2), "VARCHAR"),
    "length": (lambda: E.length(X.copy()), "VARCHAR"),
    "year": (lambda: E.year(X.copy()), "DATE"),
    "truncated": (lambda: E.truncated(X.copy(), "year"), "TIMESTAMP"),
    "floating": (lambda: E.floating(X.copy()), "HUGEINT"),
    "ordered": (lambda: E.ordered(X.copy(), TypeKind.DECIMAL), "DECIMAL(38, 10)"),
    "converted": (lambda: E.converted(X.copy(), exp.DataType.build("DATE")), "VARCHAR"),
    "truncated_number": (lambda: E.truncated_number(X.copy()), "DOUBLE"),
    "whole": (lambda: E.whole(X.copy()), "DECIMAL(38, 10)"),
    "opaque": (lambda: E.opaque(X.copy()), "VARCHAR"),
}


@pytest.mark.parametrize("name", ALL)
def test_null_stays_null(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    make, sql_type = ALL[name]
    assert computed(engine, make(), f"CAST(NULL AS {sql_type})") is None


def test_every_expression_is_tested_here() -> None:
    assert {f for f in E.__dataclass_fields__ if f != "hmac_hex"} == set(ALL)


def test_no_statistics_pass_through_the_opaque_form(engine: duckdb.DuckDBPyConnection) -> None:
    engine.execute("CREATE OR REPLACE TEMP TABLE names AS SELECT 'n' || range AS x FROM range(10)")
    known = []
    for form in (X, E.opaque(X.copy())):
        guarded = f"CASE WHEN x > 'n4' THEN {form.sql('duckdb')} END"
        known.append(
            engine.execute(f"SELECT stats(y) FROM (SELECT {guarded} AS y FROM names) LIMIT 1").fetchall()[0][0]
        )
    assert known[0]["min"] == "n0"
    assert known[1] == {"has_null": True, "has_no_null": True, "has_unicode": True}


@pytest.mark.parametrize("replacement", ["b", "\\", "\\1", "\\0\\\\", "$1", "'", "<TAG>", ""])
def test_a_replacement_is_literal(engine: duckdb.DuckDBPyConnection, replacement: str) -> None:
    assert computed(engine, E.replace_all(X.copy(), "(a)", replacement), "'xaxa'") == f"x{replacement}x{replacement}"


def test_matches_is_about_the_whole_text(engine: duckdb.DuckDBPyConnection) -> None:
    assert computed(engine, E.matches(X.copy(), "a+"), "'aaa'") is True
    assert computed(engine, E.matches(X.copy(), "a+"), "'baaa'") is False
    assert computed(engine, E.matches(X.copy(), "a+"), "'aaa' || chr(10)") is False


@pytest.mark.parametrize("text", ["", "a", "é👍🏽", "it's", "\\x41", "x" * 1000, "new\nline"])
@pytest.mark.parametrize("key", [KEY, b"short", b"k" * 64])
def test_hmac_is_that_of_the_standard(engine: duckdb.DuckDBPyConnection, text: str, key: bytes) -> None:
    tree = E.hmac_hex(X.copy())
    for node in list(tree.find_all(exp.Placeholder)):
        node.replace(exp.Parameter(this=exp.Var(this=str(node.this).rpartition("_")[2])))
    inner, outer = key_blocks(key)
    sql = f"SELECT {tree.sql('duckdb', identify=True)} FROM (SELECT $text AS x) AS t"
    found = engine.execute(sql, {"inner": inner, "outer": outer, "text": text}).fetchall()
    assert found == [(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),)]


def test_dates_before_christ_have_years_below_one(engine: duckdb.DuckDBPyConnection) -> None:
    for sql_type in ("DATE", "TIMESTAMP", "TIMESTAMPTZ"):
        assert computed(engine, E.year(X.copy()), f"CAST('0044-03-15 (BC)' AS {sql_type})") < 1
        assert computed(engine, E.year(X.copy()), f"CAST('infinity' AS {sql_type})") is None
    assert computed(engine, E.year(X.copy()), "DATE '5877642-06-25 (BC)'") is None


@pytest.mark.parametrize("name", sorted(set(ALL) - {"to_text", "floating", "ordered", "converted"}))
def test_no_macro_can_stand_in_for_a_function(name: str) -> None:
    connection = duckdb.connect()
    tree, sql_type = ALL[name][0](), ALL[name][1]
    called = {str(f.this) for f in tree.find_all(exp.Anonymous)}
    values = {"VARCHAR": "'abc'", "DATE": "'2020-02-29'", "TIMESTAMP": "'2020-02-29'", "DOUBLE": "1.5"}
    value = f"CAST({values.get(sql_type, '2.5')} AS {sql_type})"
    before = computed(connection, tree, value)
    for function in called:
        for arity in range(1, 5):
            parameters = ", ".join(f"p{i}" for i in range(arity))
            connection.execute(f"CREATE OR REPLACE TEMP MACRO \"{function}\"({parameters}) AS 'evil'")
            assert computed(connection, ALL[name][0](), value) == before
    connection.close()
