"""The oracle on TPC-H: all 22 queries, four principals, against copies filtered and masked by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from proxy.errors import GatewayError
from tests.oracle import tpch_world as world
from tests.oracle.harness import Harness, as_rows
from tests.oracle.world import KEY, write_policy

SCALE = 0.1
_HIDDEN = {("buyer", "q10")}
"""Queries that name a column which the principal may not read: both sides refuse."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tpch")
    world.build_raw(made / "tpch.duckdb", made, SCALE)
    return made


@pytest.fixture(scope="module")
def harness(folder: Path) -> Iterator[Harness]:
    policies = write_policy(folder / "policies", world.POLICY)
    made = Harness(folder, folder / "tpch.duckdb", policies, key=KEY, warehouse="tpch", attributes=("segments",))
    yield made
    made.close()


@pytest.fixture(scope="module", params=world.PRINCIPALS, ids=lambda p: p.name)
def principal(request: pytest.FixtureRequest) -> world.Principal:
    return request.param


@pytest.fixture(scope="module")
def copy(folder: Path, principal: world.Principal) -> Iterator[duckdb.DuckDBPyConnection]:
    path = folder / f"{principal.name}.duckdb"
    world.build_copy(path, folder / "tpch.duckdb", principal)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("name", world.QUERIES)
def test_tpch_equals_hand_made_copies(
    harness: Harness, principal: world.Principal, copy: duckdb.DuckDBPyConnection, name: str
) -> None:
    sql = world.QUERIES[name]
    caller = harness.caller(principal.name, principal.groups, principal.attributes)
    if (principal.name, name) in _HIDDEN:
        with pytest.raises(GatewayError):
            harness.ask(caller, sql)
        with pytest.raises(duckdb.BinderException):
            copy.sql(sql)
        return
    expected = as_rows(copy.sql(sql).to_arrow_table())
    actual = harness.ask(caller, sql)
    assert actual.names == expected.names
    assert actual.types == expected.types
    assert Counter(map(_rounded, actual.rows)) == Counter(map(_rounded, expected.rows))


def _rounded(row: tuple[object, ...]) -> str:
    """Doubles as far as the order of a parallel sum determines them."""
    return repr(tuple(float(f"{v:.9g}") if isinstance(v, float) else v for v in row))
