"""PostgreSQL's expressions for masks: NULL stays NULL, nothing raises, nothing can be captured."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlglot import exp

from proxy.values import TypeKind
from proxy.warehouses.postgres.expressions import EXPRESSIONS as E
from tests.masks.engine import KEY, key_blocks
from tests.masks.postgres import PostgresEngine
from tests.postgres import Database


@pytest.fixture(scope="module")
def server(postgres_shared: Database) -> Iterator[PostgresEngine]:
    made = PostgresEngine(postgres_shared)
    yield made
    made.close()


def computed(server: PostgresEngine, tree: exp.Expression, value: str) -> Any:
    sql = f"SELECT {tree.sql('postgres', identify=True)} FROM (SELECT {value} AS x OFFSET 0) AS t"
    return server.run(sql)[0][0]


X = exp.column(exp.to_identifier("x", quoted=True))
DATE = exp.DataType.build("date", dialect="postgres")
ALL: dict[str, tuple[Callable[[], exp.Expression], str]] = {
    "to_text": (lambda: E.to_text(X.copy()), "text"),
    "replace_all": (lambda: E.replace_all(X.copy(), "a", "b"), "text"),
    "matches": (lambda: E.matches(X.copy(), "a"), "text"),
    "first": (lambda: E.first(X.copy(), 2), "text"),
    "last": (lambda: E.last(X.copy(), 2), "text"),
    "length": (lambda: E.length(X.copy()), "text"),
    "year": (lambda: E.year(X.copy()), "date"),
    "truncated": (lambda: E.truncated(X.copy(), "year"), "timestamp"),
    "floating": (lambda: E.floating(X.copy()), "real"),
    "ordered": (lambda: E.ordered(X.copy(), TypeKind.DECIMAL), "numeric"),
    "truncated_number": (lambda: E.truncated_number(X.copy()), "double precision"),
    "whole": (lambda: E.whole(X.copy()), "numeric"),
    "opaque": (lambda: E.opaque(X.copy()), "text"),
    "converted": (lambda: E.converted(X.copy(), DATE.copy()), "timestamp"),
}


def test_every_expression_is_tested_here() -> None:
    assert {f for f in E.__dataclass_fields__ if f != "hmac_hex"} == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_null_stays_null(server: PostgresEngine, name: str) -> None:
    make, sql_type = ALL[name]
    assert computed(server, make(), f"CAST(NULL AS {sql_type})") is None


@pytest.mark.parametrize("replacement", ["b", "\\", "\\1", "\\0\\\\", "\\&", "&", "$1", "'", "<TAG>", ""])
def test_a_replacement_is_literal(server: PostgresEngine, replacement: str) -> None:
    assert computed(server, E.replace_all(X.copy(), "(a)", replacement), "'xaxa'") == f"x{replacement}x{replacement}"


def test_matches_is_about_the_whole_text(server: PostgresEngine) -> None:
    assert computed(server, E.matches(X.copy(), "a+|b"), "'aaa'") is True
    assert computed(server, E.matches(X.copy(), "a+|b"), "'baaa'") is False
    assert computed(server, E.matches(X.copy(), "a+"), "'aaa' || chr(10)") is False


@pytest.mark.parametrize("text", ["", "a", "é👍🏽", "it's", "\\x41", "x" * 1000, "new\nline"])
@pytest.mark.parametrize("key", [KEY, b"short", b"k" * 64])
def test_hmac_is_that_of_the_standard(server: PostgresEngine, text: str, key: bytes) -> None:
    tree = E.hmac_hex(X.copy())
    blocks = dict(zip(("secret:mask_key_inner", "secret:mask_key_outer"), key_blocks(key), strict=True))
    found = list(tree.find_all(exp.Placeholder))
    for number, node in enumerate(found, start=2):
        node.replace(exp.Parameter(this=exp.Literal.number(number)))
    sql = f"SELECT {tree.sql('postgres', identify=True)} FROM (SELECT $1::text AS x) AS t"
    rows = server.run(sql, text, *(blocks[str(node.this)] for node in found))
    assert rows[0][0] == hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def test_dates_before_christ_have_years_below_one(server: PostgresEngine) -> None:
    for sql_type in ("date", "timestamp", "timestamptz"):
        assert computed(server, E.year(X.copy()), f"CAST('0044-03-15 BC' AS {sql_type})") < 1
        assert computed(server, E.year(X.copy()), f"CAST('infinity' AS {sql_type})") is None
    assert computed(server, E.year(X.copy()), "CAST('5874897-12-31' AS date)") == 5874897


@pytest.mark.parametrize("name", ALL)
def test_nothing_on_the_search_path_can_stand_in_for_a_function(server: PostgresEngine, name: str) -> None:
    make, sql_type = ALL[name]
    for call in make().find_all(exp.Anonymous):
        assert call.parent is not None
        assert call.parent.sql("postgres").startswith('"pg_catalog".')
    values = {"text": "abc", "date": "2020-02-29", "timestamp": "2020-02-29"}
    value = f"CAST('{values.get(sql_type, '2.5')}' AS {sql_type})"
    server.run("CREATE SCHEMA IF NOT EXISTS evil")
    for function in {str(f.this) for f in make().find_all(exp.Anonymous)}:
        for parameters in ("text", "text, integer", "text, text", "numeric", "text, text, text, text"):
            server.run(f"CREATE OR REPLACE FUNCTION evil.\"{function}\"({parameters}) RETURNS text RETURN 'evil'")
    before = computed(server, make(), value)
    server.run("SET search_path = evil, pg_catalog")
    try:
        assert computed(server, make(), value) == before
    finally:
        server.run("RESET search_path")
