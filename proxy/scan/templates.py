"""Lines that a program wrote: the same words in each, and numbers in the same places.

Rule kept here: a place in such lines holds one kind of number. Where few of the numbers in it are telephone numbers,
none of them is taken for one, as with a column of numbers (docs/adr/0005-scan-verdicts.md). Texts that people wrote
are not alike, and so are not judged here; nor are lines that name a telephone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow.compute as pc

from proxy.scan.arrays import Array
from proxy.scan.entities import Hit, hinted

ENOUGH = 20
"""So many different lines are needed to judge a place in them."""
SHARE = 0.3
"""From this share of telephone numbers on a place holds telephone numbers."""
_DIGITS = 7
_NUMBER = re.compile(r"\d+")

Place: TypeAlias = tuple[str, int]
"""A line with 0 for each number, and which of its numbers it is."""


def place(text: str, hit: Hit) -> Place | None:
    """The place of a telephone number that is digits alone; None where it is not, or the line names a telephone."""
    if not text[hit.start : hit.end].isdecimal() or hit.entity in hinted(text):
        return None
    return _NUMBER.sub("0", text), sum(1 for _ in _NUMBER.finditer(text, 0, hit.start))


def chance(texts: Array, hits: Mapping[str, Sequence[Hit]]) -> frozenset[Place]:
    """The places that hold no telephone numbers, given those found in some distinct texts."""
    found = Counter(where for text, some in hits.items() for hit in some if (where := place(text, hit)) is not None)
    if not found:
        return frozenset()
    lines: Any = pc.replace_substring_regex(texts, r"\p{Nd}+", "0")
    counted = Counter(lines.to_pylist())
    some = {line for line, _ in found if counted[line] >= ENOUGH}
    long: Counter[Place] = Counter()
    for text, line in zip(texts.to_pylist(), lines.to_pylist(), strict=True) if some else ():
        if line in some:
            long.update((line, n) for n, one in enumerate(_NUMBER.findall(text)) if len(one) >= _DIGITS)
    return frozenset(where for where, many in long.items() if many >= ENOUGH and found[where] < SHARE * many)
