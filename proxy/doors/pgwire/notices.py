"""What clients are told beside rows: what policy kept back, and what the scan found.

Rule kept here: names and numbers, never values; one notice before the rows and one behind them, and none where nothing
was changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from proxy.doors.pgwire.explain import told
from proxy.doors.pgwire.replies import Fields
from proxy.life import Tally
from proxy.values import Plan

HINT = "EXPLAIN POLICY says more; SET usher.notices = off turns this off."
_WEIGHTS = {"NOTICE": 7, "WARNING": 8, "ERROR": 9}
_LEVELS = ("debug5", "debug4", "debug3", "debug2", "debug1", "log", "info", "notice", "warning", "error")
LONGEST = 2000


def withheld(plan: Plan) -> Iterator[Fields]:
    """What policy keeps back of a statement's rows."""
    if plan.withheld:
        yield Fields(
            "NOTICE", "00000", f"Policy changed what these rows show: {told(plan.withheld)[:LONGEST]}.", None, HINT
        )


def found(tally: Tally) -> Iterator[Fields]:
    """What the scan found in rows that have left."""
    findings = tally.report.findings if tally.report is not None else ()
    if findings:
        parts = [f"{f.cells} of {f.entity} in {f.column} ({f.action})" for f in findings]
        yield Fields("NOTICE", "00000", f"The scan found personal data: {', '.join(parts)[:LONGEST]}.", None, HINT)


def wanted(severity: str, level: str) -> bool:
    """Whether a client that set `client_min_messages` wants a message."""
    return _WEIGHTS.get(severity, 9) >= _LEVELS.index(level)
