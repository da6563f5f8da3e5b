"""Settings of the scan: how hard it looks, and with how many processes. What is done with findings is policy: pii.yaml.

Rule kept here: the scan is off only where somebody wrote `mode: off`; every record of a result says the mode it had.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Mode(StrEnum):
    """How results are scanned: with the language model, by patterns alone, by asking Presidio cell by cell, or not."""

    FULL = "full"
    PATTERNS = "patterns"
    EXACT = "exact"
    OFF = "off"


class Action(StrEnum):
    """What is done with a finding, from the mildest to the strictest; `off` does not look for it."""

    OFF = "off"
    FLAG = "flag"
    HASH = "hash"
    REDACT = "redact"
    BLOCK = "block"


STRICTNESS = tuple(Action)
REPLACING = frozenset({Action.HASH, Action.REDACT})
"""Actions that put something else in the place of what was found."""


class Beyond(StrEnum):
    """What becomes of a result with more texts than the language model may read."""

    REFUSE = "refuse"
    RELEASE = "release"


PHONE_REGIONS = ("US", "GB", "FR", "IN", "BR", "IL")
"""Presidio's own default without CA, whose numbers are those of US, and DE, which takes bare four-digit numbers."""


def _regions(regions: tuple[str, ...]) -> tuple[str, ...]:
    for region in regions:
        if not (len(region) == 2 and region.isascii() and region.isalpha() and region.isupper()):
            raise ValueError("a region is two capital letters of ISO 3166, such as US or GB")
    return regions


def _found(action: Action) -> Action:
    if action is Action.OFF:
        raise ValueError("must be redact, hash, block or flag; to scan for nothing, set scan.mode: off")
    return action


class Settings(BaseModel):
    """The `scan:` section."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field(
        default=Mode.FULL,
        description="full: patterns and the language model (needs the extra `ner`); patterns: no names of people; "
        "exact: as full, asking Presidio cell by cell (slow); off: nothing is scanned.",
    )
    on_finding: Annotated[Action, AfterValidator(_found)] = Field(
        default=Action.REDACT, description="The action where pii.yaml states none: redact, hash, block or flag."
    )
    workers: int = Field(
        default=2, ge=1, le=64, description="Processes that scan; each takes about 250 MB in mode full."
    )
    timeout_s: float = Field(
        default=60.0,
        gt=0,
        le=600,
        description="Seconds one piece of a result may take, and may wait for a free process.",
    )
    names_budget: int = Field(
        default=50_000,
        ge=0,
        description="Distinct texts of one result that the language model reads at most, of which one counts once for "
        "each 500 characters begun; it takes about a second for each three thousand short ones.",
    )
    on_names_budget: Beyond = Field(
        default=Beyond.REFUSE,
        description="refuse: a result with more such texts ends with an error; release: it leaves, and the cells that "
        "were not read for names are counted in answer and audit record.",
    )
    phone_regions: Annotated[tuple[str, ...], AfterValidator(_regions)] = Field(
        default=PHONE_REGIONS,
        min_length=1,
        description="Regions whose national telephone numbers are known; +.. numbers of any region always are.",
    )
