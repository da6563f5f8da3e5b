"""One shop for all attacks, asked through each door in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.bypass.asking import EVERY_DOOR, Door, GatewayDoor, HttpDoor, Served
from tests.bypass.postgres_shop import ServedOnPostgres
from tests.postgres import Server


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The shop, open."""
    made = Served(tmp_path_factory.mktemp("shop"))
    yield made
    made.close()


@pytest.fixture(params=["gateway", "http", "pgwire"])
def door(served: Served, request: pytest.FixtureRequest) -> Door:
    """The gateway itself, and each door."""
    if request.param == "pgwire":
        return served.pgwire
    return GatewayDoor(served) if request.param == "gateway" else HttpDoor(served)


@pytest.fixture(scope="session")
def shops_on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Server], ServedOnPostgres]]:
    """The shop on each PostgreSQL server, opened once: the order of the tests goes from one server to the other."""
    made: dict[str, ServedOnPostgres] = {}

    def on(server: Server) -> ServedOnPostgres:
        if server.kind not in made:
            made[server.kind] = ServedOnPostgres(server, tmp_path_factory.mktemp("shop"))
        return made[server.kind]

    yield on
    for served in made.values():
        served.close()


@pytest.fixture
def on_postgres(postgres_server: Server, shops_on_postgres: Callable[[Server], ServedOnPostgres]) -> ServedOnPostgres:
    """The shop on one PostgreSQL server."""
    return shops_on_postgres(postgres_server)


@pytest.fixture(params=["gateway", "http", "pgwire"] if EVERY_DOOR else ["one"])
def postgres_door(on_postgres: ServedOnPostgres, postgres_server: Server, request: pytest.FixtureRequest) -> Door:
    """The gateway itself, and each door, on PostgreSQL."""
    if request.param == "http":
        return HttpDoor(on_postgres)
    if request.param == "pgwire" or (not EVERY_DOOR and postgres_server.kind == "wheel"):
        return on_postgres.pgwire
    return GatewayDoor(on_postgres)
