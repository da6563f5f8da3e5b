"""A demo folder for tests: built once a process, copied where a test changes it."""

from __future__ import annotations

import shutil
import socket
import tempfile
from functools import cache
from pathlib import Path

from proxy.demo import folder


@cache
def built() -> Path:
    """The demo's folder with the pattern scan, which needs no language model; never change it."""
    place = Path(tempfile.mkdtemp(prefix="usher-test-demo-")) / "demo"
    return folder.prepare(place, free_port(), "patterns", wire=free_port()).path


def copied(place: Path) -> Path:
    """A copy that a test may change, without the audit records of others."""
    shutil.copytree(built(), place, ignore=shutil.ignore_patterns("audit"))
    return place


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
