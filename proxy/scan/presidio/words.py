"""What a text's words are: by the language model, or by blanks and punctuation where there is none.

Rule kept here: nothing that was read stays: each batch's words are forgotten with it (`memory_zone`), else the
vocabulary grows with every word ever read. Of the model only those parts run whose answer is used, and its `ner` in a
form that shares work between texts (`ner.py`), where the model is of the form that this one knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import spacy
from presidio_analyzer.nlp_engine import NlpArtifacts

from proxy.scan.presidio.direct import Span
from proxy.scan.presidio.engine import LANGUAGE, no_model
from proxy.scan.presidio.ner import Entities

_BATCH = 128
_TOGETHER = 1_024
_CHARACTERS = 1 << 16
"""So many texts, of about so many characters, are read for names at once: the more, the more phrases they share."""
_FOR_NAMES = ("ner",)
_FOR_LEMMAS = ("tok2vec", "tagger", "attribute_ruler", "lemmatizer")


class Written:
    """Words without a model: tokens in lower case, so that "my ssn is .." still is context for the number."""

    lemmas = False
    """Tokens end at blanks, so that words up to a blank are read without what follows."""

    def __init__(self, longest: int) -> None:
        self._nlp = spacy.blank(LANGUAGE)
        self._nlp.max_length = longest
        self.engine = no_model()

    def read(self, texts: Sequence[str]) -> Iterator[Any]:
        """What Presidio wants to know of each text's words; to be used before the next is taken."""
        with self._nlp.memory_zone():
            for text in texts:
                tokens: Any = list(self._nlp.make_doc(text))
                yield NlpArtifacts(
                    entities=[],
                    tokens=tokens,
                    tokens_indices=[token.idx for token in tokens],
                    lemmas=[token.lower_ for token in tokens],
                    nlp_engine=self.engine,
                    language=LANGUAGE,
                    scores=[],
                )

    def odd_forms(self) -> list[tuple[str, str]]:
        """Words whose lemmas are not a beginning of them: none, as words are taken as they are written."""
        return []


class Model:
    """Words by the language model: names and lemmas, each by the parts of the model that find them."""

    lemmas = True

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.nlp = engine.nlp[LANGUAGE]
        ner = self.nlp.get_pipe("ner")
        self._entities = Entities.of(ner)
        self._told = {label: self._as_told(label) for label in ner.labels}

    def read(self, texts: Sequence[str]) -> Iterator[Any]:
        """The lemmas of each text, as Presidio wants them; to be used before the next is taken."""
        yield from self._read(texts, _FOR_LEMMAS)

    def names(self, texts: Sequence[str]) -> Iterator[list[Span]]:
        """The entities of each text, by the names and as sure as Presidio has them."""
        if self._entities is None:
            for words in self._read(texts, _FOR_NAMES):
                some = zip(words.entities, words.scores, strict=True)
                yield [(one.start_char, one.end_char, one.label_, float(score)) for one, score in some]
            return
        for together in _batches(texts):
            with self.nlp.memory_zone():
                docs = [self.nlp.make_doc(text) for text in together]
                found = [
                    [
                        (doc[start].idx, doc[end - 1].idx + len(doc[end - 1]), *told)
                        for start, end, label in spans
                        if (told := self._told[label]) is not None
                    ]
                    for doc, spans in zip(docs, self._entities.find(docs), strict=True)
                ]
            yield from found

    def _as_told(self, label: str) -> tuple[str, float] | None:
        """What Presidio makes of a label of the model, and how sure it is; None where it leaves it out."""
        score = self.engine.ner_model_configuration.default_score
        kept, scores = self.engine._get_updated_entities([SimpleNamespace(label_=label)], [score])
        return (kept[0].label_, float(scores[0])) if kept else None

    def _read(self, texts: Sequence[str], parts: Sequence[str]) -> Iterator[Any]:
        for begin in range(0, len(texts), _BATCH):
            with self._only(parts), self.nlp.memory_zone():
                batch = list(texts[begin : begin + _BATCH])
                for _, artifacts in self.engine.process_batch(batch, LANGUAGE, batch_size=_BATCH):
                    yield artifacts

    @contextmanager
    def _only(self, parts: Sequence[str]) -> Iterator[None]:
        with self.nlp.select_pipes(enable=[p for p in self.nlp.pipe_names if p in parts]):
            yield

    def odd_forms(self) -> list[tuple[str, str]]:
        """Words (of one letter or more) whose lemmas do not begin as they do, with these lemmas."""
        tables = self.nlp.get_pipe("lemmatizer").lookups
        strings = self.nlp.vocab.strings
        found = []
        for name in ("lemma_exc", "lemma_lookup"):
            if tables.has_table(name):
                found += list(_odd(tables.get_table(name), strings))
        return found


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, some at a time."""
    together: list[str] = []
    characters = 0
    for text in texts:
        together.append(text)
        characters += len(text)
        if characters >= _CHARACTERS or len(together) == _TOGETHER:
            yield together
            together, characters = [], 0
    if together:
        yield together


def _odd(table: Any, strings: Any) -> Iterator[tuple[str, str]]:
    """The pairs of a table: by the word alone, or by part of speech and word; keys may be hashes of strings."""
    for key, value in table.items():
        if isinstance(value, str):
            yield _text(key, strings), value.lower()
        elif isinstance(value, dict):
            for form, lemmas in value.items():
                yield from ((_text(form, strings), lemma.lower()) for lemma in lemmas)


def _text(key: Any, strings: Any) -> str:
    text: str = key if isinstance(key, str) else strings[key]
    return text.lower()
