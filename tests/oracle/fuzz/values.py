"""Values of every type: such as honest rows hold, and such as make expressions raise or statistics strange."""

from __future__ import annotations

import random
from collections.abc import Sequence

WORDS = ("EU", "US", "APAC", "open", "paid", "void", "name1", "name2", "name7", "1", "7", "12", "x", "ab", "2020-01-02")
NASTY_TEXTS = (
    "",
    "\\",
    "%",
    "_",
    "x$",
    "[",
    "(",
    "*",
    "boom",
    "NaN",
    "Infinity",
    "-",
    " ",
    "0",
    "-1",
    "1e999",
    "99999999999999999999",
    "9999-12-31",
    "0000-00-00",
    "{",
    "{}",
    "{1,",
    "null",
    "it's",
    "ß",
    "İ",
    "\u0301",
    "\U0001f600",
    "\t",
    "\n",
    "zzzz",
    "100%",
    "a\\",
    "%Y",
    "\\x0",
    "a" * 3000,
)
_WHOLE = {"smallint": 2**15, "int": 2**31, "bigint": 2**63}
JSONS = ('{"a": 1}', '{"a": 2, "b": [1, 2]}', '{"a": null}', '{"b": "x"}')
NASTY_JSONS = ("[]", "null", '"x"', "1e999", '{"a": {"b": {}}}', '{"a": "boom"}', "[[[]]]", "{}")


def honest(kind: str, rng: random.Random, words: Sequence[str] = WORDS) -> str:
    """A value, as SQL, of which common expressions do not raise."""
    if rng.random() < 0.06:
        return "NULL"
    if kind in _WHOLE:
        return str(rng.randint(1, 12))
    if kind == "number":
        return f"{rng.randint(1, 40) / 4:.2f}"
    if kind == "float":
        return f"{rng.randint(1, 40) / 4:.2f}"
    if kind == "date":
        return f"DATE '{rng.randint(1992, 2024)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}'"
    if kind == "time":
        day = f"{rng.randint(1992, 2024)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        return f"TIMESTAMP '{day} {rng.randint(0, 23):02}:30:00'"
    if kind == "bool":
        return rng.choice(("TRUE", "FALSE"))
    if kind == "json":
        return quoted(rng.choice(JSONS))
    if kind == "text":
        return quoted(rng.choice(words))
    return "NULL"


def nasty(kind: str, rng: random.Random, digits: int = 10, scale: int = 2) -> str:
    """A value, as SQL, on which many expressions raise, or that no honest row comes near."""
    if rng.random() < 0.08:
        return "NULL"
    if kind in _WHOLE:
        most = _WHOLE[kind]
        odd = (0, -1, most - 1, 1 - most, most - 2, 100, 13, rng.randrange(1 - most, most))
        return str(rng.choice(odd))
    if kind == "number":
        most = "9" * (digits - scale) + "." + "9" * scale if scale else "9" * digits
        return rng.choice(("0", f"-{most}", most, "0.01" if scale > 1 else "0", "-1"))
    if kind == "float":
        texts = (
            "NaN",
            "Infinity",
            "-Infinity",
            "0",
            "-0",
            "1e308",
            "-1e308",
            "5e-324",
            "1e-300",
            "-1",
            "9007199254740993",
        )
        return f"CAST('{rng.choice(texts)}' AS DOUBLE)"
    if kind == "date":
        return (
            f"DATE '{rng.choice(('0001-01-01', '9999-12-31', 'infinity', '-infinity', '5874897-12-31', '1900-02-28'))}'"
        )
    if kind == "time":
        texts = ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "infinity", "-infinity", "294246-12-31 23:59:59")
        return f"TIMESTAMP '{rng.choice(texts)}'"
    if kind == "bool":
        return rng.choice(("TRUE", "FALSE"))
    if kind == "json":
        return quoted(rng.choice(NASTY_JSONS))
    if kind == "text":
        return quoted(rng.choice(NASTY_TEXTS))
    return "NULL"


def quoted(text: str) -> str:
    """A text as a literal."""
    return "'" + text.replace("'", "''") + "'"
