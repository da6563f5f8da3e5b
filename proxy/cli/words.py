"""Reasons in words, for people at a terminal.

Rule kept here: reasons of one kind make one line; a code without words is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from proxy.values import ReasonCode

PHRASES: Mapping[str, str] = {
    ReasonCode.ROW_FILTER: "only some rows of {about}",
    ReasonCode.MASKED: "masked: {about}",
    ReasonCode.COLUMN_HIDDEN: "not all columns of {about}",
    ReasonCode.APP_NARROWS: "what {about} itself may not see",
    ReasonCode.MISSING_ATTRIBUTE: "no rows, as the token lacks what a filter needs: {about}",
    ReasonCode.NO_GRANT: "no grant for {about}",
    ReasonCode.PII_FOUND: "personal data found: {about}",
}


def withheld(reasons: Iterable[Mapping[str, Any]], warehouse: str = "") -> list[str]:
    """What an answer keeps back, one line a kind of reason. Names are told without the warehouse's."""
    grouped: dict[str, dict[str, None]] = {}
    for reason in reasons:
        about = str(reason.get("about", "")).removeprefix(f"{warehouse}.").removeprefix("app:")
        grouped.setdefault(str(reason.get("code", "")), {})[about] = None
    return [_phrase(code, _joined(names)) for code, names in grouped.items()]


def _phrase(code: str, about: str) -> str:
    phrase = PHRASES.get(code)
    if phrase is None:
        return f"{code}: {about}" if about else code
    return phrase.format(about=about or "the policy")


def _joined(names: Iterable[str]) -> str:
    """`a:x, a:y, b:x` as `a (x, y), b (x)`; names without a colon stay."""
    grouped: dict[str, list[str]] = {}
    for name in names:
        table, _, rule = name.partition(":")
        grouped.setdefault(table, []).extend([rule] if rule else [])
    return ", ".join(f"{table} ({', '.join(rules)})" if rules else table for table, rules in grouped.items())


def finding(given: Mapping[str, Any]) -> str:
    """One finding of the scan."""
    done = {"redact": "redacted", "hash": "replaced by hashes", "flag": "let pass and counted", "block": "blocked"}
    action = done.get(str(given["action"]), str(given["action"]))
    cells = given["cells"]
    return f"{given['entity']} in {cells} cell{'s' if cells != 1 else ''} of {given['column']}: {action}"
