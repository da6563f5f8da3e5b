"""The oracle: a query through the gateway equals the same query on copies that were filtered and masked by hand."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings

from proxy.errors import GatewayError
from proxy.values import Caller
from tests.oracle import world
from tests.oracle.generate import statements
from tests.oracle.harness import Harness, Rows, as_rows

EXAMPLES = int(os.environ.get("USHER_ORACLE_EXAMPLES", "100"))
TALLY: Counter[str] = Counter()


class Sides(Protocol):
    """The gateway, and every principal's copy."""

    def expected(self, name: str, sql: str) -> Rows | None:
        """The answer on the copy, or None where it fails there."""

    def actual(self, name: str, sql: str) -> Rows | GatewayError:
        """The answer through the gateway, or its error."""


class Oracle:
    """The gateway on one side, every principal's copy on the other."""

    def __init__(self, folder: Path) -> None:
        raw = folder / "raw.duckdb"
        world.build_raw(raw)
        policies = world.write_policy(folder / "policies", world.POLICY)
        self.harness = Harness(
            folder, raw, policies, key=world.KEY, search_path=("sales", "people"), attributes=("region", "accounts")
        )
        self.copies: dict[str, duckdb.DuckDBPyConnection] = {}
        self.callers: dict[str, Caller] = {}
        for principal in world.PRINCIPALS:
            path = folder / f"{principal.name}.duckdb"
            world.build_copy(path, raw, principal)
            connection = duckdb.connect()
            connection.execute(f"ATTACH '{path}' AS shop (READ_ONLY); USE shop.sales")
            self.copies[principal.name] = connection
            self.callers[principal.name] = self.harness.caller(principal.name, principal.groups, principal.attributes)

    def expected(self, name: str, sql: str) -> Rows | None:
        """The answer on the copy, or None where it fails there."""
        try:
            return as_rows(self.copies[name].sql(sql).to_arrow_table())
        except duckdb.Error:
            return None

    def actual(self, name: str, sql: str) -> Rows | GatewayError:
        """The answer through the gateway, or its error."""
        try:
            return self.harness.ask(self.callers[name], sql)
        except GatewayError as error:
            return error

    def close(self) -> None:
        """Ends both sides."""
        self.harness.close()
        for connection in self.copies.values():
            connection.close()


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    made = Oracle(tmp_path_factory.mktemp("oracle"))
    yield made
    made.close()
    print(f"oracle: {dict(TALLY)}")


def same(one: Rows, two: Rows) -> bool:
    """Equal as bags of rows, with the same column names and types."""
    ours = Counter(map(repr, one.rows))
    return one.names == two.names and one.types == two.types and ours == Counter(map(repr, two.rows))


def hold(sides: Sides, sql: str, tally: Counter[str]) -> None:
    """One statement for every principal: the gateway's answer is the copy's, and where the copy fails it refuses."""
    for principal in world.PRINCIPALS:
        expected = sides.expected(principal.name, sql)
        actual = sides.actual(principal.name, sql)
        if expected is None:
            assert isinstance(actual, GatewayError), f"{principal.name} was answered where the copy fails: {sql}"
            tally["refused alike"] += 1
            continue
        assert isinstance(actual, Rows), f"{principal.name} was refused: {actual}\n{sql}"
        assert same(actual, expected), f"{principal.name} differs:\n{sql}\n{actual}\n{expected}"
        tally["rows" if expected.rows else "no rows"] += 1


@pytest.mark.timeout(1400)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(sql=statements())
def test_generated_queries_equal_hand_made_copies(oracle: Oracle, sql: str) -> None:
    hold(oracle, sql, TALLY)
