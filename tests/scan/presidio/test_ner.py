"""Entities found with work that texts share, against those of spaCy's own `ner`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.scan.presidio.engine import LANGUAGE, language_model
from proxy.scan.presidio.ner import Entities, Span
from tests.bench import people
from tests.scan.identity import fuzzed

NLP = language_model().nlp[LANGUAGE]
NER = NLP.get_pipe("ner")
WORDS = (
    "Ana",
    "Maria",
    "Silva",
    "of",
    "the",
    "Bank",
    "of",
    "Porto",
    "on",
    "Monday",
    "12",
    "$",
    "5.00",
    ",",
    " ",
    "\n",
    "x",
)
MODEL = {
    "@architectures": "spacy.TransitionBasedParser.v2",
    "state_type": "ner",
    "extra_state_tokens": False,
    "hidden_width": 8,
    "maxout_pieces": 2,
    "use_upper": True,
    "tok2vec": {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "width": 8,
        "depth": 2,
        "embed_size": 50,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
        "pretrained_vectors": None,
    },
}
PROSE = sorted((Path(__file__).parents[3] / "docs").rglob("*.md"))


def both(texts: Sequence[str]) -> tuple[list[list[Span]], list[list[Span]]]:
    """What is found together, and by spaCy's own."""
    entities = Entities.of(NER)
    assert entities is not None
    with NLP.memory_zone():
        docs = [NLP.make_doc(text) for text in texts]
        together = entities.find(docs)
        NER.set_annotations(docs, NER.predict(docs))
        return together, [[(span.start, span.end, span.label_) for span in doc.ents] for doc in docs]


def test_notes_and_names() -> None:
    draw = random.Random(3)
    ours, spacys = both([make(draw) for make in (people.note, people.name) for _ in range(400)])
    assert ours == spacys
    assert sum(map(len, ours)) > 400


def test_prose() -> None:
    paragraphs = [part for page in PROSE for part in page.read_text().split("\n\n")][:300]
    ours, spacys = both(paragraphs)
    assert ours == spacys
    assert sum(map(len, ours)) > 300


def test_fuzzed_forms() -> None:
    draw = random.Random(4)
    ours, spacys = both([fuzzed(draw) for _ in range(600)])
    assert ours == spacys


@given(texts=st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=30), max_size=6))
@settings(max_examples=60)
def test_any_texts_also_empty_ones(texts: list[str]) -> None:
    ours, spacys = both(texts)
    assert ours == spacys


def test_neighbours_in_a_batch_change_nothing() -> None:
    draw = random.Random(5)
    texts = [people.note(draw) for _ in range(30)]
    together, _ = both(texts)
    assert together == [both([text])[0][0] for text in texts]


@pytest.mark.parametrize(("factory", "state"), [("beam_ner", {}), ("ner", {"extra_state_tokens": True})])
def test_a_model_of_another_form_is_left_to_spacy(factory: str, state: dict[str, bool]) -> None:
    nlp = spacy.blank(LANGUAGE)
    ner: Any = nlp.add_pipe(factory, config={"model": MODEL | state})
    ner.add_label("PERSON")
    nlp.initialize()
    assert Entities.of(ner) is None


def test_another_model_of_the_form_is_taken() -> None:
    nlp = spacy.blank(LANGUAGE)
    ner: Any = nlp.add_pipe("ner", config={"model": MODEL})
    for label in ("PERSON", "PLACE"):
        ner.add_label(label)
    nlp.initialize()
    entities = Entities.of(ner)
    assert entities is not None
    docs = [nlp.make_doc(text) for text in ("Ana Silva went to Porto on Monday", "", "Ana")]
    ours = entities.find(docs)
    ner.set_annotations(docs, ner.predict(docs))
    assert ours == [[(span.start, span.end, span.label_) for span in doc.ents] for doc in docs]
