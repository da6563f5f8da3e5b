"""Names of people (and of places and groups): which texts the language model reads, and what it finds in them.

Rule kept here: the model is by far the dearest reader, so it gets only texts with a word of letters, and of a column
of short texts only a sample where that shows few names; what it did not read is told. It knows names as they are
written in prose: short texts all in capitals, or without any, are read with capitals where names have them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from proxy.scan.entities import ENTITIES
from proxy.scan.presidio.direct import Span
from proxy.scan.presidio.gates import Places, Texts, found
from proxy.scan.presidio.words import Model
from proxy.scan.texts import short

SAMPLE = 200
"""So many short texts tell whether their column holds names. Where fewer than half of the share that counts are hits,
the share of the column is below it but for a chance of less than one in a million (binomial, shares .3 and .6)."""
WORD = r"""(?:^|[\s(\["'{<>:;,=/|])\p{L}{2,}(?:['\x{2019}-]\p{L}+)*(?:$|[\s)\]"'}>:;,=/|!?]|\.(?:\s|$))"""
"""A word of letters alone: codes, numbers and addresses of e-mail have none."""
PIECE = 500
"""Characters of a text that count as one text: the model takes as long for ten times the text as for ten texts."""
NOWHERE: Places = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Named:
    """What the model found by the place of the text, how many texts it read (a long one counts as many, see `cost`),
    and which it did not: `sampled` because a sample shows few names among them, `beyond` because no more may be
    read."""

    hits: Mapping[int, list[Span]] = field(default_factory=dict)
    read: int = 0
    sampled: Places = field(default_factory=lambda: NOWHERE)
    beyond: Places = field(default_factory=lambda: NOWHERE)


class Names:
    """The language model as a reader of columns."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def read(self, texts: Texts, wanted: frozenset[str], left_out: Places, most: int) -> Named:
        """The entities `wanted` in texts that together count as so many at most."""
        places = np.setdiff1d(found(texts, WORD), left_out)
        titles = places[short(texts.take(pa.array(places)))]
        sampled = NOWHERE
        hits: dict[int, list[Span]] = {}
        done = NOWHERE
        if len(titles) > 2 * SAMPLE:
            done = np.array(random.sample(titles.tolist(), min(SAMPLE, most)), dtype=np.int64)
            done = np.sort(_affordable(texts, done, most))
            hits = self._found(texts, done, wanted)
            if not _may_hold(hits, len(done), wanted):
                sampled = np.setdiff1d(titles, done)
        rest = np.setdiff1d(places, np.union1d(done, sampled))
        spent = int(_costs(texts, done).sum())
        now = _affordable(texts, rest, most - spent)
        hits |= self._found(texts, now, wanted)
        return Named(hits, spent + int(_costs(texts, now).sum()), sampled, rest[len(now) :])

    def _found(self, texts: Texts, places: Places, wanted: frozenset[str]) -> dict[int, list[Span]]:
        some = texts.take(pa.array(places))
        pieces = [as_title(t) if s else t for t, s in zip(some.to_pylist(), short(some).tolist(), strict=True)]
        hits: dict[int, list[Span]] = {}
        for place, spans in zip(places.tolist(), self._model.names(pieces), strict=True):
            of_text = [span for span in spans if span[2] in wanted]
            if of_text:
                hits[place] = of_text
        return hits


def cost(length: int) -> int:
    """As how many texts one of so many characters counts."""
    return 1 + max(0, length - 1) // PIECE


def _costs(texts: Texts, places: Places) -> Places:
    lengths: Any = pc.utf8_length(texts.take(pa.array(places)))
    return 1 + np.maximum(0, np.asarray(lengths, dtype=np.int64) - 1) // PIECE


def _affordable(texts: Texts, places: Places, most: int) -> Places:
    """The first of some places that together count as so many texts at most."""
    within = np.cumsum(_costs(texts, places)) <= max(0, most)
    return places[: int(within.sum())]


def as_title(text: str) -> str:
    """A text of one case with capitals where names have them, as long as its letters keep their places."""
    if not (text.isupper() or text.islower()):
        return text
    titled = text.title()
    return titled if len(titled) == len(text) else text


def _may_hold(hits: Mapping[int, Sequence[Span]], read: int, wanted: frozenset[str]) -> bool:
    """Whether so many hits in a sample let the share of the whole column reach what counts, of any entity."""
    counted = Counter(entity for spans in hits.values() for entity in {span[2] for span in spans})
    return any(counted[name] >= (ENTITIES[name].chance_rate or 0.0) * read / 2 for name in wanted if ENTITIES[name].ner)
