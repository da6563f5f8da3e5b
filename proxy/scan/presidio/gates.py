"""Which of a column's texts a recognizer must see: conditions that a hit needs, tried on the whole column at once.

Rule kept here: a gate keeps no text from a recognizer that would find something in it. Conditions are read off the
recognizers' own patterns (`derive`) and off libphonenumber's plans (`phone`); a recognizer without one sees every
text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from presidio_analyzer import PatternRecognizer

from proxy.scan.matching import matching
from proxy.scan.presidio import phone
from proxy.scan.presidio.derive import wider

Places: TypeAlias = npt.NDArray[np.int64]
Texts: TypeAlias = Any
"""An Arrow array of strings without NULLs."""
Condition: TypeAlias = str | None
"""A pattern of RE2; "" is found nowhere, None everywhere."""


class Gate:
    """The condition of one recognizer's patterns, of which some can only be found sure enough beside certain words."""

    def __init__(self, recognizer: Any, trigger: str | None) -> None:
        self._trigger = trigger
        validates = _validates(recognizer)
        self._patterns: list[tuple[str | None, float]] = [
            (wider(p.regex, recognizer.global_regex_flags), 1.0 if validates else float(p.score))
            for p in getattr(recognizer, "patterns", ())
        ]
        self._joined: dict[float, tuple[Condition, Condition]] = {}

    def passing(self, texts: Texts, floor: float, lifted: bool) -> Places:
        """The places of the texts that the recognizer must see, where hits below `floor` do not count; `lifted` says
        that words from outside lift them all."""
        sure, weak = self._conditions(0.0 if lifted else floor)
        places = _places(texts, sure)
        if weak == "":
            return places
        if self._trigger is None:  # nothing lifts these hits
            return places
        beside = found(texts, self._trigger)
        if not len(beside):
            return places
        return np.union1d(places, beside[_places(texts.take(pa.array(beside)), weak)])

    @property
    def condition(self) -> Condition:
        """What is found in every text that the recognizer can find anything in, however sure."""
        return self._conditions(0.0)[0]

    def _conditions(self, floor: float) -> tuple[Condition, Condition]:
        if floor not in self._joined:
            sure = [pattern for pattern, score in self._patterns if score >= floor]
            weak = [pattern for pattern, score in self._patterns if score < floor]
            # A recognizer without patterns sees every text.
            self._joined[floor] = _joined(sure) if self._patterns else None, _joined(weak)
        return self._joined[floor]


class PhoneGate:
    """The condition of telephone numbers: first that there are enough digits, then which regions may know them."""

    def __init__(self, regions: Sequence[str]) -> None:
        self.condition = phone.enough_digits(regions)
        conditions = phone.conditions(regions)
        self._regions = {r: c if c is not None and _reads(c) else None for r, c in conditions.items()}
        self._national = phone.north_american() if "US" in regions else None

    def passing(self, texts: Texts, left_out: Places) -> Mapping[int, tuple[str, ...]]:
        """The places of the texts that can hold a number, and the regions whose matchers must see them."""
        asked = np.setdiff1d(np.arange(len(texts)), left_out)
        places = asked[found(texts.take(pa.array(asked)) if len(left_out) else texts, self.condition)]
        if not len(places):
            return {}
        some = texts.take(pa.array(places))
        regions: dict[int, list[str]] = {}
        for region, condition in self._regions.items():
            passing = places if condition is None else places[found(some, condition)]
            for place in passing.tolist():
                regions.setdefault(place, []).append(region)
        return {place: tuple(names) for place, names in regions.items()}

    def whole_numbers(self, texts: Texts) -> Places:
        """The places of texts that are nothing but a valid number of the United States as it is mostly written: each
        is one hit, whatever other regions think of parts of it."""
        nowhere = np.empty(0, dtype=np.int64)
        if self._national is None:
            return nowhere
        places = found(texts, phone.WRITTEN)
        if not len(places):
            return nowhere
        digits = pc.replace_substring_regex(texts.take(pa.array(places)), r"[^0-9]", "")
        return places[found(digits, self._national)]


def found(texts: Texts, pattern: str) -> Places:
    """The places of the texts in which a pattern is found."""
    return np.flatnonzero(matching(texts, pattern))


def _places(texts: Texts, condition: Condition) -> Places:
    if condition is None:
        return np.arange(len(texts), dtype=np.int64)
    return found(texts, condition) if condition else np.empty(0, dtype=np.int64)


def _joined(patterns: Sequence[str | None]) -> Condition:
    known = [pattern for pattern in patterns if pattern is not None]
    whole = "|".join(dict.fromkeys(known))
    return whole if len(known) == len(patterns) and (not whole or _reads(whole)) else None


def _validates(recognizer: Any) -> bool:
    """Whether hits may be surer than their pattern says."""
    own = getattr(type(recognizer), "validate_result", None)
    return own is not PatternRecognizer.validate_result


def _reads(pattern: str) -> bool:
    """Whether RE2 takes the pattern: it bounds its size."""
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:
        return False
    return True
