"""What a tool's settings leave shared between users is told, and nothing of the file is run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy.cli import sharing

SAFE = """
FEATURE_FLAGS = {"ALERT_REPORTS": True, "CACHE_IMPERSONATION": True}
def DB_CONNECTION_MUTATOR(uri, params, username, security_manager, source):
    return uri, params
"""
PAGE = Path(__file__).parents[2] / "docs" / "howto" / "connect" / "superset.md"


def left(folder: Path, text: str) -> list[str]:
    """The first word of each thing that is left shared."""
    path = folder / "superset_config.py"
    path.write_text(text)
    return [unsafe.detail.split()[0] for unsafe in sharing.superset(path)]


def test_the_settings_of_our_own_page_are_safe(tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert left(tmp_path, snippet) == []
    assert left(tmp_path, SAFE) == []


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("", ["charts", "connections"]),
        (SAFE.replace("True}", "False}"), ["charts"]),
        (SAFE.replace('"CACHE_IMPERSONATION": True', '"CACHE_IMPERSONATION": some()'), ["charts"]),
        (SAFE + "FEATURE_FLAGS = {}\n", ["charts"]),
        (SAFE + "DB_CONNECTION_MUTATOR = None\n", ["connections"]),
        (SAFE.replace("def DB_", "if True:\n  def DB_").replace("    return", "      return"), ["connections"]),
        (SAFE + "ALERT_REPORTS_EXECUTORS = [FixedExecutor('admin')]\n", ["alerts"]),
        (SAFE + "ALERT_REPORTS_EXECUTORS: list = [types.FixedExecutor('admin')]\n", ["alerts"]),
        (SAFE + "ALERT_REPORTS_EXECUTORS = [ExecutorType.OWNER]\n", []),
    ],
)
def test_what_is_left_shared(tmp_path: Path, text: str, shared: list[str]) -> None:
    assert left(tmp_path, text) == shared


def test_the_file_is_not_run(tmp_path: Path) -> None:
    left(tmp_path, f"open({str(tmp_path / 'run')!r}, 'w')\n{SAFE}")
    assert not (tmp_path / "run").exists()
