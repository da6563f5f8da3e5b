"""Work on what a client sent that grows with its length: reading long texts and values.

Rule kept here: what is short is done at once. What is long is done in a thread, few of them at a time whoever sends it,
so that the one that answers all clients keeps its share of the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

THREADS = 2
_P = ParamSpec("_P")
_T = TypeVar("_T")
_LIMITER: RunVar[anyio.CapacityLimiter] = RunVar("_LIMITER")


async def aside(long: bool, function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """What a function gives, which is called in a thread where its work is long. Raises what it raises."""
    if not long:
        return function(*arguments, **named)
    return await anyio.to_thread.run_sync(partial(function, *arguments, **named), limiter=_limiter())


def _limiter() -> anyio.CapacityLimiter:
    """The threads of this event loop."""
    try:
        return _LIMITER.get()
    except LookupError:
        made = anyio.CapacityLimiter(THREADS)
        _LIMITER.set(made)
        return made
