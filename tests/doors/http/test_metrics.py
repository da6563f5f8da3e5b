"""Counters in Prometheus' text form, with labels of closed lists."""

from __future__ import annotations

import re

from proxy.doors.http.metrics import Metrics
from proxy.life import Tally
from proxy.values import Finding, ScanReport
from tests.doors.http.conftest import Door
from tests.fakes import SQL

LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? [0-9.]+\Z')


def test_counts_add_up() -> None:
    metrics = Metrics()
    metrics.begun()
    metrics.begun()
    metrics.ended("/v1/query", "POST", 200, 0.02)
    findings = (Finding("c", "PERSON", 3, "redact", 0.9), Finding("d", "PERSON", 1, "redact", 0.9))
    report = ScanReport("full", 1, {}, findings)
    metrics.answered("text/csv", Tally(rows=5, size=70, report=report))
    metrics.answered("text/csv", Tally(rows=1, size=7))
    metrics.refused("denied")
    lines = metrics.text().splitlines()
    for line in (
        'usher_http_requests_total{method="POST",route="/v1/query",status="200"} 1',
        "usher_http_in_flight 1",
        'usher_http_answers_total{format="text/csv"} 2',
        "usher_http_rows_total 6",
        "usher_http_arrow_bytes_total 77",
        'usher_http_pii_cells_total{action="redact"} 4',
        'usher_http_refusals_total{code="denied"} 1',
    ):
        assert line in lines


def test_histogram_is_cumulative() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.02, 0.02, 1000):
        metrics.begun()
        metrics.ended("/healthz", "GET", 200, seconds)
    buckets = [int(line.split()[-1]) for line in metrics.text().splitlines() if "_bucket{" in line]
    assert buckets == [1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4]
    assert 'usher_http_request_seconds_count{route="/healthz"} 4' in metrics.text()
    assert 'usher_http_request_seconds_sum{route="/healthz"} 1000.041000' in metrics.text()


def test_every_line_is_of_the_form() -> None:
    metrics = Metrics()
    metrics.begun()
    metrics.ended("-", "other", 404, 0.5)
    for line in metrics.text().splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or LINE.match(line), line


async def test_door_counts_what_it_does_and_labels_hold_no_input(door: Door) -> None:
    await door.query("text/csv")
    await door.query(sql="hunter2")
    await door.client.request("HUNTER2", "/hunter2?hunter2")
    await door.client.get("/v1/catalog", headers={"Authorization": "Bearer hunter2"})
    text = (await door.client.get("/metrics")).text
    for line in (
        'usher_http_answers_total{format="text/csv"} 1',
        'usher_http_refusals_total{code="invalid-sql"} 1',
        'usher_http_refusals_total{code="unauthenticated"} 1',
        'usher_http_requests_total{method="other",route="-",status="404"} 1',
        'usher_http_requests_total{method="POST",route="/v1/query",status="200"} 1',
        "usher_http_rows_total 2",
    ):
        assert line in text.splitlines()
    assert "hunter2" not in text.lower()
    assert "customers" not in text
    assert SQL not in text


async def test_metrics_are_of_prometheus_type(door: Door) -> None:
    response = await door.client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
