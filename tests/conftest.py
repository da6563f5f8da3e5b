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

THOROUGH = (
    "tests/classify/",
    "tests/cli/test_classify.py",
    "tests/clients/",
    "tests/doors/pgwire/test_server.py",
    "tests/introspection/test_virtual.py",
    "tests/oracle/fuzz/",
    "tests/oracle/test_row_order.py",
    "tests/oracle/test_set_operations.py",
    "tests/oracle/test_tpcds",
    "tests/scan/test_accuracy.py",
    "tests/scan/test_identity.py",
)
"""Tests that start many programs, or read much data: not part of the default run, which ends within ten minutes, but a
step of .ci/run (`pytest -m thorough`)."""
REQUIRE_SERVICES = os.environ.get("USHER_REQUIRE_SERVICES") == "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is thorough: whole files, and attacks through the PostgreSQL door, which go through HTTP by default."""
    for item in items:
        attack = item.nodeid.startswith("tests/bypass/") and "pgwire" in item.nodeid
        apart = item.get_closest_marker("superset") is not None
        if not apart and (attack or item.nodeid.startswith(THOROUGH)):
            item.add_marker("thorough")


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
