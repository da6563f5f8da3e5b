"""Names and numbers as regclass and its kin read and write them."""

from __future__ import annotations

from proxy.introspection.names import helpers
from proxy.introspection.rows import made_of
from tests.introspection.answering import FACTS, ORDERS, OTHER
from tests.postgres import Database

MADE = helpers(FACTS, made_of(FACTS))


def test_types_are_spelt_as_the_server_spells_them(physical: Database) -> None:
    there = {int(oid): text for oid, text in physical.query("SELECT oid, format_type(oid, NULL) FROM pg_type")}
    own = [row for row in MADE["_types"][1] if row["u__oid"] < 13_000]
    assert len(own) > 150
    for row in own:
        assert row["u__plain"] + row["u__brackets"] == there[row["u__oid"]]


def test_a_table_is_written_with_its_schema_where_its_name_alone_means_another() -> None:
    written = {row["u__oid"]: row["u__name"] for row in MADE["_reg"][1] if row["u__kind"] == "regclass"}
    assert (written[ORDERS], written[OTHER]) == ("orders", '"Sales Data".orders')


def test_a_name_means_the_first_of_the_search_path() -> None:
    read = {row["u__name"]: row["u__oid"] for row in MADE["_named"][1] if row["u__kind"] == "regclass"}
    assert (read["orders"], read["main.orders"], read["Sales Data.orders"]) == (ORDERS, ORDERS, OTHER)
    assert read["pg_class"] == read["pg_catalog.pg_class"] == 1259
    assert "tables" not in read


def test_every_column_that_the_functions_read_is_named_so_that_no_statement_can_mean_it() -> None:
    reading = {name: kinds for name, (kinds, _) in MADE.items() if name not in ("_keywords", "_roles", "_settings")}
    assert all(column.startswith("u__") for kinds in reading.values() for column in kinds)
