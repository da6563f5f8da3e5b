"""File name = kind name: only a file of the folder can be loaded, and nothing else can be reached by a name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import proxy
from proxy import kinds
from proxy.errors import ConfigError

PLURAL = ["masks", "warehouses", "doors", "audit.sinks"]


@pytest.mark.parametrize("folder", PLURAL)
def test_names_are_the_files_of_the_folder_sorted(folder: str) -> None:
    path = Path(proxy.__file__).parent.joinpath(*folder.split("."))
    files = {p.stem for p in path.glob("*.py")} | {p.parent.name for p in path.glob("*/__init__.py")}
    assert list(kinds.names(folder)) == sorted(files - {"__init__"})


@pytest.mark.parametrize("folder", PLURAL)
def test_every_kind_loads_by_its_name(folder: str) -> None:
    assert kinds.names(folder), f"proxy/{folder} holds no kind"
    for name in kinds.names(folder):
        assert kinds.load(folder, name).__name__ == f"proxy.{folder}.{name}"


def test_unknown_kind_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(ConfigError) as caught:
        kinds.load("masks", "blur")
    assert "masks: there is no kind 'blur'; there are: " in str(caught.value)
    for name in kinds.names("masks"):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "os",
        "../identity",
        "..identity",
        "redact.os",
        "redact;",
        "redact\n",
        "Redact",
        "__init__",
        "1",
        "é",
        "redact ",
    ],
)
def test_a_name_reaches_nothing_outside_the_folder(name: str) -> None:
    before = set(sys.modules)
    with pytest.raises(ConfigError):
        kinds.load("masks", name)
    assert {m for m in set(sys.modules) - before if not m.startswith("proxy.masks")} == set()


def test_a_kind_whose_library_is_missing_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds.load.cache_clear()
    for module in [m for m in sys.modules if m == "pgparse" or m.startswith("proxy.warehouses.postgres")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "pgparse", None)  # as where it is not installed
    with pytest.raises(ConfigError, match=r"needs the library pgparse; pip install 'sqlusher\[postgres\]'"):
        kinds.load("warehouses", "postgres")
