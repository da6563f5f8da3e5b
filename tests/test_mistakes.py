"""Validation errors as lines: the path in the document, what is wrong, and never the value."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from proxy.mistakes import dotted, lines


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int = 1
    names: list[str] = Field(default_factory=list)


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    parts: tuple[Inner, ...] = Field(min_length=1)
    either: int | bool | None = None


def told(given: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(given)
    return lines(caught.value, Outer, given, "root")


def test_paths_name_indexes_and_keys() -> None:
    assert told({"parts": [{"size": 1}, {"size": "x"}]}) == [
        "root.parts[1].size: input should be a valid integer, unable to parse string as an integer"
    ]


def test_missing_key_is_named() -> None:
    assert told({}) == ["root.parts: is missing"]


def test_unknown_key_gets_the_nearest_one() -> None:
    assert told({"parts": [{"sise": 1}]}) == ["root.parts[0].sise: there is no such setting; did you mean 'size'?"]


def test_unknown_key_without_a_near_one_gets_all() -> None:
    assert told({"parts": [{"qqq": 1}]}) == ["root.parts[0].qqq: there is no such setting; there are: names, size"]


def test_union_branches_are_not_shown_as_keys() -> None:
    assert all(line.startswith("root.either: ") for line in told({"parts": [{}], "either": "secret-value"}))


def test_a_value_is_never_quoted() -> None:
    assert not any("secret-value" in line for line in told({"parts": "secret-value", "either": "secret-value"}))


def test_a_list_is_not_too_short_because_of_its_entries() -> None:
    assert [line.split(":")[0] for line in told({"parts": [{"size": "x"}]})] == ["root.parts[0].size"]


def test_an_empty_list_is_told_in_words() -> None:
    assert told({"parts": []}) == ["root.parts: must have at least 1"]


def test_dotted() -> None:
    assert dotted(("a", 0, "b")) == "a[0].b"
    assert dotted((), "warehouses.x") == "warehouses.x"
