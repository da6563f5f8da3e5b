"""Every lock of the session, tried: on the raw connection, with no allow-list in front of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from proxy.errors import GatewayError
from proxy.warehouses.duckdb import Settings
from proxy.warehouses.duckdb.session import LOCKS, Session

stolen = pa.table({"secret": ["a Python variable"]})


@pytest.fixture
def session(file: Path) -> Iterator[Session]:
    made = Session("shop", Settings(path=file, threads=2, memory_limit="256MiB"))
    yield made
    made.retire()


def raw(session: Session) -> duckdb.DuckDBPyConnection:
    return session._connection.cursor()


FILES_AND_NETWORK = [
    "SELECT content FROM read_blob('{file}')",
    "SELECT content FROM read_blob('./{file}')",
    "SELECT content FROM read_text('{folder}/../{name}/secret.txt')",
    "SELECT * FROM read_text('{folder}/secret.txt')",
    "SELECT * FROM read_csv('{folder}/secret.csv')",
    "SELECT * FROM read_json('{folder}/secret.csv')",
    "SELECT * FROM read_parquet('{folder}/x.parquet')",
    "SELECT * FROM sniff_csv('{folder}/secret.csv')",
    "SELECT * FROM read_duckdb('{file}')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM '{folder}/secret.csv'",
    "SELECT * FROM '{file}'",
    "SELECT * FROM 'https://example.com/x.csv'",
    "SELECT * FROM read_csv('https://example.com/x.csv')",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "COPY (SELECT 'x') TO '{file}' (FORMAT csv, USE_TMP_FILE false)",
    "COPY (SELECT 'x') TO '{file}.wal' (FORMAT csv, USE_TMP_FILE false)",
    "EXPORT DATABASE '{folder}/export'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/other.duckdb' AS other",
    "ATTACH '{file}' AS again",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{folder}/evil.duckdb_extension'",
    "INSTALL evil FROM community",
    "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
]


@pytest.mark.parametrize("sql", FILES_AND_NETWORK)
def test_no_files_and_no_network(session: Session, file: Path, sql: str) -> None:
    (file.parent / "secret.txt").write_text("SECRET")
    (file.parent / "secret.csv").write_text("a,b\n1,SECRET\n")
    before = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in file.parent.iterdir()}
    with pytest.raises(duckdb.Error):
        raw(session).execute(sql.format(file=file, folder=file.parent, name=file.parent.name)).fetchall()
    assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in file.parent.iterdir()} == before


def test_no_python_variable_is_read(session: Session) -> None:
    local_stolen = stolen
    for name in ("stolen", "local_stolen", "session"):
        with pytest.raises(duckdb.CatalogException):
            raw(session).execute(f"SELECT * FROM {name}").fetchall()
    assert local_stolen.num_rows == 1


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_can_be_undone(session: Session, lock: str) -> None:
    name = lock.partition(" ")[0]
    for sql in (f"SET {name} = 'true'", f"SET GLOBAL {name} = 'true'", f"RESET {name}", f"PRAGMA {name} = true"):
        with pytest.raises(duckdb.Error):
            raw(session).execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SET threads = 64",
        "SET memory_limit = '1TB'",
        "SET TimeZone = 'Asia/Tokyo'",
        "SET temp_directory = '/tmp'",
        "PRAGMA memory_limit = '1TB'",
        "SET default_order = 'DESC'",
        "SET errors_as_json = true",
        "PRAGMA enable_profiling",
        "SET allowed_paths = ['/']",
    ],
)
def test_no_setting_changes(session: Session, sql: str) -> None:
    with pytest.raises(duckdb.Error):
        raw(session).execute(sql)


def test_settings_are_pinned(session: Session) -> None:
    sql = "SELECT name, value FROM duckdb_settings() WHERE name IN ('TimeZone', 'temp_directory', 'threads')"
    pinned = dict(raw(session).execute(sql).fetchall())
    assert pinned.pop("TimeZone") in ("UTC", "Etc/UTC")
    assert pinned == {"temp_directory": "", "threads": "2"}


@pytest.mark.parametrize("name", ["people", "main.people", "hr.people", "team_one"])
def test_an_unqualified_name_finds_nothing(session: Session, name: str) -> None:
    with pytest.raises(duckdb.CatalogException):
        raw(session).execute(f"SELECT * FROM {name}").fetchall()


def test_a_search_path_set_on_one_cursor_does_not_reach_the_next(session: Session) -> None:
    # The engine lets this one setting change even when its configuration is locked; executions refuse the statement.
    raw(session).execute("SET search_path = 'shop'")
    with pytest.raises(duckdb.CatalogException):
        raw(session).execute("SELECT * FROM people").fetchall()


def test_a_macro_of_the_warehouse_is_not_found_unqualified(session: Session) -> None:
    with pytest.raises(duckdb.CatalogException):
        raw(session).execute("SELECT shout('x')").fetchall()


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE shop.main.x (i INTEGER)",
        "INSERT INTO shop.main.people VALUES (1, 'x', 1)",
        "DELETE FROM shop.main.people",
        "UPDATE shop.main.people SET name = 'x'",
        "DROP TABLE shop.main.people",
        "CREATE VIEW shop.main.v AS SELECT 1",
        "CREATE MACRO shop.main.lower(x) AS x",
        "SELECT nextval('shop.main.counter')",
        "ALTER TABLE shop.main.people ADD COLUMN x INTEGER",
        "CREATE SCHEMA shop.evil",
    ],
)
def test_the_warehouse_is_read_only(session: Session, file: Path, sql: str) -> None:
    before = file.read_bytes()
    with pytest.raises(duckdb.Error):
        raw(session).execute(sql).fetchall()
    assert file.read_bytes() == before


STATEMENTS = [
    "CREATE TABLE memory.main.people AS SELECT 1 AS id",
    "CREATE TEMP TABLE people (i INTEGER)",
    "CREATE TEMP VIEW people AS SELECT 1",
    "CREATE TEMP MACRO lower(x) AS 'evil'",
    "INSERT INTO shop.main.people VALUES (1, 'x', 1)",
    "DETACH shop",
    "ATTACH ':memory:' AS m",
    "USE memory",
    "USE shop",
    "SET search_path = 'shop'",
    "SET SESSION schema = 'shop.main'",
    "SET VARIABLE a = 1",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "CHECKPOINT",
    "BEGIN",
    "COMMIT",
    "COPY (SELECT 1) TO '/dev/null'",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE shop.main.people",
    "PIVOT shop.main.people ON team USING count(*)",
    "",
    ";",
    "-- nothing",
]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_an_execution_runs_one_select_and_nothing_else(session: Session, sql: str) -> None:
    execution = session.execution()
    with pytest.raises(GatewayError):
        execution.start(sql, [])
    execution.close()
    session.release()
    assert raw(session).execute("SELECT count(*), lower('X') FROM shop.main.people").fetchall() == [(1000, "x")]


def test_a_select_that_writes_is_refused_by_the_transaction(session: Session) -> None:
    cursor = raw(session)
    cursor.execute("CREATE TABLE memory.main.mine (i INTEGER)")
    execution = session.execution()
    with pytest.raises(GatewayError):
        execution.start("WITH w AS (INSERT INTO memory.main.mine VALUES (1) RETURNING i) SELECT * FROM w", [])
    execution.close()
    session.release()
    assert cursor.execute("SELECT count(*) FROM memory.main.mine").fetchall() == [(0,)]


def test_large_tables_and_many_queries_still_work_under_the_locks(tmp_path: Path) -> None:
    path = tmp_path / "large.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE t AS SELECT i, md5(i::VARCHAR) AS h FROM range(2000000) r(i)")
    session = Session("shop", Settings(path=path, threads=2, memory_limit="64MiB"))
    cursor = raw(session)
    for modulus in range(2, 22):
        sql = f"SELECT count(*), count(DISTINCT h) FROM shop.main.t WHERE i % {modulus} = 0 AND i < 20000"
        wanted = (20000 + modulus - 1) // modulus
        assert cursor.execute(sql).fetchall() == [(wanted, wanted)]
    assert cursor.execute("SELECT count(*), min(h) IS NOT NULL FROM shop.main.t").fetchall() == [(2000000, True)]
    session.retire()


def test_a_retired_session_closes_when_its_last_execution_ends(file: Path) -> None:
    session = Session("shop", Settings(path=file))
    execution = session.execution()
    execution.start("SELECT * FROM shop.main.people", [])
    session.retire()
    assert execution.next() is not None
    assert session.answers()
    execution.close()
    session.release()
    assert not session.answers()
