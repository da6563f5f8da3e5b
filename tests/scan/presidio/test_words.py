"""Words with and without the model."""

from __future__ import annotations

from proxy.scan.presidio.engine import language_model
from proxy.scan.presidio.words import Model, Written


def test_words_without_a_model_are_tokens_in_lower_case() -> None:
    (read,) = [(list(w.lemmas), list(w.tokens_indices)) for w in Written(1_000).read(["My SSN is 1-2"])]
    assert read == (["my", "ssn", "is", "1", "-", "2"], [0, 3, 7, 10, 11, 12])


def test_the_model_gives_lemmas_and_names_each_by_its_own_parts() -> None:
    model = Model(language_model())
    (lemmas,) = [list(w.lemmas) for w in model.read(["two passports"])]
    assert lemmas == ["two", "passport"]
    (names,) = [[(e.text, e.label_) for e in w.entities] for w in model.names(["Angela Merkel met Barack Obama"])]
    assert names == [("Angela Merkel", "PERSON"), ("Barack Obama", "PERSON")]
    assert "parser" in model.nlp.pipe_names, "the parts are only left out while it reads"


def test_odd_forms_name_words_whose_lemmas_begin_otherwise() -> None:
    assert ("went", "go") in Model(language_model()).odd_forms()
    assert Written(1_000).odd_forms() == []
