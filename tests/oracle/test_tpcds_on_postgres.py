"""The oracle on TPC-DS over PostgreSQL: all 99 queries, three principals, against copies that DuckDB made by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from proxy.errors import GatewayError
from tests.oracle import postgres_world
from tests.oracle import tpcds_world as world
from tests.oracle.harness import Harness
from tests.oracle.postgres_copies import Copies
from tests.oracle.test_tpcds import HIDDEN, MOST_EMPTY, rounded, tells_nothing
from tests.oracle.world import Principal
from tests.postgres import EVERY_SERVER, Server, new_database

QUERIES = {**world.QUERIES, **world.POSTGRES}
PRINCIPALS = world.PRINCIPALS if EVERY_SERVER else world.PRINCIPALS[:1]
"""All of them where .ci/run tests the servers; else the one with most obligations."""


@pytest.fixture(scope="module")
def world_on(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Harness, Copies]]:
    folder = tmp_path_factory.mktemp("tpcds")
    raw = folder / "tpcds.duckdb"
    world.build_raw(raw)
    database = new_database(postgres_server)
    postgres_world.load(database, raw, folder / "raw")
    harness = postgres_world.harness(
        database, folder, world.POLICY, schemas=("main",), warehouse="tpcds", attributes=("stores",)
    )
    copies = Copies(postgres_server, folder, harness, world, raw, "")
    yield harness, copies
    copies.close()
    harness.close()
    database.drop()


@pytest.mark.parametrize("principal", PRINCIPALS, ids=lambda p: p.name)
@pytest.mark.parametrize("name", QUERIES)
def test_tpcds_equals_hand_made_copies(world_on: tuple[Harness, Copies], principal: Principal, name: str) -> None:
    harness, copies = world_on
    sql = QUERIES[name]
    caller = harness.caller(principal.name, principal.groups, principal.attributes)
    if (principal.name, name) in HIDDEN:
        with pytest.raises(GatewayError):
            harness.ask(caller, sql)
        with pytest.raises(GatewayError):
            copies.ask(principal, sql)
        return
    actual, expected = harness.ask(caller, sql), copies.ask(principal, sql)
    assert actual.names == expected.names
    assert actual.types == expected.types
    assert Counter(map(rounded, actual.rows)) == Counter(map(rounded, expected.rows))


@pytest.mark.parametrize("principal", PRINCIPALS, ids=lambda p: p.name)
def test_few_answers_are_empty(world_on: tuple[Harness, Copies], principal: Principal) -> None:
    asked = [name for name in QUERIES if (principal.name, name) not in HIDDEN]
    silent = [name for name in asked if tells_nothing(world_on[1].ask(principal, QUERIES[name]))]
    assert len(silent) <= MOST_EMPTY, silent


def test_all_queries_are_asked() -> None:
    assert len(QUERIES) == 99
    assert set(world.POSTGRES) < set(world.QUERIES)
