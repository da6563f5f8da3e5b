"""Running the `usher` command on the demo's folder, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from proxy.cli import main
from tests import demo_folder


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON on standard output."""
        return json.loads(self.out)


Usher = Callable[..., Ran]


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shared demo folder as the default of every command, without the scan's processes."""
    place = demo_folder.built()
    monkeypatch.setenv("USHER_CONFIG", str(place / "usher.yaml"))
    monkeypatch.setenv("USHER_SCAN__MODE", "off")
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("USHER_TOKEN", "USHER_URL"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture
def own_demo(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demo folder that the test may change, as the default of every command."""
    place = demo_folder.copied(tmp_path / "demo")
    monkeypatch.setenv("USHER_CONFIG", str(place / "usher.yaml"))
    return place


@pytest.fixture
def usher(capfd: pytest.CaptureFixture[str]) -> Usher:
    """Run a command line."""

    def run(*arguments: str) -> Ran:
        code = main(arguments)
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
