"""Names of what a rule can be about: subjects, and objects from the warehouse down to the column.

Rule kept here: a name means one thing. Subjects and tags always carry their prefix; a part of an object that holds a
dot (or a quote) is quoted as in SQL, so that the table `x.y` and the column `y` of table `x` never share a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SUBJECT_PREFIXES = ("user:", "group:", "app:", "role:")
ACT = "act"
ACTIONS = ("read", "unmask", ACT)
USERS = "usher.users"
OWN_OBJECTS: Mapping[str, str] = {"usher.audit": "read", USERS: ACT}
"""Objects of the gateway itself, each with the one action on it. `act` on `usher.users` lets an app that logs in as
itself act for the users whose tokens it holds; it is no action on data."""
OWN = "usher"
TAG = "tag:"
EVERYONE = "everyone"

DEEPEST_TAG = 8
"""Parts of a tag's path at most: with the column below it that stays under the ten levels Casbin's own tools follow."""

_TAG = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\Z")
_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')


def is_subject(text: str) -> bool:
    """Whether a text is a subject: a known prefix and a name."""
    return any(text.startswith(p) and len(text) > len(p) for p in SUBJECT_PREFIXES)


def tag_problem(tag: str) -> str | None:
    """Why a text is no tag, or None."""
    if not _TAG.match(tag):
        return f"{tag!r} is no tag: write letters, digits, _ and -, with dots between parent and child"
    if tag.count(".") >= DEEPEST_TAG:
        return f"{tag!r} is too deep: a tag has at most {DEEPEST_TAG} parts"
    return None


def tag_path(tag: str) -> tuple[str, ...]:
    """A tag and its parents, most specific first: `pii.email` gives (`pii.email`, `pii`)."""
    parts = tag.split(".")
    return tuple(".".join(parts[:n]) for n in range(len(parts), 0, -1))


def spell(*parts: str) -> str:
    """The object of a warehouse, schema, table or column from its parts."""
    return ".".join(_quoted(p) for p in parts)


def parse(text: str) -> tuple[str, ...] | None:
    """The parts of an object (one to four), or None where the text is no object's name."""
    parts: list[str] = []
    at = 0
    while True:
        match = _PART.match(text, at)
        if match is None:
            return None
        parts.append(match[1].replace('""', '"') if match[1] is not None else match[2])
        at = match.end()
        if at == len(text):
            return tuple(parts) if len(parts) <= 4 else None
        if text[at] != ".":
            return None
        at += 1


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"' if "." in part or '"' in part or not part else part
