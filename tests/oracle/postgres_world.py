"""The company of `world` on PostgreSQL: the raw tables, and each principal's copy, which DuckDB made by hand.

The copies come from the other engine and its SQL, so that they share nothing with what masks and filters on PostgreSQL.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tests.oracle import world
from tests.oracle.harness import Harness
from tests.postgres import Database, Server, new_database

SCHEMAS = ("sales", "people")
ASK_S = 100
SPELT = {"DOUBLE": "DOUBLE PRECISION", "FLOAT": "REAL"}
"""Types that the two engines spell in different ways."""


def load(database: Database, source: Path, folder: Path) -> None:
    """Every table of a DuckDB file, with its rows, in a database that is empty."""
    folder.mkdir()
    folder.chmod(0o755)
    made = []
    with duckdb.connect(str(source), read_only=True) as connection:
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, table in tables:
            described = connection.execute(f'DESCRIBE "{schema}"."{table}"').fetchall()
            columns = ", ".join(f'"{name}" {SPELT.get(kind, kind)}' for name, kind, *_ in described)
            path = folder / f"{schema}.{table}.csv"
            connection.execute(f"COPY \"{schema}\".\"{table}\" TO '{path}' (FORMAT csv, HEADER false, NULLSTR '\\N')")
            made.append(f'CREATE SCHEMA IF NOT EXISTS "{schema}"; CREATE TABLE "{schema}"."{table}" ({columns});')
            made.append(f"\\copy \"{schema}\".\"{table}\" FROM '{path}' (FORMAT csv, NULL '\\N')")
    database.sql("\n".join([*made, "ANALYZE;"]))
    shutil.rmtree(folder)


def copy_of(server: Server, principal: world.Principal, raw: Path, folder: Path) -> Database:
    """A database that holds what one principal may see, and nothing else."""
    path = folder / f"{principal.name}.duckdb"
    world.build_copy(path, raw, principal)
    database = new_database(server)
    load(database, path, folder / principal.name)
    return database


def harness(
    database: Database,
    folder: Path,
    policy: dict[str, str] | None = None,
    schemas: Sequence[str] = SCHEMAS,
    attributes: Sequence[str] = ("region", "accounts"),
    **more: Any,
) -> Harness:
    """A whole gateway on a database, set up as deploy/postgres/setup.sql says."""
    database.setup(schemas)
    (folder / "url").write_text(database.url)
    settings = {"kind": "postgres", "url": f"file:{folder / 'url'}", "schemas": list(schemas)}
    policies = world.write_policy(folder / "policies", policy or world.POLICY)
    return Harness(folder, settings, policies, key=world.KEY, attributes=attributes, **more)


async def asked(warehouse: Any, sql: str) -> pa.Table:
    """The answer of a copy, over the driver and nothing else of the gateway. Raises `GatewayError`."""
    result = await warehouse.execute(sql, [], ASK_S, (await warehouse.catalog()).version)
    return pa.Table.from_batches([batch async for batch in result.batches], schema=result.schema)
