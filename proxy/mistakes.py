"""Validation errors as lines that a person can act on: `path: what is wrong, and what to do`.

Rule kept here: a line never quotes the value that was given, as it may be a secret in the wrong place.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]


def lines(error: ValidationError, model: type[BaseModel], given: Any, prefix: str = "") -> list[str]:
    """One line for each mistake, in the order of the document. `given` is what was validated against `model`."""
    found: list[str] = []
    details = error.errors(include_url=False, include_input=False)
    for detail in details:
        if detail["type"] == "too_short" and any(_inside(d["loc"], detail["loc"]) for d in details):
            continue  # it is too short because of its entries' own mistakes
        path = _real(detail["loc"], given, missing=detail["type"] == "missing")
        line = f"{dotted(path, prefix) or 'the document'}: {_message(detail, model, path)}"
        if line not in found:
            found.append(line)
    return found


def dotted(path: Path, prefix: str = "") -> str:
    """`identity.issuers[0].algorithms`."""
    text = prefix
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _inside(loc: Path, outer: Path) -> bool:
    return len(loc) > len(outer) and loc[: len(outer)] == outer


def _real(loc: Sequence[str | int], given: Any, *, missing: bool) -> Path:
    """The parts of pydantic's location that stand in the document (it also names unions and validators)."""
    path: list[str | int] = []
    here: Any = given
    for index, part in enumerate(loc):
        if _has(here, part):
            here = here[part]
        elif not (missing and index == len(loc) - 1):
            continue
        path.append(part)
    return tuple(path)


def _has(here: Any, part: str | int) -> bool:
    if isinstance(here, Mapping):
        return part in here
    return isinstance(here, list | tuple) and isinstance(part, int) and part < len(here)


def _message(detail: ErrorDetails, model: type[BaseModel], path: Path) -> str:
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "too_short":
        return f"must have at least {detail['ctx']['min_length']}"
    if detail["type"] == "extra_forbidden":
        known = _keys(model, path[:-1])
        close = difflib.get_close_matches(str(path[-1]) if path else "", known, n=1)
        if close:
            return f"there is no such setting; did you mean {close[0]!r}?"
        return "there is no such setting" + (f"; there are: {', '.join(known)}" if known else "")
    text = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text[:1].lower() + text[1:] if text.startswith("Input ") else text


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys of the settings class at a path."""
    models: list[type[BaseModel]] = [model]
    for part in path:
        if isinstance(part, int):
            continue
        fields = [m.model_fields[part].annotation for m in models if part in m.model_fields]
        models = [inner for annotation in fields for inner in _models(annotation)] or models
    return sorted({field.alias or name for m in models for name, field in m.model_fields.items()})


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The settings classes inside an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models(inner)
