"""YAML text in, plain values out; every mistake says its line.

Rule kept here: a document means one thing only. A key that stands twice is refused (the parser would silently take the
last), and only `true` and `false` are booleans, so that `mode: off` or a country `no` stays the text it is.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from proxy.errors import ConfigError

LARGEST = 4_000_000


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses duplicate keys and knows the booleans of YAML 1.2 only."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping whose keys are all different."""
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here twice; keep one of them", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), "tTfF")


def parse(text: str, name: str) -> Any:
    """The value of one YAML document; `name` stands in messages. Raises `ConfigError` with the line."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise ConfigError([f"{place}: not valid YAML: {error.problem or error.context}"]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError([f"{name}: not valid YAML: {_first_line(error)}"]) from error


def read(path: Path) -> Any:
    """The value of one YAML file. Raises `ConfigError` where it cannot be read or parsed."""
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError([f"{path}: larger than {LARGEST} bytes; this cannot be the right file"])
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: not UTF-8 text; save it as UTF-8"]) from error
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror or 'unknown error'}"]) from error
    return parse(text, str(path))


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
