"""Limits can be set, but not away."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from proxy.limits.settings import Settings


def test_defaults() -> None:
    assert Settings().model_dump() == {
        "max_rows": 1_000_000,
        "max_bytes": 1024**3,
        "statement_timeout_s": 60,
        "concurrent_per_caller": 8,
    }


@pytest.mark.parametrize("name", list(Settings.model_fields))
@pytest.mark.parametrize("value", [0, -1, None, "many", float("inf"), float("nan")])
def test_no_limit_can_be_switched_off(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings(**{name: value})


def test_unknown_limits_are_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(max_row=5)  # type: ignore[call-arg]


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().max_rows = 5  # type: ignore[misc]
