"""The documented forms refuse what the door does not say."""

from __future__ import annotations

import inspect

import pytest
from pydantic import BaseModel, ValidationError

from proxy.doors.http import models

MODELS = [m for _, m in inspect.getmembers(models, inspect.isclass) if issubclass(m, BaseModel) and m is not BaseModel]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_unknown_members_are_refused(model: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        model.model_validate({"surprise": 1})


@pytest.mark.parametrize("model", [m for m in MODELS if not m.__name__.startswith("_")], ids=lambda m: m.__name__)
def test_every_form_says_what_it_is(model: type[BaseModel]) -> None:
    assert (model.__doc__ or "").endswith(".")
