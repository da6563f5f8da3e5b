"""`none`: the value itself."""

from __future__ import annotations

from hypothesis import given

from proxy.masks import none
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree
from tests.masks.texts import TEXT, texts


@given(values=texts)
def test_the_value_is_shown(engine: Engine, values: list[str | None]) -> None:
    engine.load(values, TEXT, "VARCHAR")
    assert agree(engine, none, TypeKind.TEXT, values) == values


def test_it_fits_every_type() -> None:
    assert frozenset(TypeKind) == none.KINDS
