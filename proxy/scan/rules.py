"""pii.yaml -> ScanRules: what the scan does with which entity, who is exempt, and which columns it leaves out.

Rule kept here: every mistake is reported at once with file and line; unknown keys and entities are refused; a file that
says nothing of an entity does not turn it off.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo

from proxy import documents
from proxy.errors import ConfigError
from proxy.mistakes import dotted
from proxy.scan.entities import ENTITIES, entity
from proxy.scan.recognizers import Recognizer, unlike_names
from proxy.scan.settings import STRICTNESS, Action, Mode
from proxy.values import TableId

DEFAULT_THRESHOLD = 0.4
_SUBJECT = re.compile(r"(user|group|app|role):\S.*\Z", re.DOTALL)
_TAG = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*\Z")


def _subject(text: str) -> str:
    if not _SUBJECT.match(text):
        raise ValueError("must be a subject with its prefix: user:, group:, app: or role:")
    return text


def _tag(text: str) -> str:
    if not _TAG.match(text):
        raise ValueError("must be a tag such as pii.email")
    return text


def _allowed(text: str) -> str:
    if not text.strip(".@"):
        raise ValueError("must be a value or the end of one, such as example.com")
    return text


def _glob(text: str) -> str:
    if text.count(".") != 3 or not all(text.split(".")):
        raise ValueError("must be warehouse.schema.table.column, each part a name or a pattern with *")
    return text


def _entity(name: str, info: ValidationInfo) -> str:
    known = dict.fromkeys((*ENTITIES, *(info.context or ())))
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(known)}"
        raise ValueError("there is no such entity" + hint)
    return name


Threshold = Annotated[float, Field(ge=0, le=1)]


class Defaults(BaseModel):
    """What holds for every entity that states nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    action: Annotated[Action, Field(strict=False)] | None = Field(
        default=None, description="redact, hash, block, flag or off."
    )
    threshold: Threshold | None = Field(default=None, description="The confidence, 0 to 1, from which a hit counts.")


class CallersRule(BaseModel):
    """What is done with an entity for some callers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    subjects: tuple[Annotated[str, AfterValidator(_subject)], ...] = Field(
        strict=False, min_length=1, description="user:, group:, app: or role:; a caller who is any of them."
    )
    action: Annotated[Action, Field(strict=False)] = Field(description="redact, hash, block, flag or off.")


class EntityRule(Defaults):
    """What the scan does with one entity."""

    tag: Annotated[str, AfterValidator(_tag)] | None = Field(
        default=None, description="The policy tag whose `unmask` clears this entity."
    )
    allow: tuple[Annotated[str, AfterValidator(_allowed)], ...] = Field(
        default=(), strict=False, description="Harmless values: whole, or their end after a dot or an @ (example.com)."
    )
    callers: tuple[CallersRule, ...] = Field(
        default=(), strict=False, description="Other actions for some callers: the strictest of those that fit them."
    )


class Document(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, title="pii.yaml")

    defaults: Defaults = Defaults()
    entities: dict[Annotated[str, AfterValidator(_entity)], EntityRule] = Field(
        default={}, description="Rules by entity."
    )
    recognizers: Annotated[tuple[Recognizer, ...], AfterValidator(unlike_names)] = Field(
        default=(), strict=False, description="Recognizers beside Presidio's own, in the form of its YAML."
    )
    exempt: tuple[Annotated[str, AfterValidator(_subject)], ...] = Field(
        default=(), strict=False, description="Subjects whose results are not scanned."
    )
    columns: dict[Annotated[str, AfterValidator(_glob)], Literal["off"]] = Field(
        default={}, description="Base columns that are not scanned: warehouse.schema.table.column with * in any part."
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """One entity as the scan uses it: everything decided."""

    entity: str
    tag: str
    action: Action
    threshold: float
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanRules:
    """What pii.yaml says. The rules of a scan also depend on its settings: see `resolve`."""

    defaults: Defaults = field(default_factory=Defaults)
    entities: Mapping[str, EntityRule] = field(default_factory=dict)
    exempt: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    recognizers: tuple[Recognizer, ...] = ()

    def resolve(self, mode: Mode, on_finding: Action, subjects: Set[str] = frozenset()) -> tuple[Rule, ...]:
        """A rule for each entity that is looked for in results of a caller with these subjects, in the order of the
        table, then of the file's recognizers."""
        rules = (self._rule(name, on_finding, subjects) for name in self._known())
        return tuple(
            rule
            for rule in rules
            if rule.action is not Action.OFF and not (mode is Mode.PATTERNS and entity(rule.entity).ner)
        )

    def told_apart(self) -> frozenset[str]:
        """The subjects for whom an entity has another action."""
        cases = (case for rule in self.entities.values() for case in rule.callers)
        return frozenset(subject for case in cases for subject in case.subjects)

    def uses(self, action: Action, on_finding: Action) -> bool:
        """Whether an action is taken for any entity and caller."""
        cases = (case.action for rule in self.entities.values() for case in rule.callers)
        return action in {*cases, *(self._rule(name, on_finding, frozenset()).action for name in self._known())}

    def _known(self) -> Iterable[str]:
        return dict.fromkeys((*ENTITIES, *(one.supported_entity for one in self.recognizers)))

    def _rule(self, name: str, on_finding: Action, subjects: Set[str]) -> Rule:
        kind = entity(name)
        stated = self.entities.get(name, EntityRule())
        general = self.defaults.action or on_finding
        if kind.ner and general is not Action.OFF:
            general = Action.FLAG
        if name not in self.entities and not kind.default:
            general = Action.OFF
        fitting = [case.action for case in stated.callers if subjects & set(case.subjects)]
        threshold = kind.threshold or self.defaults.threshold
        if threshold is None:
            threshold = DEFAULT_THRESHOLD
        return Rule(
            entity=name,
            tag=stated.tag or kind.tag,
            action=max(fitting, key=STRICTNESS.index) if fitting else stated.action or general,
            threshold=threshold if stated.threshold is None else stated.threshold,
            allow=tuple(a.casefold() for a in stated.allow),
        )

    def is_off(self, table: TableId, column: str) -> bool:
        """Whether a base column is left out. Names are compared as the catalog spells them."""
        parts = (table.warehouse, table.schema, table.name, column)
        return any(
            all(fnmatchcase(part, pattern) for part, pattern in zip(parts, glob.split("."), strict=True))
            for glob in self.columns
        )


def load(path: Path) -> ScanRules:
    """The rules of a file. Raises `ConfigError` with every mistake, its line and what to do."""
    given = documents.read(path)
    if given is None:
        return ScanRules()
    try:
        document = Document.model_validate(given, context=_brought(given))
    except ValidationError as error:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        raise ConfigError(_problems(path, root, error)) from None
    return ScanRules(
        document.defaults,
        document.entities,
        frozenset(document.exempt),
        tuple(document.columns),
        document.recognizers,
    )


def _brought(given: Any) -> frozenset[str]:
    """The entities of the file's recognizers, before anything is known to be right: its rules may name them."""
    listed = given.get("recognizers") if isinstance(given, dict) else None
    found = listed if isinstance(listed, list) else []
    named = (one.get("supported_entity") for one in found if isinstance(one, dict))
    return frozenset(name for name in named if isinstance(name, str))


def schema() -> dict[str, Any]:
    """The JSON schema of pii.yaml, for editors."""
    made = Document.model_json_schema()
    only_known = {"properties": {"entities": {"propertyNames": {"enum": list(ENTITIES)}}}}
    made |= {"if": {"required": ["recognizers"]}, "else": only_known}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _problems(path: Path, root: yaml.Node | None, error: ValidationError) -> list[str]:
    lines: list[tuple[int, str]] = []
    for detail in error.errors(include_url=False, include_input=False, include_context=False):
        line, place = _place(root, tuple(p for p in detail["loc"] if p != "[key]"))
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            message = "there is no such key"
        lines.append((line, f"{path}:{line}: {dotted(place) or 'the file'}: {message[:1].lower()}{message[1:]}"))
    return [text for _, text in sorted(dict.fromkeys(lines))]


def _place(node: yaml.Node | None, loc: tuple[str | int, ...]) -> tuple[int, tuple[str | int, ...]]:
    """The line of a location, and the part of it that stands in the file."""
    line, place = (node.start_mark.line + 1 if node else 1), []
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            key, value = next(((k, v) for k, v in node.value if k.value == str(part)), (None, None))
            if key is None:
                continue
            line, node = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            continue
        place.append(part)
    return line, tuple(place)
