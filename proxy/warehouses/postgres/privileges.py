"""Whether the gateway's login has the least rights, and no more.

Rule kept here: a login that could do more than read the governed schemas is refused when the gateway starts, with
everything that is too much told at once, and the step of deploy/postgres/setup.sql that mends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proxy.warehouses.postgres.catalog import Asks

SHOWN = 5
WRITES = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"


@dataclass(frozen=True, slots=True)
class Check:
    """A question whose rows are mistakes (one text each), what they mean, and the step of setup.sql that mends them."""

    step: int
    says: str
    sql: str


_FOREIGN = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_RELATIONS = "pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
_NAMED = f"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM {_RELATIONS}"  # noqa: S608 - texts of ours

CHECKS: tuple[Check, ...] = (
    Check(
        1,
        "the login is too powerful",
        "SELECT word FROM pg_catalog.pg_roles AS r, LATERAL (VALUES ('superuser', r.rolsuper), "
        "('may bypass row security', r.rolbypassrls), ('may create roles', r.rolcreaterole), "
        "('may create databases', r.rolcreatedb), ('may replicate', r.rolreplication)) AS power (word, has) "
        "WHERE r.rolname = current_user AND has",
    ),
    Check(
        2,
        "the login is a member of other roles",
        "SELECT g.rolname::pg_catalog.text FROM pg_catalog.pg_auth_members AS m "
        "JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid JOIN pg_catalog.pg_roles AS r ON r.oid = m.member "
        "WHERE r.rolname = current_user",
    ),
    Check(
        4,
        "the login may make objects of its own in the database",
        "SELECT word FROM (VALUES ('CREATE'), ('TEMPORARY')) AS w (word) "
        "WHERE pg_catalog.has_database_privilege(pg_catalog.current_database(), word)",
    ),
    Check(
        5,
        "the login may make objects in schemas",
        "SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace AS n "
        "WHERE pg_catalog.has_schema_privilege(n.oid, 'CREATE')",
    ),
    Check(
        5,
        "the login owns objects, which it may change; give them to another role",
        _NAMED + " JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner "
        "WHERE r.rolname = current_user AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')",
    ),
    Check(
        6,
        "the login may not use governed schemas",
        "SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace AS n WHERE n.nspname = ANY($1) "
        "AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')",
    ),
    Check(
        7,
        "the login may write",
        f"{_NAMED} WHERE {_FOREIGN} AND c.relkind IN ('r', 'v', 'm', 'f', 'p') "
        f"AND (pg_catalog.has_table_privilege(c.oid, '{WRITES}') "
        "OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES'))",
    ),
    Check(
        7,
        "the login may use sequences",
        f"{_NAMED} WHERE {_FOREIGN} "
        "AND CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'USAGE, SELECT, UPDATE') END",
    ),
    Check(
        8,
        "the login may call functions that reach files, programs or other servers",
        "SELECT DISTINCT p.proname::pg_catalog.text FROM pg_catalog.pg_proc AS p "
        "WHERE pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND (p.proname ~ "
        "'^(pg_read_file|pg_read_binary_file|pg_ls_|pg_stat_file|pg_file_|lo_import|lo_export|dblink)' "
        "OR p.proname IN ('pg_execute_server_program', 'pg_reload_conf', 'pg_rotate_logfile', 'pg_logfile_rotate', "
        "'pg_promote', 'pg_switch_wal', 'pg_create_restore_point', 'pg_wal_replay_pause', 'pg_wal_replay_resume', "
        "'pg_import_system_collations', 'pg_stat_reset', 'pg_stat_reset_shared'))",
    ),
    Check(
        9,
        "the login may use large objects",
        "SELECT DISTINCT p.proname::pg_catalog.text FROM pg_catalog.pg_proc AS p "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = 'pg_catalog' "
        "AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND p.proname IN ('lo_creat', 'lo_create', "
        "'lo_from_bytea', 'lo_put', 'lo_unlink', 'lo_truncate', 'lo_truncate64', 'lowrite', 'lo_open', 'lo_get', "
        "'loread')",
    ),
    Check(
        0,
        "the login may read tables outside of the governed schemas: govern their schemas, or take the right away "
        "(REVOKE SELECT ON .. FROM the login, or from PUBLIC)",
        f"{_NAMED} WHERE {_FOREIGN} AND NOT n.nspname = ANY($1) "
        "AND c.relkind IN ('r', 'v', 'm', 'f', 'p') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') "
        "AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')",
    ),
    Check(
        0,
        "the database is not in UTF-8, which names and masks rely on; name one that is",
        "SELECT value FROM pg_catalog.current_setting('server_encoding') AS value WHERE value <> 'UTF8'",
    ),
    Check(
        -1,
        "there are no schemas of these names",
        "SELECT wanted FROM pg_catalog.unnest($1) AS wanted "
        "WHERE wanted <> ALL (SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace AS n)",
    ),
)
"""Everything that is looked at."""


async def problems(session: Asks, warehouse: str, schemas: Sequence[str]) -> list[str]:
    """What is wrong with the login, a line each; nothing where it has the least rights."""
    return [line for check in CHECKS for line in await _found(session, warehouse, schemas, check)]


async def _found(session: Asks, warehouse: str, schemas: Sequence[str], check: Check) -> list[str]:
    sql = check.sql.replace("$1", "$1::pg_catalog.text[]")
    rows: Sequence[Any] = await session.fetch(sql, *([list(schemas)] if "$1" in check.sql else []))
    names = sorted(str(row[0]) for row in rows)
    if not names:
        return []
    told = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    if check.step < 0:
        return [f"warehouses.{warehouse}.schemas: {check.says}: {told}; mend the names"]
    mend = f"; run deploy/postgres/setup.sql again (its step {check.step} mends this)" if check.step else ""
    return [f"warehouses.{warehouse}.url: {check.says}: {told}{mend}"]
