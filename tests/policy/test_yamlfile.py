"""YAML with lines: what YAML would do in silence is a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from proxy.policy import yamlfile


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    sizes: list[int] = []


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    things: dict[str, Inner]


def load(path: Path, text: str) -> tuple[yamlfile.Document | None, list[str]]:
    (path / "a.yaml").write_text(text, encoding="utf-8")
    problems: list[str] = []
    found = yamlfile.load(path / "a.yaml", problems)
    return found, [p.removeprefix(f"{path}/a.yaml") for p in problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", ":3: 'a' is written twice; join the two"),
        ("a:\n  b: 1\n  b: 1\n", ":3: 'b' is written twice; join the two"),
        ("a: &x 1\nb: *x\n", ":2: is not valid YAML: aliases are not allowed; write the value out"),
        ("a: [1\nb: 2\n", ":2: is not valid YAML:"),
        ("a: 1\n---\nb: 2\n", ":2: is not valid YAML:"),
        ("? [a]\n: 1\n", ":1: a key must be plain text"),
        ("a: !!python/object:os.system {}\n", ":1: is not valid YAML:"),
        ("a: 2024-99-99\n", ":1: is not valid YAML"),
        ("\tx: 1\n", ":1: is not valid YAML"),
    ],
)
def test_mistakes_have_their_line(tmp_path: Path, text: str, problem: str) -> None:
    found, problems = load(tmp_path, text)
    assert found is None
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_deep_nesting_is_refused_and_does_not_crash(tmp_path: Path) -> None:
    found, problems = load(tmp_path, "[" * 20_000 + "]" * 20_000)
    assert found is None
    assert len(problems) == 1


def test_keys_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    found, _ = load(tmp_path, "no: 1\n2024: 2\nnull: 3\non: 4\n")
    assert found is not None
    assert found.value == {"no": 1, "2024": 2, "null": 3, "on": 4}


def test_only_true_and_false_are_booleans(tmp_path: Path) -> None:
    found, _ = load(tmp_path, "a: [no, on, yes, off, true, False]\n")
    assert found is not None
    assert found.value == {"a": ["no", "on", "yes", "off", True, False]}


def test_an_empty_file_is_an_empty_mapping(tmp_path: Path) -> None:
    found, problems = load(tmp_path, "# nothing\n")
    assert found is not None
    assert (found.value, problems) == ({}, [])


def test_typed_mistakes_name_line_and_path(tmp_path: Path) -> None:
    found, _ = load(tmp_path, "things:\n  a:\n    name: 7\n    sizes:\n      - 1\n      - x\n  b:\n    nam: y\n")
    assert found is not None
    problems: list[str] = []
    assert yamlfile.validate(Outer, found, problems) is None
    told = [p.removeprefix(f"{tmp_path}/a.yaml") for p in problems]
    assert told == [
        ":3: things / a / name: must be text; put it in quotes if it looks like a number, a date, yes or no",
        ":6: things / a / sizes / 1: input should be a valid integer",
        ":7: things / b / name: field required",
        ":8: things / b / nam: is not a key that is known here",
    ]
