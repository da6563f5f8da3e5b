"""PostgreSQL's functions and operators: which may be called, and which can raise on some value.

Rule kept here: the table `functions.csv` is an allow-list. It holds every function and operator of `pg_catalog` in each
version named in `VERSIONS`, with a decision and its reason; one that is not in it may not be called. `raises` is `no`
only where no value of any argument, of any type that the function takes, can make it raise; `no(1)` says so of calls
with one argument; `no(number)` of calls whose arguments behind the first are short whole numbers, from 1; `no(literal)`
of calls whose arguments behind the first are such numbers or short texts. Size is not counted: no value is near 1 GB.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from proxy.dialect import Function, FunctionKind, Literals

VERSIONS = (15, 18)
"""The major versions whose catalogs were read; of those between them, what one of these has is known."""

_RAISES = re.compile(r"yes|no(?:\((?:([0-9])|(number|literal))\))?")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of functions.csv: a name in one kind of use, and the versions that have it."""

    name: str
    kind: FunctionKind
    allowed: bool
    raises: str
    versions: frozenset[int]
    reason: str

    @property
    def can_raise(self) -> bool:
        """Whether some call of it can."""
        return self.raises != "no"


def read() -> tuple[Row, ...]:
    """The table. Raises `ValueError` for a line that does not say clearly what it means."""
    with (files(__package__) / "functions.csv").open(encoding="utf-8") as lines:
        return tuple(_row(line) for line in csv.DictReader(lines, strict=True))


def _row(line: dict[str, str]) -> Row:
    name, decision, raises = line["name"], line["decision"], line["raises"]
    versions = frozenset(int(version) for version in line["versions"].split())
    clear = (decision == "refuse" and not raises) or (decision == "allow" and _RAISES.fullmatch(raises) is not None)
    if not clear or not line["reason"] or not versions <= set(VERSIONS) or not versions:
        raise ValueError(f"functions.csv: the line of {name!r} does not say what it means")
    return Row(name.lower(), FunctionKind(line["kind"]), decision == "allow", raises, versions, line["reason"])


def _allowed(rows: tuple[Row, ...]) -> dict[str, Function]:
    """One entry a name: with several kinds the first that is no table function, and whether FROM may hold it too."""
    allowed: dict[str, Function] = {}
    for row in rows:
        if not row.allowed:
            continue
        table = row.kind is FunctionKind.TABLE
        before = allowed.get(row.name)
        kind = row.kind if before is None or before.kind is FunctionKind.TABLE else before.kind
        found = _RAISES.fullmatch(row.raises)
        count, literals = (found[1], found[2]) if found is not None else (None, None)
        allowed[row.name] = Function(
            kind,
            row.can_raise or (before is not None and before.can_raise),
            table or (before is not None and before.table),
            frozenset({int(count)}) if count else frozenset(),
            Literals(literals) if literals else None,
        )
    return allowed


ROWS = read()
FUNCTIONS: Mapping[str, Function] = _allowed(ROWS)
"""What may be called, by lower-case name; `table` says whether it may stand in FROM."""
REFUSED: Mapping[str, str] = {row.name: row.reason for row in ROWS if not row.allowed and row.name not in FUNCTIONS}
"""Why a function of the engine may not be called at all."""
