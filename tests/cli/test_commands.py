"""The tree of commands: what stands before any command."""

from __future__ import annotations

from importlib.metadata import version

from proxy.cli import output
from tests.cli.conftest import Usher


def test_the_version_is_told(usher: Usher) -> None:
    ran = usher("--version")
    assert (ran.code, ran.out.strip()) == (output.OK, f"usher {version('sqlusher')}")


def test_no_command_at_all_is_wrong_usage_and_shows_the_commands(usher: Usher) -> None:
    ran = usher()
    assert ran.code == output.CONFIG
    assert "who-can" in ran.out
