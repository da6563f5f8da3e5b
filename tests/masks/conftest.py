"""The engine that masks are computed on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.masks.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.close()
