"""The scan's findings are those of `AnalyzerEngine`: a small budget of `python -m tests.scan.identity`."""

from __future__ import annotations

import random

import pytest

from proxy.scan.settings import Mode
from tests.scan.identity import Both, fuzzed, mixed


@pytest.mark.parametrize(
    "text",
    [
        "00:1A:2B:3C:4D:5E: MAC-20",
        "00:1A:2B:3C:4D:5E mac address",
        "ip is:10.1.2.3 ip",
        "::1 ipv6",
        "my ssn is 512345678 ssn",
        "512345678 ssn",
        "be:512345678 ssn",
    ],
)
def test_words_behind_a_hit_count_where_its_own_word_is_none(text: str) -> None:
    assert Both(Mode.PATTERNS).different([text])[2] == []


@pytest.mark.parametrize(("mode", "count"), [(Mode.PATTERNS, 3_000), (Mode.FULL, 400)])
def test_findings_are_those_of_analyzer_engine(mode: Mode, count: int) -> None:
    both = Both(mode)
    draw = random.Random(11)
    cells = [*list(mixed(draw, count // 40)), *(fuzzed(draw) for _ in range(count))]
    compared, found, different = both.different(cells)
    assert different == []
    assert found > compared // 4


KNOWN = (
    ".32\t123456789012:45678901234;bank accounts: m-",
    "john@exam.le.com/512345678+8::ffbank accounts;",
    "+33 (+44 20 9946 0958(:: ip_",
    "0301234567;:2 call/23456, ",
    "1qar-ﬁ1234567, ::ffff:10.1.2.3: ip-",
    "Elizabeth Miller, 550557170033559 United States",
    "$1,234.5x\t0301234567'",
    '\u30000123456789012\n😀"1 111;',
)
"""Cells in which the two differed once."""


def test_cells_that_differed_once() -> None:
    assert Both(Mode.PATTERNS).different(KNOWN)[2] == []
