"""One shop for all attacks, asked through each door in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bypass.asking import Door, GatewayDoor, HttpDoor, Served


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The shop, open."""
    made = Served(tmp_path_factory.mktemp("shop"))
    yield made
    made.close()


@pytest.fixture(params=["gateway", "http"])
def door(served: Served, request: pytest.FixtureRequest) -> Door:
    """The gateway itself, and the HTTP door."""
    return GatewayDoor(served) if request.param == "gateway" else HttpDoor(served)
