"""What is missing is said at start-up, and never fetched."""

from __future__ import annotations

import importlib.util

import pytest

from proxy.errors import ConfigError
from proxy.scan.presidio.analyzer import Analyzer
from proxy.scan.presidio.installed import MODEL, check
from proxy.scan.settings import PHONE_REGIONS, Mode, Settings

NONE: frozenset[str] = frozenset()


def test_the_packaged_model_is_installed_here() -> None:
    assert importlib.util.find_spec(MODEL) is not None
    check(Settings(mode=Mode.FULL))


def test_a_missing_model_is_a_config_error_and_not_a_download(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == MODEL else real(name, *a))
    for mode in (Mode.FULL, Mode.EXACT):
        with pytest.raises(ConfigError, match=r"pip install 'sqlusher\[ner\]'"):
            check(Settings(mode=mode))
        with pytest.raises(ConfigError, match=r"pip install 'sqlusher\[ner\]'"):
            Analyzer(mode, PHONE_REGIONS)
    check(Settings(mode=Mode.PATTERNS))
    (hits,) = Analyzer(Mode.PATTERNS, PHONE_REGIONS).find(["a@example.com"], frozenset({"EMAIL_ADDRESS"}), NONE)
    assert len(hits) == 1


def test_a_region_that_does_not_exist_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="phone_regions"):
        check(Settings(mode=Mode.PATTERNS, phone_regions=("US", "QQ")))
