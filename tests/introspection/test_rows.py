"""The rows of pg_catalog, synthesised from facts."""

from __future__ import annotations

from proxy.introspection import builtin
from proxy.introspection.facts import ColumnFact, Facts, TableFact
from proxy.introspection.numbers import FIRST, Numbers
from proxy.introspection.rows import made_of

ORDERS = TableFact(
    "sales",
    "orders",
    False,
    (ColumnFact("id", "int4", -1, True), ColumnFact("mail", "text", -1, False, "masked: hash")),
)
VIEW = TableFact("sales", "v", True, (ColumnFact("id", "int4", -1, False),), "row filters: own")
FACTS = Facts("shop", ("sales",), (ORDERS, VIEW))


def test_tables_columns_and_comments() -> None:
    made = made_of(FACTS)
    own = {row["relname"]: row for row in made["pg_class"] if row["oid"] >= FIRST}
    assert {name: row["relkind"] for name, row in own.items()} == {"orders": "r", "v": "v"}
    columns = [row for row in made["pg_attribute"] if row["attrelid"] == own["orders"]["oid"]]
    assert [(c["attname"], c["attnum"], c["atttypid"], c["attnotnull"]) for c in columns] == [
        ("id", 1, 23, True),
        ("mail", 2, 25, False),
    ]
    assert [(row["objsubid"], row["description"]) for row in made["pg_description"]] == [
        (2, "masked: hash"),
        (0, "row filters: own"),
    ]
    assert [row["nspname"] for row in made["pg_namespace"]][-1] == "sales"
    assert [row["datname"] for row in made["pg_database"]] == ["shop"]


def test_every_column_of_every_row_is_one_of_its_relation() -> None:
    for name, rows in made_of(FACTS).items():
        known = {column.name for column in builtin.relations()[builtin.CATALOG, name].columns}
        for row in rows:
            assert set(row) <= known, name


def test_what_could_tell_of_hidden_columns_is_not_there() -> None:
    made = made_of(FACTS)
    assert not set(made) & {"pg_attrdef", "pg_trigger", "pg_rewrite", "pg_statistic_ext", "pg_policy", "pg_depend"}
    assert (made["pg_index"], made["pg_constraint"]) == ([], [])


def test_a_tables_rows_have_a_type() -> None:
    made = made_of(FACTS)
    [row] = [t for t in made["pg_type"] if t["typname"] == "orders"]
    [array] = [t for t in made["pg_type"] if t["typname"] == "_orders"]
    assert (row["typtype"], row["typarray"], array["typelem"]) == ("c", array["oid"], row["oid"])
    assert row["typrelid"] == Numbers().of("table", "sales", "orders")
