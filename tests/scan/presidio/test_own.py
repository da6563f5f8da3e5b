"""Corporate mail and streets: what is found, and what is not."""

from __future__ import annotations

import pytest

from proxy.scan.presidio.analyzer import Analyzer
from proxy.scan.settings import PHONE_REGIONS, Mode

NONE: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def patterns() -> Analyzer:
    return Analyzer(Mode.PATTERNS, PHONE_REGIONS)


def found(analyzer: Analyzer, text: str, entity: str) -> list[str]:
    (hits,) = analyzer.find([text], frozenset({entity}), NONE)
    return [text[hit.start : hit.end] for hit in hits if hit.score >= 0.4]


@pytest.mark.parametrize(
    "address",
    ["ana@mail.internal", "ana.b+c@corp.local", "x@host.lan", "O_1@a.b.corp", "ana@my-host.intranet", "A@B.LOCAL"],
)
def test_mail_of_domains_in_no_public_list(patterns: Analyzer, address: str) -> None:
    assert found(patterns, f"write to {address}, soon", "EMAIL_ADDRESS") == [address]


@pytest.mark.parametrize("text", ["ana@localhost", "@local", "ana@.local", "a.local", "ana@locally", "ana@x.local-y"])
def test_what_is_no_mail(patterns: Analyzer, text: str) -> None:
    assert found(patterns, text, "EMAIL_ADDRESS") == []


def test_a_public_domain_below_such_a_name_is_one_address(patterns: Analyzer) -> None:
    assert found(patterns, "ana@corp.example.com", "EMAIL_ADDRESS") == ["ana@corp.example.com"]


@pytest.mark.parametrize(
    "number",
    [
        "2223003122003222",
        "2223 0031 2200 3222",
        "2720-9900-0000-0015",
        "4000000000000000006",
        "6200 0000 0000 0000 000",
    ],
)
def test_cards_of_ranges_that_presidio_leaves_out(patterns: Analyzer, number: str) -> None:
    assert found(patterns, f"paid by {number} today", "CREDIT_CARD") == [number]
    assert found(patterns, number[:-1] + str(9 - int(number[-1])), "CREDIT_CARD") == []


@pytest.mark.parametrize("number", ["2220999999999991", "2721000000000004", "3000000000000000007"])
def test_numbers_of_no_range_of_cards(patterns: Analyzer, number: str) -> None:
    assert found(patterns, number, "CREDIT_CARD") == []


@pytest.mark.parametrize(
    "address",
    [
        "12 Main Street",
        "1600 Pennsylvania Avenue",
        "221B Baker Street",
        "350 W. 5th Ave, Apt 4",
        "9 OAK TREE LN",
        "77 Martin Luther King Jr. Blvd.",
        "Hauptstraße 12a",
        "Berliner Str. 5",
        "Kurfürstendamm 101",
        "12 bis, rue de la Paix",
        "4 avenue des Ternes",
        "P.O. Box 1234",
    ],
)
def test_streets(patterns: Analyzer, address: str) -> None:
    assert found(patterns, f"ship to {address}", "STREET_ADDRESS") == [address]


@pytest.mark.parametrize(
    "text",
    [
        "3 items on the way",
        "12 people went their own way",
        "version 12 Street",
        "Main Street",
        "Route 66",
        "2024 Results",
        "Room 5 Building C",
        "weg 5",
    ],
)
def test_what_is_no_street(patterns: Analyzer, text: str) -> None:
    assert found(patterns, text, "STREET_ADDRESS") == []
