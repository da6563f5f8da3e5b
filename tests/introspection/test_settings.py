"""The settings of the virtual catalog."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from proxy.introspection.settings import Settings


def test_defaults() -> None:
    assert (Settings().workers, Settings().timeout_s, Settings().memory_mb) == (2, 10, 256)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"timeout_s": 0}, {"memory_mb": 1}, {"memory": 1}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)
