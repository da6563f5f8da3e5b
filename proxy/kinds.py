"""File name = kind name: finds one file of a plural folder.

Rule kept here: there is no registry and no import side effect; adding a kind is adding a file. A name that is not a
plain identifier, or that has no file, is refused, so that settings can never import anything else.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import lru_cache
from types import ModuleType

from proxy.errors import ConfigError

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def names(folder: str) -> tuple[str, ...]:
    """The kinds of a plural folder, e.g. `names("masks")`, sorted."""
    package = importlib.import_module(f"proxy.{folder}")
    return tuple(sorted(m.name for m in pkgutil.iter_modules(package.__path__)))


@lru_cache(maxsize=256)
def load(folder: str, name: str) -> ModuleType:
    """The module of one kind; looked for once. Raises `ConfigError` naming the kinds there are, or what to install."""
    known = names(folder)
    if not _NAME.match(name) or name not in known:
        raise ConfigError([f"{folder}: there is no kind {name!r}; there are: {', '.join(known)}"])
    try:
        return importlib.import_module(f"proxy.{folder}.{name}")
    except ModuleNotFoundError as error:
        missing = f"{folder}: the kind {name} needs the library {error.name}; pip install 'sqlusher[{name}]'"
        raise ConfigError([missing]) from error
