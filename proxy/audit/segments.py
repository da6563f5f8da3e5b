"""The files of a log, by their names alone: `WRITER.SEQUENCE.jsonl`, where SEQUENCE is that of the first record.

Rule kept here: only names of exactly that form are part of a log; whatever else lies in the folder is never read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"(?P<writer>[a-z0-9][a-z0-9-]{0,39})\.(?P<sequence>[0-9]{16})\.jsonl")


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a chain; `sequence` is that of its first record."""

    path: Path
    writer: str
    sequence: int


def segments(folder: Path, writer: str) -> list[Segment]:
    """The files of one chain in order; none where the folder does not exist. Raises `OSError`."""
    if not folder.exists():
        return []
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    ours = [
        Segment(path, writer, int(match["sequence"])) for match, path in found if match and match["writer"] == writer
    ]
    return sorted(ours, key=lambda segment: segment.sequence)


def writers(folder: Path) -> list[str]:
    """The names of the chains in a folder, sorted. Raises `OSError`."""
    if not folder.exists():
        return []
    return sorted({match["writer"] for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))})
