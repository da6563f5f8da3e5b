"""What a refusal says of us: a door that is meant to be shut, or a construct that is missing.

Rule kept here: only what the threat model or the allow-lists shut on purpose is meant; whatever is not named here
counts against us.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any


class Verdict(Enum):
    """Why an engine's statement is refused."""

    NO_QUERY = "another kind of statement"
    SHUT = "a function or construct that is shut on purpose"
    MISSING = "an honest query"


_SHUT = frozenset({"block sample"})
"""Constructs that tell of hidden rows."""
_STATEMENTS = frozenset({"describe", "summarize", "show", "into", "lock"})


def verdict(refusal: Mapping[str, Any]) -> Verdict:
    """Of one recorded refusal."""
    if refusal["reason"] == "statement-kind":
        return Verdict.NO_QUERY
    if refusal["reason"] == "construct" and refusal["about"] in _STATEMENTS:
        return Verdict.NO_QUERY
    if refusal["reason"] == "function" or (refusal["reason"] == "construct" and refusal["about"] in _SHUT):
        return Verdict.SHUT
    return Verdict.MISSING
