"""The first test of every statement: could it be about the catalog at all?

Rule kept here: it only ever says "perhaps". A statement that mentions none of these words reads no relation and calls
no function of the virtual catalog, and goes on to the warehouse after one search of a compiled pattern.
"""

from __future__ import annotations

import re

_WORDS = (
    r"pg_|information_schema|version\s*\(|current_(?:user|role|catalog|schema|database|setting)|session_user"
    r"|\buser\b|has_\w+_privilege|row_security_active|obj_description|col_description|format_type|to_reg|::\s*\"?reg"
    r"|\bas\s+reg|set_config|inet_(?:server|client)|txid_|array_(?:lower|upper)"
)
_MENTIONS = re.compile(_WORDS, re.IGNORECASE)


def mentions(sql: str) -> bool:
    """Whether a statement may be one for the virtual catalog."""
    return _MENTIONS.search(sql) is not None
