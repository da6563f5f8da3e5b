"""The rewriter as a whole: a plan that is proven, explains itself, and shows nothing of the policy's text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from proxy.dialect import Dialect
from proxy.errors import Ungovernable
from proxy.query.bind import read
from proxy.rewrite.rewriter import Rewriter
from proxy.values import Always, Cell, Edit, Plan, ReasonCode, SlotKind, Span
from proxy.warehouses.duckdb import DIALECT
from tests.oracle.test_generated import Oracle, same
from tests.rewrite.shop import CATALOG, ORDERS, decision, mask, row_filter, run, view

MASKED = view(
    rows=row_filter("region = :region"),
    cells={"email": [Cell(Always(), mask("redact", "email"))], "name": [Cell(row_filter("id = 1"), None)]},
)


def planned(sql: str, dialect: Dialect = DIALECT) -> Plan:
    query = read(sql, CATALOG)
    return Rewriter({"shop": dialect}).rewrite(query, decision(query, [MASKED, view(ORDERS)], {"region": -1}))


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    made = Oracle(tmp_path_factory.mktemp("rewriter"))
    yield made
    made.close()


# ------------------------------------------------------------------------------------------------------------- proven
def test_a_plan_runs_as_its_decision_says() -> None:
    plan = planned("SELECT id, email FROM customers WHERE id < ? ORDER BY id")
    assert run(plan.sql, plan.slots, region="EU", client_1=9) == [(1, "***"), (3, None)]


def test_a_plan_holds_no_value_of_a_caller() -> None:
    plan = planned("SELECT id FROM customers WHERE id < ?")
    assert [(s.kind, s.name) for s in plan.slots] == [(SlotKind.CLIENT, "1"), (SlotKind.ATTRIBUTE, "region")]
    assert "EU" not in repr(plan)


def test_an_edit_that_changes_the_meaning_is_refused_by_the_referee() -> None:
    query = read("SELECT id FROM orders WHERE id = 10", CATALOG)
    wrong = replace(query, edits=(Edit(Span(query.sql.index("10"), len(query.sql)), "11"),))
    with pytest.raises(Ungovernable) as caught:
        Rewriter({"shop": DIALECT}).rewrite(wrong, decision(wrong, [view(ORDERS)]))
    assert [r.code for r in caught.value.reasons] == [ReasonCode.NOT_PROVEN]


def test_a_reference_that_was_overlooked_is_refused() -> None:
    query = read("SELECT c.id FROM customers c, orders o", CATALOG)
    overlooked = replace(query, references=query.references[1:])
    with pytest.raises(Ungovernable):
        Rewriter({"shop": DIALECT}).rewrite(overlooked, decision(overlooked, [MASKED, view(ORDERS)]))


def test_the_proof_stands_even_where_a_referee_lets_everything_pass() -> None:
    query = read("SELECT c.id FROM customers c, orders o", CATALOG)
    overlooked = replace(query, references=query.references[1:])
    blind = replace(DIALECT, referee=lambda original, rewritten, folding: {})
    with pytest.raises(Ungovernable):
        Rewriter({"shop": blind}).rewrite(overlooked, decision(overlooked, [MASKED, view(ORDERS)]))


def test_the_refusal_says_what_to_do_and_quotes_nothing() -> None:
    query = read("SELECT id, 'my secret' FROM orders", CATALOG)
    wrong = replace(query, edits=(Edit(Span(7, 9), "customer_id"),))
    with pytest.raises(Ungovernable) as caught:
        Rewriter({"shop": DIALECT}).rewrite(wrong, decision(wrong, [view(ORDERS)]))
    assert "secret" not in str(caught.value)
    assert "schema.table" in str(caught.value)


# ------------------------------------------------------------------------------------------------------ explains itself
def test_columns_are_returned_or_only_used() -> None:
    plan = planned("SELECT email FROM customers WHERE id = 1")
    assert [(c.column, c.usage, c.mask) for c in plan.columns] == [
        ("id", "used", None),
        ("email", "returned", "redact"),
    ]


def test_a_plain_masked_column_is_known_to_be_a_mask() -> None:
    plan = planned("SELECT email, upper(email), id, name FROM customers")
    assert plan.results is not None
    assert [r.masked for r in plan.results] == [True, False, False, False]


def test_a_star_is_its_readable_columns() -> None:
    plan = planned("SELECT * FROM customers")
    assert plan.results is not None
    assert [r.masked for r in plan.results] == [False, False, True, False, False, False]


def test_where_the_result_is_not_known_every_touched_column_counts_as_returned() -> None:
    plan = planned("SELECT COLUMNS('e') FROM customers")
    assert plan.results is None
    assert {c.usage for c in plan.columns} == {"returned"}


# ------------------------------------------------------------------------------------------------------------- renames
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT (SELECT max(amount) FROM orders)",
        "SELECT id, (SELECT max(email) FROM customers c WHERE c.id = customers.id) FROM customers",
        "SELECT EXISTS (SELECT 1 FROM customers), id IN (SELECT id FROM customers) FROM orders",
        "SELECT CASE WHEN id IN (SELECT id FROM customers) THEN 1 END FROM orders",
        "SELECT ARRAY(SELECT id FROM customers ORDER BY id)",
        "SELECT (WITH c AS (SELECT max(id) AS m FROM customers) SELECT m FROM c)",
        "SELECT (SELECT max(id) FROM customers) UNION ALL SELECT 1",
        "SELECT {'a': (SELECT max(id) FROM customers)}, unnest([(SELECT max(id) FROM customers)])",
        "SELECT customers, typeof(customers) FROM customers",
        "SELECT sum(sales.orders.amount), sales.orders.status FROM sales.orders GROUP BY 2",
        'SELECT "sales"."orders"."id" + 1 FROM sales.orders',
        "FROM orders SELECT 1 + (FROM customers SELECT max(id))",
        "WITH orders AS (SELECT * FROM orders) SELECT orders, orders.id + 1 FROM orders",
        "SELECT t FROM (SELECT * FROM orders) t",
        "SELECT * FROM (SELECT status, year(day) AS y FROM orders) PIVOT (count(*) FOR status IN ('paid', 'open'))",
    ],
)
def test_no_result_name_or_type_ever_shows_policy_text(oracle: Oracle, sql: str) -> None:
    expected = oracle.expected("analyst", sql)
    actual = oracle.harness.ask(oracle.callers["analyst"], sql)
    assert "__usher" not in repr((actual.names, actual.types))
    assert expected is not None
    assert same(actual, expected), f"{actual}\n{expected}"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM (SELECT (SELECT max(id) FROM customers))",
        "WITH t AS (SELECT (SELECT max(id) FROM customers)) SELECT * FROM t",
        "SELECT COLUMNS(*) FROM (SELECT (SELECT max(id) FROM customers)) t",
    ],
)
def test_a_made_up_name_that_others_could_read_is_asked_for(oracle: Oracle, sql: str) -> None:
    with pytest.raises(Ungovernable, match="give it one with AS"):
        oracle.harness.ask(oracle.callers["analyst"], sql)


def test_a_parameter_as_a_result_keeps_the_users_name_for_it(oracle: Oracle) -> None:
    actual = oracle.harness.ask(oracle.callers["analyst"], "SELECT $who, count(*) AS n FROM customers", {"who": "x"})
    assert actual.names == ["$who", "n"]
