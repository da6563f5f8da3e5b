"""YAML as people write it: what would be taken in silence is a mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy import documents
from proxy.errors import ConfigError


def test_plain_values() -> None:
    assert documents.parse("a: 1\nb: [x, 2.5, null]\n", "t") == {"a": 1, "b": ["x", 2.5, None]}


@pytest.mark.parametrize("word", ["off", "no", "yes", "on", "NO", "Off"])
def test_only_true_and_false_are_booleans(word: str) -> None:
    assert documents.parse(f"mode: {word}", "t") == {"mode": word}
    assert documents.parse("a: true\nb: False", "t") == {"a": True, "b": False}


def test_duplicate_key_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError) as caught:
        documents.parse("limits:\n  max_rows: 1\n  max_rows: 2\n", "usher.yaml")
    assert caught.value.problems == (
        "usher.yaml:3:3: not valid YAML: the key 'max_rows' stands here twice; keep one of them",
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: [1\nb: 2", 2), ("a: 1\n\tb: 2", 2), ("a: !!python/object:os.system {}", 1), ("? [a]\n: 1", 1)],
)
def test_invalid_yaml_names_the_line(text: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        documents.parse(text, "t.yaml")
    assert caught.value.problems[0].startswith(f"t.yaml:{line}:")


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    with pytest.raises(ConfigError):
        documents.parse("[" * 20_000, "t.yaml")


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        documents.read(tmp_path / "absent.yaml")


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        documents.read(tmp_path / "t.yaml")


def test_file_that_is_far_too_large(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_bytes(b"#" * (documents.LARGEST + 1))
    with pytest.raises(ConfigError, match="larger than"):
        documents.read(tmp_path / "t.yaml")
