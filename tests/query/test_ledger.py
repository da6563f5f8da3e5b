"""The ledger: what was found only grows, and nothing is refused for not being there."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlglot
from sqlglot import exp

from proxy.errors import GatewayError
from proxy.query.bind import dialect_of
from proxy.query.ledger import Ledger
from proxy.query.scopes import Flow
from proxy.query.text import Caps
from proxy.values import ReasonCode, Span
from tests.query.samples import CATALOG, ask

SQL = 'SELECT a.name, "É" FROM sales.customers AS a, nowhere'


def ledger(caps: Caps | None = None) -> tuple[Ledger, list[exp.Table]]:
    tree = sqlglot.parse_one(SQL, read="duckdb")
    return Ledger(SQL, dialect_of(CATALOG), CATALOG, caps or Caps()), list(tree.find_all(exp.Table))


def test_a_table_of_the_catalog_offers_its_columns_and_their_types() -> None:
    made, found = ledger()
    source = made.reference(found[0], "a")
    assert (source.name, source.reference, source.rest) == ("a", 0, None)
    assert source.columns["name"].origins == {(0, "name")}
    assert source.columns["name"].plain
    assert [str(n.table.id) for n in made.references] == ["shop.sales.customers"]


def test_a_table_of_nobody_is_an_open_source_and_keeps_the_users_spelling() -> None:
    made, found = ledger()
    source = made.reference(found[1], None)
    assert (source.columns, source.rest) == ({}, Flow())
    assert (made.references[0].table.id.schema, made.references[0].table.id.name) == ("", "nowhere")


def test_touches_and_guards_only_grow() -> None:
    made, found = ledger()
    made.reference(found[0], "a")
    made.touch(frozenset({(0, "name")}))
    made.guard(frozenset({(0, "name")}))
    made.touch(frozenset({(0, "id")}))
    made.guard(frozenset())
    reference = made.references[0].frozen()
    assert (reference.columns, reference.guarded) == ({"name", "id"}, {"name"})


def test_an_unknown_name_is_noted_as_it_is_written() -> None:
    made, _ = ledger()
    place = SQL.index('"É"')
    assert made.unknown(Span(place, place + 3)) == Flow()
    assert [(u.name, u.candidates, u.certain) for u in made.uses] == [('"É"', (), True)]


def test_a_name_that_holds_nothing_of_a_table_is_not_noted() -> None:
    made, _ = ledger()
    made.use("x", Span(0, 1), Flow(), certain=False)
    assert made.uses == []


def test_a_name_without_a_place_is_refused() -> None:
    made, _ = ledger()
    with pytest.raises(GatewayError) as caught:
        made.span(exp.to_identifier("made_up"))
    assert [r.code for r in caught.value.reasons] == [ReasonCode.CONSTRUCT]


def test_tables_are_counted() -> None:
    made, found = ledger(Caps(max_references=1))
    made.reference(found[0], "a")
    with pytest.raises(GatewayError) as caught:
        made.reference(found[1], None)
    assert [r.code for r in caught.value.reasons] == [ReasonCode.TOO_COMPLEX]


def test_every_place_is_counted_in_characters_of_the_text() -> None:
    query = ask("SELECT 'é😀', c.name /* é */ FROM sales.customers c -- 😀\n WHERE \"id\" = 1")
    assert [query.sql[u.span.start : u.span.end] for u in query.columns] == ["c.name", '"id"']
    assert [query.sql[r.span.start : r.span.end] for r in query.references] == ["sales.customers"]


def test_a_table_that_changed_offers_what_it_has_now() -> None:
    customers = CATALOG.tables["sales", "customers"]
    for columns in (customers.columns, customers.columns[:1], customers.columns):
        for _ in range(2):
            changed = replace(customers, columns=columns)
            catalog = replace(CATALOG, tables={("sales", "customers"): changed})
            ledger = Ledger("SELECT 1 FROM customers, customers AS c", dialect_of(catalog), catalog, Caps())
            tables = sqlglot.parse_one(ledger.sql, read="duckdb").find_all(exp.Table)
            for index, table in enumerate(tables):
                source = ledger.reference(table, None)
                assert list(source.columns) == [c.name for c in columns]
                assert {origin for flow in source.columns.values() for origin in flow.origins} == {
                    (index, c.name) for c in columns
                }
