"""Verdicts: hits in prose count by themselves, chance hits do not, and doubt counts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.scan.entities import ENTITIES, Hit
from proxy.scan.rules import Rule
from proxy.scan.settings import Action
from proxy.scan.units import Unit, split
from proxy.scan.verdicts import Found, Known, Rate, add, convict, hashed, lines, measure, qualify, redact, settle

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
    return bool(convict(one[0], one[1], Known(overall, overall if here is None else here)))


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
    assert convict(prose, (found(10, 26, "CREDIT_CARD"),), Known(ids, ids))
    grouped = unit("4111 1111 1111 1111")
    assert convict(grouped, (found(0, 19, "CREDIT_CARD"),), Known(ids, ids))


def test_a_card_under_a_name_that_hints_counts_whatever_its_column() -> None:
    ids = card_column(1, 99)
    hinted = unit("4111111111111111", frozenset({"CREDIT_CARD"}))
    assert convict(hinted, (found(0, 16, "CREDIT_CARD"),), Known(ids, ids))


def test_cards_hidden_behind_many_ids_are_found_by_their_own_slice() -> None:
    overall = add(card_column(0, 100_000), card_column(20, 0))
    assert counts(CARD, overall, card_column(20, 0))
    assert not counts(CARD, overall, card_column(1, 0))


def test_a_number_with_a_plus_sign_is_no_bare_number() -> None:
    assert counts(whole("+12155551234", "PHONE_NUMBER"), {})


def test_numbers_in_groups_count_where_enough_of_their_column_are_telephone_numbers() -> None:
    phone = whole("02962-8731", "PHONE_NUMBER")
    others = [(unit(f"{i:05d}-8731"), ()) for i in range(10, 19)]
    assert not counts(phone, rates_of([phone, *others], "PHONE_NUMBER"))
    assert counts(phone, rates_of([phone, *others[:2]], "PHONE_NUMBER"))


@pytest.mark.parametrize("text", ["63629-970-55", "9287.3013.47"])
def test_groups_that_no_telephone_number_has_do_not_count(text: str) -> None:
    odd = whole(text, "PHONE_NUMBER")
    assert not counts(odd, rates_of([odd], "PHONE_NUMBER"))
    assert convict(unit(text, frozenset({"PHONE_NUMBER"})), odd[1], Known({}, {}))


@pytest.mark.parametrize("text", ["070-123 45 67", "22 12 34 56", "044 668 18 00", "(08) 123 456 78"])
def test_numbers_that_end_in_pairs_or_begin_with_0_may_be_telephone_numbers(text: str) -> None:
    phone = whole(text, "PHONE_NUMBER")
    assert counts(phone, rates_of([phone], "PHONE_NUMBER"))


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("ORD-2024-123456", "2024-123456", False),
        ("https://shop.example.com/p/40002144", "40002144", False),
        ("2024-09-22 21:53:40.000000", "40.000000", False),
        ("tel-215-555-1234", "215-555-1234", True),
        ("Office: 215-555-1234, or write", "215-555-1234", True),
        ("Ana,215-555-1234,open", "215-555-1234", True),
    ],
)
def test_the_later_part_of_a_code_is_no_telephone_number(text: str, number: str, expected: bool) -> None:
    start = text.index(number)
    assert (
        bool(convict(unit(text), (found(start, start + len(number), "PHONE_NUMBER", 0.4),), Known({}, {}))) is expected
    )


def test_a_number_in_a_code_counts_where_enough_codes_of_its_column_hold_one() -> None:
    code = unit("RX 212 555 123 DE"), (found(3, 14, "PHONE_NUMBER", 0.4),)
    others = [(unit(f"RX 112 555 {i} DE"), ()) for i in range(101, 109)]
    phones = [whole(f"212-555-{i}", "PHONE_NUMBER") for i in range(1000, 1009)]
    assert not counts(code, rates_of([code, *others, *phones], "PHONE_NUMBER"))
    assert counts(code, rates_of([code, *others[:2]], "PHONE_NUMBER"))
    assert counts(phones[0], rates_of([code, *others, phones[0]], "PHONE_NUMBER")), "codes dilute no telephone numbers"


@pytest.mark.parametrize("label", ["T", "TEL", "M:", "FAX", "EXT 4, P"])
def test_a_label_in_capitals_makes_no_code_of_a_telephone_number(label: str) -> None:
    text = f"{label} 212-555-1234"
    phone = unit(text), (found(len(label) + 1, len(text), "PHONE_NUMBER", 0.4),)
    others = [(unit(f"RX 112 555 {i} DE"), ()) for i in range(101, 150)]
    assert counts(phone, rates_of([phone, *others], "PHONE_NUMBER"))


def test_a_card_in_a_longer_row_of_digits_counts_where_enough_of_its_column_hold_one() -> None:
    row = unit("03 4111 1111 1111 1111 9296 19"), (found(3, 22, "CREDIT_CARD"),)
    others = [(unit(f"03 4111 1111 1111 {i} 9296 19"), ()) for i in range(2000, 2009)]
    assert not counts(row, rates_of([row, *others], "CREDIT_CARD"))
    assert counts(row, rates_of([row, *others[:2]], "CREDIT_CARD"))
    assert counts(row, {}, rates_of([row], "CREDIT_CARD")) is False
    card = unit("4111 1111 1111 1111 123"), (found(0, 19, "CREDIT_CARD"),)
    assert counts(card, rates_of([card, *others], "CREDIT_CARD"))


def test_a_book_is_no_social_security_number_unless_its_column_says_so() -> None:
    book = "978-05-7893-873-8"
    hit = (found(0, 11, "US_SSN", 0.5),)
    assert not convict(unit(book), hit, Known({}, {}))
    assert convict(unit(book, frozenset({"US_SSN"})), hit, Known({}, {}))
    assert convict(unit("512-34-5678-1"), hit, Known({}, {}))


def test_a_number_in_lines_of_a_program_is_judged_by_the_lines() -> None:
    texts = [f"node {i} wrote {212555000 + i}" for i in range(30)]
    hits = {texts[0]: (found(13, 22, "PHONE_NUMBER", 0.4),)}
    places = lines(pa.array(texts, pa.large_string()), NONE, hits)
    assert not convict(unit(texts[0]), hits[texts[0]], Known({}, {}, {NONE: places}))
    assert convict(unit(texts[0]), hits[texts[0]], Known({}, {}))
    phone = frozenset({"PHONE_NUMBER"})
    assert lines(pa.array(texts, pa.large_string()), phone, hits) == frozenset()


def test_versions_of_four_parts_are_addresses_only_where_many_of_their_column_are() -> None:
    version = whole("7.4.1.74", "IP_ADDRESS")
    others = [(unit(f"7.4.{i}.3743"), ()) for i in range(9)]
    assert not counts(version, rates_of([version, *others], "IP_ADDRESS"))
    assert counts(version, rates_of([version, *others[:2]], "IP_ADDRESS"))


def test_a_name_in_a_title_counts_only_in_a_column_of_names() -> None:
    title = (unit("Oak Chair 12"), (found(0, 9, "PERSON", 0.85),))
    assert not counts(title, rates_of([title, *((unit(f"Blue Mug {i}"), ()) for i in range(9))], "PERSON"))
    signed = (unit("Dr. Ana Silva"), (found(4, 13, "PERSON", 0.85),))
    assert counts(signed, rates_of([signed], "PERSON"))
    prose = (unit("The box for Ana Silva went back to the depot"), (found(12, 21, "PERSON", 0.85),))
    assert counts(prose, {})


def test_no_name_holds_a_digit() -> None:
    text = "Mozilla/5.0 (X11; Linux x86_64; rv:99.0) Gecko/20100101"
    assert not counts((unit(text), (found(41, 55, "PERSON", 0.85),)), {})


def test_bare_numbers_are_telephone_numbers_only_where_the_name_says_so() -> None:
    bare = whole("2125551234", "PHONE_NUMBER")
    rates = rates_of([bare, whole("212-555-1234", "PHONE_NUMBER")], "PHONE_NUMBER")
    assert not counts(bare, rates)
    assert convict(unit("2125551234", frozenset({"PHONE_NUMBER"})), bare[1], Known(rates, rates))
    assert convict(unit("212-555-1234"), (found(0, 12, "PHONE_NUMBER"),), Known(rates, rates))


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


def test_hits_are_hashed_with_a_key_and_redacted_where_they_overlap_such_a_hit() -> None:
    hit = found(0, 3, "PERSON", 1.0, Action.HASH)
    assert redact("ana x", [hit], b"key") == f"{hashed('ana', b'key')} x"
    assert redact("ana", [hit], b"key") == hashed("ana", b"key") != hashed("ana", b"other")
    assert redact("ana x", [hit, found(2, 5, "US_SSN", 0.4)], b"key") == "<PERSON>"
    with pytest.raises(RuntimeError):
        redact("ana", [hit])


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
