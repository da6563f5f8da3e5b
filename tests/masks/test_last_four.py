"""`last_four`: the last four of at least eight characters."""

from __future__ import annotations

from hypothesis import given

from proxy.masks import last_four
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree
from tests.masks.texts import NASTY, TEXT, texts


@given(values=texts)
def test_engine_and_python_agree(engine: Engine, values: list[str | None]) -> None:
    engine.load(values, TEXT, "VARCHAR")
    agree(engine, last_four, TypeKind.TEXT, values)


def test_engine_and_python_agree_on_nasty_texts(engine: Engine) -> None:
    engine.load(NASTY, TEXT, "VARCHAR")
    agree(engine, last_four, TypeKind.TEXT, NASTY)


def test_examples(engine: Engine) -> None:
    values = ["4111 1111 1111 1234", "12345678", "1234567", "1234", "", None]
    engine.load(values, TEXT, "VARCHAR")
    assert agree(engine, last_four, TypeKind.TEXT, values) == ["***1234", "***5678", "***", "***", "***", None]
