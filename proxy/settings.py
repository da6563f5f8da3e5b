"""usher.yaml (with overrides from the environment) -> one frozen tree; every mistake reported together.

Rule kept here: loading has no side effect, unknown keys are refused, and this is the only module that reads the
environment. Each part owns its own settings class; this module only composes them, resolves references to secrets and
paths, and turns whatever is wrong into lines `path: what is wrong and what to do`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    SecretStr,
    ValidationError,
)

import proxy.audit.settings
import proxy.identity.settings
import proxy.introspection.settings
import proxy.limits.settings
import proxy.scan.settings
from proxy import documents, kinds
from proxy.errors import ConfigError
from proxy.mistakes import lines
from proxy.references import RelativePath, Secret

PREFIX = "USHER_"
CONFIG_VARIABLE = "USHER_CONFIG"
TOKEN_VARIABLE = "USHER_TOKEN"  # noqa: S105 - the name of a variable
URL_VARIABLE = "USHER_URL"
NOT_SETTINGS = frozenset({CONFIG_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE})
LARGEST_SECRET = 65_536


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().encode()) < 32:
        raise ValueError("the mask key must have at least 32 bytes; make one with: openssl rand -hex 32")
    return value


def _no_redis(value: Any) -> None:
    if value is not None:
        raise ValueError("this version has no shared limits yet; leave it out or write null")


class Parser(BaseModel):
    """The processes in which SQL is parsed, so that a statement that hangs or crashes the parser harms nobody else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workers: int = Field(default=2, ge=1, le=64, description="Processes that parse SQL; a caller uses one at a time.")
    timeout_s: float = Field(default=0.9, gt=0, le=60, description="Seconds after which a parse is ended and refused.")


class Masks(BaseModel):
    """What masks need beside the policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[Secret, AfterValidator(_long_enough)] | None = Field(
        default=None,
        description="The key of `hash` and `pseudonym`, at least 32 bytes, as env:NAME or file:PATH. The same key "
        "gives the same hashes, so that hashed columns still join.",
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """One warehouse: the file of the plural folder it names, and that kind's own settings."""

    kind: str
    settings: BaseModel


class Settings(BaseModel):
    """All settings of one gateway."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    identity: proxy.identity.settings.Settings = Field(description="Who may sign tokens, and what they must say.")
    warehouses: Mapping[str, InstanceOf[Kind]] = Field(
        min_length=1, description="Name to warehouse; the first is the default one. Each has a `kind`."
    )
    policies: RelativePath = Field(Path("policies"), validate_default=True, description="The policy folder.")
    scan: proxy.scan.settings.Settings = Field(
        default_factory=proxy.scan.settings.Settings, description="The scan of results for personal data."
    )
    audit: proxy.audit.settings.Settings = Field(description="Where decisions are recorded.")
    limits: proxy.limits.settings.Settings = Field(
        default_factory=proxy.limits.settings.Settings, description="What one caller may use."
    )
    masks: Masks = Field(default_factory=Masks, description="The key of keyed masks.")
    parser: Parser = Field(default_factory=Parser, description="The processes that parse SQL.")
    introspection: proxy.introspection.settings.Settings = Field(
        default_factory=proxy.introspection.settings.Settings, description="The virtual catalog."
    )
    redis: Annotated[None, BeforeValidator(_no_redis)] = Field(None, description="Not in this version: only null.")
    doors: Mapping[str, InstanceOf[BaseModel]] = Field(min_length=1, description="Name of a door to its settings.")


SECTIONS = tuple(Settings.model_fields)


def default_config() -> Path | None:
    """The settings file where none is named: `USHER_CONFIG`, ./usher.yaml, then the demo's; None where none exists."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    return next((p for p in (Path("usher.yaml"), Path(".usher/demo/usher.yaml")) if p.is_file()), None)


def load(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file, overridden by `environment` (os.environ where None). Raises `ConfigError` with every
    mistake and its path."""
    given = os.environ if environment is None else environment
    if not path.is_file():
        raise ConfigError([f"{path}: there is no such settings file; name one by --config, or try: usher demo"])
    raw = documents.read(path)
    if not isinstance(raw, dict):
        raise ConfigError([f"{path}: must hold a mapping with: {', '.join(SECTIONS)}"])
    problems: list[str] = []
    _override(raw, given, problems)
    context = {"base": path.resolve().parent, "resolve": _resolver(path.resolve().parent, given)}
    settings = _validated(raw, context, problems)
    if problems or settings is None:
        raise ConfigError(problems)
    return settings


# ------------------------------------------------------------------------------------------------------- validation
def _validated(raw: dict[str, Any], context: dict[str, Any], problems: list[str]) -> Settings | None:
    """The whole tree, or None with every mistake in `problems`."""
    tree = dict(raw)
    for section, read_one in (("warehouses", _warehouse), ("doors", _door)):
        entries = raw.get(section)
        if isinstance(entries, dict):
            tree[section] = {
                str(k): read_one(f"{section}.{k}", str(k), v, context, problems) for k, v in entries.items()
            }
    try:
        return Settings.model_validate(tree, context=context)
    except ValidationError as error:
        wrong = {p.split(":", 1)[0] for p in problems}
        problems += [line for line in lines(error, Settings, raw) if not _told(line, wrong)]
        return None


def _told(line: str, places: set[str]) -> bool:
    """Whether a mistake of an open section was told already, by the kind's own settings."""
    place = line.split(":", 1)[0]
    return place.startswith(("warehouses.", "doors.")) and any(p.startswith(place) for p in places)


def _warehouse(place: str, name: str, value: Any, context: dict[str, Any], problems: list[str]) -> Kind | None:
    if not name.isidentifier() or name != name.lower():
        problems.append(f"{place}: a warehouse's name must be lower-case letters, digits and _, as it stands in SQL")
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        problems.append(f"{place}.kind: must name one of: {', '.join(kinds.names('warehouses'))}")
        return None
    settings = _of_kind("warehouses", value["kind"], f"{place}.kind", place, value, context, problems)
    return None if settings is None else Kind(value["kind"], settings)


def _door(place: str, name: str, value: Any, context: dict[str, Any], problems: list[str]) -> BaseModel | None:
    return _of_kind("doors", name, place, place, value if value is not None else {}, context, problems)


def _of_kind(
    folder: str, kind: str, kind_place: str, place: str, value: Any, context: dict[str, Any], problems: list[str]
) -> BaseModel | None:
    try:
        model: type[BaseModel] = kinds.load(folder, kind).Settings
    except ConfigError:
        known = ", ".join(kinds.names(folder))
        problems.append(f"{kind_place}: this version has no {kind!r} here; it has: {known}")
        return None
    try:
        return model.model_validate(value, context=context)
    except ValidationError as error:
        problems += lines(error, model, value, place)
        return None


# ------------------------------------------------------------------------------------------------------ environment
def _override(raw: dict[str, Any], environment: Mapping[str, str], problems: list[str]) -> None:
    """Put USHER_SECTION__KEY variables into the tree. A variable without `__` counts only where it names a section, so
    that what Kubernetes injects for a service called usher (USHER_PORT, ..) is no setting."""
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        parts = [p.lower() for p in variable[len(PREFIX) :].split("__")]
        if len(parts) == 1 and parts[0] not in SECTIONS:
            continue
        if parts[0] not in SECTIONS or not all(parts):
            problems.append(f"{variable}: there is no such section; there are: {', '.join(SECTIONS)}")
            continue
        try:
            value = documents.parse(environment[variable], variable)
        except ConfigError as error:
            problems += error.problems
            continue
        _put(raw, parts, value, variable, problems)


def _put(tree: Any, parts: list[str], value: Any, variable: str, problems: list[str]) -> None:
    for part in parts[:-1]:
        step = _step(tree, part)
        if step is None:
            problems.append(f"{variable}: the settings file has no such place to override")
            return
        if isinstance(tree, dict) and not isinstance(tree.get(step), (dict, list)):
            tree[step] = {}
        tree = tree[step]
    last = _step(tree, parts[-1])
    if last is None:
        problems.append(f"{variable}: the settings file has no such place to override")
        return
    tree[last] = value


def _step(tree: Any, part: str) -> Any:
    """The key (spelt as in the file) or index that a part of a variable's name means; None where it means nothing."""
    if isinstance(tree, list):
        return int(part) if part.isdecimal() and int(part) < len(tree) else None
    return next((k for k in tree if str(k).lower() == part), part)


# ------------------------------------------------------------------------------------------------------- references
def _resolver(base: Path, environment: Mapping[str, str]) -> Any:
    """How `env:NAME` and `file:PATH` become secrets; the messages name the reference, never the value."""

    def resolve(reference: str) -> SecretStr:
        scheme, _, name = reference.partition(":")
        if scheme == "env":
            value = environment.get(name)
            if not value:
                raise ValueError(f"the environment variable {name!r} is not set (or empty)")
            return SecretStr(value)
        path = Path(name) if Path(name).is_absolute() else base / name
        try:
            if path.stat().st_size > LARGEST_SECRET:
                raise ValueError(f"the file {name!r} is larger than {LARGEST_SECRET} bytes; is it the right one?")
            value = path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise ValueError(f"the file {name!r} is not UTF-8 text") from error
        except OSError as error:
            raise ValueError(f"the file {name!r} cannot be read: {error.strerror}") from error
        if not value:
            raise ValueError(f"the file {name!r} is empty")
        return SecretStr(value)

    return resolve
