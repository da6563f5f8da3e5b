"""How many different values hidden rows hold must not show: INTERSECT and EXCEPT ask the side first that seems smaller.

Where that side has no row the other is never computed, so that an error over rows which the caller does see came, or
or not, by a column's statistics. In one database every hidden row has a value of its own, in the other many share one;
both have as many rows. Found by the fuzzer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from proxy.errors import GatewayError
from proxy.values import Caller
from tests.oracle.harness import Harness
from tests.oracle.world import KEY, write_policy
from tests.postgres import Database, Server, new_database

ROWS = 400
TABLE = """
CREATE TABLE t (i integer, w varchar, owner varchar);
INSERT INTO t SELECT i, 'x', 'eva' FROM {series}(1, 12) s(i);
INSERT INTO t SELECT {value}, {word}, 'bob' FROM {series}(100, {last}) s(i);
"""
DIFFERENT = {"i": "'secret'", "100 + i % 33": "'v' || i"}
"""`i` and `w` of hidden rows."""
RAISING = {"postgres": "sqrt(-1 - abs(i))", "duckdb": "CAST('a' || i AS INTEGER)"}
STATEMENTS = (
    "SELECT i FROM t WHERE w <> w INTERSECT SELECT i FROM t WHERE {p} = 0",
    "SELECT i FROM t WHERE {p} = 0 INTERSECT SELECT i FROM t WHERE w <> w",
    "SELECT i FROM t WHERE w <> w INTERSECT ALL SELECT i FROM t WHERE {p} = 0",
    "SELECT i FROM t WHERE w <> w EXCEPT SELECT i FROM t WHERE {p} = 0",
    "(SELECT i FROM t WHERE w <> w INTERSECT SELECT i FROM t WHERE {p} = 0) EXCEPT SELECT 1",
    "SELECT count(*) FROM (SELECT i FROM t WHERE w <> w INTERSECT SELECT i FROM t WHERE {p} = 0) z",
    "SELECT t.* FROM t WHERE w <> w INTERSECT SELECT * FROM t WHERE {p} = 0",
    "SELECT CAST({p} AS INTEGER) FROM t INTERSECT SELECT i FROM t WHERE w = 'secret'",
    "SELECT i FROM t WHERE w = 'secret' INTERSECT SELECT CAST({p} AS INTEGER) FROM t",
    "SELECT i FROM t WHERE w IN ('secret', 'y') INTERSECT SELECT CAST(max({p}) AS INTEGER) FROM t GROUP BY i",
    "SELECT i FROM t WHERE w = 'secret' EXCEPT SELECT CAST({p} AS INTEGER) FROM t",
    "(SELECT i FROM t WHERE w = 'secret' INTERSECT SELECT CAST({p} AS INTEGER) FROM t) UNION ALL SELECT 1",
    "WITH q AS (SELECT CAST({p} AS INTEGER) AS c FROM t) SELECT i FROM t WHERE w = 'secret' INTERSECT SELECT c FROM q",
    "SELECT u.i FROM t JOIN t u USING (i) WHERE u.w <> u.w INTERSECT SELECT i FROM t WHERE {p} = 0",
)
POLICY = {
    "grants.csv": "p, role:reader, shop, read, allow\ng, group:readers, role:reader\n",
    "data/shop.yaml": "tables:\n  {t}:\n    rows:\n      - {{id: own, for: [role:reader], where: \"owner = 'eva'\"}}\n",
}
Sides = list[tuple[Harness, Caller]]


def policy(table: str) -> dict[str, str]:
    return {**POLICY, "data/shop.yaml": POLICY["data/shop.yaml"].format(t=table)}


def side(folder: Path, settings: Path | dict[str, object], table: str) -> tuple[Harness, Caller]:
    """A gateway over one of the databases."""
    made = Harness(folder, settings, write_policy(folder / "policies", policy(table)), key=KEY)
    return made, made.caller("reader", ["readers"])


def told(sides: Sides, sql: str) -> list[object]:
    """What each side says."""
    found: list[object] = []
    for harness, caller in sides:
        try:
            found.append(sorted(map(repr, harness.ask(caller, sql).rows)))
        except GatewayError as error:
            if error.code != "query-failed":
                raise  # a refusal says nothing of the data
            found.append((error.code, str(error), error.reasons, error.sqlstate))
    return found


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    sides: Sides = []
    for value, word in DIFFERENT.items():
        folder = tmp_path_factory.mktemp("side")
        with duckdb.connect(str(folder / "raw.duckdb")) as connection:
            connection.execute(TABLE.format(series="generate_series", value=value, word=word, last=99 + ROWS))
        sides.append(side(folder, folder / "raw.duckdb", "shop.main.t"))
    yield sides
    for harness, _ in sides:
        harness.close()


@pytest.fixture(scope="module")
def on_postgres(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    sides: Sides = []
    databases: list[Database] = []
    for value, word in DIFFERENT.items():
        folder = tmp_path_factory.mktemp("side")
        databases.append(new_database(postgres_server))
        databases[-1].sql(TABLE.format(series="generate_series", value=value, word=word, last=99 + ROWS) + "ANALYZE;")
        databases[-1].setup()
        (folder / "url").write_text(databases[-1].url)
        settings = {"kind": "postgres", "url": f"file:{folder / 'url'}", "schemas": ["public"]}
        sides.append(side(folder, settings, "shop.public.t"))
    yield sides
    for harness, _ in sides:
        harness.close()
    for database in databases:
        database.drop()


@pytest.mark.parametrize("statement", STATEMENTS)
def test_different_values_of_hidden_rows_do_not_show_on_duckdb(on_duckdb: Sides, statement: str) -> None:
    one, other = told(on_duckdb, statement.format(p=RAISING["duckdb"]))
    assert one == other


@pytest.mark.parametrize("statement", STATEMENTS)
def test_different_values_of_hidden_rows_do_not_show_on_postgres(on_postgres: Sides, statement: str) -> None:
    one, other = told(on_postgres, statement.format(p=RAISING["postgres"]))
    assert one == other
