"""The functions that statements about the catalog may call, kept as data: functions.csv.

Rule kept here: a function that is not in the table, and a node of the tree that is not in these lists, is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlglot import exp

SAME = "same"
"""Of the type of the first argument."""
TABLE = "table"
"""Stands in FROM alone."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function: what it gives, and which of the engine's functions or ours answers it."""

    returns: str
    calls: str


@cache
def functions() -> Mapping[str, Function]:
    """By name."""
    path = Path(__file__).with_name("functions.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {line["function"]: Function(line["returns"], line["calls"]) for line in csv.DictReader(file)}


def is_catalog_function(name: str) -> bool:
    """Whether a function is about the server or the session, so that calling it makes a statement one for here."""
    return name in functions() and name not in _ORDINARY


_ORDINARY = frozenset(
    {
        "abs",
        "array_length",
        "array_lower",
        "array_position",
        "array_remove",
        "array_to_json",
        "array_to_string",
        "array_upper",
        "btrim",
        "char_length",
        "character_length",
        "generate_series",
        "generate_subscripts",
        "json_build_object",
        "jsonb_build_object",
        "left",
        "length",
        "octet_length",
        "parse_ident",
        "regexp_match",
        "regexp_replace",
        "replace",
        "right",
        "split_part",
        "string_to_array",
        "strpos",
        "to_json",
        "quote_ident",
        "quote_literal",
        "quote_nullable",
    }
)

# Nodes whose operands are translated one by one and that are else left as they are -> the type of the value.
PLAIN: Mapping[type[exp.Expr], str] = {
    exp.And: "bool",
    exp.Or: "bool",
    exp.Not: "bool",
    exp.Is: "bool",
    exp.Exists: "bool",
    exp.LogicalAnd: "bool",
    exp.LogicalOr: "bool",
    exp.Paren: SAME,
    exp.Neg: SAME,
    exp.Add: SAME,
    exp.Sub: SAME,
    exp.Mul: SAME,
    exp.Mod: SAME,
    exp.IntDiv: SAME,
    exp.BitwiseAnd: SAME,
    exp.BitwiseOr: SAME,
    exp.DPipe: "text",
    exp.Concat: "text",
    exp.ConcatWs: "text",
    exp.Lower: "text",
    exp.Upper: "text",
    exp.Trim: "text",
    exp.Substring: "text",
    exp.Left: "text",
    exp.Right: "text",
    exp.SplitPart: "text",
    exp.Replace: "text",
    exp.Initcap: "text",
    exp.Length: "int4",
    exp.StrPosition: "int4",
    exp.Abs: SAME,
    exp.Max: SAME,
    exp.Min: SAME,
    exp.Sum: "int8",
    exp.Count: "int8",
    exp.GroupConcat: "text",
    exp.RowNumber: "int8",
    exp.Rank: "int8",
    exp.DenseRank: "int8",
    exp.Window: SAME,
    exp.WindowSpec: SAME,
    exp.Filter: SAME,
    exp.Distinct: SAME,
    exp.Where: "bool",
    exp.Order: SAME,
    exp.Ordered: SAME,
    exp.Tuple: "record",
    exp.CurrentTimestamp: "timestamptz",
    exp.CurrentDate: "date",
    exp.Lag: SAME,
    exp.Lead: SAME,
}

ORDINARY = frozenset(
    {"lower", "upper", "trim", "substring", "concat", "count", "min", "max", "array_agg", "string_agg"}
)
"""Functions with nodes of their own, which the grammar does not give them behind a schema: `pg_catalog.lower(x)`."""

COMPARING: tuple[type[exp.Expr], ...] = (
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
)
MATCHING: tuple[type[exp.Expr], ...] = (exp.Like, exp.ILike, exp.RegexpLike, exp.RegexpILike)

# Nodes that stand for a function of the session -> its name in functions.csv.
SESSION: Mapping[type[exp.Expr], str] = {
    exp.CurrentUser: "session_user",
    exp.SessionUser: "session_user",
    exp.CurrentRole: "session_user",
    exp.CurrentSchema: "current_schema",
    exp.CurrentSchemas: "current_schemas",
    exp.CurrentDatabase: "current_database",
    exp.CurrentCatalog: "current_database",
    exp.CurrentVersion: "version",
}

# What PostgreSQL's grammar spells as an operator with a schema -> the node it is.
OPERATORS: Mapping[str, tuple[type[exp.Expr], bool]] = {
    "~": (exp.RegexpLike, False),
    "!~": (exp.RegexpLike, True),
    "~*": (exp.RegexpILike, False),
    "!~*": (exp.RegexpILike, True),
    "~~": (exp.Like, False),
    "!~~": (exp.Like, True),
    "~~*": (exp.ILike, False),
    "!~~*": (exp.ILike, True),
    "=": (exp.EQ, False),
    "<>": (exp.NEQ, False),
    "<": (exp.LT, False),
    ">": (exp.GT, False),
    "<=": (exp.LTE, False),
    ">=": (exp.GTE, False),
}

# Nodes that stand for a function of functions.csv -> its name, and the node's arguments in the function's order.
CALLED: Mapping[type[exp.Expr], tuple[str, tuple[str, ...]]] = {
    exp.ArrayToString: ("array_to_string", ("this", "expression", "null")),
    exp.StringToArray: ("string_to_array", ("this", "expression")),
    exp.ArraySize: ("array_length", ("this", "expression")),
    exp.ArrayPosition: ("array_position", ("this", "expression")),
    exp.ArrayRemove: ("array_remove", ("this", "expression")),
    exp.RegexpReplace: ("regexp_replace", ("this", "expression", "replacement", "modifiers")),
}
