"""Lists as PostgreSQL's arrays, in both formats, and structs, maps and unions as JSON.

Rule kept here: arrays are quoted as array_out quotes and headed as array_send does; they are rectangular, as the
server's are, and what is not is refused rather than sent in a form that no client can read. JSON is what to_json makes
of the same values. Columns are converted whole, the innermost values first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.types as at

from proxy.doors.pgwire.columns import (
    EMPTY,
    Array,
    Numbers,
    big_endian,
    binary,
    booleans,
    fixed,
    joined,
    known,
    lengths,
    pc,
)
from proxy.doors.pgwire.types import is_binary, is_list, is_text, is_uuid
from proxy.errors import QueryFailed
from proxy.values import ReasonCode

Form: TypeAlias = Callable[[Array], Array]
RAGGED = "The result holds lists of different lengths inside of one list. Cast the column to text."
_TO_QUOTE = r'(?i)^$|^null$|[\\"{},\s\v]'
_CONTROLS = [chr(i) for i in range(32)]
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class _Lists:
    """A column of nested lists, flattened: `leaves`, the size of each dimension by row, and how many leaves a row has.
    Raises `QueryFailed` where they are not rectangular."""

    def __init__(self, array: Array) -> None:
        count = len(array)
        self.dimensions: list[Numbers] = []
        owner = np.arange(count)
        while is_list(array.type):
            if self.dimensions and array.null_count:
                raise QueryFailed(RAGGED, ReasonCode.CONVERSION, sqlstate="2202E")
            inner = sizes(array)
            size = np.zeros(count, np.int64)
            size[owner] = inner
            if (size[owner] != inner).any():
                raise QueryFailed(RAGGED, ReasonCode.CONVERSION, sqlstate="2202E")
            self.dimensions.append(size)
            owner = np.repeat(owner, inner)
            array = array.flatten()
        self.owner = owner
        self.leaves = array
        self.counts = np.bincount(owner, minlength=count)


def sizes(array: Array) -> Numbers:
    """How many elements each list has; none where it is NULL."""
    return pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)


def listed(values: Array, counts: Numbers) -> Array:
    """Values as lists, of which each takes the next ones."""
    offsets: Numbers = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    made: Any = pa.ListArray
    return made.from_arrays(pa.array(offsets), values)


def _nullable(made: Array, array: Array) -> Array:
    if not array.null_count:
        return made
    return pc.if_else(array.is_valid(), made, pa.scalar(None, made.type))


# ------------------------------------------------------------------------------------------------------------- arrays
def array_texts(array: Array, texts: Form) -> Array:
    """A column of lists, as array_out writes arrays."""
    lists = _Lists(array)
    leaves = pc.fill_null(_quoted(lists.leaves, texts), "NULL")
    made = _braced(array, leaves)
    made = pc.if_else(booleans(lists.counts == 0), pa.scalar("{}"), made)
    return _nullable(made, array)


def _braced(array: Array, leaves: Array) -> Array:
    elements = array.flatten()
    inner = _braced(elements, leaves) if is_list(elements.type) else leaves
    return joined(pa.scalar("{"), pc.binary_join(listed(inner, sizes(array)), ","), pa.scalar("}"))


def _quoted(leaves: Array, texts: Form) -> Array:
    """Elements with quotes where array_in would need them."""
    kind = leaves.type
    made = texts(leaves).cast(pa.string())
    if at.is_boolean(kind) or at.is_integer(kind) or at.is_floating(kind) or at.is_decimal(kind) or is_uuid(kind):
        return made
    needed = pc.match_substring_regex(made, _TO_QUOTE)
    if not pc.any(needed).as_py():
        return made
    escaped = pc.replace_substring_regex(made, r'(["\\])', r"\\\1")
    return pc.if_else(needed, joined(pa.scalar('"'), escaped, pa.scalar('"')), made)


def array_binaries(array: Array, element: int, binaries: Form) -> Array:
    """A column of lists, as array_send writes arrays; `element` is the type of their elements."""
    lists = _Lists(array)
    values = binary(binaries(lists.leaves))
    prefix = fixed(big_endian(lengths(values), ">i4"))
    cells = joined(prefix, pc.fill_null(values, EMPTY))
    body = pc.binary_join(listed(cells, lists.counts), EMPTY)
    missing = lists.owner[~known(lists.leaves)]
    head = np.empty((len(array), 3 + 2 * len(lists.dimensions)), ">i4")
    head[:, 0] = len(lists.dimensions)
    head[:, 1] = np.bincount(missing, minlength=len(array)) > 0
    head[:, 2] = element
    for place, size in enumerate(lists.dimensions):
        head[:, 3 + 2 * place] = size
        head[:, 4 + 2 * place] = 1
    made = joined(fixed(head.view(np.uint8).reshape(len(array), 4 * head.shape[1])), body)
    empty = np.array([0, 0, element], ">i4").tobytes()
    return _nullable(pc.if_else(booleans(lists.counts == 0), pa.scalar(empty, pa.binary()), made), array)


# --------------------------------------------------------------------------------------------------------------- JSON
def json_texts(array: Array, texts: Form) -> Array:
    """A column of structs, maps or unions, as the texts of JSON values."""
    made = _json(array, texts)
    if at.is_union(array.type):
        return pc.if_else(pc.equal(made, "null"), pa.scalar(None, pa.string()), made)
    return _nullable(made, array)


def _json(array: Array, texts: Form) -> Array:
    """A column as JSON, where NULL is `null`."""
    kind = array.type
    if at.is_dictionary(kind):
        return _json(array.dictionary_decode(), texts)
    if at.is_struct(kind):
        made = _objects(array, texts)
    elif at.is_map(kind):
        made = _maps(array, texts)
    elif at.is_union(kind):
        return _unions(array, texts)
    elif is_list(kind):
        made = pc.binary_join(listed(_json(array.flatten(), texts), sizes(array)), ",")
        made = joined(pa.scalar("["), made, pa.scalar("]"))
    else:
        made = _plain(array, texts)
    return pc.fill_null(_nullable(made, array), "null")


def _plain(array: Array, texts: Form) -> Array:
    kind = array.type
    if at.is_boolean(kind):
        return pc.if_else(array, pa.scalar("true"), pa.scalar("false"))
    made = texts(array).cast(pa.string())
    if at.is_integer(kind) or at.is_decimal(kind) or at.is_null(kind):
        return made
    if at.is_floating(kind):
        return pc.if_else(pc.is_finite(array), made, joined(pa.scalar('"'), made, pa.scalar('"')))
    if at.is_timestamp(kind):
        made = pc.replace_substring(made, " ", "T", max_replacements=1)
        made = pc.replace_substring_regex(made, r"\+00( BC)?$", r"+00:00\1")
    return _string(made, escapes=is_text(kind) or is_binary(kind))


def _string(made: Array, *, escapes: bool) -> Array:
    if escapes and pc.any(pc.match_substring_regex(made, r'[\x00-\x1f"\\]')).as_py():
        made = pc.replace_substring_regex(made, r'(["\\])', r"\\\1")
        if pc.any(pc.match_substring_regex(made, r"[\x00-\x1f]")).as_py():
            for sign in _CONTROLS:
                made = pc.replace_substring(made, sign, _SHORT.get(sign, f"\\u{ord(sign):04x}"))
    return joined(pa.scalar('"'), made, pa.scalar('"'))


def _objects(array: Array, texts: Form) -> Array:
    """Structs by the names of their fields; where two share one, as in a row without names, as f1, f2, .."""
    names = [f.name for f in array.type]
    if len(set(names)) < len(names):
        names = [f"f{i}" for i in range(1, len(names) + 1)]
    parts: list[Array] = [pa.scalar("{")]
    for place, (name, field) in enumerate(zip(names, array.flatten(), strict=True)):
        key = _string(pa.array([name], pa.string()), escapes=True)[0].as_py()
        parts += [pa.scalar(f"{',' if place else ''}{key}:"), _json(field, texts)]
    made = joined(*parts, pa.scalar("}"))
    return made if isinstance(made, pa.Array) else pa.array(["{}"] * len(array), pa.string())


def _maps(array: Array, texts: Form) -> Array:
    """Maps by the texts of their keys."""
    offsets = np.array(array.offsets)
    counts = np.where(known(array), np.diff(offsets), 0)
    ends = np.cumsum(counts)
    places = pa.array(np.repeat(offsets[:-1] - ends + counts, counts) + np.arange(counts.sum()))
    keys, items = array.keys.take(places), array.items.take(places)
    entries = joined(_string(texts(keys).cast(pa.string()), escapes=True), pa.scalar(":"), _json(items, texts))
    return joined(pa.scalar("{"), pc.binary_join(listed(entries, counts), ","), pa.scalar("}"))


def _unions(array: Array, texts: Form) -> Array:
    """The value that each row has, without the name of its kind."""
    places = {code: i for i, code in enumerate(array.type.type_codes)}
    codes = np.array(array.type_codes)
    made = pa.array(["null"] * len(array), pa.string())
    for code, place in places.items():
        child = array.field(place)
        if array.type.mode == "dense":
            child = child.take(pa.array(np.where(codes == code, np.array(array.offsets), 0)))
        made = pc.if_else(booleans(codes == code), _json(child, texts), made)
    return made
