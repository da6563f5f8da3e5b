"""Masks of the policy, compiled: a kind, its checked options, and for a custom mask its closed tree.

Rule kept here: a mask reads the raw row, never another mask's output, and names nothing that could be captured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlglot
from pydantic import ValidationError
from sqlglot import exp
from sqlglot.errors import SqlglotError

from proxy import kinds
from proxy.errors import ConfigError, InvalidSql
from proxy.rewrite.conditions import compile_expression
from proxy.values import Catalog, Column, Mask, ReasonCode, Table

CUSTOM = "sql"
VALUE = "value"
"""In a custom mask, the column that is masked."""


def compile_mask(
    kind: str, options: Mapping[str, Any], tag: str, column: Column, table: Table, catalog: Catalog
) -> Mask:
    """One mask on one column. Raises `ConfigError` for wrong options, `InvalidSql` for a custom mask that is wrong."""
    module = kinds.load("masks", kind)
    try:
        settings = module.Settings(**options)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc'])) or kind}: {e['msg']}" for e in error.errors()]
        raise ConfigError(problems) from error
    given = tuple(sorted(settings.model_dump().items()))
    if kind != CUSTOM:
        return Mask(kind, given, tag)
    return Mask(kind, given, tag, _custom(settings.expression, column, table, catalog))


def _custom(text: str, column: Column, table: Table, catalog: Catalog) -> exp.Expr:
    """The user's expression, in which `value` stands for the column, as a value of its type or NULL."""
    dialect = kinds.load("warehouses", catalog.dialect).DIALECT
    try:
        tree = sqlglot.parse_one(text, read=dialect.name)
    except SqlglotError as error:
        raise InvalidSql("the expression does not parse", ReasonCode.SYNTAX) from error
    if tree.find(exp.Placeholder) is not None:
        raise InvalidSql("a mask takes no attributes: use a row filter", ReasonCode.PARAMETERS)
    for node in list(tree.find_all(exp.Column)):
        if not node.table and dialect.names.fold(node.name, bool(node.this.args.get("quoted"))) == VALUE:
            node.set("this", exp.to_identifier(column.name, quoted=True))
    compiled = compile_expression(tree.sql(dialect.name, comments=False), table, catalog, written=text)
    converted: exp.Expr = dialect.expressions.converted(compiled, dialect.data_type(column.type))
    return converted
