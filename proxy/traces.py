"""An unexpected error as program logs may show it.

Rule kept here: which classes and which lines of code, never a message, since messages quote SQL and values.
"""

from __future__ import annotations

import traceback
from pathlib import PurePath

_FRAMES = 6


def shape_of(error: BaseException) -> str:
    """The error and its causes, each as its class and the innermost places it passed (`KeyError at a.py:12 in f`)."""
    told = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        frames = traceback.extract_tb(cause.__traceback__)[-_FRAMES:]
        places = " > ".join(f"{PurePath(f.filename).name}:{f.lineno} in {f.name}" for f in frames)
        told.append(f"{type(cause).__name__} at {places or 'an unknown place'}")
        if isinstance(cause, BaseExceptionGroup):
            told.extend(f"of {shape_of(part)}" for part in cause.exceptions)
        cause = cause.__cause__ or cause.__context__
    return "; from ".join(told)
