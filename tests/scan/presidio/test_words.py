"""Words with and without the model."""

from __future__ import annotations

import random

import pytest

from proxy.scan.presidio import words
from proxy.scan.presidio.engine import language_model
from proxy.scan.presidio.words import Model, Written
from tests.bench import people


def test_words_without_a_model_are_tokens_in_lower_case() -> None:
    (read,) = [(list(w.lemmas), list(w.tokens_indices)) for w in Written(1_000).read(["My SSN is 1-2"])]
    assert read == (["my", "ssn", "is", "1", "-", "2"], [0, 3, 7, 10, 11, 12])


def test_the_model_gives_lemmas_and_names_each_by_its_own_parts() -> None:
    model = Model(language_model())
    (lemmas,) = [list(w.lemmas) for w in model.read(["two passports"])]
    assert lemmas == ["two", "passport"]
    names = list(model.names(["", "Angela Merkel met Barack Obama", "in Berlin"]))
    assert names == [[], [(0, 13, "PERSON", 0.85), (18, 30, "PERSON", 0.85)], [(3, 9, "LOCATION", 0.85)]]
    assert "parser" in model.nlp.pipe_names, "the parts are only left out while it reads"


def test_odd_forms_name_words_whose_lemmas_begin_otherwise() -> None:
    assert ("went", "go") in Model(language_model()).odd_forms()
    assert Written(1_000).odd_forms() == []


def test_names_are_the_same_by_spacy_itself_and_however_many_texts_are_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = Model(language_model())
    draw = random.Random(8)
    texts = [people.note(draw) for _ in range(200)] + ["", " ", "Ana Maria Silva\n of Porto"]
    names = list(model.names(texts))
    assert sum(map(len, names)) > 100
    monkeypatch.setattr(words, "_CHARACTERS", 100)
    assert list(model.names(texts)) == names
    monkeypatch.setattr(model, "_entities", None)
    assert list(model.names(texts)) == names
