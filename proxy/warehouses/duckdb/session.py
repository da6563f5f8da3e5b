"""One locked-down DuckDB instance on one database file.

Rule kept here: the file is attached before the doors close, and every door the engine has is closed before the first
statement of a caller: files, network, extensions, Python objects, settings. The attached database is never made the
default one, so that only a fully qualified name finds a table. Nothing spills to disk, because spilling would need the
file system.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import duckdb
import pyarrow as pa

from proxy.dialect import folded
from proxy.errors import ConfigError
from proxy.values import Catalog
from proxy.warehouses.duckdb import Settings
from proxy.warehouses.duckdb.catalog import snapshot
from proxy.warehouses.duckdb.execution import Execution

LOCKS = (
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
    "allow_persistent_secrets = false",
    "allow_unredacted_secrets = false",
    "enable_external_file_cache = false",
    "python_enable_replacements = false",
    "python_scan_all_frames = false",
    "enable_external_access = false",
    "disabled_filesystems = 'LocalFileSystem'",
    "lock_configuration = true",
)
"""Set after the file is attached, in this order; the last makes them final."""

Identity = tuple[int, int, int, int]


def identity(path: Path) -> Identity:
    """What tells one file from another that took its place. Raises `OSError`."""
    status = os.stat(path)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class Session:
    """A DuckDB instance with one database attached under the warehouse's name, and its schema as it was opened."""

    def __init__(self, name: str, settings: Settings) -> None:
        """Raises `ConfigError` naming the setting and what to do."""
        self._settings = settings
        self._lock = threading.Lock()
        self._users = 0
        self._retired = False
        self.broken = False
        self.identity = _present(name, settings.path)
        self._connection = _opened(name, settings)
        self.catalog: Catalog = snapshot(self._connection, name, settings.search_path)
        missing = _missing_schemas(self._connection, name, settings.search_path)
        if missing:
            self._connection.close()
            raise ConfigError([f"warehouses.{name}.search_path: there is no schema {s}; mend it" for s in missing])

    def execution(self) -> Execution:
        """A place to run one statement; `release` must be called once when it is closed."""
        with self._lock:
            self._users += 1
        return Execution(self._connection, self._settings.batch_rows)

    def release(self) -> None:
        """One execution is over; the last one of a retired session closes the instance."""
        with self._lock:
            self._users -= 1
            close = self._retired and self._users == 0
        if close:
            self._connection.close()

    def retire(self) -> None:
        """No more executions: close now, or when the last running one ends."""
        with self._lock:
            close = not self._retired and self._users == 0
            self._retired = True
        if close:
            self._connection.close()

    def answers(self) -> bool:
        """Whether the instance still works."""
        try:
            with self._connection.cursor() as cursor:
                return bool(cursor.execute("SELECT 1").fetchall() == [(1,)])
        except (duckdb.Error, pa.ArrowException, OSError):
            return False


def _present(name: str, path: Path) -> Identity:
    try:
        if not path.is_file():
            raise ConfigError([f"warehouses.{name}.path: there is no file {path}; create it or mend the path"])
        return identity(path)
    except OSError as error:
        raise ConfigError(
            [f"warehouses.{name}.path: {path} cannot be read ({error.strerror}); mend its rights"]
        ) from error


def _opened(name: str, settings: Settings) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"temp_directory": ""})
    try:
        connection.execute(f"ATTACH {_literal(str(settings.path))} AS {_identifier(name)} (TYPE duckdb, READ_ONLY)")
        connection.execute(f"SET memory_limit = {_literal(settings.memory_limit)}")
        if settings.threads is not None:
            connection.execute(f"SET threads = {settings.threads:d}")
        connection.execute("SET TimeZone = 'UTC'")
        for lock in LOCKS:
            connection.execute(f"SET {lock}")
    except duckdb.Error as error:
        connection.close()
        raise ConfigError([f"warehouses.{name}.path: {_why(settings.path, error)}"]) from error
    return connection


def _why(path: Path, error: duckdb.Error) -> str:
    """Why a file does not open, in our words; the engine's own are chained."""
    text = str(error)
    if "not a valid DuckDB database file" in text:
        return f"{path} is not a DuckDB database; name a file that DuckDB wrote"
    if "lock on file" in text:
        return f"{path} is being written by another process; let it finish, or give the gateway a copy"
    if "WAL" in text or "wal" in text:
        return f"{path} has a write-ahead log that cannot be replayed; open it once with DuckDB and run CHECKPOINT"
    return f"{path} cannot be opened by DuckDB {duckdb.__version__}; check that it is whole, readable and not newer"


def _missing_schemas(connection: duckdb.DuckDBPyConnection, name: str, search_path: tuple[str, ...]) -> list[str]:
    sql = "SELECT schema_name FROM system.main.duckdb_schemas() WHERE database_name = $1"
    there = {folded(row[0]) for row in connection.execute(sql, [name]).fetchall()}
    return [schema for schema in search_path if folded(schema) not in there]


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
