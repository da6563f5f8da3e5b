"""The shop on each kind of warehouse, and clients that are there, or are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.shop import KINDS, Shop
from tests.postgres import new_database, server


@pytest.fixture(scope="session", params=KINDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A gateway over each kind of warehouse."""
    raw = new_database(server()) if request.param == "postgres" else None
    made = Shop(request.param, tmp_path_factory.mktemp("shop"), raw)
    yield made
    made.close()
