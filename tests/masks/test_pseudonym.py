"""`pseudonym`: a readable name made of the keyed hash."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from proxy.masks import pseudonym
from proxy.values import TypeKind
from tests.masks.engine import Engine, agree, sql_of
from tests.masks.texts import NASTY, TEXT, texts


@given(values=texts, digits=st.integers(8, 64), prefix=st.sampled_from(["user", "Kunde_1", "x-"]))
def test_engine_and_python_agree(engine: Engine, values: list[str | None], digits: int, prefix: str) -> None:
    engine.load(values, TEXT, "VARCHAR")
    agree(engine, pseudonym, TypeKind.TEXT, values, digits=digits, prefix=prefix)


def test_it_reads_well(engine: Engine) -> None:
    engine.load(NASTY, TEXT, "VARCHAR")
    made = agree(engine, pseudonym, TypeKind.TEXT, NASTY)
    assert made[0] is None
    assert all(re.fullmatch(r"user-[0-9a-f]{8}", name) for name in made[1:])
    assert len(set(made)) == len(NASTY)


def test_the_key_is_bound() -> None:
    assert "mask_key_inner" in repr(sql_of(pseudonym, TypeKind.TEXT, {}))


@pytest.mark.parametrize("options", [{"prefix": "it's"}, {"prefix": ""}, {"digits": 7}, {"digits": 65}])
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        pseudonym.Settings(**options)
