"""Two warehouses that differ only in what a caller may not see are told apart by nothing: rows, names, types, errors.

The second has other hidden rows (with values that make common expressions raise, and that widen every column's
statistics), other values in a hidden column, and other values behind the same masks. The generator is that of the
oracle, with expressions added that raise on such values.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.errors import GatewayError
from tests.oracle import world
from tests.oracle.generate import Draw, Relation
from tests.oracle.harness import Harness

EXAMPLES = int(os.environ.get("USHER_INDISTINGUISHABLE_EXAMPLES", "100"))
TALLY: Counter[str] = Counter()

OTHER = """
CREATE TEMP TABLE mine AS SELECT id FROM sales.customers WHERE region = 'EU';
DELETE FROM sales.orders WHERE customer_id IS NULL OR customer_id NOT IN (FROM mine);
DELETE FROM sales.customers WHERE region IS DISTINCT FROM 'EU' OR deleted;
UPDATE people.employees SET name = 'boss', salary = 1, region = 'US', boss = 0;
UPDATE sales.orders SET note = 'other' || id;
UPDATE sales.customers SET ssn = '123-' || right(ssn, 6) WHERE length(ssn) > 8;
UPDATE sales.customers SET email = 'z' || length(email) || '@' || split_part(email, '@', 2) WHERE email LIKE '%@%';
UPDATE sales.customers SET notes = notes || '!' || id, born = make_date(year(born), 12, 31);
CREATE OR REPLACE TABLE sales.customers AS FROM sales.customers;
CREATE OR REPLACE TABLE sales.orders AS FROM sales.orders;
INSERT INTO sales.customers SELECT mine.id, 'gone', 'gone', 'EU', -99999999.99, 'gone', DATE '9999-12-31', 'gone', true
FROM mine WHERE id NOT IN (SELECT id FROM sales.customers);
INSERT INTO sales.customers SELECT 2000000000 + i, ['boom', 'x$', '[', ''][1 + i % 4], 'boom', ['US', NULL][1 + i % 2],
    99999999.99, 'boom', DATE '0001-01-01', 'boom', false
FROM range(60) t(i) WHERE i < 60 - (SELECT count(*) FROM sales.customers);
INSERT INTO sales.orders SELECT 2000000000 + i, 2000000000 + i, DATE '9999-12-31', 99999999.99, 'boom', 'boom'
FROM range(140) t(i) WHERE i < 140 - (SELECT count(*) FROM sales.orders);
CREATE TABLE sales.more AS SELECT 1 AS a;
"""
"""Turns the warehouse of `world` into one that looks the same to an analyst of the EU. Both have as many rows: how many
there are shows otherwise, see `test_the_build_side_tells_no_more_than_that_a_table_is_larger`."""
MANY = """
INSERT INTO sales.customers (id, name, region, deleted)
SELECT 2000000000 + i, 'boom', 'US', false FROM range(3000) t(i);
"""
BUILD_SIDES = (
    "SELECT count(*) FROM sales.orders o JOIN (SELECT id FROM sales.customers WHERE name = 'nobody') c "
    "ON o.id = c.id AND CAST(o.status AS INTEGER) = 1",
    "SELECT count(*) FROM sales.orders o JOIN sales.customers c ON o.id = c.id AND c.name = 'nobody' "
    "WHERE CAST(o.status AS INTEGER) = 1",
)
"""What raises here are rows that the caller sees; whether they are computed depends on which side the engine builds."""
PLANS = (
    "",
    "build_side_probe_side",
    "join_order,build_side_probe_side",
    "join_order,build_side_probe_side,filter_pushdown,statistics_propagation,empty_result_pullup",
)
"""Optimizers to leave out: other orders in which the engine may compute a statement."""


class Raising(Draw):
    """Queries in which many expressions raise on some value; most do not raise on what the analyst sees."""

    def number(self, relations: list[Relation], depth: int = 0) -> str:
        column = self.column(relations, "int")
        if depth < 2 and column is not None and self.chance(4):
            return self._risky(column, relations, depth)
        return super().number(relations, depth)

    def _risky(self, column: str, relations: list[Relation], depth: int) -> str:
        name = self.column(relations, "text") or "'7'"
        digits = f"replace(coalesce({name}, '7'), 'name', '')"
        return self.pick(
            f"CAST({column} AS TINYINT)",
            f"CAST({column} AS UTINYINT)",
            f"100 // ({column} - 2000000007)",
            f"({column} % ({column} - 2000000007))",
            f"({column} * 1000000)",
            f"CAST({digits} AS INTEGER)",
            f"length(repeat('a', {column} // 1000))",
            f"[1, 2, 3][CAST({column} AS SMALLINT)]",
            f"day(DATE '2020-01-01' + CAST({column} AS INTEGER))",
            f"length(lpad('a', {column} // 100000, 'b'))",
            f"coalesce({column}, CAST('x' AS INTEGER))",
            f"CASE WHEN {self.predicate(relations, depth + 1)} THEN CAST('x' AS INTEGER) ELSE {column} END",
            f"if({self.predicate(relations, depth + 1)}, {column}, 1 // 0)",
            f"ascii(chr({column} // 1000))",
        )

    def predicate(self, relations: list[Relation], depth: int = 0) -> str:
        name, column = self.column(relations, "text"), self.column(relations, "int")
        if depth < 2 and name is not None and column is not None and self.chance(4):
            return self.pick(
                f"{name} LIKE 'x$' ESCAPE '$'",
                f"INTERVAL ({column}) YEAR IS NOT NULL",
                f"INTERVAL (replace({name}, 'name', '')) DAY IS NOT NULL",
                f"regexp_matches('a', {name})",
                f"try_strptime({name}, '%d') IS NULL",
                f"strptime('1', replace({name}, 'name', '%d')) IS NOT NULL",
                f"({column} > 1000000 AND CAST('x' AS INTEGER) = 1)",
                f"({name} = 'boom' AND CAST('x' AS INTEGER) = 1)",
                f"({column} > 1000000 AND (SELECT CAST('x' AS INTEGER)) = 1)",
                f"{column} > 1000000",
                f"{name} > 'namez'",
                f"CAST({column} AS SMALLINT) > 3",
            )
        return super().predicate(relations, depth)


@st.composite
def statements(draw: st.DrawFn) -> str:
    """One statement."""
    return Raising(draw).statement()


class Side:
    """A gateway over one of the two warehouses, and an analyst of the EU."""

    def __init__(self, folder: Path, change: str) -> None:
        folder.mkdir()
        raw = folder / "raw.duckdb"
        world.build_raw(raw)
        with duckdb.connect(str(raw)) as connection:
            connection.execute(change)
        policies = world.write_policy(folder / "policies", world.POLICY)
        self.harness = Harness(
            folder, raw, policies, key=world.KEY, search_path=("sales", "people"), attributes=("region", "accounts")
        )
        self.caller = self.harness.caller("eva", ["analysts"], {"region": "EU"})

    def told(self, sql: str) -> tuple[object, ...]:
        """All that the analyst is told; rows up to their order."""
        try:
            answer = self.harness.ask(self.caller, sql)
        except GatewayError as error:
            return "refused", error.code, error.detail, error.reasons, error.span, error.sqlstate
        return "answered", answer.names, answer.types, Counter(map(repr, answer.rows))


class Visible:
    """What the analyst sees and nothing else, asked in every order of computing."""

    def __init__(self, folder: Path) -> None:
        world.build_raw(folder / "visible-raw.duckdb")
        world.build_copy(folder / "visible.duckdb", folder / "visible-raw.duckdb", world.PRINCIPALS[0])
        self._connection = duckdb.connect()
        self._connection.execute(f"ATTACH '{folder / 'visible.duckdb'}' AS shop (READ_ONLY); USE shop.sales")

    def raises(self, sql: str) -> bool:
        """Whether rows that are seen make a statement fail in one order at least."""
        for left_out in PLANS:
            self._connection.execute(f"SET disabled_optimizers = '{left_out}'")
            try:
                self._connection.execute(sql).fetchall()
            except duckdb.Error:
                return True
        return False


@pytest.fixture(scope="module")
def visible(tmp_path_factory: pytest.TempPathFactory) -> Visible:
    return Visible(tmp_path_factory.mktemp("visible"))


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    folder = tmp_path_factory.mktemp("sides")
    one, two = Side(folder / "one", "SELECT 1"), Side(folder / "two", OTHER)
    yield one, two
    one.harness.close()
    two.harness.close()
    print(f"indistinguishable: {dict(TALLY)}")


@pytest.mark.parametrize("table", ["sales.customers", "sales.orders"])
def test_both_show_the_same_rows(sides: tuple[Side, Side], table: str) -> None:
    one, two = (side.told(f"SELECT * FROM {table}") for side in sides)
    assert one == two
    assert one[0] == "answered"


def test_the_warehouses_differ(sides: tuple[Side, Side]) -> None:
    counts = []
    for side in sides:
        auditor = side.harness.caller("olga", ["auditors"])
        counts.append(side.harness.ask(auditor, "SELECT count(*), max(id) FROM sales.customers").rows)
    assert counts[0] != counts[1]


def test_the_build_side_tells_no_more_than_that_a_table_is_larger(sides: tuple[Side, Side], tmp_path: Path) -> None:
    """A limit that the threat model states: rows that the caller sees may raise, or not, by which side of a join the
    engine builds, and that goes by how many rows the tables have in all. Should this end, the page must say so."""
    few, many = sides[0], Side(tmp_path / "many", MANY)
    try:
        told = [(few.told(sql), many.told(sql)) for sql in BUILD_SIDES]
    finally:
        many.harness.close()
    assert {one[0] for pair in told for one in pair} == {"answered", "refused"}
    for one in (one for pair in told for one in pair):
        assert one[-1] == ("22P02" if one[0] == "refused" else Counter({"(0,)": 1}))


@pytest.mark.timeout(3600)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(sql=statements())
def test_nothing_tells_the_two_apart(sides: tuple[Side, Side], visible: Visible, sql: str) -> None:
    one, two = (side.told(sql) for side in sides)
    if one != two and {one[0], two[0]} == {"answered", "refused"} and visible.raises(sql):
        TALLY["told by the build side"] += 1  # see the test above: the rows that raise are the caller's own
        return
    assert one == two, sql
    TALLY[str(one[0])] += 1
