"""What lies in a column's memory and is shown nowhere, taken out before the column leaves.

Rule kept here: under a NULL there is nothing. Engines hand over columns whose buffers still hold, in the room of a
NULL, the value that a condition or a mask has hidden, or whatever stood in that memory before; a client that reads
Arrow's buffers sees it all.
"""

from __future__ import annotations

import numpy as np
from pyarrow import types

from proxy.scan.arrays import Array, Hints, arrow, booleans, is_list, pack, rebuild, unpack


def without_residue(array: Array) -> Array:
    """The same column, of the same type, with empty room under its NULLs."""
    if not _is_nested(array):
        return _emptied(array, frozenset())
    whole = array if array.offset == 0 else unpack(pack(array))
    return rebuild(whole, frozenset(), _emptied)


def _emptied(array: Array, _hints: Hints) -> Array:
    if array.null_count == 0 or types.is_null(array.type):
        return array
    return array.take(arrow(np.arange(len(array)), booleans(array.is_null())))


def _is_nested(array: Array) -> bool:
    kind = array.type
    return types.is_nested(kind) or types.is_dictionary(kind) or is_list(kind) or hasattr(array, "storage")
