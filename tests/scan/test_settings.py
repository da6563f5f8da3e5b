"""The `scan:` section: closed, and off only where somebody says so."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from proxy.scan.settings import Action, Mode, Settings


def test_the_defaults_scan_everything() -> None:
    settings = Settings()
    assert (settings.mode, settings.on_finding) == (Mode.FULL, Action.REDACT)
    assert "DE" not in settings.phone_regions


@pytest.mark.parametrize(
    "given",
    [
        {"mode": "fast"},
        {"mode": False},
        {"mode": None},
        {"on_finding": "off"},
        {"workers": 0},
        {"timeout_s": 0},
        {"timeout_s": float("nan")},
        {"phone_regions": []},
        {"phone_regions": ["us"]},
        {"phone_regions": ["USA"]},
        {"model": "en_core_web_lg"},
    ],
    ids=str,
)
def test_what_is_not_known_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(given)


def test_off_is_possible_only_by_name() -> None:
    assert Settings.model_validate({"mode": "off"}).mode is Mode.OFF
