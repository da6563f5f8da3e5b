"""Setting types that refer to something outside the file: secrets and paths.

Rule kept here: a secret never stands in a settings file, only a reference to it (`env:NAME`, `file:PATH`), and never
shows in a repr. `proxy.settings` (the home of the environment) supplies how references are resolved, as pydantic's
validation context; a model that is validated without that context takes plain values, as tests do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo


def _secret(value: Any, info: ValidationInfo) -> Any:
    context = info.context or {}
    resolve = context.get("resolve")
    if resolve is None or isinstance(value, SecretStr):
        return value
    if not isinstance(value, str) or not value.startswith(("env:", "file:")):
        raise ValueError("must be a reference, env:NAME or file:PATH, never the secret itself")
    return resolve(value)


def _path(value: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("base")
    return value if base is None or value.is_absolute() else Path(base) / value


Secret = Annotated[SecretStr, BeforeValidator(_secret)]
"""A secret value; in a settings file it must be written `env:NAME` or `file:PATH`."""

RelativePath = Annotated[Path, AfterValidator(_path)]
"""A path; a relative one is taken from the folder of the settings file."""
