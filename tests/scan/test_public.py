"""Published templates are filled as they should be, and measured in both modes."""

from __future__ import annotations

import random

from tests.scan.public import filled, measure, measure_labelled


def test_places_are_filled_and_their_entities_told() -> None:
    made = filled("{{first_name_male}} paid by {{credit_card_number}} in {{city}}.", random.Random(1))
    assert made is not None
    text, entities = made
    assert "{{" not in text
    assert entities == {"PERSON", "CREDIT_CARD"}


def test_a_place_without_a_filling_leaves_its_template_out() -> None:
    assert filled("From {{galaxy}}.", random.Random(1)) is None
    assert filled("Nothing here.", random.Random(1)) == ("Nothing here.", frozenset())


def test_what_is_measured_is_what_was_found() -> None:
    figures = measure(["Mail {{email}} about it, please.", "To {{galaxy}}", "No data in this sentence."], 40, 3)
    assert (figures["sentences"], figures["templates"], figures["left_out"]) == (40, 2, 1)
    for of_mode in figures["modes"].values():
        right, missed, wrong = of_mode["EMAIL_ADDRESS"]
        assert 0 < right < 40
        assert (missed, wrong) == (0, 0)


def test_labelled_sentences_are_held_against_what_was_found() -> None:
    mail, card = {"entity_type": "EMAIL_ADDRESS"}, {"entity_type": "CREDIT_CARD"}
    sentences = [
        {"full_text": "Write to ana@example.com", "spans": [mail]},
        {"full_text": "Write to ana at example", "spans": [mail]},
        {"full_text": "Paid by 4111 1111 1111 1111", "spans": []},
        {"full_text": "Paid by 4111 1111 1111 1111", "spans": [card, {"entity_type": "AGE"}]},
    ]
    figures = measure_labelled(sentences)
    assert figures["sentences"] == 4
    for of_mode in figures["modes"].values():
        assert of_mode["EMAIL_ADDRESS"] == [1, 1, 0]
        assert of_mode["CREDIT_CARD"] == [1, 0, 1]
        assert "AGE" not in of_mode
