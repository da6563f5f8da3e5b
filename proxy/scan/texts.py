"""What is asked of one text and of many: which are JSON, bare numbers, of the form of chance hits, or short.

Rule kept here: many texts get the answers that each would get by itself; tests hold the two together. Few are asked one
by one, as a call of Arrow costs more than they do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from proxy.scan.arrays import Array, numbers
from proxy.scan.codes import CODE_DIGITS, LONG_DIGITS
from proxy.scan.entities import Form
from proxy.scan.matching import ONE_BY_ONE, matching

Mask = npt.NDArray[np.bool_]
SHORT_WORDS = 5
"""At most so many words are a name or a title, and no sentence."""

_BLANKS = "\t\n\f\r "
_OPENS = ("{", "[", '"')
_JSON = r"^\s*[{\[\"]"
_BARE = r"^-?\p{Nd}+(?:\.\p{Nd}+)?$"
_GROUPS = r"^\(?\p{Nd}[\p{Nd} ().\-/]*\p{Nd}$"
_QUAD = r"^\p{Nd}+(?:\.\p{Nd}+){3}$"
_PIECE = r"(?:[A-Z]{1,3}\p{Nd}*|\p{Nd}+[A-Z]{0,2})"
_CODE = rf"^{_PIECE}(?:[ ./_-]{_PIECE})+$"
_CAPITAL = "[A-Z]"
_DIGIT = r"\p{Nd}"
_LETTER = r"\p{L}"


def _of_one(pattern: str) -> re.Pattern[str]:
    """A pattern of RE2 as Python's: `$` is the end of the text there, and digits are those of every script here too."""
    return re.compile(pattern.replace(r"\p{Nd}", r"\d").replace("$", r"\Z"))


_ONE_BARE, _ONE_GROUPS, _ONE_QUAD, _ONE_CODE = map(_of_one, (_BARE, _GROUPS, _QUAD, _CODE))
_ONE_CAPITAL, _ONE_DIGIT = map(_of_one, (_CAPITAL, _DIGIT))


# ------------------------------------------------------------------------------------------------------------- of one
def is_bare(text: str) -> bool:
    """Whether a text is a number and nothing else."""
    return _ONE_BARE.match(text.strip()) is not None


def has_form(text: str, form: Form) -> bool:
    """Whether a text has the form of an entity's chance hits."""
    if form is Form.NUMBER:
        return is_bare(text)
    trimmed = text.strip()
    if form is Form.QUAD:
        return _ONE_QUAD.match(trimmed) is not None
    if form is Form.CODE:
        named = _ONE_CODE.match(trimmed) is not None and _ONE_CAPITAL.search(trimmed) is not None
        return named and count_digits(text) >= CODE_DIGITS
    grouped = _ONE_GROUPS.match(trimmed) is not None and not is_bare(text)
    return grouped and (form is Form.GROUPS or count_digits(text) >= LONG_DIGITS)


def count_digits(text: str) -> int:
    """How many digits a text has."""
    return len(_ONE_DIGIT.findall(text))


def is_short(text: str) -> bool:
    """Whether a text has letters and few words."""
    return any(map(str.isalpha, text)) and len(text.split()) <= SHORT_WORDS


# ------------------------------------------------------------------------------------------------------------ of many
def may_be_json(texts: Array) -> Mask:
    """Which texts begin as a JSON document does."""
    if len(texts) <= ONE_BY_ONE:
        return _each(texts, lambda text: text.lstrip(_BLANKS).startswith(_OPENS))
    return matching(texts, _JSON)


def bare(texts: Array) -> Mask:
    """Which texts are a number and nothing else."""
    if len(texts) <= ONE_BY_ONE:
        return _each(texts, is_bare)
    return matching(pc.utf8_trim_whitespace(texts), _BARE)


def of_forms(texts: Array, forms: Collection[Form]) -> dict[Form, Mask]:
    """Which texts have each of the forms of entities' chance hits."""
    if not forms:
        return {}
    if len(texts) <= ONE_BY_ONE:
        some = texts.to_pylist()
        return {form: np.array([has_form(text, form) for text in some], dtype=np.bool_) for form in forms}
    trimmed = pc.utf8_trim_whitespace(texts)
    plain = matching(trimmed, _BARE)
    return {form: plain if form is Form.NUMBER else _of_form(texts, trimmed, plain, form) for form in forms}


def _of_form(texts: Array, trimmed: Array, plain: Mask, form: Form) -> Mask:
    fewest = {Form.CODE: CODE_DIGITS, Form.LONG: LONG_DIGITS}.get(form, 0)
    if fewest and not _any_of_length(texts, fewest):
        return np.zeros(len(texts), dtype=np.bool_)
    if form is Form.QUAD:
        return matching(trimmed, _QUAD)
    if form is Form.CODE:
        formed = matching(trimmed, _CODE)
        formed = formed & matching(trimmed, _CAPITAL) if formed.any() else formed
    else:
        formed = matching(trimmed, _GROUPS) & ~plain
    if fewest and formed.any():
        formed = formed & (digits(texts) >= fewest)
    return np.asarray(formed, dtype=np.bool_)


def _any_of_length(texts: Array, fewest: int) -> bool:
    lengths: Any = pc.binary_length(texts)
    return (pc.max(lengths).as_py() or 0) >= fewest


def digits(texts: Array) -> npt.NDArray[np.int64]:
    """How many digits each text has."""
    if len(texts) <= ONE_BY_ONE:
        return np.array([count_digits(text) for text in texts.to_pylist()], dtype=np.int64)
    return numbers(pc.count_substring_regex(texts, _DIGIT))


def short(texts: Array) -> Mask:
    """Which texts have letters and few words."""
    if len(texts) <= ONE_BY_ONE:
        return _each(texts, is_short)
    words: Any = pc.list_value_length(pc.utf8_split_whitespace(pc.utf8_trim_whitespace(texts), max_splits=SHORT_WORDS))
    few = np.asarray(words.to_numpy(zero_copy_only=False)) <= SHORT_WORDS
    return np.asarray(few & matching(texts, _LETTER), dtype=np.bool_)


def _each(texts: Array, question: Callable[[str], bool]) -> Mask:
    return np.array([question(text) for text in texts.to_pylist()], dtype=np.bool_)
