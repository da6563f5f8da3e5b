"""Floats in PostgreSQL's own texts.

Rule kept here: the shortest digits that lie strictly inside of what rounds to the float, as the server writes them
(src/common/d2s.c: no bounds accepted), with its own thresholds between plain and scientific notation. Columns are
converted whole; those few whose digits need a second look are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from proxy.doors.pgwire.columns import Array, Numbers, booleans, joined, pc, ticks

_ARROW_PLAIN = 1e10
"""From here on, Arrow writes floats scientifically."""
_SMALL, _SINGLE_PLAIN = 1e-4, 999_999
"""Below and above, the server does."""
_FIVES = np.array([5**i % 2**64 for i in range(48)], np.uint64)
_FEW = 16
"""One in so many values may be written by itself."""


def float_text(value: float, single: bool) -> str:
    """A float8, or a float4 where `single`."""
    if value != value:
        return "NaN"
    if value in (np.inf, -np.inf):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    short = str(np.float32(value)) if single else repr(value)
    return _laid_out(_strict(value, short, single), single)


def _laid_out(short: str, single: bool) -> str:
    """Digits as the server lays them out: plain for exponents from -4 to 14, or to 5 of a float4."""
    sign, digits, exponent = Decimal(short).as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    power = int(exponent) + len(digits) - 1
    minus = "-" if sign else ""
    if not -4 <= power < (6 if single else 15):
        rest = f".{text[1:]}" if len(text) > 1 else ""
        return f"{minus}{text[0]}{rest}e{'-' if power < 0 else '+'}{abs(power):02}"
    if power < 0:
        return f"{minus}0.{'0' * (-power - 1)}{text}"
    whole = text[: power + 1].ljust(power + 1, "0")
    return f"{minus}{whole}" + (f".{text[power + 1 :]}" if len(text) > power + 1 else "")


def _strict(value: float, short: str, single: bool) -> str:
    """Other digits where these lie exactly between two floats, which only large ones can."""
    low, high = (2.0**24, 1e19) if single else (2.0**53, 1e40)
    if not low < abs(value) < high:
        return short
    kind = np.float32 if single else np.float64
    exact = Fraction(value)
    bounds = [(exact + Fraction(float(np.nextafter(kind(value), kind(to))))) / 2 for to in (-np.inf, np.inf)]
    if Fraction(short) not in bounds:
        return short
    for digits in range(len(Decimal(short).as_tuple().digits), 18):
        candidate = f"{value:.{digits}e}"
        if bounds[0] < Fraction(candidate) < bounds[1]:
            return candidate
    return short


def float_texts(array: Array) -> Array:
    """A column of floats."""
    if array.type == pa.float16():
        array = array.cast(pa.float32())
    single = array.type == pa.float32()
    texts = array.cast(pa.string())
    numbers = np.abs(ticks(array, np.float32 if single else np.float64))
    if not np.isfinite(numbers).all():
        for mine, its in (("nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity")):
            texts = pc.if_else(pc.equal(texts, mine), pa.scalar(its), texts)
    small = (numbers < _SMALL) & (numbers != 0)
    odd = (numbers > (2.0**24 if single else 2.0**53)) & (numbers < (1e19 if single else 1e40))
    if np.count_nonzero(small) * _FEW < len(numbers):
        odd |= small
    else:
        texts = _small(texts, numbers)
    if single and (numbers >= _SINGLE_PLAIN).any():
        texts = _large(texts, numbers)
        odd &= small | _between(texts, numbers)
    elif not single:
        texts = _middle(texts, array, numbers)
        huge = odd & ~small
        if huge.any():
            odd[huge] = _halfway(texts.filter(booleans(huge)), numbers[huge])
    if odd.any():
        found = [float_text(float(v), single) for v in ticks(array, numbers.dtype)[odd]]
        texts = pc.replace_with_mask(texts, booleans(odd), pa.array(found, pa.string()))
    return texts


def _changed(texts: Array, places: Numbers, change: Callable[[Array], Array]) -> Array:
    """The texts, of which those at some places are changed."""
    if not places.any():
        return texts
    mask = booleans(places)
    return pc.replace_with_mask(texts, mask, change(texts.filter(mask)))


def _of_power(numbers: Numbers, power: int) -> Numbers:
    """Which numbers may have this exponent."""
    return (numbers > 0.99 * 10.0**power) & (numbers < 10.1 * 10.0**power)


def _small(texts: Array, numbers: Numbers) -> Array:
    """Arrow writes numbers down to 1e-6 plainly, and exponents of one digit with one."""
    for power, zeros in ((5, "0.0000"), (6, "0.00000"), (7, "0.000000")):
        pattern = rf"^(-?){zeros.replace('.', '[.]')}([1-9])"

        def scientific(found: Array, pattern: str = pattern, power: int = power) -> Array:
            made = pc.replace_substring_regex(found, rf"{pattern}(\d+)$", rf"\1\2.\3e-0{power}")
            return pc.replace_substring_regex(made, rf"{pattern}$", rf"\1\2e-0{power}")

        texts = _changed(texts, _of_power(numbers, -power), scientific)
    tiny = (numbers < 1e-5) & (numbers > 1e-10)
    return _changed(texts, tiny, lambda found: pc.replace_substring_regex(found, r"e-(\d)$", r"e-0\1"))


def _middle(texts: Array, array: Array, numbers: Numbers) -> Array:
    """Float8s below 1e15 are plain; Arrow writes them scientifically from 1e10."""
    middle = (numbers >= _ARROW_PLAIN) & (numbers < 1e15)
    if not middle.any():
        return texts
    values = np.where(middle, ticks(array, np.float64), 0)
    whole = values.astype(np.int64)
    texts = _changed(texts, middle & (whole == values), lambda _: _whole(whole[middle & (whole == values)]))
    broken = middle & (whole != values)
    for power in range(10, 15):
        pattern = rf"^(-?\d)\.(\d{{{power}}})(\d+)e\+{power}$"

        def plain(found: Array, pattern: str = pattern) -> Array:
            return pc.replace_substring_regex(found, pattern, r"\1\2.\3")

        texts = _changed(texts, broken & _of_power(numbers, power), plain)
    return texts


def _whole(numbers: Numbers) -> Array:
    return pa.array(numbers).cast(pa.string())


def _large(texts: Array, numbers: Numbers) -> Array:
    """Float4s from 1e6 are scientific; Arrow writes them plainly below 1e10."""
    for power in range(6, 10):
        pattern = rf"^(-?)(\d)(\d{{{power}}})(?:\.(\d+))?$"

        def scientific(found: Array, pattern: str = pattern, power: int = power) -> Array:
            made = pc.replace_substring_regex(found, pattern, rf"\1\2.\3\4e+{power:02}")
            return pc.replace_substring_regex(made, r"\.?0+e\+", "e+")

        texts = _changed(texts, _of_power(numbers, power), scientific)
    return texts


def _halfway(texts: Array, numbers: Numbers) -> Numbers:
    """Whether digits lie exactly between two float8s: compared modulo 2^64, since both are whole numbers here."""
    parts = pc.extract_regex(texts, r"^-?(?P<first>\d)\.?(?P<rest>\d*)e\+(?P<power>\d+)$")
    first, rest, power = (pc.struct_field(parts, name) for name in ("first", "rest", "power"))
    digits = joined(first, rest).cast(pa.uint64()).to_numpy()
    tens = power.cast(pa.int64()).to_numpy() - pc.binary_length(rest).to_numpy()
    left = digits * _FIVES[np.clip(tens, 0, len(_FIVES) - 1)]
    fraction, exponent = np.frexp(numbers)
    mantissa = (fraction * 2.0**53).astype(np.uint64)
    found = np.zeros(len(numbers), bool)
    for factor, away in ((2, 1), (2, -1), (4, -1)):
        shift = exponent - 53 - (factor // 2) - tens
        right = mantissa * np.uint64(factor) + np.uint64(away % 2**64)
        up, down = np.maximum(shift, 0).astype(np.uint64), np.maximum(-shift, 0).astype(np.uint64)
        found |= np.left_shift(left, down) == np.left_shift(right, up)
    return found & (tens >= 0)


def _between(texts: Array, numbers: Numbers) -> Numbers:
    """Whether digits lie exactly between two float4s; as doubles, both can be held."""
    finite = np.isfinite(numbers)
    plain = pc.if_else(booleans(finite), texts, pa.scalar("0")).fill_null("0")
    read = np.abs(plain.cast(pa.float64()).to_numpy(zero_copy_only=False))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(read - numbers.astype(np.float64))
        gap = np.spacing(np.where(finite, numbers, np.float32(1))).astype(np.float64)
    return finite & ((distance * 2 == gap) | (distance * 4 == gap))
