"""Floats in PostgreSQL's own texts.

Rule kept here: the shortest digits that lie strictly inside of what rounds to the float, as the server writes them
(src/common/d2s.c: no bounds accepted), with its own thresholds between plain and scientific notation. Columns are
converted whole; only float8s beyond 2^53 are looked at one by one.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from proxy.doors.pgwire.columns import Array, Numbers, booleans, pc, ticks

_ARROW_PLAIN = 1e10
"""From here on, Arrow writes floats scientifically."""
_SMALL, _SINGLE_PLAIN = 1e-4, 999_999
"""Below and above, the server does."""
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
        texts = _small(texts)
    if single and (numbers >= _SINGLE_PLAIN).any():
        texts = _large(texts)
        odd &= small | _between(texts, numbers)
    elif not single:
        texts = _middle(texts, array, numbers)
    if odd.any():
        found = [float_text(float(v), single) for v in ticks(array, numbers.dtype)[odd]]
        texts = pc.replace_with_mask(texts, booleans(odd), pa.array(found, pa.string()))
    return texts


def _small(texts: Array) -> Array:
    """Arrow writes numbers down to 1e-6 plainly, and exponents of one digit with one."""
    for power, zeros in ((5, "0.0000"), (6, "0.00000"), (7, "0.000000")):
        pattern = rf"^(-?){zeros.replace('.', '[.]')}([1-9])"
        if not pc.any(pc.match_substring_regex(texts, pattern)).as_py():
            continue
        made = pc.replace_substring_regex(texts, rf"{pattern}(\d+)$", rf"\1\2.\3e-0{power}")
        texts = pc.replace_substring_regex(made, rf"{pattern}$", rf"\1\2e-0{power}")
    return pc.replace_substring_regex(texts, r"e-(\d)$", r"e-0\1")


def _middle(texts: Array, array: Array, numbers: Numbers) -> Array:
    """Float8s below 1e15 are plain; Arrow writes them scientifically from 1e10."""
    middle = (numbers >= _ARROW_PLAIN) & (numbers < 1e15)
    if not middle.any():
        return texts
    values = np.where(middle, ticks(array, np.float64), 0)
    whole = values.astype(np.int64)
    texts = pc.if_else(booleans(middle & (whole == values)), pa.array(whole).cast(pa.string()), texts)
    if (middle & (whole != values)).any():
        for power in range(10, 15):
            pattern = rf"^(-?\d)\.(\d{{{power}}})(\d+)e\+{power}$"
            texts = pc.replace_substring_regex(texts, pattern, r"\1\2.\3")
    return pc.if_else(array.is_valid(), texts, pa.scalar(None, pa.string()))


def _large(texts: Array) -> Array:
    """Float4s from 1e6 are scientific; Arrow writes them plainly below 1e10."""
    for power in range(6, 10):
        pattern = rf"^(-?)(\d)(\d{{{power}}})(?:\.(\d+))?$"
        texts = pc.replace_substring_regex(texts, pattern, rf"\1\2.\3\4e+{power:02}")
    texts = pc.replace_substring_regex(texts, r"\.?0+e\+", "e+")
    return pc.replace_substring_regex(texts, r"^(-?\d(?:\.\d*[1-9])?)e\+(\d)$", r"\1e+0\2")


def _between(texts: Array, numbers: Numbers) -> Numbers:
    """Whether digits lie exactly between two float4s; as doubles, both can be held."""
    finite = np.isfinite(numbers)
    plain = pc.if_else(booleans(finite), texts, pa.scalar("0")).fill_null("0")
    read = np.abs(plain.cast(pa.float64()).to_numpy(zero_copy_only=False))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(read - numbers.astype(np.float64))
        gap = np.spacing(np.where(finite, numbers, np.float32(1))).astype(np.float64)
    return finite & ((distance * 2 == gap) | (distance * 4 == gap))
