"""`sql`: the options of a custom expression, which only the rewriter compiles."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from sqlglot import exp

from proxy.masks import sql as mask
from proxy.values import TypeKind
from tests.masks.engine import sql_of, value_of


@pytest.mark.parametrize("kind", sorted(TypeKind))
def test_uncompiled_it_shows_nothing(kind: TypeKind) -> None:
    options = {"expression": "left(phone, 4)"}
    assert isinstance(sql_of(mask, kind, options), exp.Null)
    assert value_of(mask, "x", kind, options) is None


@pytest.mark.parametrize("options", [{}, {"expression": ""}, {"expression": "x" * 10_001}, {"expression": 5}])
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        mask.Settings(**options)
