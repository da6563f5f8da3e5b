"""Numbers (OIDs) of what a view shows, and the form of the rows that bear them.

Rule kept here: a number is a hash of a name, so that the same name has the same number in every session, process and
view; two names of one view never share one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Mapping[str, Sequence[Row]]

FIRST, LAST = 16_384, 2**31 - 1
"""Numbers of what users made (FirstNormalObjectId) that fit into every client's integers."""


class Numbers:
    """Numbers by name: a hash, moved on where two names share one."""

    def __init__(self) -> None:
        self._taken: dict[int, str] = {}

    def of(self, kind: str, *name: str) -> int:
        """The number of a thing; its name never changes it, and what else is visible only where hashes are equal."""
        key = "\0".join((kind, *name))
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % (LAST - FIRST) + FIRST
        while self._taken.setdefault(number, key) != key:
            number = FIRST if number == LAST else number + 1
        return number
