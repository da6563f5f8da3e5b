"""Names as SQL writes them: in quotes where a bare word would mean something else (quote_identifier in ruleutils.c).

Rule kept here: the same as the server's, so that what a client puts into a statement is read back as it was.
"""

from __future__ import annotations

import re
from functools import cache

from proxy.introspection import builtin

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


@cache
def reserved() -> frozenset[str]:
    """The words that need quotes."""
    return frozenset(line["word"] for line in builtin.keywords() if line["catcode"] != "U")


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    plain = _PLAIN_NAME.match(name) and name not in reserved()
    return name if plain else '"' + name.replace('"', '""') + '"'
