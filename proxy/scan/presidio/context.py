"""The words around a hit, which lift it: Presidio's own enhancer, asked only where there may be such words.

Rule kept here: a hit's score is the one that `AnalyzerEngine` gives. Where no word of the recognizer's context can
stand before the hit, or the hit is sure already, the enhancer would change nothing and is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer

from proxy.scan.presidio.direct import Span

_STEM = 3
_ENDS = {"man": 3, "e": 1, "y": 1, "f": 1}
"""Ends of lemmas that the words themselves may lack (`men`, `aging`, `cities`, `wolves`), and their lengths; other
exceptions are listed by the model (`odd_forms`)."""


class Context:
    """What lifts the hits of one recognizer. `lemmas` says whether words are read as lemmas, or as they are written;
    `odd_forms` are words whose lemmas begin otherwise, with these lemmas."""

    def __init__(self, recognizer: Any, lemmas: bool, odd_forms: Iterable[tuple[str, str]]) -> None:
        self._recognizer = recognizer
        self._words = tuple(word.lower() for word in recognizer.context or ())
        self._own = type(recognizer).enhance_using_context is not EntityRecognizer.enhance_using_context
        stems = {_stem(word) if lemmas else word for word in self._words}
        odd = {form for form, lemma in odd_forms if any(word in lemma for word in self._words)} if lemmas else set()
        words = sorted(stems | odd)
        self._trigger = re.compile("|".join(map(re.escape, words))) if words else None
        self.trigger = "|".join(map(_any_case, words)) if words else None
        """A pattern (RE2) that is found in every text that has a word which may lift a hit; None where none does."""

    def asks(self, text: str, spans: Sequence[Span]) -> bool:
        """Whether words in a text may lift these hits of the recognizer."""
        if self._own:
            return True
        if self._trigger is None:
            return False
        unsure = any(score < EntityRecognizer.MAX_SCORE for _, _, _, score in spans)
        return unsure and self._trigger.search(text.lower()) is not None

    @staticmethod
    def goes_on(spans: Sequence[Span], words: Any) -> bool:
        """Whether words behind one of these hits count too: the enhancer takes the word in which a hit begins, and
        where that is none to it (a mark, or two joined by a colon) the next one that is."""
        kept = set(words.keywords)
        for start, _, _, _ in spans:
            place = next(i for i, at in enumerate(words.tokens_indices) if start < at + len(words.tokens[i]))
            if words.lemmas[place].lower() not in kept:
                return True
        return False

    def enhanced(self, text: str, spans: Sequence[Span], words: Any, given: Sequence[str]) -> list[Span]:
        """The hits as Presidio's enhancer leaves them, which reads the words before each."""
        if self._own:
            results = [_result(self._recognizer, span) for span in spans]
            results = self._recognizer.enhance_using_context(text, results, [], words, list(given))
            results = _ENHANCER.enhance_using_context(text, results, words, [self._recognizer], list(given))
            return [(r.start, r.end, r.entity_type, float(r.score)) for r in results]
        return [self._enhanced(text, span, words, given) for span in spans]

    def _enhanced(self, text: str, span: Span, words: Any, given: Sequence[str]) -> Span:
        """As `LemmaContextAwareEnhancer.enhance_using_context` for one hit, without the copies that it makes."""
        start, end, entity, score = span
        around = _ENHANCER._extract_surrounding_words(nlp_artifacts=words, word=text[start:end], start=start)
        supported = _ENHANCER._find_supportive_word_in_context(
            [*around, *(word.lower() for word in given)], self._recognizer.context, _ENHANCER.context_matching_mode
        )
        return (start, end, entity, _lift(score)) if supported else span

    def lifts(self, given: Sequence[str]) -> bool:
        """Whether words that are given from outside lift every hit."""
        return any(word in one.lower() for word in self._words for one in given)

    def lifted(self, spans: Sequence[Span], given: Sequence[str]) -> list[Span]:
        """The hits with the words that are given from outside (a column's name) as their only context."""
        if not self.lifts(given):
            return list(spans)
        return [(start, end, entity, _lift(score)) for start, end, entity, score in spans]


def _any_case(word: str) -> str:
    """A word as RE2 finds it whatever its case: characters beyond ASCII may stand for letters in it."""
    return "".join(f"[{c}{c.upper()}\x80-\U0010ffff]" if c.isascii() and c.isalpha() else re.escape(c) for c in word)


def _stem(lemma: str) -> str:
    """What every word with this lemma, or one that contains it, has in it."""
    lost = next((length for end, length in _ENDS.items() if lemma.endswith(end)), 0)
    return lemma[: min(_STEM, max(1, len(lemma) - lost))]


_ENHANCER = LemmaContextAwareEnhancer()


def _result(recognizer: Any, span: Span) -> RecognizerResult:
    start, end, entity, score = span
    return RecognizerResult(
        entity_type=entity,
        start=start,
        end=end,
        score=score,
        analysis_explanation=AnalysisExplanation(recognizer=recognizer.name, original_score=score),
        recognition_metadata={
            RecognizerResult.RECOGNIZER_NAME_KEY: recognizer.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
        },
    )


def _lift(score: float) -> float:
    lifted = max(score + _ENHANCER.context_similarity_factor, _ENHANCER.min_score_with_context_similarity)
    return min(lifted, LemmaContextAwareEnhancer.MAX_SCORE)
