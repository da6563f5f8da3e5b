"""`first_n`: the first characters, and never all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from proxy.masks import first_n
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree
from tests.masks.texts import NASTY, TEXT, texts


@given(values=texts, n=st.integers(1, 12))
def test_engine_and_python_agree(engine: Engine, values: list[str | None], n: int) -> None:
    engine.load(values, TEXT, "VARCHAR")
    agree(engine, first_n, TypeKind.TEXT, values, n=n)


def test_engine_and_python_agree_on_nasty_texts(engine: Engine) -> None:
    engine.load(NASTY, TEXT, "VARCHAR")
    for n in (1, 2, 3, 1000):
        agree(engine, first_n, TypeKind.TEXT, NASTY, n=n)


def test_examples(engine: Engine) -> None:
    values = ["Berlin", "Be", "B", "", None, "👍🏽!"]
    engine.load(values, TEXT, "VARCHAR")
    assert agree(engine, first_n, TypeKind.TEXT, values, n=2) == ["Be***", "***", "***", "***", None, "👍🏽***"]


@pytest.mark.parametrize("n", [0, -1, 1001, 1.5, "two"])
def test_a_wrong_number_is_refused(n: object) -> None:
    with pytest.raises(ValidationError):
        first_n.Settings(n=n)
