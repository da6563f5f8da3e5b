"""Column names: what each can denote, and that a name which denotes nothing is noted, not refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.query.bind import read
from proxy.values import Catalog, Table
from tests.query.samples import CATALOG, ask, edited, touched, uses

C = "customers."


# ----------------------------------------------------------------------------------------------------------- certain
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT name FROM customers", [("name", [C + "name"], True)]),
        ("SELECT customers.name FROM customers", [("customers.name", [C + "name"], True)]),
        ("SELECT c.name FROM customers c", [("c.name", [C + "name"], True)]),
        ('SELECT c.name FROM customers AS "C"', [("c.name", [C + "name"], True)]),
        ('SELECT NAME, "Email" FROM CUSTOMERS', [("NAME", [C + "name"], True), ('"Email"', [C + "email"], True)]),
        ('SELECT "order" FROM "line items"', [('"order"', ["Line Items.Order"], True)]),
        ('SELECT "Line Items"."Order" FROM "line items"', [('"Line Items"."Order"', ["Line Items.Order"], True)]),
        ("SELECT id FROM customers, orders", [("id", [C + "id", "orders.id"], True)]),
        ("SELECT note FROM customers, orders", [("note", ["orders.note"], True)]),
        ("SELECT address.city FROM customers", [("address.city", [C + "address"], True)]),
        ("SELECT c.address.city FROM customers c", [("c.address.city", [C + "address"], True)]),
        ("SELECT (address).city, address['zip'] FROM customers", [("address", [C + "address"], True)] * 2),
        ("SELECT marks[1:-:id] FROM customers", [("marks", [C + "marks"], True), ("id", [C + "id"], True)]),
        ("SELECT @id FROM customers", [("id", [C + "id"], True)]),
        ("SELECT struct_pack(id := name) FROM customers", [("name", [C + "name"], True)]),
        ("SELECT {'id': name} FROM customers", [("name", [C + "name"], True)]),
        ("SELECT born + INTERVAL (id) DAY FROM customers", [("born", [C + "born"], True), ("id", [C + "id"], True)]),
        ("SELECT id FROM customers JOIN orders USING (id)", [("id", [C + "id", "orders.id"], True)]),
    ],
)
def test_a_name_denotes(sql: str, expected: list[tuple[str, list[str], bool]]) -> None:
    assert uses(ask(sql)) == expected


@pytest.mark.parametrize(
    "clause",
    [
        "WHERE email = 'x'",
        "GROUP BY email",
        "GROUP BY ROLLUP (email)",
        "GROUP BY GROUPING SETS ((id), (email, id))",
        "GROUP BY ALL HAVING max(email) = 'x'",
        "QUALIFY row_number() OVER (PARTITION BY email) = 1",
        "ORDER BY email",
        "ORDER BY id, lower(email) DESC NULLS LAST",
        "LIMIT (SELECT max(length(email)) FROM customers)",
        "WINDOW w AS (PARTITION BY id ORDER BY email)",
        "WHERE EXISTS (SELECT 1 FROM orders WHERE note = email)",
        "WHERE id IN (SELECT id FROM orders UNION SELECT length(email))",
        "WHERE id = ANY (SELECT length(email))",
        "WHERE CASE WHEN id = 1 THEN email END = 'x'",
        "WHERE (id, email) = (1, 'x')",
        "WHERE (id, 'x') IN (SELECT id, email FROM orders)",
        "WHERE list_contains(list_transform(marks, x -> x + length(email)), 1)",
        "WHERE list_contains(list_transform(marks, lambda x: x + length(email)), 1)",
        "WHERE list_contains([x + length(email) for x in marks if x > 1], 1)",
        "WHERE TRY(length(email) / 0) = 1",
        "ORDER BY (SELECT email)",
        ", LATERAL (SELECT email) l",
        ", unnest([email]) u(x)",
        ", range(length(email)) r(i)",
        "JOIN orders ON note = email",
        "LEFT JOIN (orders JOIN people.employees e ON e.id = orders.id) ON note = email",
        "ASOF JOIN orders o ON customers.id = o.id AND length(email) >= o.customer_id",
    ],
)
def test_a_column_is_seen_in_every_clause(clause: str) -> None:
    assert "customers.email" in touched(ask(f"SELECT 1 FROM customers {clause}"))


# ---------------------------------------------------------------------------------------------------------- prefixes
@pytest.mark.parametrize(
    ("sql", "rewritten", "lost"),
    [
        ("SELECT sales.customers.id FROM customers", "SELECT customers.id FROM customers", {7: 1}),
        ("SELECT shop.sales.customers.id FROM customers", "SELECT customers.id FROM customers", {7: 2}),
        ("SELECT SALES.Customers.ID FROM customers", "SELECT Customers.ID FROM customers", {7: 1}),
        ('SELECT "sales" . "customers".id FROM customers', 'SELECT "customers".id FROM customers', {7: 1}),
        ("SELECT sales.customers.address.city FROM customers", "SELECT customers.address.city FROM customers", {7: 1}),
        ("SELECT 'é', sales.customers.id FROM customers", "SELECT 'é', customers.id FROM customers", {12: 1}),
    ],
)
def test_a_schema_before_a_tables_name_is_dropped(sql: str, rewritten: str, lost: dict[int, int]) -> None:
    query = ask(sql)
    assert edited(query) == rewritten
    assert query.prefixes == lost
    assert query.columns[0].candidates
    assert query.columns[0].certain


@pytest.mark.parametrize(
    "name",
    [
        "people.customers.id",
        "other.sales.customers.id",
        "shop.people.customers.id",
        "sales.c.id",
        "sales.orders.id",
    ],
)
@pytest.mark.parametrize("source", ["customers", "customers c"])
def test_another_schema_or_alias_denotes_nothing(name: str, source: str) -> None:
    query = ask(f"SELECT {name} FROM {source}")
    assert [u.candidates for u in query.columns] == [()]
    assert query.prefixes == {}
    assert query.edits == ()


def test_a_schema_before_a_ctes_name_denotes_nothing() -> None:
    query = ask("WITH customers AS (SELECT id FROM orders) SELECT sales.customers.id FROM customers")
    assert uses(query)[-1] == ("sales.customers.id", [], True)


# ------------------------------------------------------------------------------------------------------------ scopes
def test_the_inner_block_is_asked_first() -> None:
    query = ask("SELECT 1 FROM customers WHERE EXISTS (SELECT id FROM orders)")
    assert uses(query) == [("id", ["orders.id"], True)]


def test_an_outer_block_is_asked_next() -> None:
    query = ask("SELECT 1 FROM customers WHERE EXISTS (SELECT region FROM orders)")
    assert uses(query) == [("region", ["customers.region"], True)]


def test_an_inner_alias_hides_an_outer_one() -> None:
    query = ask("SELECT 1 FROM customers c WHERE EXISTS (SELECT c.note FROM orders c)")
    assert uses(query) == [("c.note", ["orders.note"], True)]


def test_a_derived_table_is_closed_and_does_not_see_beside_itself() -> None:
    query = ask("SELECT o.id FROM customers c, (SELECT id FROM orders) o")
    assert touched(query) == ["orders.id"]


def test_a_column_that_a_derived_table_does_not_offer_is_unknown() -> None:
    assert uses(ask("SELECT d.email FROM (SELECT id FROM customers) d"))[-1] == ("d.email", [], True)
    assert uses(ask("SELECT email FROM (SELECT id FROM customers) d"))[-1] == ("email", [], True)


def test_a_name_behind_lateral_is_the_other_tables() -> None:
    query = ask("SELECT 1 FROM customers c, LATERAL (SELECT 1 FROM orders WHERE customer_id = c.id) l")
    assert uses(query) == [("customer_id", ["orders.customer_id"], True), ("c.id", ["customers.id"], True)]


def test_a_select_alias_and_the_column_of_its_name_are_both_kept() -> None:
    query = ask("SELECT email AS name FROM customers WHERE name = 'x'")
    name, candidates, certain = uses(query)[1]
    assert (name, sorted(candidates), certain) == ("name", ["customers.email", "customers.name"], False)


def test_a_select_alias_is_known_to_later_items_and_clauses() -> None:
    query = ask("SELECT email AS mail, lower(mail) FROM customers WHERE mail = 'x' ORDER BY mail")
    assert [candidates for _, candidates, _ in uses(query)] == [["customers.email"]] * 4


@pytest.mark.parametrize(
    "value",
    [
        "list_transform(marks, email -> email + 1)",
        "list_transform(marks, lambda email: email + 1)",
        "list_reduce(marks, (email, x) -> email + x)",
        "[email + 1 for email in marks]",
        "[email + i for email, i in marks]",
    ],
)
def test_the_parameter_of_a_lambda_is_no_column(value: str) -> None:
    assert touched(ask(f"SELECT {value} FROM customers")) == ["customers.marks"]


def test_outside_of_its_lambda_the_name_is_a_column_again() -> None:
    query = ask("SELECT list_transform(marks, email -> email + 1), email FROM customers")
    assert touched(query) == ["customers.email", "customers.marks"]


def test_a_tables_name_is_its_whole_row() -> None:
    query = ask("SELECT orders FROM orders")
    assert touched(query) == ["orders.amount", "orders.customer_id", "orders.id", "orders.note", "orders.placed"]


@pytest.mark.parametrize(
    "select",
    [
        "*",
        "o.*",
        "* EXCLUDE (note)",
        "* REPLACE (1 AS note)",
        "* RENAME (note AS n)",
        "* LIKE 'n%'",
        "COLUMNS(*)",
        "COLUMNS('n.*')",
        "COLUMNS(c -> c LIKE 'n%')",
        "COLUMNS(['note'])",
        "min(COLUMNS('n.*'))",
        "#5",
        "length(#5)",
        "row(o.*)",
    ],
)
def test_what_may_stand_for_any_column_touches_all(select: str) -> None:
    query = ask(f"SELECT {select} FROM orders o")
    assert touched(query) == ["orders.amount", "orders.customer_id", "orders.id", "orders.note", "orders.placed"]


def test_natural_joins_and_using_touch_what_they_compare() -> None:
    assert touched(ask("SELECT 1 FROM customers JOIN orders USING (id)")) == ["customers.id", "orders.id"]
    assert touched(ask("SELECT 1 FROM customers NATURAL JOIN orders")) == ["customers.id", "orders.id"]
    assert touched(ask("SELECT 1 FROM customers NATURAL JOIN people.employees")) == [
        "customers.id",
        "customers.name",
        "employees.id",
        "employees.name",
    ]


# ----------------------------------------------------------------------------------------------------------- unknown
UNKNOWN = [
    "SELECT nothing FROM customers",
    "SELECT c.nothing FROM customers c",
    "SELECT x.name FROM customers c",
    "SELECT customers.name FROM customers c",
    "SELECT sales.customers.nothing FROM customers",
    "SELECT id FROM customers WHERE nothing = 1",
    "SELECT id FROM customers ORDER BY nothing",
    "SELECT id FROM customers WHERE EXISTS (SELECT nothing FROM orders)",
    "SELECT rowid FROM customers",
    "SELECT nothing.city FROM customers",
    "SELECT nothing",
]


@pytest.mark.parametrize("sql", UNKNOWN)
def test_an_unknown_name_is_noted_without_candidates_and_not_refused(sql: str) -> None:
    query = ask(sql)
    assert [(u.candidates, u.certain) for u in query.columns if not u.candidates] == [((), True)]


def test_a_table_of_nobody_knows_which_columns() -> None:
    query = ask("SELECT id, nowhere.x FROM nowhere")
    assert query.references[0].columns == frozenset()
    assert query.columns == ()


def without(column: str) -> Catalog:
    """The catalog as it is for somebody who may not see a column of sales.customers."""
    table = CATALOG.tables["sales", "customers"]
    cut: Table = replace(table, columns=tuple(c for c in table.columns if c.name != column))
    return replace(CATALOG, tables={**CATALOG.tables, ("sales", "customers"): cut})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT {} FROM customers",
        "SELECT c.{} FROM customers c",
        "SELECT {} FROM customers, orders",
        "SELECT * FROM customers WHERE {} = 1",
        "SELECT max({}) FROM customers GROUP BY {}",
        "SELECT id FROM customers JOIN orders ON {} = note",
        "SELECT id FROM customers JOIN people.employees USING ({})",
        "WITH t AS (SELECT * FROM customers) SELECT {} FROM t",
        "SELECT d.{} FROM (SELECT * FROM customers) d",
        "SELECT list_transform(marks, x -> x + {}) FROM customers",
    ],
)
def test_a_hidden_column_reads_exactly_as_one_that_is_not_there(sql: str) -> None:
    catalog = without("email")
    hidden = read(sql.replace("{}", "email"), catalog)
    unknown = read(sql.replace("{}", "xmail"), catalog)
    assert [(u.span, u.candidates, u.certain) for u in hidden.columns] == [
        (u.span, u.candidates, u.certain) for u in unknown.columns
    ]
    assert hidden.references == unknown.references
    assert hidden.edits == unknown.edits
    assert [(o.sources, o.plain, o.star) for o in hidden.outputs or ()] == [
        (o.sources, o.plain, o.star) for o in unknown.outputs or ()
    ]
