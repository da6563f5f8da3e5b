"""The rows of primary keys, held against a server that has them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pytest

from proxy.introspection import worker
from proxy.introspection.facts import ColumnFact, Facts, TableFact
from proxy.introspection.keys import keyed, places
from proxy.introspection.numbers import Numbers
from tests.introspection import corpus
from tests.introspection.test_virtual import neutral, written
from tests.postgres import Database, Server, new_database

TABLES = """
CREATE SCHEMA sales; CREATE SCHEMA "Far Off";
CREATE TABLE sales.orders (st text, id integer, "Line" bigint NOT NULL, d varchar(9) NOT NULL,
    PRIMARY KEY (id, "Line", d));
CREATE TABLE sales.customers_pkey (x integer);
CREATE TABLE sales.customers (id integer PRIMARY KEY);
CREATE TABLE "Far Off".orders (id uuid PRIMARY KEY);
"""
STATE = ColumnFact("st", "text", -1, False)
ID = ColumnFact("id", "int4", -1, True)
LINE, DAY = ColumnFact("Line", "int8", -1, True), ColumnFact("d", "varchar", 13, True)
FACTS = Facts(
    "shop",
    ("sales",),
    (
        TableFact("Far Off", "orders", False, (ColumnFact("id", "uuid", -1, True),), key=("id",)),
        TableFact("sales", "customers", False, (ID,), key=("id",)),
        TableFact("sales", "customers_pkey", False, (ColumnFact("x", "int4", -1, False),)),
        TableFact(
            "sales", "orders", False, (ColumnFact("st", "text", -1, False), ID, LINE, DAY), key=("id", "Line", "d")
        ),
    ),
)
MORE = (
    "SELECT i.indrelid::regclass, i.indexrelid::regclass, i.indkey, i.indoption, i.indclass, i.indcollation, "
    "i.indisprimary, i.indisunique FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE relnamespace > 16383",
    "SELECT conrelid::regclass, conindid::regclass, conname, contype, conkey, pg_get_constraintdef(oid), "
    "pg_get_constraintdef(oid, true) FROM pg_constraint WHERE conrelid > 16383",
    "SELECT pg_get_indexdef(indexrelid), pg_get_indexdef(indexrelid, 0, true), pg_get_indexdef(indexrelid, 1, true), "
    "pg_get_indexdef(indexrelid, 2, false) FROM pg_index JOIN pg_class c ON c.oid = indrelid "
    "WHERE relnamespace > 16383",
    "SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes WHERE schemaname IN ('sales', 'Far Off')",
    "SELECT constraint_name, table_name, constraint_type FROM information_schema.table_constraints "
    "WHERE table_schema = 'sales' AND constraint_type = 'PRIMARY KEY'",
    "SELECT constraint_name, table_schema, table_name, column_name, ordinal_position "
    "FROM information_schema.key_column_usage WHERE table_schema IN ('sales', 'Far Off')",
    "SELECT table_name, column_name, constraint_name FROM information_schema.constraint_column_usage "
    "WHERE table_schema = 'sales'",
    "SELECT c.relname, c.relkind, c.relam, c.relnatts, c.relhasindex, c.relreplident FROM pg_class c WHERE oid > 16383 "
    "AND relkind IN ('r', 'i') AND relnamespace > 16383",
    "SELECT c.relname, a.attname, a.attnum, a.atttypid, a.atttypmod, a.attnotnull FROM pg_attribute a "
    "JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'i' WHERE c.oid > 16383 AND c.relnamespace > 16383",
)
CAPTURED = [c for c in corpus.statements() if re.search("pg_index|pg_constraint|key_column|table_constraints", c.sql)]
REST = {"v_orders": 999, "mv": 998, "t": 997}
"""Tables of the captured statements that are not there."""
OTHER = {"pgjdbc_types-1", "adbc_postgres-1", "pgcli-2", "pgcli-3", "pgjdbc_keys-5"}
"""List relations of the system, or show the planner's estimates."""


@pytest.fixture(scope="module")
def with_keys(catalog_server: Server) -> Iterator[Database]:
    database = new_database(catalog_server)
    database.sql(TABLES)
    yield database
    database.drop()


def answered(sql: str, values: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    made = worker.read(sql, "shop")
    assert made is not None
    run = worker.Run(made.sql, made.columns, made.parameters, values, "postgres", 7, {}, 10, 256)
    data = worker.run(run, ("shop", "1", "keys"), FACTS)
    table = pa.ipc.open_stream(data).read_all()
    return [tuple(map(written, row)) for row in zip(*(c.to_pylist() for c in table.columns), strict=True)]


def there(database: Database, sql: str) -> list[tuple[str, ...]]:
    text = database.server.psql(database.name, "--csv", sql=f"SET search_path = sales; {sql}")
    return [tuple(row) for row in csv.reader(io.StringIO(text))]


@pytest.mark.parametrize("sql", MORE)
def test_keys_show_as_on_the_server(with_keys: Database, sql: str) -> None:
    assert Counter(answered(sql)) == Counter(there(with_keys, sql))


@pytest.mark.parametrize("captured", CAPTURED, ids=[c.name for c in CAPTURED])
def test_what_clients_ask_of_keys_is_answered_as_on_the_server(with_keys: Database, captured: corpus.Captured) -> None:
    sql = (
        "SELECT nspname, relname, c.oid, relkind FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname IN ('sales', 'Far Off')"
    )
    theirs = dict(
        with_keys.query("SELECT oid, nspname FROM pg_namespace UNION ALL SELECT oid, 'key' FROM pg_constraint")
    )
    ours = {str(Numbers().of("schema", schema)): schema for schema in ("sales", "Far Off")}
    there_, here = dict(REST), dict(REST)
    for schema, name, number, kind in with_keys.query(sql):
        theirs[number] = f"{schema}.{name}"
        if kind == "r":
            ours[str(Numbers().of("table", schema, name))] = f"{schema}.{name}"
            ours[str(Numbers().of("constraint", schema, name))] = "key"
    for table, name in keyed(FACTS):
        ours[str(Numbers().of("index", table.schema, table.name))] = f"{table.schema}.{name}"
    for name in ("orders", "customers"):
        here[name] = Numbers().of("table", "sales", name)
        there_[name] = next(int(number) for number, full in theirs.items() if full == f"sales.{name}")
    given = captured.numbered(here)
    answers = answered(given.sql, given.parameters)
    if captured.name not in OTHER:
        assert neutral(answers, ours) == neutral(there(with_keys, captured.numbered(there_).inlined()), theirs)


def test_names_and_places() -> None:
    assert [name for _, name in keyed(FACTS)] == ["orders_pkey", "customers_pkey1", "orders_pkey"]
    assert places(FACTS.tables[3]) == [2, 3, 4]
