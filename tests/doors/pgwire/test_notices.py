"""Notices go to those who want them."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire import notices
from proxy.life import Tally
from proxy.values import Finding, ScanReport


@pytest.mark.parametrize(
    ("severity", "level", "told"),
    [
        ("NOTICE", "notice", True),
        ("NOTICE", "debug1", True),
        ("NOTICE", "warning", False),
        ("WARNING", "warning", True),
        ("WARNING", "error", False),
    ],
)
def test_levels_are_kept(severity: str, level: str, told: bool) -> None:
    assert notices.wanted(severity, level) is told


def test_findings_are_told_by_name_and_number() -> None:
    report = ScanReport("full", 9, {}, (Finding("notes", "EMAIL_ADDRESS", 2, "redact", 1.0),))
    (told,) = notices.found(Tally(report=report))
    assert "2 of EMAIL_ADDRESS in notes (redact)" in told.message
    assert list(notices.found(Tally())) == []
