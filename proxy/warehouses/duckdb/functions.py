"""DuckDB's functions: which may be called, and which can raise on some value.

Rule kept here: the table `functions.csv` is an allow-list. It holds every function of the engine with a decision and
its reason; a function that is not in it may not be called. `raises` is `no` only where no value of any argument, of any
type that the function takes, can make it raise. Operators are functions too, by the names the engine's parser gives.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from proxy.dialect import Function, FunctionKind


@dataclass(frozen=True, slots=True)
class Row:
    """One line of functions.csv: a name (lower case) in one kind of use."""

    name: str
    kind: FunctionKind
    allowed: bool
    can_raise: bool
    reason: str


def read() -> tuple[Row, ...]:
    """The table. Raises `ValueError` for a line that does not say clearly what it means."""
    with (files(__package__) / "functions.csv").open(encoding="utf-8") as lines:
        return tuple(_row(line) for line in csv.DictReader(lines, strict=True))


def _row(line: dict[str, str]) -> Row:
    decision, raises = line["decision"], line["raises"]
    if (decision, raises) not in {("allow", "yes"), ("allow", "no"), ("refuse", "")} or not line["reason"]:
        raise ValueError(f"functions.csv: the line of {line['name']!r} is not one of allow,yes allow,no refuse,")
    return Row(line["name"].lower(), FunctionKind(line["kind"]), decision == "allow", raises != "no", line["reason"])


def _allowed(rows: tuple[Row, ...]) -> dict[str, Function]:
    """One entry a name: with several kinds the first that is no table function, and whether FROM may hold it too."""
    allowed: dict[str, Function] = {}
    for row in rows:
        if not row.allowed:
            continue
        table = row.kind is FunctionKind.TABLE
        before = allowed.get(row.name)
        kind = row.kind if before is None or before.kind is FunctionKind.TABLE else before.kind
        raises = row.can_raise or (before is not None and before.can_raise)
        allowed[row.name] = Function(kind, raises, table or (before is not None and before.table))
    return allowed


ROWS = read()
FUNCTIONS: Mapping[str, Function] = _allowed(ROWS)
"""What may be called, by lower-case name; `table` says whether it may stand in FROM."""
REFUSED: Mapping[str, str] = {row.name: row.reason for row in ROWS if not row.allowed and row.name not in FUNCTIONS}
"""Why a function of the engine may not be called at all."""
