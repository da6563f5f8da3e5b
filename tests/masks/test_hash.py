"""`hash`: HMAC-SHA-256, keyed, equal for equal values."""

from __future__ import annotations

import hashlib
import hmac

from hypothesis import given
from sqlglot import exp

from proxy.masks import hash as mask
from proxy.values import TypeKind
from tests.masks.engine import KEY, Engine, agree, sql_of
from tests.masks.texts import NASTY, TEXT, texts


@given(values=texts)
def test_engine_and_python_agree(engine: Engine, values: list[str | None]) -> None:
    engine.load(values, TEXT, "VARCHAR")
    agree(engine, mask, TypeKind.TEXT, values)


def test_it_is_hmac_sha_256(engine: Engine) -> None:
    engine.load(NASTY, TEXT, "VARCHAR")
    wanted = [None if v is None else hmac.new(KEY, v.encode(), hashlib.sha256).hexdigest() for v in NASTY]
    assert agree(engine, mask, TypeKind.TEXT, NASTY) == wanted


def test_joins_still_work_and_different_values_differ(engine: Engine) -> None:
    engine.load(["a", "a", "b", "A"], TEXT, "VARCHAR")
    one, two, three, four = agree(engine, mask, TypeKind.TEXT, ["a", "a", "b", "A"])
    assert one == two
    assert len({one, three, four}) == 3


def test_the_key_is_bound_and_never_text() -> None:
    tree = sql_of(mask, TypeKind.TEXT, {})
    assert {p.this for p in tree.find_all(exp.Placeholder)} == {"secret:mask_key_inner", "secret:mask_key_outer"}
