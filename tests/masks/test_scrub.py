"""`scrub`: pattern PII in free text, replaced by tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from pydantic import ValidationError

from proxy.masks import scrub
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree, value_of
from tests.masks.texts import NASTY, TEXT, texts

FOUND = [
    ("write to ana@example.com today", "write to <EMAIL> today"),
    ("Ana.Lopez+x@mail.example.co.uk, ben@corp.internal", "<EMAIL>, <EMAIL>"),
    ("root@localhost", "<EMAIL>"),
    ("<ana@example.com>", "<<EMAIL>>"),
    ("ana＠example.com", "<EMAIL>"),
    ("jörg@müller.de!", "<EMAIL>!"),
    ("card 4111 1111 1111 1111.", "card <CARD>."),
    ("4111-1111-1111-1111", "<CARD>"),
    ("4111111111111111", "<CARD>"),
    ("x4111111111111111x", "x<CARD>x"),
    ("4111.1111.1111.1111", "<CARD>"),
    ("378282246310005", "<CARD>"),
    ("ssn 123-45-6789", "ssn <NATIONAL_ID>"),
    ("123 45 6789", "<NATIONAL_ID>"),
    ("123–45–6789", "<NATIONAL_ID>"),
    ("id 123456789 ok", "id <NATIONAL_ID> ok"),
    ("١٢٣-٤٥-٦٧٨٩", "<NATIONAL_ID>"),
    ("x123-45-6789x", "x<NATIONAL_ID>x"),
    ("QQ 12 34 56 C", "<NATIONAL_ID>"),
    ("DE89 3704 0044 0532 0130 00 please", "<IBAN> please"),
    ("GB29NWBK60161331926819", "<IBAN>"),
    ("de89370400440532013000", "<IBAN>"),
    ("call +1 (555) 123-4567 now", "call <PHONE> now"),
    ("+49 30 12345678", "<PHONE>"),
    ("030 12345678", "<PHONE>"),
    ("+49 30 1234567890123", "<PHONE>"),
    ("(555) 123-4567", "<PHONE>"),
    ("555.123.4567", "<PHONE>"),
    ("555-0123", "<PHONE>"),
    ("06 12 34 56 78", "<PHONE>"),
    ("5551234567", "<PHONE>"),
]

LEFT = [
    "",
    "the order came late and broken",
    "2 of 3 parts, 12.50 EUR, 100 %",
    "on 2024-01-15 at 10:30",
    "version 1.2.3",
    "order 12345678",
    "room 12-34",
]


@pytest.mark.parametrize(("text", "scrubbed"), FOUND)
def test_what_is_found(engine: Engine, text: str, scrubbed: str) -> None:
    engine.load([text], TEXT, "VARCHAR")
    assert agree(engine, scrub, TypeKind.TEXT, [text]) == [scrubbed]


@pytest.mark.parametrize("text", LEFT)
def test_what_is_left_alone(text: str) -> None:
    assert value_of(scrub, text, TypeKind.TEXT, {}) == text


@given(values=texts)
def test_engine_and_python_agree(engine: Engine, values: list[str | None]) -> None:
    engine.load(values, TEXT, "VARCHAR")
    agree(engine, scrub, TypeKind.TEXT, values)


def test_engine_and_python_agree_on_nasty_texts(engine: Engine) -> None:
    engine.load(NASTY, TEXT, "VARCHAR")
    agree(engine, scrub, TypeKind.TEXT, NASTY)


@given(values=texts)
def test_scrubbed_text_is_not_scrubbed_again(engine: Engine, values: list[str | None]) -> None:
    once = [value_of(scrub, v, TypeKind.TEXT, {}) for v in values]
    assert all(v is None or "@" not in v or scrub.value(v, TypeKind.TEXT, scrub.Settings(), b"") == v for v in once)


def test_one_entity_alone(engine: Engine) -> None:
    text = "ana@example.com 123-45-6789"
    engine.load([text], TEXT, "VARCHAR")
    assert agree(engine, scrub, TypeKind.TEXT, [text], entities=["email"]) == ["<EMAIL> 123-45-6789"]


@pytest.mark.parametrize("entities", [[], ["name"], "email"])
def test_wrong_entities_are_refused(entities: object) -> None:
    with pytest.raises(ValidationError):
        scrub.Settings(entities=entities)
