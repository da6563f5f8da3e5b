"""What engines differ in and sqlglot does not know.

Rule kept here: rules and masks ask the `Dialect` for a capability or an expression, never for an engine's name. Each
engine's values stand in its own file of `proxy/warehouses/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlglot import exp

from proxy.values import TableId, TypeKind


class FunctionKind(StrEnum):
    """How a function may be used."""

    SCALAR = "scalar"
    AGGREGATE = "aggregate"
    WINDOW = "window"
    TABLE = "table"


class Literals(StrEnum):
    """What all arguments behind the first can be, for a call to be known not to raise."""

    NUMBERS = "number"
    """Whole numbers from 1, of few digits."""
    SHORT = "literal"
    """Such numbers, or short texts."""


@dataclass(frozen=True, slots=True)
class Function:
    """An allowed function: how it is used, and whether it can raise on some row value (then columns are guarded)."""

    kind: FunctionKind
    can_raise: bool
    table: bool = False
    """Whether it may stand in FROM."""
    safe_with: frozenset[int] = frozenset()
    """Numbers of arguments with which it cannot raise, though with others it can."""
    safe_literals: Literals | None = None
    """What its arguments behind the first must be for a call that cannot raise."""


_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"})
_OPERATORS: Mapping[str, str] = {
    "Add": "+",
    "Sub": "-",
    "Mul": "*",
    "Div": "/",
    "IntDiv": "//",
    "Mod": "%",
    "Pow": "**",
    "BitwiseAnd": "&",
    "BitwiseOr": "|",
    "BitwiseLeftShift": "<<",
    "BitwiseRightShift": ">>",
    "DPipe": "||",
}


def widened(one: str, two: str) -> bool:
    """Whether two types are one, or whole numbers, which are widened to each other without loss."""
    return one == two or {one, two} <= _WHOLE


def _of_dates(one: str, two: str) -> bool:
    """Whether a cast is one of a date to a date."""
    return one == two == "DATE"


def _not_known(*_types: str) -> Any:
    """The answer of an engine of which nothing is said."""
    return None


@dataclass(frozen=True, slots=True)
class Conversions:
    """When the engine turns a value into another type, and whether that can raise.

    Types are spelt as `Dialect.types` gives them."""

    comparable: Callable[[str, str], bool] = widened
    """Whether values of two types are compared without a cast that can raise."""
    unifiable: Callable[[str, str], bool] = widened
    """Whether values of two types, as in CASE or COALESCE, come to one type without a cast that can raise."""
    castable: Callable[[str, str], bool] = _of_dates
    """Whether a cast from one type to another, which is no text, raises on no value."""
    printable: Callable[[str], bool] | None = None
    """Whether a type's values become text without raising, in casts and in concatenation with `||`; None where every
    type's do but those of binary and unknown ones, and `||` goes by the table of functions."""
    arithmetic: Callable[[str, str, str], str | None] = _not_known
    """The type of what an operator (`+`, `-`, `*`, or `/` by a number other than zero) makes of two types, where it
    raises on no values; None where it does on some, or is not known."""
    aggregated: Callable[[str, str], tuple[str, bool] | None] = _not_known
    """The type of `sum` or `avg` over a type, and whether it raises on no rows, however many; None where not known."""
    early: bool = False
    """Whether constants take the type they meet when the statement is read, so that a wrong one raises whatever the
    rows are; a condition is then true, false or NULL, and a match is only of what is known to be a text."""
    backslash_escapes: bool = False
    """Whether a LIKE pattern without ESCAPE takes a backslash for one."""
    collations: bool = True
    """Whether COLLATE is known not to raise."""
    fields: frozenset[str] = frozenset()
    """Types of JSON whose fields and elements are read without raising."""
    dates: frozenset[str] = frozenset()
    """Parts of dates and times that `extract` gives of every value."""
    fences: bool = False
    """Whether OFFSET 0 keeps conditions from being computed before a policy view's filter, and is wanted where a guard
    is not enough."""
    operators: Mapping[str, str] = field(default_factory=lambda: _OPERATORS)
    """sqlglot's class of an operator -> its name in the table of functions."""


def _try_cast(value: exp.Expression, target: exp.DataType) -> exp.Expression:
    return exp.TryCast(this=value, to=target)


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
    """A floating or short whole number as a double."""
    ordered: Callable[[exp.Expression, TypeKind], exp.Expression]
    """A number of a kind, in a form that compares with whole numbers of up to 53 bits; NULL for NaN."""
    truncated_number: Callable[[exp.Expression], exp.Expression]
    """A double without its fraction, towards zero."""
    whole: Callable[[exp.Expression], exp.Expression]
    """A decimal without its fraction, towards zero, in a type that holds all of them; NULL for what is no number."""
    opaque: Callable[[exp.Expression], exp.Expression]
    """A column's own value, behind which the planner sees no statistics of the column."""
    converted: Callable[[exp.Expression, exp.DataType], exp.Expression] = _try_cast
    """A value as the column's own type (of the same kind, but perhaps shorter or narrower); NULL where it does not fit
    or is none. The value may also be the author's own expression, of any type."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """What the engine's own parser says of a text: a tree of plain lists, dicts and scalars, the functions it calls
    (`tables`: those that stand in FROM), and the parameters it binds, in order. `fields` are names that select a field
    of a value, where the engine may take them for a function to call on it. `columns` are the column references that
    the engine sees: where each starts (characters), and its parts as the engine folds them, `*` for a star. Each must
    have been understood as just that; None where the engine does not say."""

    tree: Any
    functions: frozenset[str]
    tables: frozenset[str]
    parameters: tuple[str, ...]
    fields: frozenset[str] = frozenset()
    columns: Mapping[int, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Splice:
    """One base-table reference as the rewriter replaced it. `original` and `rewritten` are where it starts in the two
    texts (characters). `view` is the text of its policy view, without parentheses, or None where the table stays as it
    is and only its full name was written; then `table` is (catalog, schema, name), without a catalog ("") where the
    engine's full names have none."""

    original: int
    rewritten: int
    view: str | None
    table: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Folding:
    """All that may differ between the user's text and the rewritten one: what the referee folds back. `cte_names` maps
    new names to the user's; `parameters` lists the user's in order; `prefixes` are where column references start
    (characters of the user's text) whose schema prefix was dropped, with the number of dropped parts; `grouped` are
    where column references start (characters of the rewritten text) that were added to GROUP BY, with their parts;
    `alone` are where tables' names start (characters of the user's text) that lost an ONLY."""

    splices: tuple[Splice, ...]
    cte_names: Mapping[str, str]
    parameters: tuple[str, ...]
    prefixes: Mapping[int, int]
    grouped: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    alone: frozenset[int] = frozenset()


def folded(name: str) -> str:
    """A name with its letters of ASCII in lower case. Engines leave all others as they are: a name that begins with a
    Kelvin sign is not the one that begins with a k."""
    return name.lower() if name.isascii() else "".join(c.lower() if c.isascii() else c for c in name)


def any_case(name: str, _quoted: bool) -> str:
    """The folding of engines that compare every name without its letters' case."""
    return folded(name)


def as_written(name: str, _quoted: bool) -> str:
    """The names of results on engines that keep them as they are written."""
    return name


def no_name(_node: exp.Expr) -> str | None:
    """The result name of an unnamed expression, where it cannot be told from the tree."""
    return None


@dataclass(frozen=True, slots=True)
class Names:
    """How the engine reads names, where engines differ."""

    fold: Callable[[str, bool], str] = any_case
    """A name as the engine compares it; the second argument says whether it was quoted."""
    shown: Callable[[str, bool], str] = as_written
    """A name as the engine's results bear it; the second argument says whether it was quoted."""
    made_up: Callable[[exp.Expr], str | None] = no_name
    """The name, folded, of a result column whose expression has no alias and is no column; None where not known."""
    value_column: Callable[[int], str] = "col{}".format
    """The name of a column of VALUES, counted from 0."""
    catalogs: bool = True
    """Whether a table's full name begins with the catalog (`warehouse.schema.table`); else it is `schema.table`."""
    longest: int | None = None
    """The most UTF-8 bytes of a name; of a longer one the engine would drop the end."""
    question_marks: bool = True
    """Whether `?` stands for a parameter; else it is an operator."""
    columns_have_fields: bool = True
    """Whether `column.field` selects a field; else that needs parentheses, `(column).field`."""
    fields_call: bool = False
    """Whether `x.f`, where x has no column f, calls the function f on x."""
    aliases_everywhere: bool = True
    """Whether a select item's alias can be used in WHERE, HAVING and later items; else in GROUP BY, ORDER BY only."""
    commas_part: bool = False
    """Whether the condition of a join sees nothing that stands before the last comma in FROM."""
    implicit_lateral: bool = True
    """Whether a sub-query in FROM sees the items before it without the word LATERAL."""
    recursive_sees_all: bool = False
    """Whether under WITH RECURSIVE the name of a later (or the same) WITH query means that query."""
    table_word: bool = False
    """Whether `TABLE t` can be written out as `SELECT * FROM t`: the engine's parser says where its table stands."""
    shares_parameters: bool = True
    """Whether one parameter may be used with values of several types at once; else each use has its own."""


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
    names: Names = field(default_factory=Names)
    conversions: Conversions = field(default_factory=Conversions)
    text: str = "VARCHAR"
    """The engine's spelling of the type that text masks give; any other is converted to, so that a mask never changes a
    column's type."""
    types: Callable[[str], str] = str
    """The engine's spelling of a type -> the spelling that `proxy.query` compares types by (VARCHAR, INTEGER, BIGINT,
    DOUBLE, DECIMAL(p,s), DATE, TIMESTAMP, TIMESTAMP WITH TIME ZONE, BOOLEAN; anything else stands for itself)."""
    constants: Callable[[str], Sequence[str]] | None = None
    """Every constant of a statement as the engine's own parser reads it, letter case and blanks aside, sorted; None
    where the engine cannot be asked. Policy text is written anew by sqlglot, which loses some of what it does not
    know."""
    case_keeps_type: bool = True
    """Whether CASE without ELSE has the type of its values to the last detail, such as a number's scale."""
    groups_by_key: Callable[[str], bool] | None = None
    """Where a GROUP BY of a table's whole primary key lets its other columns stand beside aggregates: whether values of
    a type (the engine's spelling) can be grouped by; None where there is no such rule."""
    cast_name: Callable[[str], str] = str
    """The engine's spelling of a type -> the one by which policy text casts to it, where sqlglot would misread it."""

    def data_type(self, spelling: str) -> exp.DataType:
        """A type of the warehouse's catalog, as policy text names it."""
        return exp.DataType.build(self.cast_name(spelling), dialect=self.name, udt=True)

    def full_name(self, table: TableId) -> tuple[str, str, str]:
        """A table's full name in SQL: (catalog, schema, name); the catalog is empty where the engine's has none."""
        return (table.warehouse if self.names.catalogs else "", table.schema, table.name)
