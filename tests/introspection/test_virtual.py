"""The virtual catalog as a whole: what clients send is answered as a server with the visible schema answers it, and
nothing hidden is ever named."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from proxy.errors import GatewayError, InvalidSql, QueryTimeout, TooLarge, Ungovernable
from proxy.gateway import Request
from proxy.introspection.numbers import Numbers
from proxy.values import Session
from tests.introspection import corpus, world
from tests.oracle.harness import CONTEXT, Harness
from tests.postgres import Database

CAPTURED = {captured.name: captured for captured in corpus.statements()}
THERE: dict[str, list[list[str]]] = {}
"""What the server answered, asked once for both kinds of warehouse."""
REFUSED = {
    "asyncpg_enum-2": "several statements, which the door splits; the gateway takes one",
    "psql_sf-0": "asks for a function that is not there, which a server refuses too",
}
VERSION, SYSTEM, CLUSTER = (
    "names the server's own build",
    "lists relations or functions of the system",
    "of the cluster",
)
COMMENT = "shows the comment that a mask or a row filter leaves"
VIEW = "shows the definition of a view, which may name what is hidden"
OTHER = {
    # where the rows differ from the server's -> why
    "adbc_postgres-0": VERSION,
    "adbc_postgres-1": SYSTEM,
    "adbc_postgres-2": SYSTEM,
    "adbc_postgres-3": CLUSTER,
    "asyncpg_enum-0": "a setting with another value",
    "dbt_docs_generate-1": VIEW,
    "langchain_sqldatabase-1": VERSION,
    "langchain_sqldatabase-11": "lists operator classes, of which there are none without indexes",
    "pgcli-2": SYSTEM,
    "pgcli-3": SYSTEM,
    "pgcli-6": CLUSTER,
    "pgcli-7": SYSTEM,
    "pgjdbc_types-0": SYSTEM,
    "pgjdbc_types-1": SYSTEM,
    "psql_dn-0": "a schema's owner and comment",
    "psql_dt-0": SYSTEM,
    "psql_du-0": CLUSTER,
    "psql_dx-0": "an extension's comment",
    "psql_l-0": CLUSTER,
    "psql_sf-1": "the number of a function that is not there",
    "psqlodbc_procedures-0": SYSTEM,
    "psycopg3_typeinfo-2": "shows numbers of types",
    "sqlalchemy14_psycopg2_superset-13": VIEW,
    "sqlalchemy21_psycopg2-1": VIEW,
    "sqlalchemy21_psycopg3-12": VIEW,
    **dict.fromkeys(
        (
            "langchain_sqldatabase-5",
            "langchain_sqldatabase-13",
            "pgjdbc_getColumns-2",
            "pgjdbc_getTables-0",
            "pgjdbc_getTables-1",
            "psql_dplus_table-1",
            "sqlalchemy14_psycopg2_superset-3",
            "sqlalchemy14_psycopg2_superset-12",
            "sqlalchemy21_psycopg3-3",
            "sqlalchemy21_psycopg3-10",
            "sqlalchemy21_psycopg3-16",
            "sqlalchemy21_psycopg3-21",
        ),
        COMMENT,
    ),
}


def ana(harness: Harness) -> Any:
    return harness.caller("ana", ["analysts"], {"country": "EU"})


def asked(harness: Harness, captured: corpus.Captured) -> Any:
    given = captured.numbered(world.numbers())
    return harness.ask(ana(harness), given.sql, list(given.parameters))


def written(value: Any) -> str:
    """A value as the server writes it."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "t", False: "f"}[value]
    if isinstance(value, list):
        return "{" + ",".join("NULL" if item is None else written(item) for item in value) + "}"
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def neutral(rows: list[tuple[str, ...]], names: Mapping[str, str]) -> Counter[tuple[str, ...]]:
    """Rows with the numbers of tables and schemas as their names, and whoever owns them as `owner`."""
    owners = {"usher": "owner", "postgres": "owner"}
    return Counter(tuple(owners.get(cell, names.get(cell, cell)) for cell in row) for row in rows)


# ------------------------------------------------------------------------------------------------------------ corpus
@pytest.mark.parametrize("name", [name for name in CAPTURED if name in REFUSED or name in OTHER])
def test_a_captured_statement_is_answered_and_names_nothing_hidden(harness: Harness, name: str) -> None:
    if name in REFUSED:
        with pytest.raises(GatewayError) as caught:
            asked(harness, CAPTURED[name])
        assert world.CANARY not in str(caught.value)
        return
    rows = asked(harness, CAPTURED[name])
    assert world.CANARY not in repr(rows).lower()


@pytest.mark.parametrize("name", [name for name in CAPTURED if name not in REFUSED and name not in OTHER])
def test_its_rows_are_those_of_a_server_with_the_visible_schema(
    harness: Harness, physical: Database, name: str
) -> None:
    found = physical.query(
        "SELECT relname, oid FROM pg_class WHERE relname IN ('t', 'orders', 'customers', 'v_orders')"
    )
    schemas = physical.query("SELECT nspname, oid FROM pg_namespace WHERE nspname IN ('sales', 'public')")
    database = physical.query("SELECT oid FROM pg_database WHERE datname = 'shop'")[0][0]
    there = {relation: int(number) for relation, number in found} | {"mv": 999}
    theirs = {number: schema for schema, number in (*schemas, *found)} | {database: "shop"}
    ours = {str(number): table for table, number in world.numbers().items()}
    ours |= {str(Numbers().of("schema", schema)): schema for schema, _ in schemas}
    ours[str(Numbers().of("database", "shop"))] = "shop"
    sql = f"SET search_path = public, sales; {CAPTURED[name].numbered(there).inlined()}"
    if name not in THERE:
        THERE[name] = [*csv.reader(io.StringIO(physical.server.psql(physical.name, "--csv", sql=sql)))]
    expected = [tuple(row) for row in THERE[name]]
    rows = [tuple(map(written, row)) for row in asked(harness, CAPTURED[name]).rows]
    assert world.CANARY not in repr(rows).lower()
    assert neutral(rows, ours) == neutral(expected, theirs)


def test_nearly_all_statements_of_clients_are_answered() -> None:
    assert len(REFUSED) / len(CAPTURED) < 0.03
    assert len(OTHER) / len(CAPTURED) < 0.2


# ------------------------------------------------------------------------------------------------------------- leaks
HOSTILE = (
    "SELECT * FROM {relation}",
    "SELECT relname FROM pg_class c WHERE relname LIKE '%nary%'",
    "SELECT attname, attrelid::regclass FROM pg_attribute WHERE attname ~ 'nary'",
    "SELECT pg_get_indexdef(indexrelid), indkey FROM pg_index",
    "SELECT pg_get_constraintdef(oid), conname FROM pg_constraint",
    "SELECT pg_get_viewdef(oid), pg_get_viewdef(oid, true) FROM pg_class",
    "SELECT definition FROM pg_views UNION ALL SELECT view_definition FROM information_schema.views",
    "SELECT obj_description(n), col_description(n, 1), n::regclass::text FROM generate_series(1, 30000) n",
    "SELECT n::regtype, n::regproc, n::regnamespace, n::regrole FROM generate_series(1, 30000) n",
    "SELECT nspname, nspacl FROM pg_namespace",
    "SELECT datname FROM pg_database",
    "SELECT rolname FROM pg_roles UNION SELECT usename FROM pg_user UNION SELECT rolname FROM pg_authid",
    "SELECT proname, prosrc FROM pg_proc",
    "SELECT enumlabel FROM pg_enum",
    "SELECT typname, typdefault FROM pg_type",
    "SELECT schema_name FROM information_schema.schemata",
    "SELECT * FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
    "SELECT grantee, table_name FROM information_schema.role_table_grants",
    "SELECT polname, polqual FROM pg_policy",
    "SELECT most_common_vals FROM pg_stats",
    "SELECT query FROM pg_stat_activity",
    "SELECT name, setting, sourcefile FROM pg_settings",
    "SELECT current_setting('data_directory', true), current_setting('config_file', true)",
    "SELECT description FROM pg_description UNION ALL SELECT description FROM pg_shdescription",
    "SELECT srvname, srvoptions FROM pg_foreign_server",
    "SELECT has_table_privilege(n::oid, 'select'), n FROM generate_series(16384, 20000) n",
    "SELECT to_regclass('sales.' || 'can' || 'ary_vault'), to_regclass('can' || 'ary_hr.salaries')",
    "WITH pg_class AS (SELECT * FROM information_schema.tables) SELECT * FROM pg_class, pg_attribute",
    "SELECT * FROM pgc._named",
    "SELECT * FROM _named",
    "SELECT u__name FROM pg_class",
    "SELECT u_in('regclass', 'x')",
    "SELECT * FROM duckdb_tables(), pg_class",
    "SELECT getvariable('usher_user') FROM pg_class",
    "SELECT * FROM read_csv('/etc/passwd'), pg_class",
    "SELECT read_text('/etc/passwd') FROM pg_class",
    "SELECT * FROM '/etc/passwd', pg_class",
    "SELECT pg_read_file('/etc/passwd') FROM pg_class",
    "SELECT query_to_xml('SELECT 1', true, true, '') FROM pg_class",
    "SELECT error(relname) FROM pg_class",
    "SELECT relname::int FROM pg_class",
    "SELECT (relname || '')::regclass FROM pg_attribute, pg_class",
    "SELECT pg_class FROM pg_class",
    "SELECT COLUMNS('.*') FROM pg_class",
    "SELECT * FROM pg_class; SELECT * FROM sales.canary_vault",
    "SELECT * FROM pg_class WHERE EXISTS (SELECT 1 FROM sales.orders)",
    "SELECT * FROM information_schema.tables t JOIN sales.customers c ON c.name = t.table_name",
    "SELECT pg_catalog.pg_get_userbyid(n) FROM generate_series(1, 20000) n",
    "SELECT pg_sleep(10) FROM pg_class",
    "SELECT set_config('search_path', 'canary_hr', false)",
    "SELECT set_config('role', 'postgres', false) FROM pg_class",
)


@pytest.mark.parametrize("sql", HOSTILE)
def test_a_hostile_statement_learns_no_hidden_name(harness: Harness, sql: str) -> None:
    statement = sql.format(relation="pg_catalog.pg_class")
    caller = ana(harness)
    try:
        told = repr(harness.ask(caller, statement))
    except GatewayError as error:
        told = f"{error} {error.detail} {error.reasons} {error.http_status}"
    assert not told.endswith((" 500", " 503", " 504"))
    for word in ("nary_ssn", "nary_score", "nary_vault", "nary_hr", "nary_view", "nary_mood", "nary_index", "> 4711"):
        assert word not in told.lower() or word in statement, told[:500]
    assert "root:" not in told


def test_every_relation_of_the_catalog_can_be_read_whole(harness: Harness) -> None:
    from proxy.introspection import builtin

    caller = ana(harness)
    for relation in builtin.relations().values():
        rows = harness.ask(caller, f"SELECT * FROM {relation.schema}.{relation.name}")
        assert len(rows.names) == len(relation.columns), relation.name
        assert world.CANARY not in repr(rows.rows).lower()


# ------------------------------------------------------------------------------------------------------------ answers
def test_a_mask_is_told_in_a_comment_and_a_filter_by_its_name(harness: Harness) -> None:
    sql = "SELECT col_description('sales.customers'::regclass, 3), obj_description('sales.customers'::regclass)"
    assert harness.ask(ana(harness), sql).rows == [("masked: email_domain", "row filters: own-country")]


def test_a_masked_column_may_be_null(harness: Harness) -> None:
    sql = (
        "SELECT column_name, is_nullable FROM information_schema.columns "
        "WHERE table_name = 'customers' AND column_name IN ('id', 'email') ORDER BY 1"
    )
    assert harness.ask(ana(harness), sql).rows == [("email", "YES"), ("id", "NO")]


def test_each_caller_sees_the_own_tables(harness: Harness) -> None:
    sql = (
        "SELECT count(*) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    nobody = harness.caller("nobody", [])
    assert harness.ask(ana(harness), sql).rows == [(4,)]
    assert harness.ask(nobody, sql).rows == [(0,)]
    assert harness.ask(nobody, "SELECT current_schema(), current_user").rows == [(None, "nobody")]


def test_a_session_is_told_what_its_door_says(harness: Harness) -> None:
    caller = ana(harness)
    session = Session(pid=4711, user="ana@example.com", settings={"application_name": "report"})
    sql = "SELECT pg_backend_pid(), current_user, current_setting('application_name'), pg_get_userbyid(10)"

    async def run() -> list[tuple[Any, ...]]:
        answer = await harness.app.gateway.run(caller, Request(sql, session=session), CONTEXT)
        return [tuple(row.values()) async for batch in answer.batches for row in batch.to_pylist()]

    assert harness.run(run()) == [(4711, "ana@example.com", "report", "usher")]


def test_what_a_statement_gives_and_takes_is_described(harness: Harness) -> None:
    caller = ana(harness)
    sql = "SELECT oid, relname, relkind FROM pg_class WHERE oid = $1 AND relname = ANY($2)"
    told = harness.run(harness.app.gateway.describe(caller, Request(sql), CONTEXT))
    kinds = [(field.name, str(field.type), (field.metadata or {}).get(b"usher.type")) for field in told.schema]
    assert kinds == [("oid", "uint32", b"oid"), ("relname", "string", b"name"), ("relkind", "string", b"char")]
    taken = [(str(field.type), (field.metadata or {}).get(b"usher.type")) for field in told.parameters if field]
    assert taken == [("uint32", b"oid"), ("list<item: string>", b"name")]
    assert harness.ask(caller, sql, [world.numbers()["orders"], ["orders", "x"]]).rows[0][1] == "orders"


def test_the_answer_is_recorded_as_any_query(harness: Harness) -> None:
    harness.ask(ana(harness), "SELECT typname FROM pg_type WHERE typname = 'recorded'")
    lines = "".join(path.read_text() for path in sorted(harness.audit.glob("*")) if path.suffix == ".jsonl")
    assert "recorded" not in lines
    assert '"shop.pg_catalog.pg_type.*"' in lines


# ------------------------------------------------------------------------------------------------------------ refusals
def test_catalog_and_tables_do_not_mix(harness: Harness) -> None:
    error = harness.refusal(ana(harness), "SELECT * FROM sales.orders, pg_class")
    assert isinstance(error, Ungovernable)
    assert "not both" in error.detail


def test_too_long_an_answer_is_refused(harness: Harness) -> None:
    error = harness.refusal(ana(harness), "SELECT a.attname FROM pg_attribute a, pg_attribute b")
    assert isinstance(error, TooLarge)


ENDLESS = "SELECT count(*) FROM pg_attribute a, pg_attribute b, pg_attribute c, pg_attribute d"


@contextmanager
def patience(harness: Harness, seconds: float) -> Iterator[None]:
    """Another time-out for a while."""
    answering = harness.app._parts.introspection
    before = answering._settings
    answering._settings = before.model_copy(update={"timeout_s": seconds})
    try:
        yield
    finally:
        answering._settings = before


def test_a_statement_without_end_is_ended_and_the_next_is_answered(harness: Harness) -> None:
    with patience(harness, 0.5):
        assert isinstance(harness.refusal(ana(harness), ENDLESS), QueryTimeout)
    assert harness.ask(ana(harness), "SELECT 1 FROM pg_class LIMIT 1").rows == [(1,)]


def test_one_callers_long_statements_hold_up_nobody_else(harness: Harness) -> None:
    caller, other = ana(harness), harness.caller("bo", ["analysts"], {"country": "US"})
    assert harness.ask(other, "SELECT current_user").rows == [("bo",)]  # the processes are there
    with patience(harness, 5):
        held = [harness.begin(harness.app.gateway.run(caller, Request(ENDLESS), CONTEXT)) for _ in range(2)]
        assert harness.ask(other, "SELECT current_user").rows == [("bo",)]
        assert not any(one.done() for one in held)
        assert all(isinstance(one.exception(60), QueryTimeout) for one in held)


def test_a_hidden_column_is_told_as_one_that_is_not_there(harness: Harness) -> None:
    caller = ana(harness)
    hidden, missing = (
        harness.refusal(caller, f"SELECT attname FROM pg_attribute WHERE attrelid = 'sales.{name}'::regclass")
        for name in ("canary_vault", "nothing")
    )
    assert isinstance(hidden, InvalidSql)
    assert (hidden.detail, hidden.reasons) == (missing.detail, missing.reasons)
