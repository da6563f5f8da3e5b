"""Texts in plain characters beside the texts as they are: what is written in full-width, invisible or unusual
characters is read as a reader takes it.

Rule kept here: only texts that hold such a character have a plain twin, and it is read besides, never instead: nothing
that is found in the text as it stands is lost. Every character of a twin stands for exactly one of its text, so that a
hit is mapped back without doubt. Letters that only look like others (Cyrillic a) are not touched.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from proxy.scan.presidio.direct import Span
from proxy.scan.presidio.gates import Places, Texts, found

_PLANES = (range(0x80, 0x20000), range(0xE0000, 0xE0200))
"""Beyond these there is neither a digit, a dash, nor a form of an ASCII character."""
_FEW = 16
"""So few texts are read sooner than a pattern is made ready."""
_DASHES = "\u2212\u02d7\u2796"
"""Minus signs, which are no dashes by their category."""
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
"""Letters and marks that show nothing."""


@lru_cache(1)
def replacements() -> dict[int, str | None]:
    """What each unusual character stands for, one in ASCII; None for those that show nothing."""
    found_: dict[int, str | None] = {}
    for code in chain(*_PLANES):
        char = chr(code)
        kind = unicodedata.category(char)
        if kind == "Cf" or char in _INVISIBLE or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
            found_[code] = None
        elif kind == "Nd":
            found_[code] = str(unicodedata.decimal(char))
        elif kind == "Pd" or char in _DASHES:
            found_[code] = "-"
        elif unicodedata.decomposition(char):
            plain = unicodedata.normalize("NFKC", char)
            if len(plain) == 1 and plain.isascii():
                found_[code] = plain
    return found_


@lru_cache(1)
def _unusual() -> str:
    """A pattern (RE2) of any such character."""
    codes = np.array(sorted(replacements()))
    runs = np.split(codes, np.flatnonzero(np.diff(codes) != 1) + 1)
    return "[" + "".join(rf"\x{{{run[0]:x}}}-\x{{{run[-1]:x}}}" for run in runs) + "]"


@dataclass(frozen=True, slots=True)
class Twins:
    """Plain twins of some of a column's texts: `places` are those of the texts, in order."""

    places: Places
    texts: Texts
    originals: Sequence[str]

    def back(self, twin: int, spans: Sequence[Span]) -> list[Span]:
        """Hits in a twin as they stand in its text."""
        where = _positions(self.originals[twin])
        return [(where[start], where[end - 1] + 1, entity, score) for start, end, entity, score in spans]


def twins(texts: Texts, left_out: Places) -> Twins | None:
    """The plain twins of those texts (an Arrow array, none NULL) that have any; None where none has."""
    if len(texts) == 0 or pc.sum(pc.binary_length(texts)) == pc.sum(pc.utf8_length(texts)):  # all of them are ASCII
        return None
    places = np.setdiff1d(_with_unusual(texts), left_out)
    if len(places) == 0:
        return None
    originals = texts.take(pa.array(places)).to_pylist()
    table = replacements()
    return Twins(places, pa.array([text.translate(table) for text in originals], pa.large_string()), originals)


def _with_unusual(texts: Texts) -> Places:
    if len(texts) > _FEW:
        return found(texts, _unusual())
    table = replacements()
    some = [place for place, text in enumerate(texts.to_pylist()) if text.translate(table) != text]
    return np.array(some, dtype=np.int64)


def twin(text: str) -> Twins | None:
    """The plain twin of one text, if it has one."""
    return twins(pa.array([text], pa.large_string()), np.empty(0, dtype=np.int64))


def _positions(text: str) -> list[int]:
    """For each character of a twin the place of the one that it stands for."""
    table = replacements()
    return [place for place, char in enumerate(text) if table.get(ord(char), "") is not None]
