"""Templates: one text for many statements, and never the text of another view."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.errors import Ungovernable
from proxy.query.bind import read
from proxy.rewrite.proof import KEPT_TEXTS, Held, prove
from proxy.rewrite.splice import splice
from proxy.rewrite.templates import Templates
from proxy.values import AllOf, Always, Cell, Decision, TableView
from proxy.warehouses.duckdb import DIALECT
from tests.rewrite.shop import CATALOG, decision, mask, row_filter, view

EU = view(rows=row_filter("region = :region"), cells={"email": (Cell(Always(), mask("hash", "email")),)})
US = view(rows=row_filter("region = 'US'"))
SHAPE = {"region": -1}
STATEMENTS = (
    "SELECT id, email FROM customers",
    "SELECT name FROM customers WHERE id = $1 AND name = $2",
    "SELECT a.id FROM customers a JOIN customers b ON a.id = b.id WHERE CAST(b.name AS INTEGER) = $1",
    "SELECT 1 // id FROM customers",
)


def spliced(templates: Templates | None, sql: str, decided: Decision | None = None) -> tuple[str, object]:
    query = read(sql, CATALOG)
    made = splice(query, decided or decision(query, [EU], SHAPE), DIALECT, templates)
    return made.sql, (made.slots, made.outline)


def test_a_filled_template_is_what_would_have_been_written() -> None:
    kept = Templates()
    for sql in (*STATEMENTS, *STATEMENTS):
        assert spliced(kept, sql) == spliced(None, sql)


def test_parameters_are_numbered_anew_for_each_statement() -> None:
    kept = Templates()
    assert '"region" = $1' in spliced(kept, STATEMENTS[0])[0]
    assert '"region" = $3' in spliced(kept, STATEMENTS[1])[0]


@pytest.mark.parametrize("other", [US, view(rows=AllOf((row_filter("region = :region"), row_filter("id > 1"))))])
def test_another_view_of_the_same_table_gets_its_own_text(other: TableView) -> None:
    kept = Templates()
    query = read(STATEMENTS[0], CATALOG)
    for one in (EU, other, EU):
        decided = decision(query, [one], SHAPE)
        assert spliced(kept, STATEMENTS[0], decided) == spliced(None, STATEMENTS[0], decided)


@pytest.mark.parametrize("where", ["name = '\ue000' || '0\ue001'", "name = '\ue0000\ue001'", "name <> '\ue001'"])
def test_policy_text_that_holds_a_mark_is_written_anew(where: str) -> None:
    kept = Templates()
    query = read(STATEMENTS[0], CATALOG)
    decided = decision(query, [view(rows=row_filter(where))], SHAPE)
    for _ in range(2):
        assert spliced(kept, STATEMENTS[0], decided) == spliced(None, STATEMENTS[0], decided)


def test_a_proof_of_one_view_is_none_of_another() -> None:
    held = Held()
    query = read(STATEMENTS[0], CATALOG)
    decided = decision(query, [EU], SHAPE)
    sql = splice(query, decided, DIALECT).sql
    prove(sql, query, decided, DIALECT, held)
    prove(sql, query, decided, DIALECT, held)
    for other in (decision(query, [US], SHAPE), replace(decision(query, [US], SHAPE), view="another")):
        with pytest.raises(Ungovernable):
            prove(sql, query, other, DIALECT, held)


def test_what_was_held_once_is_not_held_with_another_column() -> None:
    held = Held()
    query = read(STATEMENTS[0], CATALOG)
    decided = decision(query, [EU], SHAPE)
    sql = splice(query, decided, DIALECT).sql
    prove(sql, query, decided, DIALECT, held)
    for old, new in (
        ('"__usher"."name" AS "name"', '"__usher"."email" AS "name"'),
        ("= $1", "<> $1"),
        ("= $1", "= 'US'"),
        ("= $1", "= $ $1"),
        ("= $1", "= $$1$$"),
        ("= $1", "= $one"),
    ):
        assert old in sql
        with pytest.raises(Ungovernable):
            prove(sql.replace(old, new), query, decided, DIALECT, held)


def test_a_view_is_known_again_under_other_numbers_of_parameters() -> None:
    held = Held()
    for statement in ("SELECT id FROM customers", "SELECT $a AS a, $b AS b, id FROM customers"):
        query = read(statement, CATALOG)
        decided = decision(query, [EU], SHAPE)
        sql = splice(query, decided, DIALECT).sql
        prove(sql, query, decided, DIALECT, held)
        assert len(list(held.texts([EU], decided))) == 1


def test_only_so_many_texts_of_one_view_are_kept() -> None:
    held = Held()
    query = read("SELECT id FROM customers", CATALOG)
    decided = decision(query, [EU], SHAPE)
    sql = splice(query, decided, DIALECT).sql
    for blanks in range(KEPT_TEXTS + 5):
        prove(sql.replace(" FROM", " " * blanks + " FROM"), query, decided, DIALECT, held)
    assert len(list(held.texts([EU], decided))) == KEPT_TEXTS
