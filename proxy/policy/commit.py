"""The git commit a policy folder was checked out at, read from `.git` itself.

Rule kept here: no program is started and nothing is guessed: where the commit cannot be read there is none. It says
where the files came from; what they say is told by the fingerprint.
"""

from __future__ import annotations

import re
from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")
_LARGEST = 1_000_000
_HOPS = 5


def of(folder: Path) -> str | None:
    """The commit (hexadecimal) that HEAD of the repository round `folder` names, or None."""
    try:
        git = _git_folder(folder.resolve())
        return _head(git) if git else None
    except (OSError, UnicodeDecodeError):
        return None


def _git_folder(folder: Path) -> Path | None:
    for place in (folder, *folder.parents):
        git = place / ".git"
        if git.is_dir():
            return git
        if git.is_file():  # a worktree or submodule: `gitdir: PATH`
            link = _read(git)
            return (place / link.removeprefix("gitdir:").strip()) if link.startswith("gitdir:") else None
    return None


def _head(git: Path) -> str | None:
    common = git / "commondir"
    shared = git / _read(common) if common.is_file() else git
    value = _read(git / "HEAD")
    for _ in range(_HOPS):
        if _HASH.match(value):
            return value
        name = value.removeprefix("ref:").strip()
        if not value.startswith("ref:") or ".." in name or name.startswith("/"):
            return None
        loose = next((f for f in (git / name, shared / name) if f.is_file()), None)
        value = _read(loose) if loose else _packed(shared / "packed-refs", name)
    return None


def _packed(file: Path, name: str) -> str:
    if not file.is_file():
        return ""
    for line in file.read_text("utf-8").splitlines():
        value, _, ref = line.partition(" ")
        if ref == name:
            return value
    return ""


def _read(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(_LARGEST).decode("utf-8").strip()
