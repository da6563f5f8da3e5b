"""The engines that corpora are measured on: how a schema is made there, and what usher.yaml says to reach it.

Rule kept here: an engine is asked itself what it accepts; nothing is written down here that it can be asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb


@dataclass(frozen=True)
class Made:
    """A schema that was made: settings of the warehouse over it, and the columns of its tables by (schema, table)."""

    settings: Mapping[str, Any]
    tables: Mapping[tuple[str, str], tuple[str, ...]]


class Engine(Protocol):
    """One engine under measurement."""

    def make(self, folder: Path, name: str, ddl: str) -> Made:
        """Makes a schema, empty of rows."""

    def accepts(self, made: Made, statements: list[str]) -> list[str]:
        """Those statements that the engine does not take, each with its own word."""


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

    def accepts(self, made: Made, statements: list[str]) -> list[str]:
        refused = []
        with duckdb.connect(made.settings["path"], read_only=True) as connection:
            for sql in statements:
                try:
                    connection.execute(f"PREPARE asked AS {sql}")
                    connection.execute("DEALLOCATE asked")
                except duckdb.Error as error:
                    refused.append(f"{sql}: {error}")
        return refused


ENGINES: Mapping[str, Engine] = {"duckdb": DuckDb()}
