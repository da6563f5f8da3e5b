"""What operators watch, in Prometheus' text form.

Rule kept here: labels come from closed lists (routes, methods, statuses, codes, formats); never SQL, values, names of
tables or of people. Counters only grow, and are this process's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from proxy.life import Tally

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_Labels: TypeAlias = tuple[tuple[str, str], ...]

_HELP = {
    "usher_http_requests_total": ("counter", "Requests by route, method and status."),
    "usher_http_request_seconds": ("histogram", "Time from a request's head to the end of its answer."),
    "usher_http_in_flight": ("gauge", "Requests being answered."),
    "usher_http_answers_total": ("counter", "Queries answered whole, by format."),
    "usher_http_refusals_total": ("counter", "Calls refused, failed or cut, by code of the problem."),
    "usher_http_rows_total": ("counter", "Rows that left in whole answers."),
    "usher_http_arrow_bytes_total": ("counter", "Bytes that left in whole answers, in Arrow's form in memory."),
    "usher_http_pii_cells_total": ("counter", "Cells in which the scan found personal data, by action."),
}


class Metrics:
    """The counters of one door."""

    def __init__(self) -> None:
        self._values: dict[str, Counter[_Labels]] = {name: Counter() for name in _HELP}
        self._seconds: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        self._values["usher_http_in_flight"][()] = 0

    def begun(self) -> None:
        """A request came."""
        self._values["usher_http_in_flight"][()] += 1

    def ended(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered, or its client left (status 499)."""
        self._values["usher_http_in_flight"][()] -= 1
        labels = (("method", method), ("route", route), ("status", str(status)))
        self._values["usher_http_requests_total"][labels] += 1
        buckets = self._seconds.setdefault(route, [0] * (len(_BOUNDS) + 1))
        buckets[next((i for i, bound in enumerate(_BOUNDS) if seconds <= bound), len(_BOUNDS))] += 1
        self._sums[route] = self._sums.get(route, 0.0) + seconds

    def answered(self, media_type: str, tally: Tally) -> None:
        """A query was answered whole."""
        self._values["usher_http_answers_total"][(("format", media_type),)] += 1
        self._values["usher_http_rows_total"][()] += tally.rows
        self._values["usher_http_arrow_bytes_total"][()] += tally.size
        for finding in tally.report.findings if tally.report else ():
            self._values["usher_http_pii_cells_total"][(("action", finding.action),)] += finding.cells

    def refused(self, code: str) -> None:
        """A call ended in a problem."""
        self._values["usher_http_refusals_total"][(("code", code),)] += 1

    def text(self) -> str:
        """All of them, in the exposition format."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        for name, (kind, purpose) in _HELP.items():
            yield f"# HELP {name} {purpose}"
            yield f"# TYPE {name} {kind}"
            if kind == "histogram":
                yield from self._histogram(name)
            for labels, value in sorted(self._values[name].items()):
                yield f"{name}{_braces(labels)} {value}"

    def _histogram(self, name: str) -> Iterator[str]:
        for route, buckets in sorted(self._seconds.items()):
            below = 0
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), buckets, strict=True):
                below += count
                yield f"{name}_bucket{_braces((('route', route), ('le', bound)))} {below}"
            yield f"{name}_sum{_braces((('route', route),))} {self._sums[route]:.6f}"
            yield f"{name}_count{_braces((('route', route),))} {below}"


def _braces(labels: _Labels) -> str:
    return "{" + ",".join(f'{key}="{value}"' for key, value in labels) + "}" if labels else ""
