"""A recognizer's own patterns and validators, run without the explanations and log lines that Presidio makes of each
hit.

Rule kept here: what is found is what `PatternRecognizer.analyze` finds, hit for hit and score for score. A recognizer
that does more than that (its own `analyze`, or context of its own) is asked itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from presidio_analyzer import EntityRecognizer, PatternRecognizer

Span: TypeAlias = tuple[int, int, str, float]
"""Start, end, entity, score."""
Find: TypeAlias = Callable[[str], list[Span]]


def finder(recognizer: Any) -> Find:
    """What a recognizer finds in a text, before any context."""
    if not isinstance(recognizer, PatternRecognizer) or type(recognizer).analyze is not PatternRecognizer.analyze:
        return lambda text: _spans(recognizer.analyze(text, recognizer.supported_entities))
    return _own_patterns(recognizer)


def without_duplicates(spans: Sequence[Span]) -> list[Span]:
    """As `EntityRecognizer.remove_duplicates`: a hit inside another of its entity that is as sure is none."""
    if len(spans) < 2:
        return list(spans)
    kept: list[Span] = []
    open_: list[Span] = []
    entity = ""
    for one in sorted(set(spans), key=lambda s: (s[2], s[0], s[0] - s[1], -s[3])):
        start, end, kind, score = one
        if kind != entity:
            entity, open_ = kind, []
        open_ = [other for other in open_ if other[1] >= start]
        if not any(start >= o[0] and end <= o[1] and score <= o[3] for o in open_):
            kept.append(one)
            open_.append(one)
    return kept


def _own_patterns(recognizer: Any) -> Find:
    recognizer.analyze("", recognizer.supported_entities)  # it compiles its patterns when it is first asked
    patterns = [(p.compiled_regex, float(p.score)) for p in recognizer.patterns]
    entity = recognizer.supported_entities[0]
    kind = type(recognizer)
    validate = recognizer.validate_result if kind.validate_result is not PatternRecognizer.validate_result else None
    invalidate = recognizer.invalidate_result
    invalidates = kind.invalidate_result is not PatternRecognizer.invalidate_result

    def find(text: str) -> list[Span]:
        found: list[Span] = []
        for pattern, score in patterns:
            for match in pattern.finditer(text):
                start, end = match.span()
                if start == end:
                    continue
                piece = text[start:end]
                sure = score
                valid = validate(piece) if validate is not None else None
                if valid is not None:
                    sure = float(EntityRecognizer.MAX_SCORE) if valid else 0.0
                if sure > 0 and not (invalidates and invalidate(piece)):
                    found.append((start, end, entity, sure))
        return without_duplicates(found)

    return find


def _spans(results: Any) -> list[Span]:
    return [(r.start, r.end, r.entity_type, float(r.score)) for r in results]
