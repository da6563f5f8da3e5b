"""How PostgreSQL reads names.

Rule kept here: names that are not quoted are folded to lower case, letters of ASCII only, and those that are quoted
stay as they are; two names that differ in anything then are two names. `made_up` answers only names it is sure of.
"""

from __future__ import annotations

from sqlglot import exp

from proxy.dialect import Names, folded

_LONGEST = 63
"""NAMEDATALEN - 1."""
_FIXED: dict[type[exp.Expr], str] = {
    exp.Abs: "abs",
    exp.Array: "array",
    exp.Avg: "avg",
    exp.Coalesce: "coalesce",
    exp.Count: "count",
    exp.DenseRank: "dense_rank",
    exp.Exists: "exists",
    exp.ExplodingGenerateSeries: "generate_series",
    exp.Greatest: "greatest",
    exp.Least: "least",
    exp.Lower: "lower",
    exp.Max: "max",
    exp.Min: "min",
    exp.Nullif: "nullif",
    exp.Rank: "rank",
    exp.RowNumber: "row_number",
    exp.Sum: "sum",
    exp.Upper: "upper",
}
"""Calls that name a result column whatever stands in them."""
_SEEN_THROUGH = (exp.Window, exp.Filter, exp.WithinGroup, exp.Paren, exp.Collate)


def fold(name: str, quoted: bool) -> str:
    """A name as PostgreSQL compares it (downcase_identifier, scansup.c, for a server of UTF-8)."""
    return name if quoted else folded(name)


def made_up(node: exp.Expr) -> str | None:
    """The name of a result column that has no alias, where it is sure (FigureColname, parse_target.c)."""
    while isinstance(node, _SEEN_THROUGH):
        node = node.this
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        return "case" if default is None or isinstance(default, exp.Literal | exp.Null) else _strong(default)
    return _strong(node)


def _strong(node: exp.Expr) -> str | None:
    """A name that the engine prefers to that of a CASE or a cast round it."""
    while isinstance(node, (*_SEEN_THROUGH, exp.Cast, exp.Bracket)):
        node = node.this
    if isinstance(node, exp.Column):
        return _identifier(node.this)
    if isinstance(node, exp.Dot):
        return _identifier(node.expression)
    if isinstance(node, exp.Anonymous):
        return _identifier(node.this) if isinstance(node.this, exp.Identifier) else fold(str(node.this), False)
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select) and len(node.this.expressions) == 1:
        only = node.this.expressions[0]
        return _identifier(only.args["alias"]) if isinstance(only, exp.Alias) else _strong(only)
    return _FIXED.get(type(node))


def _identifier(node: exp.Expr) -> str | None:
    return fold(str(node.name), bool(node.args.get("quoted"))) if isinstance(node, exp.Identifier) else None


def value_column(index: int) -> str:
    """The name of a column of VALUES, counted from 0."""
    return f"column{index + 1}"


def cast_name(spelling: str) -> str:
    """The name by which policy text casts to a type of the catalog (`format_type`). An interval's fields and precision
    are left out, as sqlglot does not keep them."""
    elements = spelling.rstrip("[]")
    arrays = spelling[len(elements) :]
    if elements.startswith("interval"):
        return f"interval{arrays}"
    return spelling.replace("bit varying", "varbit", 1) if elements.startswith("bit varying") else spelling


NAMES = Names(
    fold=fold,
    shown=fold,
    made_up=made_up,
    value_column=value_column,
    catalogs=False,
    longest=_LONGEST,
    question_marks=False,
    columns_have_fields=False,
    fields_call=True,
    aliases_everywhere=False,
    commas_part=True,
    implicit_lateral=False,
    recursive_sees_all=True,
    table_word=True,
    shares_parameters=False,
)
