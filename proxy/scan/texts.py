"""What is asked of many distinct texts at once: which are JSON, bare numbers, or short.

Rule kept here: each answer is that of the same question about one text in `verdicts` and `units`; tests hold the two
together.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from proxy.scan.arrays import Array
from proxy.scan.codes import CODE_DIGITS, LONG_DIGITS
from proxy.scan.entities import Form
from proxy.scan.matching import counted, matching

Mask = npt.NDArray[np.bool_]
SHORT_WORDS = 5
"""At most so many words are a name or a title, and no sentence."""

_JSON = r"^\s*[{\[\"]"
_BARE = r"^-?\p{Nd}+(?:\.\p{Nd}+)?$"
_GROUPS = r"^\(?\p{Nd}[\p{Nd} ().\-/]*\p{Nd}$"
_QUAD = r"^\p{Nd}+(?:\.\p{Nd}+){3}$"
_PIECE = r"(?:[A-Z]{1,3}\p{Nd}*|\p{Nd}+[A-Z]{0,2})"
_CODE = rf"^{_PIECE}(?:[ ./_-]{_PIECE})+$"
_CAPITAL = "[A-Z]"
_DIGIT = r"\p{Nd}"
_LETTER = r"\p{L}"


def may_be_json(texts: Array) -> Mask:
    """Which texts begin as a JSON document does."""
    return matching(texts, _JSON)


def bare(texts: Array) -> Mask:
    """Which texts are a number and nothing else."""
    return matching(pc.utf8_trim_whitespace(texts), _BARE)


def of_forms(texts: Array, forms: Collection[Form]) -> dict[Form, Mask]:
    """Which texts have each of the forms of entities' chance hits."""
    if not forms:
        return {}
    trimmed = pc.utf8_trim_whitespace(texts)
    numbers = matching(trimmed, _BARE)
    return {form: numbers if form is Form.NUMBER else _of_form(texts, trimmed, numbers, form) for form in forms}


def _of_form(texts: Array, trimmed: Array, numbers: Mask, form: Form) -> Mask:
    fewest = {Form.CODE: CODE_DIGITS, Form.LONG: LONG_DIGITS}.get(form, 0)
    if fewest and not _any_of_length(texts, fewest):
        return np.zeros(len(texts), dtype=np.bool_)
    if form is Form.QUAD:
        return matching(trimmed, _QUAD)
    if form is Form.CODE:
        formed = matching(trimmed, _CODE)
        formed = formed & matching(trimmed, _CAPITAL) if formed.any() else formed
    else:
        formed = matching(trimmed, _GROUPS) & ~numbers
    if fewest and formed.any():
        formed = formed & (digits(texts) >= fewest)
    return np.asarray(formed, dtype=np.bool_)


def _any_of_length(texts: Array, fewest: int) -> bool:
    lengths: Any = pc.binary_length(texts)
    return (pc.max(lengths).as_py() or 0) >= fewest


def digits(texts: Array) -> npt.NDArray[np.int64]:
    """How many digits each text has."""
    return counted(texts, _DIGIT)


def short(texts: Array) -> Mask:
    """Which texts have letters and few words."""
    words: Any = pc.list_value_length(pc.utf8_split_whitespace(pc.utf8_trim_whitespace(texts), max_splits=SHORT_WORDS))
    few = np.asarray(words.to_numpy(zero_copy_only=False)) <= SHORT_WORDS
    return np.asarray(few & matching(texts, _LETTER), dtype=np.bool_)
