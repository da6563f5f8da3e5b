"""The command as a whole: help, exit codes, and no stack trace whatever goes wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from proxy.cli import main, output, words
from tests.cli.conftest import Usher

COMMANDS = [
    ["demo"],
    ["serve"],
    ["token"],
    ["query"],
    ["explain"],
    ["can"],
    ["who-can"],
    ["doctor"],
    ["policy", "check"],
    ["policy", "test"],
    ["policy", "schema"],
    ["audit", "tail"],
    ["audit", "verify"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_examples(usher: Usher, command: list[str]) -> None:
    ran = usher(*command, "--help")
    assert ran.code == output.OK
    assert "Examples:" in ran.out
    assert f"usher {' '.join(command)}" in ran.out


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != ["policy", "schema"]], ids=" ".join)
def test_every_command_can_answer_in_json(usher: Usher, command: list[str]) -> None:
    assert "--json" in usher(*command, "--help").out


def test_help_lists_the_exit_codes(usher: Usher) -> None:
    assert "Exit codes: 0 done; 1 refused" in " ".join(usher("--help").out.split())


@pytest.mark.parametrize("arguments", [["nonsense"], ["query", "--nonsense"], ["policy", "nonsense"], ["can"]])
def test_wrong_usage_is_2(usher: Usher, arguments: list[str]) -> None:
    ran = usher(*arguments)
    assert ran.code == output.CONFIG
    assert "Traceback" not in ran.err


def test_settings_file_that_is_not_there(usher: Usher, tmp_path: Path) -> None:
    ran = usher("doctor", "--config", str(tmp_path / "none.yaml"))
    assert ran.code in (output.REFUSED, output.CONFIG)
    assert "there is no such settings file" in ran.out + ran.err


def test_no_settings_at_all(usher: Usher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("USHER_CONFIG", raising=False)
    ran = usher("query", "--as", "hr", "SELECT 1")
    assert ran.code == output.CONFIG
    assert "try: usher demo" in ran.err


def test_problems_are_a_list(usher: Usher, own_demo: Path) -> None:
    path = own_demo / "usher.yaml"
    path.write_text(path.read_text().replace("max_rows: 1000000", "max_rows: x").replace("redis: null", "rdis: null"))
    ran = usher("policy", "check")
    assert ran.code == output.CONFIG
    assert "2 problems to mend:" in ran.err
    assert "  - limits.max_rows: " in ran.err
    assert "  - rdis: there is no such setting; did you mean 'redis'?" in ran.err
    as_json = usher("policy", "check", "--json")
    assert as_json.code == output.CONFIG
    assert len(as_json.document["error"]["problems"]) == 2


def test_a_mistake_of_ours_is_one_line_without_values(
    usher: Usher, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> object:
        raise KeyError("a-secret-value")

    monkeypatch.setattr(words, "withheld", fails)
    ran = usher("query", "--as", "analyst", "SELECT 1 AS one")
    assert ran.code == output.BROKEN
    assert "Usher failed: KeyError at " in ran.err
    assert "a-secret-value" not in ran.err
    assert "Traceback" not in ran.err


def test_ctrl_c_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("proxy.cli.app", interrupted)
    assert main(["query"]) == output.INTERRUPTED


def test_module_runs_as_the_script_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "proxy.cli", "--help"], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0
    assert "usher demo" in done.stdout
