"""What every test shares: Hypothesis without deadlines, and skips that count as failures where services must be there.

With USHER_REQUIRE_SERVICES=1 (the check command sets it when CI=true) a test may not pass by being skipped.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.postgres",)

settings.register_profile("usher", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("usher")

REQUIRE_SERVICES = os.environ.get("USHER_REQUIRE_SERVICES") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where every service has to be present."""
    report = yield
    if REQUIRE_SERVICES and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and USHER_REQUIRE_SERVICES=1 forbids that: {report.longrepr}"
    return report
