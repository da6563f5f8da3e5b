"""The names that PostgreSQL gives to columns of a result that have no alias (FigureColname in parse_target.c).

Rule kept here: the name depends on the statement as it was written, before anything of it was translated.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from proxy.introspection.casts import named
from proxy.introspection.scopes import folded

NONE = "?column?"
"""What has no name."""


def label(item: Any) -> str:
    """The name that PostgreSQL gives a column of a result (FigureColname)."""
    if isinstance(item, exp.Alias):
        return folded(item.args["alias"])
    if isinstance(item, exp.Column):
        return folded(item.this)
    if isinstance(item, exp.Cast):
        inner = label(item.this)
        return inner if inner != NONE else named(item.args["to"]).lstrip("_")
    if isinstance(item, exp.Case):
        default = item.args.get("default")
        given = NONE if default is None or isinstance(default, exp.Cast) else label(default)
        return "case" if given == NONE else given
    if isinstance(item, exp.Paren | exp.Collate | exp.Window | exp.Filter | exp.Bracket):
        return label(item.this)
    if isinstance(item, exp.Dot):
        right = item.expression
        return folded(right) if isinstance(right, exp.Identifier) else label(right)
    if isinstance(item, exp.Anonymous):
        return item.name.lower()
    if isinstance(item, exp.Subquery):
        inner_select = item.this if isinstance(item.this, exp.Select) else None
        return label(inner_select.expressions[0]) if inner_select and inner_select.expressions else NONE
    return _NAMES.get(type(item), NONE)


_NAMES: dict[type[exp.Expr], str] = {
    exp.Coalesce: "coalesce",
    exp.Nullif: "nullif",
    exp.Exists: "exists",
    exp.Array: "array",
    exp.CurrentUser: "current_user",
    exp.SessionUser: "session_user",
    exp.CurrentSchema: "current_schema",
    exp.CurrentSchemas: "current_schemas",
    exp.CurrentDatabase: "current_database",
    exp.CurrentCatalog: "current_catalog",
    exp.CurrentVersion: "version",
    exp.Count: "count",
    exp.Max: "max",
    exp.Min: "min",
    exp.Sum: "sum",
    exp.ArrayAgg: "array_agg",
    exp.GroupConcat: "string_agg",
    exp.LogicalAnd: "bool_and",
    exp.LogicalOr: "bool_or",
    exp.RowNumber: "row_number",
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.Explode: "unnest",
    exp.ExplodingGenerateSeries: "generate_series",
    exp.ArrayToString: "array_to_string",
    exp.StringToArray: "string_to_array",
    exp.ArraySize: "array_length",
    exp.Length: "length",
    exp.Substring: "substring",
    exp.Replace: "replace",
    exp.Concat: "concat",
    exp.Trim: "btrim",
    exp.StrPosition: "position",
    exp.SplitPart: "split_part",
    exp.CurrentTimestamp: "now",
    exp.CurrentDate: "current_date",
    exp.Format: "format",
    exp.Lag: "lag",
    exp.Lead: "lead",
    exp.Greatest: "greatest",
    exp.Least: "least",
}
