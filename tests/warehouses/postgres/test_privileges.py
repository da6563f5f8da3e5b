"""The login: setup.sql leaves it reading only, what it must not do fails on the server, and too much is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from proxy.errors import ConfigError
from proxy.warehouses.postgres.privileges import CHECKS
from tests.postgres import SETUP, Database
from tests.warehouses.postgres.conftest import SCHEMA


@pytest.fixture
async def login(shop: Database) -> AsyncIterator[asyncpg.Connection]:
    """The gateway's login with nothing of the gateway before it: no pins, no read-only transaction, no allow-list."""
    made = await asyncpg.connect(shop.url)
    await made.execute("SET default_transaction_read_only = off")
    yield made
    await made.close()


FORBIDDEN = {
    "insert": "INSERT INTO public.people VALUES (1, 'x', 1)",
    "update": "UPDATE public.people SET name = 'x'",
    "delete": "DELETE FROM public.people",
    "truncate": "TRUNCATE public.people",
    "merge": "MERGE INTO public.people p USING (SELECT 1 AS i) s ON p.id = s.i WHEN MATCHED THEN DELETE",
    "lock": "LOCK TABLE public.people IN ACCESS EXCLUSIVE MODE",
    "for update": "SELECT * FROM public.people FOR UPDATE",
    "write through a view": "UPDATE public.team_one SET name = 'x'",
    "alter": "ALTER TABLE public.people ADD x int",
    "drop": "DROP TABLE public.people",
    "comment": "COMMENT ON TABLE public.people IS 'x'",
    "trigger": "CREATE TRIGGER t BEFORE INSERT ON public.people EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "refresh": "REFRESH MATERIALIZED VIEW public.teams",
    "create": "CREATE TABLE public.mine (i int)",
    "create in hr": "CREATE TABLE hr.mine (i int)",
    "temporary table": "CREATE TEMP TABLE mine (i int)",
    "temporary view": "CREATE TEMP VIEW mine AS SELECT 1",
    "select into": "SELECT 1 INTO TEMP mine",
    "schema": "CREATE SCHEMA mine",
    "type": "CREATE TYPE public.mine AS (a int)",
    "function": "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "temporary function": "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "extension": "CREATE EXTENSION plpgsql",
    "language": "CREATE LANGUAGE plpython3u",
    "database": "CREATE DATABASE mine",
    "role": "CREATE ROLE mine",
    "become the owner": "SET ROLE postgres",
    "become a reader of all": "SET ROLE pg_read_all_data",
    "become another session": "SET SESSION AUTHORIZATION postgres",
    "grant to itself": "GRANT SELECT ON secret.vault TO CURRENT_USER",
    "more rights": "ALTER ROLE CURRENT_USER SUPERUSER",
    "another schema": "SELECT * FROM secret.vault",
    "passwords": "SELECT * FROM pg_authid",
    "statistics of all": "SELECT * FROM pg_statistic",
    "read a file": "SELECT pg_read_file('postgresql.conf')",
    "read a binary file": "SELECT pg_read_binary_file('PG_VERSION')",
    "list files": "SELECT * FROM pg_ls_dir('.')",
    "list the log": "SELECT * FROM pg_ls_logdir()",
    "stat a file": "SELECT pg_stat_file('PG_VERSION')",
    "copy to a file": "COPY public.people TO '/tmp/usher-copied'",
    "copy from a file": "COPY public.people FROM '/etc/passwd'",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'id'",
    "make a large object": "SELECT lo_from_bytea(0, 'x')",
    "create a large object": "SELECT lo_create(0)",
    "import a large object": "SELECT lo_import('/etc/passwd')",
    "export a large object": "SELECT lo_export(1, '/tmp/usher-exported')",
    "reload": "SELECT pg_reload_conf()",
    "promote": "SELECT pg_promote()",
    "restore point": "SELECT pg_create_restore_point('x')",
    "collations": "SELECT pg_import_system_collations('pg_catalog')",
    "sequence": "SELECT nextval('public.counter')",
    "server settings": "ALTER SYSTEM SET log_statement = 'all'",
    "origin of changes": "SET session_replication_role = replica",
    "messages of the log": "SET log_min_messages = debug5",
    "temp_file_limit": "SET temp_file_limit = -1",
    "foreign wrapper": "CREATE FOREIGN DATA WRAPPER mine",
    "publication": "CREATE PUBLICATION mine",
    "replication slot": "SELECT pg_create_physical_replication_slot('x')",
    "checkpoint": "CHECKPOINT",
    "vacuum the catalog": "CLUSTER pg_class USING pg_class_oid_index",
}


@pytest.mark.parametrize("what", FORBIDDEN)
async def test_the_login_may_not(login: asyncpg.Connection, shop: Database, what: str) -> None:
    shop.sql("CREATE SEQUENCE IF NOT EXISTS public.counter")
    with pytest.raises(asyncpg.PostgresError) as raised:
        await login.execute(FORBIDDEN[what])
    assert not isinstance(raised.value, asyncpg.PostgresSyntaxError), raised.value


async def test_the_login_may_read_the_governed_schemas(login: asyncpg.Connection) -> None:
    assert await login.fetchval("SELECT count(*) FROM public.people") == 1000
    assert await login.fetchval('SELECT count(*) FROM hr."Odd Name"') == 1


async def test_the_logins_own_sessions_begin_read_only(shop: Database) -> None:
    connection = await asyncpg.connect(shop.url)
    assert await connection.fetchval("SHOW transaction_read_only") == "on"
    assert await connection.fetchval("SHOW search_path") == '""'
    await connection.close()


# What is too much -> which step mends it.
TOO_MUCH = {
    "ALTER ROLE {role} SUPERUSER": 1,
    "ALTER ROLE {role} BYPASSRLS": 1,
    "ALTER ROLE {role} CREATEROLE": 1,
    "ALTER ROLE {role} CREATEDB": 1,
    "ALTER ROLE {role} REPLICATION": 1,
    "GRANT pg_read_all_data TO {role}": 2,
    "GRANT pg_write_all_data TO {role}": 2,
    "GRANT pg_read_server_files TO {role}": 2,
    "GRANT pg_write_server_files TO {role}": 2,
    "GRANT pg_execute_server_program TO {role}": 2,
    "GRANT pg_signal_backend TO {role}": 2,
    "GRANT pg_monitor TO {role}": 2,
    "GRANT postgres TO {role}": 2,
    "GRANT TEMPORARY ON DATABASE {name} TO PUBLIC": 4,
    "GRANT CREATE ON DATABASE {name} TO {role}": 4,
    "GRANT CREATE ON SCHEMA public TO PUBLIC": 5,
    "GRANT CREATE ON SCHEMA secret TO {role}": 5,
    "REVOKE USAGE ON SCHEMA public FROM PUBLIC, {role}": 6,
    "GRANT INSERT ON people TO {role}": 7,
    "GRANT UPDATE (name) ON people TO PUBLIC": 7,
    "GRANT DELETE ON secret.vault TO {role}": 7,
    "GRANT TRIGGER ON people TO {role}": 7,
    "CREATE SEQUENCE counter; GRANT USAGE ON counter TO {role}": 7,
    "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO {role}": 8,
    "GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO PUBLIC": 8,
    "GRANT EXECUTE ON FUNCTION lo_import(text) TO {role}": 8,
    "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC": 9,
}


def problems(database: Database) -> list[str]:
    """Why the gateway does not start."""
    try:
        made = database.warehouse("shop", schemas=["public", "hr"])
    except ConfigError as error:
        return list(error.problems)
    asyncio.run(made.close())
    return []


def test_each_right_too_many_is_refused_and_mended_by_the_step_that_is_named(postgres: Database) -> None:
    postgres.sql(SCHEMA)
    postgres.setup(["public", "hr"])
    assert problems(postgres) == []
    for change, step in TOO_MUCH.items():
        postgres.sql(change.format(role=postgres.role, name=postgres.name))
        found = problems(postgres)
        mended = f"(its step {step} mends this)"
        assert any(mended in p for p in found), (change, found)
        assert all(p.startswith("warehouses.shop.") for p in found)
        postgres.setup(["public", "hr"])
        assert problems(postgres) == [], change


def test_tables_outside_of_the_governed_schemas_and_owned_ones_are_refused(postgres: Database) -> None:
    postgres.sql(SCHEMA)
    postgres.setup(["public", "hr"])
    postgres.sql(f"GRANT USAGE ON SCHEMA secret TO {postgres.role}; GRANT SELECT ON secret.vault TO PUBLIC")
    assert "secret.vault" in "".join(problems(postgres))
    postgres.sql(f"REVOKE SELECT ON secret.vault FROM PUBLIC; ALTER TABLE people OWNER TO {postgres.role}")
    assert any("owns objects" in p and "public.people" in p for p in problems(postgres))
    postgres.sql("ALTER TABLE people OWNER TO postgres")


def test_all_mistakes_are_told_at_once(postgres: Database) -> None:
    postgres.sql(SCHEMA)
    postgres.setup(["public"])
    postgres.sql(f"ALTER ROLE {postgres.role} BYPASSRLS CREATEDB; GRANT INSERT ON people TO {postgres.role}")
    with pytest.raises(ConfigError) as raised:
        postgres.warehouse("shop", schemas=["public", "nowhere"])
    told = str(raised.value)
    assert "may bypass row security, may create databases" in told
    assert "public.people" in told
    assert "warehouses.shop.schemas: there are no schemas of these names: nowhere" in told


def test_setup_may_run_again_and_names_its_steps() -> None:
    text = SETUP.read_text(encoding="utf-8")
    assert {c.step for c in CHECKS if c.step > 0} <= {n for n in range(1, 20) if f"\n-- {n}. " in text}


def test_a_database_in_another_encoding_is_refused(postgres: Database) -> None:
    postgres.drop()
    postgres.server.psql(
        "postgres", "-c", f"CREATE DATABASE \"{postgres.name}\" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    )
    postgres.sql("CREATE SCHEMA hr")
    postgres.setup(["public", "hr"])
    (problem,) = problems(postgres)
    assert "not in UTF-8" in problem
    assert "LATIN1" in problem
