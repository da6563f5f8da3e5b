"""Recognizers that pii.yaml adds to Presidio's own, in the form of Presidio's YAML for recognizers by pattern.

Rule kept here: a recognizer that could not run is a load error, never one that finds nothing: its patterns must
compile, and must come to an end in time on a few long texts. One that passes and is still too slow on some text ends
the scan of that text at the time limit, as any other does.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import regex  # type: ignore[import-untyped]
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_TRIAL_S = 1.0
_LONG = 1_000
_TRIALS = tuple(piece * (_LONG // len(piece)) + "!" for piece in ("a", "A", "0", " ", "a ", "0-", "a.", "aA0_@.- "))
_FLAGS = int(regex.IGNORECASE | regex.MULTILINE | regex.DOTALL)
_ENTITY = re.compile(r"[A-Z][A-Z0-9_]*\Z")


def _pattern(text: str) -> str:
    try:
        compiled = regex.compile(text, _FLAGS)
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {getattr(error, 'msg', 'too deep or too large')}") from None
    try:
        for trial in _TRIALS:
            for _ in compiled.finditer(trial, timeout=_TRIAL_S):
                pass
    except TimeoutError:
        raise ValueError("takes too long on long texts; avoid repeats inside of repeats, such as (a+)+") from None
    return text


def _entity(name: str) -> str:
    if not _ENTITY.match(name):
        raise ValueError("must be a name in capitals, such as EMPLOYEE_ID")
    return name


def _flags(value: int) -> int:
    if value & ~_FLAGS:
        raise ValueError("must be a sum of 2 (case does not count), 8 (^ and $ at lines) and 16 (. is any character)")
    return value


def _word(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Score = Annotated[float, Field(ge=0, le=1)]
Word = Annotated[str, AfterValidator(_word)]


class Pattern(BaseModel):
    """One regular expression, and how sure its hits are."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Word = Field(description="A name for people.")
    regex: Annotated[str, AfterValidator(_pattern)] = Field(description="As Python's library `regex` reads it.")
    score: Score = Field(description="The confidence of a hit, 0 to 1.")


class Recognizer(BaseModel):
    """A recognizer by patterns and words."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Word = Field(description="A name for people; no two are the same.")
    supported_entity: Annotated[str, AfterValidator(_entity)] = Field(
        description="What a hit is: one of Usher's entities, or a new one."
    )
    supported_language: Literal["en"] = "en"
    type: Literal["custom"] = "custom"
    patterns: tuple[Pattern, ...] = Field(default=(), strict=False, description="Any of them is a hit.")
    deny_list: tuple[Word, ...] = Field(default=(), strict=False, description="Words that are hits as they stand.")
    deny_list_score: Score = Field(default=1.0, description="The confidence of a word of the deny_list.")
    context: tuple[Word, ...] = Field(
        default=(), strict=False, description="Words that, before a hit, make it surer by 0.35 and at least 0.4."
    )
    global_regex_flags: Annotated[int, AfterValidator(_flags)] = Field(
        default=_FLAGS, description="A sum of 2 (IGNORECASE), 8 (MULTILINE) and 16 (DOTALL); all of them by default."
    )

    @model_validator(mode="after")
    def _finds_something(self) -> Recognizer:
        if not self.patterns and not self.deny_list:
            raise ValueError("has neither patterns nor a deny_list")
        return self


def unlike_names(recognizers: tuple[Recognizer, ...]) -> tuple[Recognizer, ...]:
    """The same recognizers, if no two have the same name. Raises `ValueError`."""
    seen: set[str] = set()
    for one in recognizers:
        if one.name in seen:
            raise ValueError("two recognizers have the same name; give each its own")
        seen.add(one.name)
    return recognizers
