"""The oracle on TPC-DS: all 99 queries, three principals, against copies filtered and masked by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import duckdb
import pytest

from proxy.errors import GatewayError
from tests.oracle import tpcds_world as world
from tests.oracle.harness import Harness, Rows, as_rows
from tests.oracle.world import KEY, write_policy

MOST_EMPTY = 1
"""Queries of the 99 that may tell nothing on a principal's data."""
HIDDEN = {("analyst", "q81")}
"""A query that names a column which the principal may not read: both sides refuse."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tpcds")
    world.build_raw(made / "tpcds.duckdb")
    return made


@pytest.fixture(scope="module")
def harness(folder: Path) -> Iterator[Harness]:
    policies = write_policy(folder / "policies", world.POLICY)
    made = Harness(folder, folder / "tpcds.duckdb", policies, key=KEY, warehouse="tpcds", attributes=("stores",))
    yield made
    made.close()


@pytest.fixture(scope="module", params=world.PRINCIPALS, ids=lambda p: p.name)
def principal(request: pytest.FixtureRequest) -> world.Principal:
    return request.param


Expected = Callable[[str], Rows]


@pytest.fixture(scope="module")
def expected(folder: Path, principal: world.Principal) -> Iterator[Expected]:
    """What each query answers on the principal's own copies."""
    path = folder / f"{principal.name}.duckdb"
    world.build_copy(path, folder / "tpcds.duckdb", principal)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield cache(lambda name: as_rows(connection.sql(world.QUERIES[name]).to_arrow_table()))


@pytest.mark.parametrize("name", world.QUERIES)
def test_tpcds_equals_hand_made_copies(
    harness: Harness, principal: world.Principal, expected: Expected, name: str
) -> None:
    sql = world.QUERIES[name]
    caller = harness.caller(principal.name, principal.groups, principal.attributes)
    if (principal.name, name) in HIDDEN:
        with pytest.raises(GatewayError):
            harness.ask(caller, sql)
        with pytest.raises(duckdb.BinderException):
            expected(name)
        return
    wanted = expected(name)
    actual = harness.ask(caller, sql)
    assert actual.names == wanted.names
    assert actual.types == wanted.types
    assert Counter(map(rounded, actual.rows)) == Counter(map(rounded, wanted.rows))


def test_few_answers_are_empty(principal: world.Principal, expected: Expected) -> None:
    assert len(world.QUERIES) == 99
    asked = [name for name in world.QUERIES if (principal.name, name) not in HIDDEN]
    silent = [name for name in asked if tells_nothing(expected(name))]
    assert len(silent) <= MOST_EMPTY, silent


def tells_nothing(rows: Rows) -> bool:
    """No rows, or only NULL and zero."""
    return not any(value for row in rows.rows for value in row)


def rounded(row: tuple[object, ...]) -> str:
    """Doubles as far as the order of a parallel sum determines them."""
    return repr(tuple(float(f"{v:.9g}") if isinstance(v, float) else v for v in row))
