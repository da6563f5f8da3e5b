"""Sub-queries that stand for one value, and raise where they find more rows than one.

Rule kept here: one is safe only where it makes one row of all rows, or takes no more than one.
"""

from __future__ import annotations

from sqlglot import exp

_SINGLE = (
    exp.Alias,
    exp.Identifier,
    exp.Paren,
    exp.Literal,
    exp.Null,
    exp.Boolean,
    exp.Neg,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Cast,
    exp.DataType,
    exp.DataTypeParam,
    exp.Coalesce,
    exp.Round,
)
"""What a select item may be made of beside aggregates where it is one value, whatever the rows."""


def bare(node: exp.Expr) -> exp.Expr:
    """A query without the parentheses round it."""
    while isinstance(node, exp.Subquery) and not any(v for k, v in node.args.items() if k != "this"):
        node = node.this
    return node


def may_be_several(node: exp.Expr) -> bool:
    """Whether a sub-query that stands for one value may have more rows than one, which raises."""
    if not isinstance(node, exp.Query) or isinstance(node.parent, exp.Exists | exp.Any | exp.All):
        return False
    if isinstance(node.parent, exp.In) and node.arg_key == "query":
        return False
    node = bare(node)
    if not isinstance(node, exp.Select):
        return True
    limit = node.args.get("limit")
    if (
        isinstance(limit, exp.Limit)
        and isinstance(limit.expression, exp.Literal)
        and limit.expression.this in ("0", "1")
    ):
        return False
    if any(node.args.get(part) for part in ("group", "having", "qualify")) or len(node.expressions) != 1:
        return True
    return not _is_aggregated(node.expressions[0])


def _is_aggregated(item: exp.Expr) -> bool:
    """Whether a select item makes one row of all."""
    parts = list(item.walk(prune=lambda node: isinstance(node, exp.AggFunc)))
    aggregated = any(isinstance(part, exp.AggFunc) for part in parts)
    return aggregated and all(isinstance(part, (*_SINGLE, exp.AggFunc)) for part in parts)
