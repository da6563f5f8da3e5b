"""The Casbin model: what a model.conf may say."""

from __future__ import annotations

import pytest

from proxy.policy import authority, model


def check(text: str) -> tuple[model.PolicyModel, list[str]]:
    problems: list[str] = []
    return model.check(text, "model.conf", authority.definitions, problems), problems


def test_the_built_in_model_passes_its_own_check() -> None:
    assert check(model.BUILT_IN) == (model.PolicyModel(frozenset({4})), [])


def test_valid_until_makes_every_line_five_fields_wide() -> None:
    found, problems = check(model.BUILT_IN.replace("act, eft\n", "act, eft, valid_until\n"))
    assert (found.widths, problems) == ({5}, [])


def test_spacing_comments_and_the_order_of_the_matcher_are_free() -> None:
    text = model.BUILT_IN.replace(
        "m = r.act == p.act && g(r.sub, p.sub) && g2(r.obj, p.obj)",
        "# roles first\nm = g(r.sub,p.sub) && g2(r.obj, p.obj) && r.act==p.act",
    )
    assert check(text)[1] == []
    assert model.canonical(text) == model.canonical(model.BUILT_IN)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("r = sub, obj, act", "r = sub, obj", 2),
        ("r = sub, obj, act", "r = sub, obj, act\nr2 = sub, obj, act", 3),
        ("p = sub, obj, act, eft", "p = sub, obj, act", 5),
        ("g = _, _\n", "g = _, _, _\n", 8),
        ("[matchers]", "[matchers]\n[other]", 15),
        ("[matchers]", "[matchers]\nm2 = true", 15),
        ("m = r.act", "m = true\nm = r.act", 16),
        ("m = r.act == p.act && ", "m = r.act == p.act && \\\n", 15),
    ],
)
def test_every_difference_is_told_with_its_line(old: str, new: str, line: int) -> None:
    _, problems = check(model.BUILT_IN.replace(old, new))
    assert any(p.startswith(f"model.conf:{line}: ") for p in problems), problems


def test_a_missing_definition_is_named() -> None:
    _, problems = check(model.BUILT_IN.replace("g2 = _, _\n", ""))
    assert problems == [
        "model.conf:1: [role_definition] must define g2; `usher policy schema --model` prints the model"
    ]


def test_an_empty_model_is_refused() -> None:
    assert len(check("")[1]) == 6


def test_a_model_that_casbin_reads_differently_is_refused() -> None:
    """Without a blank line or a section after it, Casbin joins some lines; the two readings must agree."""
    problems: list[str] = []
    model.check(model.BUILT_IN, "model.conf", lambda _: {"r": {"r": "sub, obj"}}, problems)
    assert problems == [
        "model.conf:1: Casbin reads this model in another way than it looks; write one definition a line"
    ]
