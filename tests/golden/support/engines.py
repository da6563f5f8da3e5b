"""The engines that corpora are measured on: how a schema is made there, and what usher.yaml says to reach it.

Rule kept here: an engine is asked itself what it accepts; nothing is written down here that it can be asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import duckdb

from tests import postgres


@dataclass(frozen=True)
class Made:
    """A schema that was made: settings of the warehouse over it, and the columns of its tables by (schema, table)."""

    settings: Mapping[str, Any]
    tables: Mapping[tuple[str, str], tuple[str, ...]]
    database: postgres.Database | None = None


class Engine(Protocol):
    """One engine under measurement."""

    def make(self, folder: Path, name: str, ddl: str) -> Made:
        """Makes a schema, empty of rows."""

    def accepts(self, made: Made, statements: list[str]) -> dict[str, str]:
        """Those statements that the engine does not take, each with its own words."""

    def drop(self, made: Made) -> None:
        """Forgets a schema."""


class DuckDb:
    """DuckDB: one file a schema."""

    def make(self, folder: Path, name: str, ddl: str) -> Made:
        path = folder / f"{name}.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(ddl)
            found = connection.execute(
                "SELECT schema_name, table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
                "WHERE database_name = current_database() AND NOT internal GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        tables = {(schema, table): tuple(columns) for schema, table, columns in found}
        return Made({"kind": "duckdb", "path": str(path)}, tables)

    def accepts(self, made: Made, statements: list[str]) -> dict[str, str]:
        refused = {}
        with duckdb.connect(made.settings["path"], read_only=True) as connection:
            for sql in statements:
                try:
                    connection.execute(f"PREPARE asked AS {sql}")
                    connection.execute("DEALLOCATE asked")
                except duckdb.Error as error:
                    refused[sql] = str(error)
        return refused

    def drop(self, made: Made) -> None:
        Path(made.settings["path"]).unlink()


class Postgres:
    """PostgreSQL, the newest version there is: one database a schema."""

    def make(self, folder: Path, name: str, ddl: str) -> Made:
        database = postgres.new_database(postgres.server())
        database.sql(ddl)
        columns = "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        mine = "table_schema NOT IN ('pg_catalog', 'information_schema')"
        tables: dict[tuple[str, str], tuple[str, ...]] = {}
        for schema, table, column in database.query(f"{columns} WHERE {mine} ORDER BY 1, 2, ordinal_position"):
            tables[schema, table] = (*tables.get((schema, table), ()), column)
        schemas = sorted({"public", *(schema for schema, _ in tables)}, key=lambda schema: (schema != "public", schema))
        database.setup(schemas)
        (folder / f"{name}.url").write_text(database.url, encoding="utf-8")
        settings = {"kind": "postgres", "url": f"file:{folder / name}.url", "schemas": schemas}
        return Made(settings, tables, database)

    def accepts(self, made: Made, statements: list[str]) -> dict[str, str]:
        assert made.database is not None
        return asyncio.run(self._refused(made.database.owner_url, statements))

    async def _refused(self, url: str, statements: list[str]) -> dict[str, str]:
        refused = {}
        connection = await asyncpg.connect(url)
        for sql in statements:
            try:
                await connection.prepare(sql)
            except asyncpg.PostgresError as error:
                refused[sql] = str(error)
        await connection.close()
        return refused

    def drop(self, made: Made) -> None:
        assert made.database is not None
        made.database.drop()


ENGINES: Mapping[str, Engine] = {"duckdb": DuckDb(), "postgres": Postgres()}
