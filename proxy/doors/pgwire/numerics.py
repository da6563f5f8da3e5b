"""Decimals in PostgreSQL's own forms: their text, and the binary `numeric` in base 10000.

Rule kept here: every digit and the scale are kept (src/backend/utils/adt/numeric.c); columns are converted whole.
"""

from __future__ import annotations

import struct
from decimal import Decimal

import numpy as np
import pyarrow as pa

from proxy.doors.pgwire.columns import Array, Numbers, booleans, fixed, joined, known, pc, ticks, validity, varying

BASE = 10_000
_NEGATIVE = 0x4000
_SPECIAL = {"NaN": (0xC000, 0), "Infinity": (0xD000, 32), "-Infinity": (0xF000, 32)}
"""Sign and scale of what is no number; the server's scale of infinity is an artefact of how it stores it."""
_HEAD = struct.Struct("!hhHH")
_LIMB = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_WIDEST = 76


# ------------------------------------------------------------------------------------------------------ single values
def numeric_binary(text: str) -> bytes:
    """A numeric, from its text. Raises `ValueError`, `ArithmeticError` where it is none, or `struct.error`."""
    if text in _SPECIAL:
        return _HEAD.pack(0, 0, *_SPECIAL[text])
    sign, digits, exponent = Decimal(text).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError
    scale = max(0, -exponent)
    whole = "".join(map(str, digits)) + "0" * max(0, exponent)
    groups = -(-scale // 4)
    whole += "0" * (groups * 4 - scale)
    whole = whole.zfill(-(-len(whole) // 4) * 4)
    found = [int(whole[i : i + 4]) for i in range(0, len(whole), 4)]
    weight = len(found) - groups - 1
    first = next((i for i, d in enumerate(found) if d), len(found))
    kept = found[first:]
    while kept and not kept[-1]:
        kept.pop()
    if not kept:
        return _HEAD.pack(0, 0, 0, scale)
    return _HEAD.pack(len(kept), weight - first, _NEGATIVE if sign else 0, scale) + struct.pack(f"!{len(kept)}h", *kept)


# -------------------------------------------------------------------------------------------------------------- texts
def decimal_texts(array: Array) -> Array:
    """A column of decimals; Arrow writes very small ones scientifically, the server never does."""
    texts = array.cast(pa.string())
    scale = array.type.scale
    if scale <= 6 or not pc.any(pc.match_substring(texts, "E")).as_py():
        return texts
    wide = array.type.byte_width * 8
    whole_type = pa.decimal128(38, 0) if wide == 128 else pa.decimal256(_WIDEST, 0)
    whole = pa.Array.from_buffers(whole_type, len(array), array.buffers(), array.null_count, array.offset)
    plain = whole.cast(pa.string())
    negative = pc.starts_with(plain, "-")
    digits = pc.utf8_lpad(pc.ascii_ltrim(plain, "-"), scale + 1, "0")
    sign = pc.if_else(negative, pa.scalar("-"), pa.scalar(""))
    point = pa.scalar(".")
    return joined(
        sign, pc.utf8_slice_codeunits(digits, 0, -scale), point, pc.utf8_slice_codeunits(digits, -scale, 2**31 - 1)
    )


# ------------------------------------------------------------------------------------------------------------- binary
def numeric_binaries(array: Array) -> Array:
    """A column of decimals, of whole numbers without sign, or of the texts of numerics."""
    if pa.types.is_string(array.type):
        return _of_texts(array)
    if pa.types.is_decimal(array.type):
        scale = array.type.scale
        limbs, negative = _limbs(array)
    else:
        scale, negative = 0, np.zeros(len(array), bool)
        numbers = ticks(array, np.uint64)
        limbs = [numbers & _LOW, numbers >> _LIMB]
    return _written(_digits(limbs, scale), scale, negative, validity(array))


def _limbs(array: Array) -> tuple[list[Numbers], Numbers]:
    """The sizes of decimals in words of 32 bits, the lowest first, and which are negative."""
    count, words = len(array), array.type.byte_width // 4
    raw = np.frombuffer(array.buffers()[1], "<u4", count * words, array.offset * words * 4) if count else np.empty(0)
    table = raw.reshape(count, words).astype(np.uint64)
    if array.null_count:
        table[~known(array)] = 0
    negative = table[:, -1] >= np.uint64(2**31) if count else np.zeros(0, bool)
    limbs, carry = [], negative.astype(np.uint64)
    flip = np.where(negative, _LOW, np.uint64(0))
    for word in range(words):
        value = (table[:, word] ^ flip) + carry
        carry = value >> _LIMB
        limbs.append(value & _LOW)
    return limbs, negative


def _digits(limbs: list[Numbers], scale: int) -> list[Numbers]:
    """Digits in base 10000, the lowest first; those after the point come to whole digits first."""
    found = []
    if scale % 4:
        limbs, rest = _divided(limbs, 10 ** (scale % 4))
        found.append(rest * np.uint64(10 ** (4 - scale % 4)))
    while any(limb.any() for limb in limbs):
        limbs, rest = _divided(limbs, BASE * BASE)
        high = rest // np.uint64(BASE)
        found += [rest - high * np.uint64(BASE), high]
    while len(found) < -(-scale // 4) or not found:
        found.append(np.zeros(len(limbs[0]), np.uint64))
    return found


def _divided(limbs: list[Numbers], by: int) -> tuple[list[Numbers], Numbers]:
    """Long division by a number below 2^32: the quotients, and the rest."""
    while len(limbs) > 2 and not limbs[-1].any():
        limbs = limbs[:-1]
    if len(limbs) == 2:
        whole, divisor = limbs[0] | limbs[1] << _LIMB, np.uint64(by)
        quotient = whole // divisor
        return [quotient & _LOW, quotient >> _LIMB], whole - quotient * divisor
    made: list[Numbers] = []
    rest = np.zeros(len(limbs[0]), np.uint64)
    for limb in reversed(limbs):
        value = rest << _LIMB | limb
        quotient = value // np.uint64(by)
        rest = value - quotient * np.uint64(by)
        made.insert(0, quotient)
    return made, rest


def _written(digits: list[Numbers], scale: int, negative: Numbers, valid: Array | None) -> Array:
    """Head and digits of each number, without zeros before and behind."""
    groups = -(-scale // 4)
    table = np.stack(digits[::-1], axis=1).astype(np.int16)
    count, width = table.shape
    there = table != 0
    some = there.any(axis=1)
    first = np.where(some, there.argmax(axis=1), 0)
    last = np.where(some, width - there[:, ::-1].argmax(axis=1), 0)
    cells = np.empty((count, 4 + width), ">i2")
    cells[:, 0] = last - first
    cells[:, 1] = np.where(some, width - groups - 1 - first, 0)
    cells[:, 2] = np.where(negative & some, _NEGATIVE, 0)
    cells[:, 3] = scale
    cells[:, 4:] = table
    places = np.arange(width)
    kept = np.ones((count, 4 + width), bool)
    kept[:, 4:] = (places >= first[:, None]) & (places < last[:, None])
    return varying(cells[kept].view(np.uint8), (4 + last - first) * 2, valid)


def _of_texts(texts: Array) -> Array:
    """Numerics that travel as texts have a scale each: those of one scale together."""
    plain = pc.fill_null(pc.match_substring_regex(texts, r"^-?\d{1,60}(?:\.\d{1,16})?$"), False)
    numbers = plain.to_numpy(zero_copy_only=False)
    point = pc.fill_null(pc.find_substring(texts, "."), -1).to_numpy(zero_copy_only=False)
    sizes = pc.fill_null(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False)
    scales = np.where(point < 0, 0, sizes - point - 1)
    made = fixed(np.zeros((len(texts), 8), np.uint8), validity(texts))
    for scale in np.unique(scales[numbers]):
        mask = booleans(numbers & (scales == scale))
        made = pc.replace_with_mask(
            made, mask, numeric_binaries(texts.filter(mask).cast(pa.decimal256(_WIDEST, int(scale))))
        )
    odd = booleans(~numbers & known(texts))
    if pc.any(odd).as_py():
        single = [numeric_binary(t) for t in texts.filter(odd).to_pylist()]
        made = pc.replace_with_mask(made, odd, pa.array(single, pa.binary()))
    return made
