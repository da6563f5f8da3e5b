"""Hidden rows must not be able to end a query: the matrix of filters, raising predicates and positions.

Only rows that the filter hides can raise here, so every query that fails tells of them. Each pair of filter and
position is tried with three of the predicates, in turn.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from proxy.values import Caller
from tests.oracle.harness import Harness
from tests.oracle.world import KEY, write_policy

ROWS = 20_000
EACH = 3
FILTERS = {
    "eq": "region = 'EU'",
    "in_list": "region IN ('AA', 'EU', 'ZZ')",
    "alternative": "(region = 'EU' OR (region = 'ZZ' AND id % 7 = 3))",
    "call": "lower(region) = 'eu'",
    "pattern": "region LIKE 'E%'",
    "calls": "upper(lower(region)) = 'EU'",
    "in_query": "region IN (SELECT r FROM allowed)",
    "exists": "EXISTS (SELECT 1 FROM allowed a WHERE a.r = region)",
    "scalar_query": "region = (SELECT max(r) FROM allowed WHERE r < 'F')",
}
PREDICATES = {
    "division": "100 // (salary - 100000) > -1000",
    "cast": "CAST(name AS INTEGER) > 0",
    "narrowing": "CAST(salary AS SMALLINT) > 0",
    "overflow": "abs(salary * 30000) > 0",
    "by_case": "CASE WHEN salary = 100000 THEN CAST(name AS INTEGER) ELSE 1 END > 0",
    "date": "strptime(name, '%d') > TIMESTAMP '1800-01-01'",
    "coalesced": "coalesce(name, '1')::INTEGER > 0",
    "derived_name": "CAST(substr(name || '', 1, 9) AS INTEGER) > 0",
}
POSITIONS = {
    "where": "SELECT count(*) FROM {t} e WHERE {p}",
    "on": "SELECT count(*) FROM {t} e JOIN k ON {p} AND k.a = e.id % 100 + 1",
    "where_after_join": "SELECT count(*) FROM {t} e JOIN k ON k.a = e.id WHERE {p}",
    "select": "SELECT count(x) FROM (SELECT ({p}) AS x FROM {t} e) q",
    "group": "SELECT ({p}) AS x, count(*) FROM {t} e GROUP BY 1",
    "filter": "SELECT count(*) FILTER (WHERE {p}) FROM {t} e",
    "derived": "SELECT count(*) FROM (SELECT ({p}) AS x, id FROM {t} e) q WHERE x AND id > 0",
    "cte": "WITH q AS (SELECT ({p}) AS x FROM {t} e) SELECT count(*) FROM q WHERE x",
    "renamed": "SELECT count(*) FROM (SELECT name AS name, salary AS salary FROM {t}) AS e WHERE {p}",
    "union": "SELECT count(*) FROM (SELECT name, salary FROM {t} UNION ALL SELECT name, salary FROM {t}) e WHERE {p}",
    "correlated": "SELECT count(*) FROM k WHERE EXISTS (SELECT 1 FROM {t} e WHERE e.id = k.a AND {p})",
    "having": "SELECT name, salary, count(*) FROM {t} e GROUP BY name, salary HAVING {p}",
    "qualify": "SELECT id FROM {t} e QUALIFY row_number() OVER (PARTITION BY id) = 1 AND {p}",
    "order": "SELECT id FROM {t} e ORDER BY ({p}), id LIMIT 3",
    "semi": "SELECT count(*) FROM k SEMI JOIN {t} e ON k.a = e.id AND {p}",
    "left": "SELECT count(*) FROM k LEFT JOIN {t} e ON k.a = e.id AND {p}",
    "lateral": "SELECT count(*) FROM k, LATERAL (SELECT 1 FROM {t} e WHERE e.id = k.a AND {p}) s",
}


def _rows() -> str:
    return (
        "SELECT i::INTEGER AS id, CASE WHEN i % 100 = 1 THEN 'TOPSECRET' ELSE '7' END AS name, "
        "CASE WHEN i % 2 = 0 THEN 'EU' ELSE 'US' END AS region, "
        "(CASE WHEN i % 100 = 1 THEN 100000 ELSE 6000 + i % 1000 END)::INTEGER AS salary "
        f"FROM range(1, {ROWS + 1}) t(i)"
    )


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("errors")
    with duckdb.connect(str(folder / "raw.duckdb")) as connection:
        for name in FILTERS:
            connection.execute(f"CREATE TABLE {name} AS {_rows()}")
        connection.execute("CREATE TABLE allowed AS SELECT * FROM (VALUES ('AA'), ('EU'), ('ZZ')) t(r)")
        connection.execute("CREATE TABLE k AS SELECT i::INTEGER AS a FROM range(1, 101) t(i)")
    rows = "".join(
        f'  shop.main.{name}:\n    rows:\n      - {{id: only, for: [role:reader], where: "{where}"}}\n'
        for name, where in FILTERS.items()
    )
    files = {
        "grants.csv": "p, role:reader, shop, read, allow\ng, group:readers, role:reader\n",
        "data/shop.yaml": f"tables:\n{rows}",
    }
    made = Harness(folder, folder / "raw.duckdb", write_policy(folder / "policies", files), key=KEY)
    yield made
    made.close()


@pytest.fixture(scope="module")
def reader(harness: Harness) -> Caller:
    return harness.caller("reader", ["readers"])


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("table", FILTERS)
def test_hidden_rows_do_not_raise(harness: Harness, reader: Caller, table: str, position: str) -> None:
    first = list(FILTERS).index(table) + list(POSITIONS).index(position)
    tried = [list(PREDICATES.values())[(first + i) % len(PREDICATES)] for i in range(EACH)]
    for predicate in tried:
        harness.ask(reader, POSITIONS[position].format(t=table, p=predicate))


@pytest.mark.parametrize("predicate", PREDICATES.values(), ids=PREDICATES)
def test_the_rows_that_are_hidden_do_raise_where_they_are_not(predicate: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE e AS {_rows()}")
        with pytest.raises(duckdb.Error):
            connection.execute(f"SELECT count(*) FROM e WHERE {predicate}")
