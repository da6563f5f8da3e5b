"""Verdicts: hits in prose count by themselves, chance hits do not, and doubt counts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from proxy.scan.entities import ENTITIES, Hit
from proxy.scan.rules import Rule
from proxy.scan.settings import Action
from proxy.scan.units import Unit, split
from proxy.scan.verdicts import Found, Rate, add, convict, measure, qualify, redact, settle

NONE: frozenset[str] = frozenset()


def rule(entity: str, action: Action = Action.REDACT, threshold: float = 0.4, allow: tuple[str, ...] = ()) -> Rule:
    return Rule(entity, ENTITIES[entity].tag, action, threshold, allow)


def unit(text: str, hints: frozenset[str] = NONE) -> Unit:
    return Unit(0, len(text), text, hints, "text")


def found(start: int, end: int, entity: str, score: float = 1.0, action: Action = Action.REDACT) -> Found:
    return Found(Hit(start, end, entity, score), rule(entity, action))


def whole(text: str, entity: str) -> tuple[Unit, tuple[Found, ...]]:
    return unit(text), (found(0, len(text), entity),)


# ---------------------------------------------------------------------------------------------------------- qualify
def test_hits_below_their_threshold_do_not_count() -> None:
    hits = [Hit(0, 9, "US_SSN", 0.05), Hit(0, 9, "US_SSN", 0.4)]
    counted = qualify(unit("512345678"), hits, {"US_SSN": rule("US_SSN")})
    assert [f.hit.score for f in counted] == [0.4]


def test_entities_without_a_rule_do_not_count() -> None:
    assert qualify(unit("x"), [Hit(0, 1, "URL", 1.0)], {}) == ()


def test_allowed_endings_need_a_boundary() -> None:
    rules = {"EMAIL_ADDRESS": rule("EMAIL_ADDRESS", allow=("example.com",))}
    allowed = ["ana@example.com", "ANA@EXAMPLE.COM", "ana@mail.example.com", "example.com"]
    refused = ["ana@evilexample.com", "ana@evil-example.com", "ana@example.com.evil.org", "ana@example.co"]
    for text in allowed + refused:
        counted = qualify(unit(text), [Hit(0, len(text), "EMAIL_ADDRESS", 1.0)], rules)
        assert bool(counted) is (text in refused), text


# ----------------------------------------------------------------------------------------------------------- chance
def card_column(cards: int, others: int) -> dict[str, Rate]:
    judged = [whole(f"{4111111111111111 + i}", "CREDIT_CARD") for i in range(cards)]
    judged += [(unit(f"{9000000000000000 + i}"), ()) for i in range(others)]
    return rates_of(judged, "CREDIT_CARD")


def rates_of(judged: list[tuple[Unit, tuple[Found, ...]]], entity: str) -> dict[str, Rate]:
    texts = pa.array([u.text for u, _ in judged], pa.large_string())
    return measure(texts, NONE, {u.text: hits for u, hits in judged if hits}, [entity], np.empty(0, dtype=np.int64))


def counts(one: tuple[Unit, tuple[Found, ...]], overall: dict[str, Rate], here: dict[str, Rate] | None = None) -> bool:
    return bool(convict(one[0], one[1], overall, overall if here is None else here))


CARD = whole("4111111111111111", "CREDIT_CARD")


def test_luhn_by_chance_in_a_column_of_ids_does_not_count() -> None:
    assert not counts(CARD, card_column(10, 90))


def test_a_column_of_cards_counts() -> None:
    assert counts(CARD, card_column(30, 70))


def test_a_single_card_counts_as_there_is_no_column_to_compare_it_to() -> None:
    assert counts(CARD, card_column(1, 0))


def test_short_numbers_do_not_dilute_a_column_of_cards() -> None:
    judged = [CARD, *((unit(str(i)), ()) for i in range(1000))]
    assert counts(CARD, rates_of(judged, "CREDIT_CARD"))


def test_a_card_in_prose_or_with_separators_counts_whatever_its_column() -> None:
    ids = card_column(1, 99)
    prose = unit("paid with 4111111111111111 today")
    assert convict(prose, (found(10, 26, "CREDIT_CARD"),), ids, ids)
    grouped = unit("4111 1111 1111 1111")
    assert convict(grouped, (found(0, 19, "CREDIT_CARD"),), ids, ids)


def test_a_card_under_a_name_that_hints_counts_whatever_its_column() -> None:
    ids = card_column(1, 99)
    hinted = unit("4111111111111111", frozenset({"CREDIT_CARD"}))
    assert convict(hinted, (found(0, 16, "CREDIT_CARD"),), ids, ids)


def test_cards_hidden_behind_many_ids_are_found_by_their_own_slice() -> None:
    overall = add(card_column(0, 100_000), card_column(20, 0))
    assert counts(CARD, overall, card_column(20, 0))
    assert not counts(CARD, overall, card_column(1, 0))


def test_bare_numbers_are_telephone_numbers_only_where_the_name_says_so() -> None:
    bare = whole("2125551234", "PHONE_NUMBER")
    rates = rates_of([bare], "PHONE_NUMBER")
    assert not counts(bare, rates)
    assert convict(unit("2125551234", frozenset({"PHONE_NUMBER"})), bare[1], rates, rates)
    assert convict(unit("212-555-1234"), (found(0, 12, "PHONE_NUMBER"),), rates, rates)


def test_product_names_are_no_people_and_names_of_people_are() -> None:
    hit = whole("Madison", "PERSON")
    products = rates_of([whole(f"Madison {i}", "PERSON") for i in range(56)] + [(unit("Chair"), ())] * 44, "PERSON")
    people = rates_of([whole(f"Ana {i}", "PERSON") for i in range(94)] + [(unit("Bo"), ())] * 6, "PERSON")
    assert not counts(hit, products)
    assert counts(hit, people)


# ----------------------------------------------------------------------------------------------- settle and redact
def test_a_weaker_hit_inside_a_surer_one_is_dropped() -> None:
    card, phone = found(5, 24, "CREDIT_CARD"), found(8, 20, "PHONE_NUMBER", 0.4)
    assert settle([phone, card]) == (card,)


def test_a_stricter_hit_inside_a_milder_one_stays() -> None:
    person, email = found(0, 20, "PERSON", 1.0, Action.FLAG), found(5, 15, "EMAIL_ADDRESS", 1.0, Action.REDACT)
    assert set(settle([person, email])) == {person, email}


def test_overlapping_hits_become_one_named_for_the_surest() -> None:
    text = "0123456789"
    assert redact(text, [found(1, 5, "PHONE_NUMBER", 0.4), found(3, 8, "US_SSN", 0.85)]) == "0<US_SSN>89"


def test_only_redacted_hits_are_replaced() -> None:
    assert redact("ana x", [found(0, 3, "PERSON", 1.0, Action.FLAG)]) == "ana x"


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10), st.sampled_from([0.4, 1.0]))))
def test_no_character_of_a_hit_survives(text: str, spans: list[tuple[int, int, float]]) -> None:
    hits = [
        found(start, min(start + length, len(text)), "EMAIL_ADDRESS", score)
        for start, length, score in spans
        if start < len(text)
    ]
    covered = {i for f in hits for i in range(f.hit.start, f.hit.end)}
    redacted = redact(text, hits)
    assert (
        redacted.replace("<EMAIL_ADDRESS>", "") == "".join(c for i, c in enumerate(text) if i not in covered)
        or "<EMAIL_ADDRESS>" in text
    )
    assert redact(text, settle(hits)).count("<EMAIL_ADDRESS>") <= redacted.count("<EMAIL_ADDRESS>")


def test_the_units_of_a_cell_are_judged_by_themselves() -> None:
    units = split('["4111111111111111"]', NONE)
    assert [u.text for u in units] == ["4111111111111111"]
