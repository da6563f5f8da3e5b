"""Column names as hints: whole words only."""

from __future__ import annotations

import pytest

from proxy.scan.entities import ENTITIES, hinted


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("phone", "PHONE_NUMBER"),
        ("home_phone", "PHONE_NUMBER"),
        ("homePhone", "PHONE_NUMBER"),
        ("HOME_PHONE_2", "PHONE_NUMBER"),
        ("tel", "PHONE_NUMBER"),
        ("ssn", "US_SSN"),
        ("employee.SSN", "US_SSN"),
        ("cardNumber", "CREDIT_CARD"),
        ("cc", "CREDIT_CARD"),
        ("last_name", "PERSON"),
        ("FamilyName", "PERSON"),
    ],
)
def test_a_name_hints_by_whole_words(name: str, entity: str) -> None:
    assert entity in hinted(name)


@pytest.mark.parametrize(
    "name",
    [
        "customer_id",
        "status",
        "description",
        "account",
        "rating",
        "discard",
        "hotel",
        "pharmacy",
        "update",
        "Japan",
        "",
    ],
)
def test_part_of_a_word_is_no_hint(name: str) -> None:
    assert hinted(name) == frozenset()


def test_names_are_unique_and_every_tag_is_personal() -> None:
    assert all(name == entity.name for name, entity in ENTITIES.items())
    assert all(entity.tag.startswith("pii.") for entity in ENTITIES.values())


def test_the_entities_that_hit_by_chance_are_off_by_default() -> None:
    on = {name for name, entity in ENTITIES.items() if entity.default}
    assert on == {
        "EMAIL_ADDRESS",
        "CREDIT_CARD",
        "IBAN_CODE",
        "CRYPTO",
        "IP_ADDRESS",
        "MAC_ADDRESS",
        "US_SSN",
        "US_ITIN",
        "PHONE_NUMBER",
        "PERSON",
    }
