"""`null`: nothing, not even whether there was a value."""

from __future__ import annotations

import pytest

from proxy.masks import null
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree
from tests.masks.texts import NASTY, TEXT


@pytest.mark.parametrize("kind", sorted(TypeKind))
def test_every_row_is_null(engine: Engine, kind: TypeKind) -> None:
    engine.load(NASTY, TEXT, "VARCHAR")
    assert agree(engine, null, kind, NASTY) == [None] * len(NASTY)
