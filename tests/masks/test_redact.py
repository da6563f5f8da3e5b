"""`redact`: `***` for text, NULL for the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from sqlglot import exp

from proxy.masks import redact
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree, sql_of, value_of
from tests.masks.texts import NASTY, TEXT, texts


@given(values=texts)
def test_engine_and_python_agree(engine: Engine, values: list[str | None]) -> None:
    engine.load(values, TEXT, "VARCHAR")
    agree(engine, redact, TypeKind.TEXT, values)


def test_every_text_looks_alike_and_null_stays_null(engine: Engine) -> None:
    engine.load(NASTY, TEXT, "VARCHAR")
    assert set(agree(engine, redact, TypeKind.TEXT, NASTY)) == {"***", None}


@pytest.mark.parametrize("kind", sorted(set(TypeKind) - {TypeKind.TEXT}))
def test_other_types_become_null(kind: TypeKind) -> None:
    assert isinstance(sql_of(redact, kind, {}), exp.Null)
    assert value_of(redact, 5, kind, {}) is None
