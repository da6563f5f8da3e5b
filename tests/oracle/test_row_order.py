"""The order of rows that no ORDER BY settles follows the engine's plan, and plans follow the statistics of all rows.

A limit that the threat model states: the rows are the same whatever is hidden, but the order in which they come, and so
which of them a LIMIT without an order lets through, can tell that a value is common among hidden rows. So can whether a
select list is computed for rows that a LIMIT cuts off, where it raises on a row that the caller sees. Should this end,
the page must say so.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proxy.errors import GatewayError
from proxy.values import Caller
from tests.oracle.harness import Harness
from tests.oracle.world import KEY, write_policy
from tests.postgres import Server, new_database

TABLES = """
CREATE TABLE t (k int, v text, owner text);
INSERT INTO t SELECT i, 'x', 'eva' FROM generate_series(1, 20) i;
INSERT INTO t SELECT i, {hidden}, 'bob' FROM generate_series(21, 3000) i;
CREATE TABLE u (id int, k int);
INSERT INTO u SELECT 1000 - i, i % 20 + 1 FROM generate_series(1, 60) i;
CREATE INDEX ON t (k);
ANALYZE;
"""
HIDDEN = ("'secret'", "'v' || i")
FILES = {
    "grants.csv": "p, role:reader, shop, read, allow\ng, group:readers, role:reader\n",
    "data/shop.yaml": "tables:\n  shop.public.t:\n    rows:\n"
    "      - {id: own, for: [role:reader], where: \"owner = 'eva'\"}\n",
}
ASKED = "SELECT u.id FROM t JOIN u ON t.k = u.k WHERE t.v = 'secret' OR t.v = 'x'"

CUT_OFF = "SELECT 10 / (k - 5) AS x FROM t WHERE v = 'secret' OR v = 'x' ORDER BY k LIMIT 1"
"""Divides by zero on a row that the caller sees, and that is not among the first."""


@pytest.fixture(scope="module")
def sides(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Harness, Caller]]]:
    made: list[tuple[Harness, Caller]] = []
    databases = []
    for hidden in HIDDEN:
        folder = tmp_path_factory.mktemp("side")
        databases.append(new_database(postgres_server))
        databases[-1].sql(TABLES.format(hidden=hidden))
        databases[-1].setup()
        (folder / "url").write_text(databases[-1].url)
        settings = {"kind": "postgres", "url": f"file:{folder / 'url'}", "schemas": ["public"]}
        harness = Harness(folder, settings, write_policy(folder / "policies", FILES), key=KEY)
        made.append((harness, harness.caller("reader", ["readers"])))
    yield made
    for harness, _ in made:
        harness.close()
    for database in databases:
        database.drop()


def rows(sides: list[tuple[Harness, Caller]], sql: str) -> list[list[tuple[object, ...]]]:
    return [harness.ask(caller, sql).rows for harness, caller in sides]


def test_the_order_of_rows_tells_of_statistics_and_the_rows_do_not(sides: list[tuple[Harness, Caller]]) -> None:
    one, two = rows(sides, ASKED)
    assert sorted(one) == sorted(two)
    assert one != two


def test_an_order_over_all_columns_tells_nothing(sides: list[tuple[Harness, Caller]]) -> None:
    for sql in (f"{ASKED} ORDER BY 1", f"{ASKED} ORDER BY 1 LIMIT 3"):
        one, two = rows(sides, sql)
        assert one == two


def test_a_limit_can_spare_the_callers_own_rows_by_statistics(sides: list[tuple[Harness, Caller]]) -> None:
    ended: list[object] = []
    for harness, caller in sides:
        try:
            ended.append(harness.ask(caller, CUT_OFF).rows)
        except GatewayError as error:
            ended.append(error.sqlstate)
    assert ended == [[(-2,)], "22012"]
