"""One statement, whole: everything that is known of it, and nothing of its values."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise

import pytest

from proxy.errors import ConfigError, GatewayError
from proxy.query.bind import dialect_of, names_of, read
from proxy.values import Edit, ReasonCode, Span, TypeKind
from tests.query.samples import CATALOG, KINDS, TABLES, ask, edited, refusal, table, tables, touched


def test_a_query_says_where_it_is_asked() -> None:
    query = ask("SELECT id FROM customers")
    assert (query.warehouse, query.dialect, query.catalog_version, query.kind) == ("shop", "duckdb", "one", "select")
    assert query.sql == "SELECT id FROM customers"


def test_a_plain_query_has_nothing_to_edit() -> None:
    query = ask("SELECT c.id FROM sales.customers c WHERE name = 'x'")
    assert (query.edits, query.cte_names, query.prefixes, query.parameters) == ((), {}, {}, ())


def test_the_same_text_is_read_the_same_way() -> None:
    sql = "WITH t AS (SELECT id, ? AS x FROM customers) SELECT sales.orders.id, t.x FROM t, orders"
    assert ask(sql) == ask(sql)
    assert pickle.loads(pickle.dumps(ask(sql))) == ask(sql)


def test_reading_needs_no_rights_and_refuses_nothing_for_not_being_there() -> None:
    query = ask("SELECT a, b.c FROM nowhere, people.nothing b WHERE d = (SELECT e FROM customers)")
    assert tables(query) == ["?", "?", "sales.customers"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_every_type_is_read(kind: str) -> None:
    catalog = replace(CATALOG, tables={("sales", "t"): table("sales", "t", c=kind, other="VARCHAR")})
    query = read("SELECT c FROM t WHERE c = c AND c IS NOT NULL", catalog)
    assert touched(query) == ["t.c"]
    assert query.references[0].guarded == frozenset()
    compared = read("SELECT 1 FROM t WHERE c = other", catalog).references[0].guarded
    assert compared == (frozenset() if KINDS[kind] is TypeKind.TEXT else {"c", "other"})


# --------------------------------------------------------------------------------------------------------------- edits
def test_edits_stand_in_the_texts_order_and_never_overlap() -> None:
    query = ask(
        "WITH a AS (SELECT ? AS x), b AS (SELECT x FROM a) SELECT sales.orders.id, ?, x FROM orders, b WHERE ? = 1"
    )
    places = [e.span for e in query.edits]
    assert places == sorted(places, key=lambda s: s.start)
    assert all(one.end <= two.start for one, two in pairwise(places))


@pytest.mark.parametrize(
    ("sql", "rewritten", "parameters"),
    [
        ("SELECT ?, '?', ?", "SELECT $1, '?', $2", ("1", "2")),
        ("SELECT $1, $2", "SELECT $1, $2", ("1", "2")),
        ("SELECT $2, $1", "SELECT $1, $2", ("2", "1")),
        ("SELECT $1, $1", "SELECT $1, $1", ("1",)),
        ("SELECT ?,'?',?", "SELECT $1 ,'?',$2", ("1", "2")),
        ("SELECT $2,$1,$2", "SELECT $1 ,$2 ,$1", ("2", "1")),
        ("SELECT $b+$a, '$b,$a'", "SELECT $1 +$2, '$b,$a'", ("b", "a")),
        ("SELECT $b, $a, $b", "SELECT $1, $2, $1", ("b", "a")),
        ("SELECT $name -- $other\n", "SELECT $1 -- $other\n", ("name",)),
        (
            "SELECT id FROM customers WHERE id = ? LIMIT ?",  # the engine's own tree has LIMIT first
            "SELECT id FROM customers WHERE id = $2 LIMIT $1",
            ("2", "1"),
        ),
        ("SELECT id FROM customers LIMIT $n", "SELECT id FROM customers LIMIT $1", ("n",)),
        ("SELECT marks[?:$1]", "", ()),
    ],
)
def test_parameters_are_numbered_in_the_engines_order(sql: str, rewritten: str, parameters: tuple[str, ...]) -> None:
    if not rewritten:
        refusal(sql, "invalid-sql", ReasonCode.PARAMETERS)
        return
    query = ask(sql)
    assert query.parameters == parameters
    assert edited(query) == rewritten


def test_a_question_mark_becomes_an_edit_of_one_character() -> None:
    assert ask("SELECT ?").edits == (Edit(Span(7, 8), "$1"),)


# ------------------------------------------------------------------------------------------------------------- records
def test_every_refusal_after_reading_the_words_says_what_was_asked_without_its_values() -> None:
    for sql in ("SELECT error('secret')", "INSERT INTO customers VALUES ('secret')", "SELECT 'secret' FROM FROM x"):
        with pytest.raises(GatewayError) as caught:
            ask(sql)
        assert caught.value.statement == sql.replace("'secret'", "?")
        assert "secret" not in str(caught.value)


def test_the_names_that_may_stand_in_records_are_the_catalogs() -> None:
    names = names_of(CATALOG)
    assert {"shop", "sales", "line items", "order", "email"} <= names
    assert names == {n.lower() for n in names}
    assert len(names) < sum(len(t.columns) + 2 for t in TABLES) + 1


# ------------------------------------------------------------------------------------------------------------- engines
def test_the_dialect_is_that_of_the_catalogs_engine() -> None:
    assert dialect_of(CATALOG).name == "duckdb"


@pytest.mark.parametrize("name", ["nosuch", "../duckdb", "os", ""])
def test_another_engine_is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        read("SELECT 1", replace(CATALOG, dialect=name))
