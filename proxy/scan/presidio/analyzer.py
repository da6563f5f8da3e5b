"""Presidio over columns: the hits in each of many distinct texts, as `AnalyzerEngine` would find them one by one.

Rule kept here: a text is kept from a recognizer only by a condition that each of its hits meets (`gates`); what a
recognizer finds, and how sure it is, is Presidio's own (`direct`, `context`), in each text and in its plain twin where
it has one (`plain`). Mode exact asks `AnalyzerEngine` itself,
cell by cell: the oracle that the tests hold everything else against.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from presidio_analyzer.predefined_recognizers import PhoneRecognizer, SpacyRecognizer

from proxy.scan.entities import Hit, entity
from proxy.scan.matching import ONE_BY_ONE, matching
from proxy.scan.presidio import engine as presidio
from proxy.scan.presidio import phone
from proxy.scan.presidio.context import Context
from proxy.scan.presidio.direct import Find, Span, finder, without_duplicates
from proxy.scan.presidio.gates import Gate, PhoneGate, Places, Texts
from proxy.scan.presidio.names import NOWHERE, Named, Names, cost
from proxy.scan.presidio.plain import twin, twins
from proxy.scan.presidio.words import Model, Written
from proxy.scan.recognizers import Recognizer
from proxy.scan.settings import Mode

WINDOW = 20_000
"""Characters read at once; a longer text is read in windows, each beginning `OVERLAP` before the last one ended."""
OVERLAP = 1_000
_PHONE = "PHONE_NUMBER"
_SETS = 4
"""So many sets of added recognizers are kept ready: one, and after a reload two for a while."""

_KINDS = 256
"""So many sets of entities are kept with the condition of any of them."""

_BLANK = re.compile(r"\s")

Hits = dict[int, list[Span]]
"""By the place of the text."""


@dataclass(frozen=True, slots=True)
class Search:
    """The hits by the place of the text that has any, and what the language model read."""

    hits: Mapping[int, tuple[Hit, ...]]
    named: Named


class Analyzer:
    """Presidio, built once in a process. Building takes 1 to 4 seconds and up to 250 MB."""

    def __init__(self, mode: Mode, phone_regions: Sequence[str]) -> None:
        presidio.silence()
        self._exact = mode is Mode.EXACT
        self._model = None if mode is Mode.PATTERNS else Model(presidio.language_model())
        self._words: Model | Written = self._model or Written(WINDOW)
        self._engine = presidio.analyzer_engine(self._words.engine, phone_regions)
        self._recognizers = [_Recognizer(r, self._words) for r in self._engine.registry.recognizers]
        self._added = lru_cache(_SETS)(self._built)
        self._any_condition = lru_cache(_KINDS)(self._any)
        self._phones = PhoneGate(phone_regions)
        self._names = Names(self._model) if self._model else None

    def find(
        self,
        texts: Sequence[str],
        entities: frozenset[str],
        hinted: frozenset[str],
        more: tuple[Recognizer, ...] = (),
    ) -> list[tuple[Hit, ...]]:
        """The hits in each text, of any score, sorted. `hinted` are entities at which the column's name hints: their
        context counts as present. Raises whatever a recognizer raises."""
        array = pa.array(texts, pa.large_string())
        found = self.search(array, dict.fromkeys(entities, 0.0), hinted, {}, more=more)
        return [found.hits.get(place, ()) for place in range(len(texts))]

    def search(
        self,
        texts: Texts,
        floors: Mapping[str, float],
        hinted: frozenset[str],
        without: Mapping[str, Places],
        most_names: int = sys.maxsize,
        more: tuple[Recognizer, ...] = (),
    ) -> Search:
        """The hits by the place of each text (an Arrow array of strings, none NULL) that has any. `floors` are the
        entities to look for, and from which score on: less sure hits may be left out. `without` are places that need
        not be read for an entity. The language model reads texts that count as `most_names` at most. `more` are
        recognizers beside Presidio's own."""
        entities = frozenset(floors)
        given = sorted({entity(name).hint_word for name in hinted} - {""})
        if self._exact:
            asked = ((place, self._asked(text, entities, given, more)) for place, text in enumerate(texts.to_pylist()))
            return Search({place: hits for place, hits in asked if hits}, Named(read=len(texts)))
        long = np.flatnonzero(np.asarray(pc.utf8_length(texts)) > WINDOW)
        all_ = (*self._recognizers, *self._added(more))
        left_out = {name: np.union1d(long, places) for name, places in without.items()}
        asked_of = all_ if self._may_hold(texts, entities, all_) else [r for r in all_ if r.names]
        spans, named = self._spans(texts, floors, given, left_out, long, asked_of, most_names)
        plain = twins(texts, long)
        if plain is not None:
            fewer = {name: np.flatnonzero(np.isin(plain.places, places)) for name, places in without.items()}
            patterns = [r for r in all_ if not r.names]
            of_twins, _ = self._spans(plain.texts, floors, given, fewer, NOWHERE, patterns, 0)
            for number, found in of_twins.items():
                spans[int(plain.places[number])] += plain.back(number, found)
        for place in long.tolist():
            spans[place], named = self._long(place, texts[place].as_py(), entities, hinted, more, named, most_names)
        return Search({place: _hits(one) for place, one in spans.items() if one}, named)

    def _may_hold(self, texts: Texts, entities: frozenset[str], recognizers: tuple[_Recognizer, ...]) -> bool:
        """Whether any of a few texts holds what any recognizer of these entities looks for: most columns of a small
        answer are done with that. Many texts are not asked, as one of them mostly does."""
        if len(texts) > ONE_BY_ONE:
            return True
        condition = self._any_condition(entities, recognizers)
        return condition is None or bool(condition and matching(texts, condition).any())

    def _any(self, entities: frozenset[str], recognizers: tuple[_Recognizer, ...]) -> str | None:
        """A pattern that is found in every text in which one of the recognizers can find anything."""
        wanted = [r for r in recognizers if not r.names and entities & r.entities]
        conditions = [self._phones.condition if r.phones else r.condition for r in wanted]
        return None if None in conditions else "|".join(f"(?:{one})" for one in conditions if one)

    # ----------------------------------------------------------------------------------------- one recognizer at a time
    def _spans(
        self,
        texts: Texts,
        floors: Mapping[str, float],
        given: Sequence[str],
        without: Mapping[str, Places],
        nobody: Places,
        recognizers: Sequence[_Recognizer],
        most_names: int,
    ) -> tuple[dict[int, list[Span]], Named]:
        """What recognizers find by the place of each text; `nobody` reads those."""
        named = Named()
        entities = frozenset(floors)
        spans: dict[int, list[Span]] = defaultdict(list)
        for recognizer in recognizers:
            wanted = entities & recognizer.entities
            if wanted:
                left_out = without.get(recognizer.entity, nobody)
                floor = min(floors[name] for name in wanted)
                if recognizer.names:
                    named = self._names.read(texts, wanted, left_out, most_names) if self._names else Named()
                    raw = dict(named.hits)
                else:
                    raw = self._read(recognizer, texts, floor, given, left_out)
                for place, hits in self._lifted(recognizer, texts, raw, given).items():
                    spans[place] += hits
        return spans, named

    def _read(
        self,
        recognizer: _Recognizer,
        texts: Texts,
        floor: float,
        given: Sequence[str],
        left_out: Places,
    ) -> Hits:
        if recognizer.phones:
            return self._numbers(texts, left_out)
        return recognizer.read(texts, floor, recognizer.context.lifts(given), left_out)

    def _lifted(self, recognizer: _Recognizer, texts: Texts, raw: Hits, given: Sequence[str]) -> Hits:
        """Hits with the words around them taken into account."""
        if not raw:
            return raw
        asked = {}
        some = texts.take(pa.array(list(raw), pa.int64())).to_pylist()
        for (place, spans), text in zip(raw.items(), some, strict=True):
            if recognizer.context.asks(text, spans):
                asked[place] = text
            elif given:
                raw[place] = recognizer.context.lifted(spans, given)
        if not asked:
            return raw
        pieces = list(asked.values())
        if not self._words.lemmas:
            pieces = [_until_blank(text, max(span[1] for span in raw[place])) for place, text in asked.items()]
        again = {}
        for (place, text), piece, words in zip(asked.items(), pieces, self._words.read(pieces), strict=True):
            if len(piece) < len(text) and recognizer.context.goes_on(raw[place], words):
                again[place] = text
            else:
                raw[place] = recognizer.context.enhanced(piece, raw[place], words, given)
        of_again = self._words.read(list(again.values())) if again else ()
        for (place, text), words in zip(again.items(), of_again, strict=True):
            raw[place] = recognizer.context.enhanced(text, raw[place], words, given)
        return raw

    def _numbers(self, texts: Texts, left_out: Places) -> Hits:
        """Telephone numbers: the matchers of those regions that may know one in a text."""
        hits: Hits = {}
        if len(left_out) == len(texts):
            return hits
        whole = np.setdiff1d(self._phones.whole_numbers(texts), left_out)
        if len(whole):
            lengths = np.asarray(pc.utf8_length(texts.take(pa.array(whole))))
            for place, length in zip(whole.tolist(), lengths.tolist(), strict=True):
                hits[place] = [(0, length, _PHONE, PHONE_SCORE)]
        for place, regions in self._phones.passing(texts, np.union1d(left_out, whole)).items():
            spans = phone.numbers(texts[place].as_py(), regions)
            if spans:
                hits[place] = without_duplicates([(start, end, _PHONE, PHONE_SCORE) for start, end in spans])
        return hits

    # ----------------------------------------------------------------------------------------------------- text by text
    def _asked(
        self, text: str, entities: frozenset[str], given: Sequence[str], more: tuple[Recognizer, ...]
    ) -> tuple[Hit, ...]:
        added = [one.recognizer for one in self._added(more)]

        def ask(text: str, entities: frozenset[str]) -> list[Span]:
            results = self._engine.analyze(
                text,
                presidio.LANGUAGE,
                sorted(entities),
                context=list(given),
                score_threshold=0,
                ad_hoc_recognizers=added,
            )
            return [(r.start, r.end, r.entity_type, float(r.score)) for r in results]

        spans = ask(text, entities)
        plain = twin(text)
        patterns = frozenset(name for name in entities if not entity(name).ner)
        if plain is not None and patterns:
            spans += plain.back(0, ask(plain.texts[0].as_py(), patterns))
        return _hits(spans)

    def _built(self, more: tuple[Recognizer, ...]) -> tuple[_Recognizer, ...]:
        return tuple(_Recognizer(presidio.pattern_recognizer(one), self._words) for one in more)

    def _long(
        self,
        place: int,
        text: str,
        entities: frozenset[str],
        hinted: frozenset[str],
        more: tuple[Recognizer, ...],
        named: Named,
        most_names: int,
    ) -> tuple[list[Span], Named]:
        """What is found in a text of many windows. All of it is read for names, or none where it counts as more texts
        than may still be read."""
        pieces = windows(text)
        people = frozenset(name for name in entities if entity(name).ner)
        price = sum(cost(len(piece)) for _, piece in pieces) if people and self._names else 0
        if price > most_names - named.read:
            entities -= people
            named = replace(named, beyond=np.union1d(named.beyond, [place]))
        array = pa.array([piece for _, piece in pieces], pa.large_string())
        found = self.search(array, dict.fromkeys(entities, 0.0), hinted, {}, more=more)
        sampled = np.union1d(named.sampled, [place]) if len(found.named.sampled) else named.sampled
        spans = {
            (hit.start + pieces[number][0], hit.end + pieces[number][0], hit.entity, hit.score)
            for number, hits in found.hits.items()
            for hit in hits
        }
        return sorted(spans), replace(named, read=named.read + found.named.read, sampled=sampled)


PHONE_SCORE = 0.4
"""`PhoneRecognizer.SCORE`."""


class _Recognizer:
    """One of Presidio's recognizers with its gate and its context."""

    def __init__(self, recognizer: Any, words: Model | Written) -> None:
        self.recognizer = recognizer
        self.entities = frozenset(recognizer.supported_entities)
        self.entity: str = recognizer.supported_entities[0]
        self.names = isinstance(recognizer, SpacyRecognizer)
        self.phones = isinstance(recognizer, PhoneRecognizer)
        self.context = Context(recognizer, words.lemmas, words.odd_forms())
        self._gate = Gate(recognizer, self.context.trigger)
        self._find: Find = finder(recognizer)

    @property
    def condition(self) -> str | None:
        """A pattern that is found in every text in which it can find anything; None where there is none."""
        return self._gate.condition

    def read(self, texts: Texts, floor: float, lifted: bool, left_out: Places) -> Hits:
        """What its patterns find, by the place of the text."""
        hits: Hits = {}
        places = self._gate.passing(texts, floor, lifted)
        if len(left_out):
            places = np.setdiff1d(places, left_out)
        if not len(places):
            return hits
        for place, text in zip(places.tolist(), texts.take(pa.array(places)).to_pylist(), strict=True):
            spans = self._find(text)
            if spans:
                hits[place] = spans
        return hits


def windows(text: str) -> list[tuple[int, str]]:
    """A text as pieces that recognizers take in bounded time and memory, each with its offset. A hit that a window
    cuts is whole in the window before or after, as long as it is shorter than the overlap."""
    if len(text) <= WINDOW:
        return [(0, text)]
    return [(start, text[start : start + WINDOW]) for start in range(0, len(text) - OVERLAP, WINDOW - OVERLAP)]


def _until_blank(text: str, end: int) -> str:
    """A text up to the first blank from `end` on: words without a model end there, and those behind rarely count."""
    blank = _BLANK.search(text, end)
    return text if blank is None else text[: blank.start()]


def _hits(spans: Sequence[Span]) -> tuple[Hit, ...]:
    kept = without_duplicates(spans)
    return tuple(sorted(Hit(start, end, entity, round(score, 4)) for start, end, entity, score in kept))
