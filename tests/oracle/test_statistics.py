"""What the engine's statistics know of hidden rows must not show: two databases that differ in hidden rows only.

In the first the hidden rows widen the range of `k` and bring a name that nobody else has; in the second they are not
there. Whether DuckDB computes an expression that raises can depend on that range. Every statement must end alike.
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

ROWS = 9000
FILTERS = {
    "eq": "region = 'EU'",
    "call": "lower(region) = 'eu'",
    "in_query": "id IN (SELECT cid FROM s WHERE who = 'sam')",
    "exists": "EXISTS (SELECT 1 FROM s WHERE cid = id)",
}
PREDICATES = (
    "name = 'Bruno' AND CAST('abc' AS INTEGER) = 1",
    "k = 0 AND CAST('abc' AS INTEGER) = 1",
    "CASE WHEN k = 0 THEN CAST('abc' AS INTEGER) END IS NULL",
    "k = 0 AND CAST(q.id::VARCHAR || 'a' AS INTEGER) = 1",
    "coalesce(k, CAST('abc' AS INTEGER)) = 1",
    "k IS NULL AND CAST('abc' AS INTEGER) = 1",
    "k IN (0, 5) AND 1 // 0 = 1",
    "10 // k = 10",
    "CAST(name AS INTEGER) = 5",
    "[1][k] = 1 AND name::INTEGER = 5",
    "if(k = 0, CAST('x' AS DATE), NULL) IS NULL",
    "nullif(k, 0) IS NULL AND make_date(2020, 13, 1) IS NULL",
    "k = 0 AND id >= 'abc'",
    "k = 0 AND 'x' = 1",
    "k = 0 AND NOT 'abc'",
    "k = 0 AND uuid() = 'abc'",
    "k = 0 AND sqrt('abc') IS NULL",
    "k = 0 AND INTERVAL 'abc' DAY IS NULL",
    "name = 'Bruno' AND nullif('abc', 1) IS NULL",
)
POSITIONS = {
    "where": "SELECT count(*) FROM {t} q WHERE {p}",
    "on": "SELECT count(*) FROM v w(j) JOIN {t} q ON q.id = w.j WHERE {p}",
    "left": "SELECT count(*) FROM v w(j) LEFT JOIN {t} q ON q.id = w.j AND {p}",
    "full": "SELECT count(*) FROM v w(j) FULL JOIN {t} q ON q.id = w.j WHERE {p}",
    "select": "SELECT {p} FROM {t} q",
    "derived": "SELECT count(*) FROM (SELECT {p} AS b FROM {t} q) z WHERE b",
    "apart": "SELECT count(*) FROM (SELECT * FROM {t} q WHERE k = 0) z WHERE CAST('abc' AS INTEGER) = 1",
    "union": "SELECT count(*) FROM (SELECT id, name, k FROM {t} UNION ALL SELECT 1, '5', 1) q WHERE {p}",
    "correlated": "SELECT count(*) FROM v w(j) WHERE EXISTS (SELECT 1 FROM {t} q WHERE q.id = w.j AND {p})",
    "filter": "SELECT count(*) FILTER (WHERE {p}) FROM {t} q",
    "order": "SELECT id FROM {t} q ORDER BY {p}, id",
    "group": "SELECT count(*) FROM {t} q GROUP BY {p} ORDER BY 1",
    "distinct": "SELECT DISTINCT {p} FROM {t} q",
    "inside": "SELECT sum(CASE WHEN {p} THEN 1 ELSE 0 END) FROM {t} q",
    "having": "SELECT id, max(k) FROM {t} q GROUP BY id, name, k HAVING {p}",
    "aggregate": "SELECT max(k) = 0 AND CAST('abc' AS INTEGER) = 1 FROM {t} q",
}


def _build(path: Path, hidden: bool) -> None:
    with duckdb.connect(str(path)) as connection:
        only = "" if hidden else "WHERE i % 3 <> 0"
        for name in FILTERS:
            connection.execute(
                f"CREATE TABLE {name} AS SELECT i AS id, CASE WHEN i % 3 = 0 THEN 'Bruno' ELSE '5' END AS name, "
                "CASE WHEN i % 3 = 0 THEN 'US' ELSE 'EU' END AS region, CASE WHEN i % 3 = 0 THEN 0 ELSE 1 END AS k "
                f"FROM range({ROWS}) t(i) {only}"
            )
        connection.execute(f"CREATE TABLE s AS SELECT i AS cid, 'sam' AS who FROM range({ROWS}) t(i) WHERE i % 3 <> 0")
        connection.execute(f"CREATE TABLE v AS SELECT range AS k FROM range({ROWS})")


class Side:
    """A gateway over one of the two databases."""

    def __init__(self, folder: Path, hidden: bool) -> None:
        folder.mkdir()
        _build(folder / "raw.duckdb", hidden)
        rows = "".join(
            f'  shop.main.{name}:\n    rows:\n      - {{id: only, for: [role:reader], where: "{where}"}}\n'
            for name, where in FILTERS.items()
        )
        files = {
            "grants.csv": "p, role:reader, shop, read, allow\ng, group:readers, role:reader\n",
            "data/shop.yaml": f"tables:\n{rows}",
        }
        self.harness = Harness(folder, folder / "raw.duckdb", write_policy(folder / "policies", files), key=KEY)
        self.caller: Caller = self.harness.caller("reader", ["readers"])

    def answer(self, sql: str) -> object:
        """Rows in a fixed order, or what the caller is told of the failure."""
        try:
            return sorted(map(repr, self.harness.ask(self.caller, sql).rows))
        except GatewayError as error:
            return (error.code, str(error), error.reasons, error.sqlstate)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    folder = tmp_path_factory.mktemp("statistics")
    made = Side(folder / "with", hidden=True), Side(folder / "without", hidden=False)
    yield made
    for side in made:
        side.harness.close()


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("table", FILTERS)
def test_hidden_rows_in_statistics_do_not_show(sides: tuple[Side, Side], table: str, position: str) -> None:
    one, other = sides
    different = []
    for predicate in PREDICATES if "{p}" in POSITIONS[position] else PREDICATES[:1]:
        sql = POSITIONS[position].format(t=table, p=predicate)
        if one.answer(sql) != other.answer(sql):
            different.append(sql)
    assert different == []
