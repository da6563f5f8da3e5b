"""`email_domain`: only the domain of what is nothing but one address."""

from __future__ import annotations

import pytest
from hypothesis import given

from proxy.masks import email_domain
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree, value_of
from tests.masks.texts import NASTY, TEXT, texts


@given(values=texts)
def test_engine_and_python_agree(engine: Engine, values: list[str | None]) -> None:
    engine.load(values, TEXT, "VARCHAR")
    agree(engine, email_domain, TypeKind.TEXT, values)


def test_engine_and_python_agree_on_nasty_texts(engine: Engine) -> None:
    engine.load(NASTY, TEXT, "VARCHAR")
    agree(engine, email_domain, TypeKind.TEXT, NASTY)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ana@example.com", "***@example.com"),
        ("Ana.Lopez+tag@mail.example.co.uk", "***@mail.example.co.uk"),
        ("a@localhost", "***@localhost"),
        ("ana", "***"),
        ("", "***"),
        ("two@at@example.com", "***"),
        ("ana@example.com, ben@example.org", "***"),
        ("write to ana@example.com", "***"),
        ("ana@example.com\n", "***"),
        ("@example.com", "***"),
        ("ana@", "***"),
        ("ana@secret words", "***"),
        (None, None),
    ],
)
def test_examples(engine: Engine, text: str | None, shown: str | None) -> None:
    engine.load([text], TEXT, "VARCHAR")
    assert agree(engine, email_domain, TypeKind.TEXT, [text]) == [shown]
    assert value_of(email_domain, text, TypeKind.TEXT, {}) == shown


@given(values=texts)
def test_the_local_part_never_shows(engine: Engine, values: list[str | None]) -> None:
    shown = [value_of(email_domain, v, TypeKind.TEXT, {}) for v in values]
    assert all(s is None or s == "***" or (s.startswith("***@") and s.count("@") == 1) for s in shown)
