"""Clients that are programs of their own: on the PATH, or in the folder that USHER_CLIENTS names.

That folder is a Python environment with a `node_modules` in it: `.ci/run` makes one, since what these clients depend on
should not decide what the gateway's own tests run with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(os.environ["USHER_CLIENTS"]) if "USHER_CLIENTS" in os.environ else None
HOW = "see .ci/run, which makes a folder of clients and names it by USHER_CLIENTS"


def program(name: str) -> str | None:
    """Where a program is."""
    own = shutil.which(name, path=str(FOLDER / "bin")) if FOLDER else None
    return own or shutil.which(name)


def modules() -> Path | None:
    """The folder of packages of Node, with `pg` in it."""
    given = [FOLDER / "node_modules"] if FOLDER else []
    places = [*given, *(Path(place) for place in os.environ.get("NODE_PATH", "").split(":") if place)]
    return next((place for place in places if (place / "pg").is_dir()), None)


@cache
def imports(module: str) -> bool:
    """Whether the folder's Python (or the one on the PATH) has a module."""
    return run(["python", "-c", f"import {module}"], {}).returncode == 0


def run(words: list[str], environment: Mapping[str, str], **more: object) -> subprocess.CompletedProcess[str]:
    """A program's whole run."""
    return subprocess.run(
        [program(words[0]) or words[0], *words[1:]],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        stdin=subprocess.DEVNULL,
        **more,  # type: ignore[call-overload]
    )
