"""Where a policy text stands, and how policy files are read.

Rule kept here: everything a policy file says carries its file and line, so that each mistake can be reported at its
place, together with all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a policy file; `file` is the path as it was given to the loader."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def read(path: Path, problems: list[str]) -> str | None:
    """A policy file's text, or None with a problem noted: not readable, not UTF-8, or led by a byte order mark (which
    Casbin would take for a part of the first line)."""
    try:
        data = path.read_bytes()
    except OSError as error:
        problems.append(f"{path}: cannot be read ({error.strerror})")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(f"{path}:{line}: is not UTF-8 text; save the file as UTF-8")
        return None
    if text.startswith("\ufeff"):
        problems.append(f"{path}:1: begins with a byte order mark; save the file as UTF-8 without one")
        return None
    return text
