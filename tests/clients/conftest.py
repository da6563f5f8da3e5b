"""The shop on each kind of warehouse, and clients that are there, or are not."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.clients.shop import KINDS, Shop
from tests.conftest import REQUIRE_SERVICES
from tests.postgres import new_database, server


@pytest.fixture(scope="session", params=KINDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A gateway over each kind of warehouse."""
    raw = new_database(server()) if request.param == "postgres" else None
    made = Shop(request.param, tmp_path_factory.mktemp("shop"), raw)
    yield made
    made.close()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself whole, for want of a driver, fails where every service has to be present."""
    report = yield
    if REQUIRE_SERVICES and report.skipped:
        report.outcome = "failed"
        report.longrepr = (
            f"{collector.nodeid} was skipped, and USHER_REQUIRE_SERVICES=1 forbids that: {report.longrepr}"
        )
    return report
