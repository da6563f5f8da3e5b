"""Reasons in words, for people at a terminal.

Rule kept here: a phrase for every reason that can stand in an answer; a code without one is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy.values import ReasonCode

PHRASES: Mapping[str, str] = {
    ReasonCode.ROW_FILTER: "only the rows that {about} lets you see",
    ReasonCode.MASKED: "{about} shows its mask",
    ReasonCode.COLUMN_HIDDEN: "columns of {about} that you may not read are left out",
    ReasonCode.APP_NARROWS: "the app in between may see less than you: {about}",
    ReasonCode.MISSING_ATTRIBUTE: "no rows through {about}, as your token lacks an attribute that it needs",
    ReasonCode.NO_GRANT: "no grant for {about}",
    ReasonCode.PII_FOUND: "personal data found: {about}",
}


def reason(given: Mapping[str, Any]) -> str:
    """One reason of a JSON answer."""
    code, about = str(given.get("code", "")), str(given.get("about", ""))
    phrase = PHRASES.get(code)
    if phrase is None:
        return f"{code}: {about}" if about else code
    return phrase.format(about=about or "the policy")


def finding(given: Mapping[str, Any]) -> str:
    """One finding of the scan."""
    done = {"redact": "redacted", "flag": "let pass and counted", "block": "blocked"}
    action = done.get(str(given["action"]), str(given["action"]))
    cells = given["cells"]
    return f"{given['entity']} in {cells} cell{'s' if cells != 1 else ''} of {given['column']}: {action}"
