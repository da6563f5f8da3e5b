"""The worlds that the tests of the virtual catalog ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.introspection import world
from tests.oracle.harness import Harness
from tests.postgres import Database, Server, new_database, server


@pytest.fixture(scope="session")
def catalog_server() -> Server:
    """A server of the version whose catalog the virtual one is like."""
    made = server("installed")
    if made.major != 15:
        pytest.skip("the system's PostgreSQL is not version 15")
    return made


@pytest.fixture(scope="session")
def physical(catalog_server: Server) -> Iterator[Database]:
    """The database that has exactly what Ana may see."""
    database = new_database(catalog_server, "shop")
    world.physical(database)
    yield database
    database.drop()


@pytest.fixture(scope="session", params=["embedded", "server"])
def harness(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A gateway over each kind of warehouse."""
    folder = tmp_path_factory.mktemp("catalog")
    if request.param == "embedded":
        made = world.embedded(folder)
        yield made
        made.close()
        return
    raw = new_database(request.getfixturevalue("catalog_server"))
    made = world.on_server(folder, raw)
    yield made
    made.close()
    raw.drop()
    raw.server.psql("postgres", "-c", f"DROP ROLE IF EXISTS {world.CANARY}_role")
