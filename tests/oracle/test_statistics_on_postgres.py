"""What PostgreSQL's statistics know of hidden rows must not show: two databases that differ in hidden rows only.

In the first the hidden rows bring values of `k` and `name` that nobody else has, most common ones at that; in the
second they are not there. Whether an expression that raises is computed, when the statement is planned or when it runs,
can depend on it. Every statement must end alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.errors import GatewayError
from proxy.values import Caller
from tests.oracle.harness import Harness
from tests.oracle.world import KEY, write_policy
from tests.postgres import Database, Server, new_database

ROWS = 3000
EACH = 5
MORE = "1.7e308::double precision AS d, 9e131071::numeric AS n, 9999999999999.99::numeric(15,2) AS p"
"""Numbers of which two are more than their type has room for, and one of a type that has."""
FILTERS = {
    "eq": "region = 'EU'",
    "call": "lower(region) = 'eu'",
    "in_query": "id IN (SELECT cid FROM shop.public.s WHERE who = 'sam')",
    "exists_in": "EXISTS (SELECT 1 FROM shop.public.s WHERE cid = id)",
}
PREDICATES = (
    "name LIKE 'Brun\\'",
    "name NOT LIKE 'Bru%\\'",
    "name ILIKE '%RUN\\'",
    "name ~ ('(' || now()::text)",
    "k = 0 AND CAST('abc' || now()::text AS integer) = 1",
    "name = 'Bruno' AND CAST(now()::text AS integer) = 1",
    "CASE WHEN k = 0 THEN CAST(now()::text AS integer) END IS NULL",
    "k = 0 AND CAST(q.id::text || 'a' AS integer) = 1",
    "coalesce(k, CAST(now()::text AS integer)) = 1",
    "k IS NULL AND CAST(now()::text AS integer) = 1",
    "k IN (0, 5) AND 1 / (extract(year FROM now()) - extract(year FROM now())) = 1",
    "10 / k = 10",
    "10 % k = 10",
    "CAST(name AS integer) = 5",
    "CAST(name AS integer) BETWEEN 1 AND 7",
    "(ARRAY[1])[k] = 1 AND name::integer = 5",
    "nullif(k, 0) IS NULL AND make_date(2020, 12 + id % 2 + 1, 1) IS NULL",
    "sqrt(k - 1) = 0",
    "ln(k) = 0",
    "k + 2147483647 - id > 0",
    "substring(name, 1, k - 1) = ''",
    "to_date(name, 'DD') IS NULL",
    "chr(k) = 'x'",
    "k = 0 AND name > repeat(name, 1 / k)",
    "name::jsonb IS NULL",
    "k < 1 AND to_number(name, '9') = 5",
    "name = 'Bruno' AND name::date IS NULL",
    "upper(name) LIKE 'BRUN\\'",
)
POSITIONS = {
    "where": "SELECT count(*) FROM {t} q WHERE {p}",
    "on": "SELECT count(*) FROM v w JOIN {t} q ON q.id = w.j WHERE {p}",
    "left": "SELECT count(*) FROM v w LEFT JOIN {t} q ON q.id = w.j AND {p}",
    "full": "SELECT count(*) FROM v w FULL JOIN {t} q ON q.id = w.j WHERE {p}",
    "select": "SELECT {p} FROM {t} q",
    "derived": "SELECT count(*) FROM (SELECT {p} AS b FROM {t} q) z WHERE b",
    "apart": "SELECT count(*) FROM (SELECT * FROM {t} q WHERE k = 0) z WHERE CAST(now()::text AS integer) = 1",
    "fenced": "SELECT count(*) FROM (SELECT * FROM {t} q OFFSET 0) q WHERE {p}",
    "materialized": "WITH q AS MATERIALIZED (SELECT * FROM {t}) SELECT count(*) FROM q WHERE {p}",
    "union": "SELECT count(*) FROM (SELECT id, name, k FROM {t} UNION ALL SELECT 1, '5', 1) q WHERE {p}",
    "correlated": "SELECT count(*) FROM v w WHERE EXISTS (SELECT 1 FROM {t} q WHERE q.id = w.j AND {p})",
    "filter": "SELECT count(*) FILTER (WHERE {p}) FROM {t} q",
    "order": "SELECT id FROM {t} q ORDER BY {p}, id",
    "group": "SELECT count(*) FROM {t} q GROUP BY {p} ORDER BY 1",
    "distinct": "SELECT DISTINCT {p} FROM {t} q",
    "inside": "SELECT sum(CASE WHEN {p} THEN 1 ELSE 0 END) FROM {t} q",
    "having": "SELECT id, max(k) FROM {t} q GROUP BY id, name, k HAVING {p}",
    "aggregate": "SELECT max(k) = 0 AND CAST(now()::text AS integer) = 1 FROM {t} q",
}


def build(database: Database, hidden: bool) -> None:
    only = "" if hidden else "WHERE i % 3 <> 0"
    made = []
    for name in FILTERS:
        made.append(
            f"CREATE TABLE {name} AS SELECT i AS id, CASE WHEN i % 3 = 0 THEN 'Bruno' ELSE '5' END AS name, "
            "CASE WHEN i % 3 = 0 THEN 'US' ELSE 'EU' END AS region, CASE WHEN i % 3 = 0 THEN 0 ELSE 1 END AS k, "
            "CASE WHEN i % 3 = 0 THEN 'NaN' WHEN i % 3 = 1 THEN 9999999999999.99 ELSE -1 END::numeric(15,2) AS p "
            f"FROM generate_series(0, {ROWS - 1}) i {only};"
            f"CREATE INDEX ON {name} (k); CREATE INDEX ON {name} (name); CREATE INDEX ON {name} (upper(name));"
            f"CREATE STATISTICS {name}_1 ON name, k, region FROM {name};"
            f"CREATE STATISTICS {name}_2 ON upper(name), (k + 1), region FROM {name};"
        )
    made.append(f"CREATE TABLE s AS SELECT i AS cid, 'sam' AS who FROM generate_series(0, {ROWS}) i WHERE i % 3 <> 0;")
    made.append(f"CREATE TABLE v AS SELECT i AS j FROM generate_series(0, {ROWS - 1}) i;")
    made.append(f"CREATE TABLE u AS SELECT i AS j, {MORE} FROM generate_series(0, {ROWS - 1}) i; ANALYZE;")
    database.sql("\n".join(made))


class Side:
    """A gateway over one of the two databases."""

    def __init__(self, server: Server, folder: Path, hidden: bool, more: str = "SELECT 1") -> None:
        folder.mkdir()
        self.database = new_database(server)
        build(self.database, hidden)
        self.database.sql(more)
        self.database.setup()
        (folder / "url").write_text(self.database.url)
        rows = "".join(
            f'  shop.public.{name}:\n    rows:\n      - {{id: only, for: [role:reader], where: "{where}"}}\n'
            for name, where in FILTERS.items()
        )
        files = {
            "grants.csv": "p, role:reader, shop, read, allow\ng, group:readers, role:reader\n",
            "data/shop.yaml": f"tables:\n{rows}",
        }
        settings = {"kind": "postgres", "url": f"file:{folder / 'url'}", "schemas": ["public"]}
        self.harness = Harness(folder, settings, write_policy(folder / "policies", files), key=KEY)
        self.caller: Caller = self.harness.caller("reader", ["readers"])

    def answer(self, sql: str) -> object:
        """Rows in a fixed order, or what the caller is told of the failure."""
        try:
            return sorted(map(repr, self.harness.ask(self.caller, sql).rows))
        except GatewayError as error:
            if error.code != "query-failed":
                raise  # a refusal says nothing of the data
            return (error.code, str(error), error.reasons, error.sqlstate)

    def close(self) -> None:
        """Let go of everything."""
        self.harness.close()
        self.database.drop()


@pytest.fixture(scope="module")
def sides(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    folder = tmp_path_factory.mktemp("statistics")
    made = Side(postgres_server, folder / "with", True), Side(postgres_server, folder / "without", False)
    yield made
    for side in made:
        side.close()


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("table", FILTERS)
def test_hidden_rows_in_statistics_do_not_show(sides: tuple[Side, Side], table: str, position: str) -> None:
    one, other = sides
    different = []
    first = (list(FILTERS).index(table) * 5 + list(POSITIONS).index(position)) * EACH
    tried = [PREDICATES[(first + i) % len(PREDICATES)] for i in range(EACH)]
    for predicate in tried if "{p}" in POSITIONS[position] else PREDICATES[:1]:
        sql = POSITIONS[position].format(t=table, p=predicate)
        if one.answer(sql) != other.answer(sql):
            different.append(sql)
    assert different == []


@pytest.mark.parametrize("predicate", ["10 % k = 10", "10 / k = 10", "CAST(name AS integer) = 5"])
def test_without_the_gateway_they_do(sides: tuple[Side, Side], predicate: str) -> None:
    one, other = sides
    seen = "SELECT * FROM exists_in x WHERE EXISTS (SELECT 1 FROM s WHERE cid = x.id)"
    sql = f"SELECT count(*) FROM ({seen}) q WHERE {predicate}"
    other.database.sql(sql)
    with pytest.raises(AssertionError, match="ERROR"):
        one.database.sql(sql)
