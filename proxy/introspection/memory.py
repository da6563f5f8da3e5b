"""What one statement may take of its process's memory, for all that the engine does not count itself: long texts,
lists, and what becomes of them in Arrow.

Rule kept here: a statement that wants more is refused an allocation by the operating system, and ends in the engine's
own error; the process goes on with the limits that it had. Where the system does not say how much a process holds
(it is Linux that does), there is no cap but the engine's.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BESIDE_MB = 256
"""What a statement may take beside the engine's own memory: its rows as they are fetched, shaped and sent."""
_STATUS = Path("/proc/self/status")
_MIB = 1024 * 1024


@contextmanager
def capped(memory_mb: int) -> Iterator[None]:
    """Run something with so much more memory than is held now (MiB), and `BESIDE_MB`."""
    held = _held()
    before, most = resource.getrlimit(resource.RLIMIT_DATA)
    if held is None:
        yield
        return
    wanted = held + (memory_mb + BESIDE_MB) * _MIB
    limits = [limit for limit in (before, most) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([wanted, *limits]), most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, most))


def _held() -> int | None:
    """The bytes of writable memory that this process has mapped (proc(5), VmData)."""
    if not _STATUS.exists():
        return None
    for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return None
