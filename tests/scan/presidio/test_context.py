"""Words around a hit lift it exactly where, and as far as, Presidio's enhancer lifts it."""

from __future__ import annotations

from typing import Any

import pytest
from presidio_analyzer import EntityRecognizer

from proxy.scan.presidio.context import Context, _stem
from proxy.scan.presidio.words import Written

WORDS = Written(20_000)


def recognizer(*words: str) -> Any:
    class Made(EntityRecognizer):
        def load(self) -> None:
            pass

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
            return []

    return Made(["X"], context=list(words))


def lifted(context: Context, text: str, start: int, score: float = 0.05) -> float:
    span = (start, len(text), "X", score)
    if not context.asks(text, [span]):
        return score
    (one,) = [context.enhanced(text, [span], words, []) for words in WORDS.read([text])]
    return round(one[0][3], 4)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("my ssn is 123", 0.4),
        ("SSN 123", 0.4),
        ("my number is 123", 0.05),
        ("ssn b c d f g h 123", 0.05),
        ("123", 0.05),
    ],
)
def test_words_before_a_hit_lift_it(text: str, score: float) -> None:
    context = Context(recognizer("ssn"), lemmas=False, odd_forms=[])
    assert lifted(context, text, text.index("123")) == score


def test_a_word_behind_counts_where_the_hit_begins_in_none() -> None:
    context = Context(recognizer("bank"), lemmas=False, odd_forms=[])
    for text, goes_on in (("12:34 bank", True), ("1234 bank", False)):
        span = (0, text.index(" "), "X", 0.05)
        (told,) = [context.goes_on([span], words) for words in WORDS.read([text])]
        assert told is goes_on
        (one,) = [context.enhanced(text, [span], words, []) for words in WORDS.read([text])]
        assert round(one[0][3], 2) == (0.4 if goes_on else 0.05)


def test_sure_hits_and_hits_without_words_are_not_asked_about() -> None:
    context = Context(recognizer("ssn"), lemmas=False, odd_forms=[])
    assert not context.asks("ssn 123", [(4, 7, "X", 1.0)])
    assert not context.asks("id 123", [(3, 6, "X", 0.05)])
    assert not Context(recognizer(), lemmas=False, odd_forms=[]).asks("ssn 123", [(4, 7, "X", 0.05)])


def test_given_words_lift_every_hit() -> None:
    context = Context(recognizer("ssn"), lemmas=False, odd_forms=[])
    assert context.lifted([(0, 3, "X", 0.05), (4, 7, "X", 0.9)], ["ssn"]) == [(0, 3, "X", 0.4), (4, 7, "X", 1.0)]
    assert context.lifted([(0, 3, "X", 0.05)], ["phone"]) == [(0, 3, "X", 0.05)]


@pytest.mark.parametrize(
    ("lemma", "forms"),
    [("passport", ["passports"]), ("age", ["aging", "ages"]), ("city", ["cities"]), ("license", ["licensing"]),
     ("policeman", ["policemen"]), ("half", ["halves"]), ("us", ["us"])],
)  # fmt: skip
def test_every_form_of_a_word_has_its_stem(lemma: str, forms: list[str]) -> None:
    assert all(_stem(lemma) in form for form in forms)


def test_odd_forms_are_listed_by_the_model() -> None:
    context = Context(recognizer("go"), lemmas=True, odd_forms=[("went", "go"), ("was", "be")])
    assert context.asks("went 123", [(5, 8, "X", 0.05)])
    assert not context.asks("was 123", [(4, 7, "X", 0.05)])


def test_a_recognizer_with_context_of_its_own_is_always_asked() -> None:
    made = recognizer("ssn")
    kind = type(made)
    kind.enhance_using_context = lambda self, text, raw, other, words, context=None: raw
    assert Context(made, lemmas=False, odd_forms=[]).asks("123", [(0, 3, "X", 0.05)])
