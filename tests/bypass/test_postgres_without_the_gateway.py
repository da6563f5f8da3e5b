"""PostgreSQL: the same attacks by the gateway's own login, past the gateway, where they succeed.

What the login may not do even then is held here too: it is what is left when everything else fails.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.bypass.asking import canaries_in
from tests.bypass.postgres_shop import ServedOnPostgres

INLINE = "(SELECT id, name, credit, notes FROM customers WHERE region = 'EU') q"
BY_QUERY = """(SELECT id, name, credit, notes FROM customers
    WHERE id IN (SELECT customer_id FROM tickets WHERE assigned_to = 'sam')) q"""
SUCCEED = {
    "vault": ["TABLE vault"],
    "ts_stat": ["SELECT word FROM ts_stat('SELECT to_tsvector(''simple'', v) FROM public.vault')"],
    "owners_rights": ["SELECT public.vault_text()"],
    "function_as_a_column": ["SELECT c.peek FROM customers c"],
    "statistics": ["SELECT histogram_bounds::text FROM pg_stats WHERE tablename = 'vault'"],
    "histogram": ["SELECT histogram_bounds::text FROM pg_stats WHERE tablename = 'customers' AND attname = 'ssn'"],
    "two_requests": [
        "SELECT set_config('standard_conforming_strings', 'off', false)",
        "SELECT '\\' AS a, ' AS b UNION ALL SELECT v FROM vault --' AS c",
    ],
    "comment": ["SELECT obj_description('public.customers'::regclass)"],
    "enum": ["SELECT enum_range(NULL::public.secret_mood)::text"],
    "text_of_an_error": [f"SELECT 1 FROM {INLINE} WHERE has_table_privilege(name, 'select')"],
}
RAISE = {
    "division": f"SELECT count(*) FROM {BY_QUERY} WHERE 10 / (credit - 7838001) = 10",
    "cast": f"SELECT count(*) FROM {BY_QUERY} WHERE CAST(replace(name, 'name', '') AS integer) > 0",
    "dangling_like": f"SELECT count(*) FROM {INLINE} WHERE notes LIKE 'HIDDEN-CANAR\\'",
}
DENIED = {
    "outside": "TABLE outside.papers",
    "insert": "INSERT INTO orders VALUES (1)",
    "delete": "DELETE FROM orders",
    "temp_table": "CREATE TEMP TABLE t (a int)",
    "table": "CREATE TABLE public.t (a int)",
    "file": "SELECT pg_read_file('/etc/passwd')",
    "large_object": "SELECT lo_get(4711)",
    "program": "COPY orders TO PROGRAM 'cat'",
    "sequence": "SELECT nextval('public.numbers')",
    "role": "SET ROLE postgres",
    "password": "SELECT rolpassword FROM pg_authid",
}


async def _said(url: str, statements: list[str]) -> str:
    """Everything that leaves the server."""
    connection: Any = await asyncpg.connect(url, timeout=30, server_settings={"search_path": "public"})
    try:
        rows = [await asyncio.wait_for(connection.fetch(statement), 30) for statement in statements]
        return repr(rows)
    except asyncpg.PostgresError as error:
        return str(error)
    finally:
        await connection.close(timeout=10)


@pytest.mark.parametrize("case", SUCCEED)
def test_hidden_values_leave(on_postgres: ServedOnPostgres, case: str) -> None:
    assert canaries_in(asyncio.run(_said(on_postgres.raw.url, SUCCEED[case])).encode())


@pytest.mark.parametrize("case", RAISE)
def test_hidden_rows_raise(on_postgres: ServedOnPostgres, case: str) -> None:
    assert not asyncio.run(_said(on_postgres.raw.url, [RAISE[case]])).startswith("[")


@pytest.mark.parametrize("case", DENIED)
def test_the_login_itself_may_not(on_postgres: ServedOnPostgres, case: str) -> None:
    said = asyncio.run(_said(on_postgres.raw.url, [DENIED[case]]))
    assert any(words in said for words in ("permission denied", "read-only transaction", "must be superuser"))
