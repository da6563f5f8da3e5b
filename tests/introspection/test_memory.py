"""What one statement may take of its process's memory."""

from __future__ import annotations

import mmap
import resource
import sys

import pytest

from proxy.introspection.memory import BESIDE_MB, capped

MIB = 1024 * 1024
linux = pytest.mark.skipif(sys.platform != "linux", reason="the system does not say what a process holds")


@linux
def test_more_than_the_cap_is_refused_and_less_is_not() -> None:
    with capped(64):
        mmap.mmap(-1, 32 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
        with pytest.raises(OSError, match="annot allocate"):
            mmap.mmap(-1, (65 + BESIDE_MB) * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def test_the_limits_of_before_are_those_of_after() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(ZeroDivisionError), capped(64):
        raise ZeroDivisionError
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
