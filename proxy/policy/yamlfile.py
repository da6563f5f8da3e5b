"""YAML with line numbers: one policy file read into plain values, each with the line it came from.

Rule kept here: what YAML would do silently is a mistake that is reported: a key written twice, a second document, an
alias. Keys are always text, whatever they look like (a column may be named `no` or `2024`).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from proxy.policy.source import Place, read

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a mapping can be added to: `end` is the character behind its last entry (behind the bracket of an empty
    one), `column` where its keys begin, `flow` whether it is written in brackets."""

    end: int
    column: int
    flow: bool
    empty: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its plain value and the node tree that knows the lines."""

    file: str
    value: Any
    root: yaml.Node | None

    def place(self, *path: Hashable) -> Place:
        """The line at which a path (keys and indexes) stands; parts that the file does not have are skipped over."""
        node, line = self.root, 1
        if node is not None:
            line = node.start_mark.line + 1
        for part in path:
            found = _step(node, part)
            if found is not None:
                line, node = found
        return Place(self.file, line)

    def extent(self, *path: str) -> Extent | None:
        """Where the mapping at a path stands in the text; None where there is none."""
        node = self.root
        for part in path:
            found = _step(node, part)
            if found is None:
                return None
            node = found[1]
        if not isinstance(node, yaml.MappingNode):
            return None
        if not node.value:
            return Extent(node.start_mark.index + 1, 0, flow=True, empty=True)
        first, last = node.value[0][0], node.value[-1]
        return Extent(_end(*last), first.start_mark.column, flow=bool(node.flow_style), empty=False)

    def end(self, *path: str) -> int | None:
        """The character behind the entry at a path; None where there is none."""
        node = self.root
        for part in path[:-1]:
            found = _step(node, part)
            node = found[1] if found is not None else None
        if isinstance(node, yaml.MappingNode):
            return next((_end(key, value) for key, value in node.value if key.value == path[-1]), None)
        return None


def _end(key: yaml.Node, value: yaml.Node) -> int:
    """The character behind an entry, without what only follows it: comments, blank lines."""
    node = value
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        key, node = last if isinstance(node, yaml.MappingNode) else (last, last)
    return int(node.end_mark.index if node.end_mark.index > node.start_mark.index else key.end_mark.index)


def load(path: Path, problems: list[str]) -> Document | None:
    """Read one file; None where it cannot be used, with the problems noted. An empty file is an empty mapping."""
    text = read(path, problems)
    return None if text is None else parse(text, str(path), problems)


def parse(text: str, path: str, problems: list[str]) -> Document | None:
    """Read a file's text; `path` stands in messages."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        before = len(problems)
        if root is not None:
            _check_keys(root, path, problems)
        value = {} if root is None else loader.plain(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problems.append(f"{path}:{line}: is not valid YAML: {error.problem or error.context}")
        return None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problems.append(f"{path}:1: is not valid YAML: {type(error).__name__}")
        return None
    finally:
        loader.dispose()
    return None if len(problems) > before else Document(path, value, root)


def validate(model: type[Model], document: Document, problems: list[str]) -> Model | None:
    """The document as a typed model; None with every mistake noted at its line."""
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        for mistake in error.errors(include_url=False, include_input=False):
            where = _shown(mistake["loc"])
            problems.append(f"{document.place(*mistake['loc'])}: {where}{_message(mistake['type'], mistake['msg'])}")
        return None


_PLAIN_TAGS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader without aliases (the only way to make a small file large), with text keys, and with the
    booleans of YAML 1.2 only, so that a tag `on` stays text."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(None, None, "aliases are not allowed; write the value out", event.start_mark)
        return super().compose_node(parent, index)

    def plain(self, node: yaml.Node) -> Any:
        """The value of a node, keys as text."""
        if not isinstance(node, yaml.ScalarNode) and node.tag not in _PLAIN_TAGS:
            raise yaml.MarkedYAMLError(None, None, "types (`!!..`) are not allowed", node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return {str(key.value): self.plain(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item) for item in node.value]
        return self.construct_object(node, deep=True)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), "tTfF")


def _check_keys(node: yaml.Node, file: str, problems: list[str]) -> None:
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                problems.append(f"{file}:{line}: a key must be plain text")
            elif key.value in seen:
                problems.append(f"{file}:{line}: {key.value!r} is written twice; join the two")
            else:
                seen.add(key.value)
            children.append(value)
    elif isinstance(node, yaml.SequenceNode):
        children = list(node.value)
    for child in children:
        _check_keys(child, file, problems)


def _step(node: yaml.Node | None, part: Hashable) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child.start_mark.line + 1, child
    return None


def _shown(loc: Sequence[int | str]) -> str:
    parts = [str(p) for p in loc if not (isinstance(p, str) and ("[" in p or p in _UNION_TAGS))]
    return " / ".join(parts) + ": " if parts else ""


_UNION_TAGS = frozenset({"literal['everyone']"})


def _message(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not a key that is known here"
    if kind == "string_type":
        return "must be text; put it in quotes if it looks like a number, a date, yes or no"
    return message[:1].lower() + message[1:]
