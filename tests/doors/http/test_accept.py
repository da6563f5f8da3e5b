"""Content negotiation by RFC 9110."""

from __future__ import annotations

import pytest

from proxy.doors.http.accept import choose

OFFERED = ["application/json", "application/x-ndjson", "application/vnd.apache.arrow.stream", "text/csv"]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("  ", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv; header=present", "text/csv"),
        ("text/csv, application/json", "application/json"),
        ("text/csv;q=0.9, application/json;q=0.8", "text/csv"),
        ("text/csv ; q=0.9 , */*;q=0.1", "text/csv"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
        ("application/json;q=0, */*", "application/x-ndjson"),
        ("*/*;q=0.5, application/json;q=0.1", "application/x-ndjson"),
        ("application/*;q=0.2, text/csv;q=0.3", "text/csv"),
        ("application/json;q=1.000, text/csv;Q=1.0", "application/json"),
        ("nonsense, text/csv", "text/csv"),
        (",,text/csv,", "text/csv"),
    ],
)
def test_the_best_format_is_chosen(accept: str, chosen: str) -> None:
    assert choose(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml, image/*",
        "*/*;q=0",
        "application/json;q=0.000",
        "nonsense",
        "application/json;q=2",
        "application/json;q=-1",
        "application/json;q=0.1234",
        "application/json;q=",
        "*/json",
        "application/json/extra",
    ],
)
def test_none_is_chosen(accept: str) -> None:
    assert choose(accept, OFFERED) is None
