"""What engines differ in and sqlglot does not know.

Rule kept here: rules and masks ask the `Dialect` for a capability or an expression, never for an engine's name. Each
engine's values stand in its own file of `proxy/warehouses/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlglot import exp


class FunctionKind(StrEnum):
    """How a function may be used."""

    SCALAR = "scalar"
    AGGREGATE = "aggregate"
    WINDOW = "window"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Function:
    """An allowed function: how it is used, and whether it can raise on some row value (then columns are guarded)."""

    kind: FunctionKind
    can_raise: bool
    table: bool = False
    """Whether it may stand in FROM."""


@dataclass(frozen=True, slots=True)
class Expressions:
    """The engine's own way to say what masks need; every expression keeps NULL as NULL and never raises.

    Each takes and gives sqlglot trees. `placeholder` in `hmac_hex` stands for a bound secret (bytes)."""

    to_text: Callable[[exp.Expression], exp.Expression]
    replace_all: Callable[[exp.Expression, str, str], exp.Expression]
    """Every match of a pattern (RE2 syntax) in a text, replaced by a literal text."""
    hmac_hex: Callable[[exp.Expression], exp.Expression]
    """HMAC-SHA-256 (RFC 2104) of a text's UTF-8 bytes, 64 lower-case hex digits, keyed by the mask key."""
    matches: Callable[[exp.Expression, str], exp.Expression]
    """Whether the whole of a text matches a pattern (RE2 syntax)."""
    first: Callable[[exp.Expression, int], exp.Expression]
    """The first so many characters (code points) of a text."""
    last: Callable[[exp.Expression, int], exp.Expression]
    """The last so many characters (code points) of a text."""
    length: Callable[[exp.Expression], exp.Expression]
    """The number of characters (code points) of a text."""
    year: Callable[[exp.Expression], exp.Expression]
    """The year of a date or timestamp (UTC); NULL for an infinite one."""
    truncated: Callable[[exp.Expression, str], exp.Expression]
    """A date or timestamp cut to the start of its `year` or `month` (UTC); may raise outside the years 1 to 9999."""
    floating: Callable[[exp.Expression], exp.Expression]
    """A number as a double."""
    truncated_number: Callable[[exp.Expression], exp.Expression]
    """A double without its fraction, towards zero."""
    whole: Callable[[exp.Expression], exp.Expression]
    """A decimal without its fraction, towards zero, in an integer type that holds every decimal."""
    opaque: Callable[[exp.Expression], exp.Expression]
    """A column's own value, behind which the planner sees no statistics of the column."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """What the engine's own parser says of a text: a tree of plain lists, dicts and scalars, the functions it calls
    (`tables`: those that stand in FROM), and the parameters it binds, in order."""

    tree: Any
    functions: frozenset[str]
    tables: frozenset[str]
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Splice:
    """One base-table reference as the rewriter replaced it. `original` and `rewritten` are where it starts in the two
    texts (characters). `view` is the text of its policy view, without parentheses, or None where the table stays as it
    is and only its full name was written; then `table` is (catalog, schema, name)."""

    original: int
    rewritten: int
    view: str | None
    table: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Folding:
    """All that may differ between the user's text and the rewritten one: what the referee folds back. `cte_names` maps
    new names to the user's; `parameters` lists the user's in order; `prefixes` are where column references start
    (characters of the user's text) whose schema prefix was dropped, with the number of dropped parts."""

    splices: tuple[Splice, ...]
    cte_names: Mapping[str, str]
    parameters: tuple[str, ...]
    prefixes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine's SQL. `name` is sqlglot's name for it.

    `nodes` and `functions` are allow-lists: sqlglot node classes, and functions by lower-case name. `syntax` is the
    engine's own parser. `referee(original, rewritten, folding)` proves with that parser that two texts differ in
    nothing but what the folding says (raises `Ungovernable`), and answers the result names to restore."""

    name: str
    nodes: frozenset[str]
    functions: Mapping[str, Function]
    syntax: Callable[[str], Syntax]
    referee: Callable[[str, str, Folding], Mapping[str, str]]
    expressions: Expressions
    refused: Mapping[str, str] = field(default_factory=dict)
    """Functions that the engine has and nobody may call, with the reason why."""
