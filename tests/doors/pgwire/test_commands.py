"""Commands are values: frozen, compared by what they say, and none works."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from proxy.doors.pgwire import commands


@pytest.mark.parametrize("kind", typing.get_args(commands.Command))
def test_commands_are_frozen_and_without_methods(kind: type) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert not [name for name in vars(kind) if not name.startswith("_") and callable(getattr(kind, name))]
