"""The first test of every statement: could it be about the catalog at all?

Rule kept here: it only ever says "perhaps". A statement that mentions none of these words reads no relation and calls
no function of the virtual catalog, and goes on to the warehouse after a few searches for short texts (microseconds), or
one for a pattern where a word such as `user` stands in it.
"""

from __future__ import annotations

import re

_HINTS = (
    "pg_",
    "information_schema",
    "version",
    "current_",
    "user",
    "_privilege",
    "row_security",
    "_description",
    "format_type",
    "reg",
    "set_config",
    "inet_",
    "txid_",
    "acl",
)
_WORDS = (
    r"pg_|information_schema|\bversion\s*\(|current_(?:user|role|catalog|schema|database|setting)|session_user"
    r"|\buser\b|has_\w+_privilege|row_security_active|obj_description|col_description|format_type|to_reg|::\s*\"?reg"
    r"|\bas\s+reg|set_config|inet_(?:server|client)|txid_|aclexplode"
)
_MENTIONS = re.compile(_WORDS)


def mentions(sql: str) -> bool:
    """Whether a statement may be one for the virtual catalog."""
    lowered = sql.lower()
    return any(hint in lowered for hint in _HINTS) and _MENTIONS.search(lowered) is not None
