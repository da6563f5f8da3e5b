"""Row filters of the policy, compiled: text to a closed tree, once, when a policy is loaded.

Rule kept here: a compiled filter names nothing that a user's statement could capture. Every table in it is written in
full, every column is qualified by an alias no user can write, and every `:name` stays a bound value.
"""

from __future__ import annotations

from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema
from sqlglot.tokenizer_core import Token, TokenType

from proxy import kinds
from proxy.dialect import Dialect
from proxy.errors import InvalidSql, Ungovernable
from proxy.values import Catalog, ReasonCode, RowFilter, Table

ALIAS = "__usher"
"""The alias of the base table inside every policy view."""

_SOURCES = (exp.Table, exp.Subquery, exp.Unnest, exp.Lateral, exp.Values)
_FORBIDDEN = (exp.Command, exp.DDL, exp.DML, exp.Into, exp.Parameter, exp.SessionParameter, exp.Lock)


def compile_filter(filter_id: str, where: str, table: Table, catalog: Catalog) -> RowFilter:
    """One row filter. Raises `InvalidSql` for what does not parse, or names what the catalog does not have."""
    condition = compile_expression(where, table, catalog)
    placeholders = list(condition.find_all(exp.Placeholder))
    if not all(str(p.this or "").isidentifier() for p in placeholders):
        raise InvalidSql("a filter binds attributes by name, as :region", ReasonCode.PARAMETERS)
    lists = frozenset(str(p.this) for p in placeholders if isinstance(p.parent, exp.In) and p.parent.this is not p)
    attributes = frozenset(str(p.this) for p in placeholders)
    names = frozenset(identifier.name for identifier in condition.find_all(exp.Identifier))
    return RowFilter(filter_id, table.id, where, attributes, condition, lists, names)


def compile_expression(text: str, table: Table, catalog: Catalog, written: str | None = None) -> exp.Expr:
    """An expression over one row of a table, with every name in it resolved. `written` is what its author wrote, where
    the text was made of that. Raises `InvalidSql`."""
    dialect = kinds.load("warehouses", catalog.dialect).DIALECT
    tree = _parsed(text, table, dialect)
    _own_names(tree, table, dialect)
    _check_tables(tree, table, catalog, dialect)
    try:
        qualified = qualify(
            tree,
            dialect=dialect.name,
            schema=_schema(catalog, dialect),
            catalog=catalog.warehouse if dialect.names.catalogs else None,
            db=catalog.search_path[0],
            expand_stars=False,
            identify=True,
        )
    except SqlglotError as error:
        raise InvalidSql(_first_line(error), ReasonCode.UNKNOWN_COLUMN) from error
    item = qualified.expressions[0]
    expression = item.this if isinstance(item, exp.Alias) else item
    _check_qualified(expression, dialect)
    compiled: exp.Expr = expression.copy()
    _check_calls(compiled, dialect)
    _check_constants(text if written is None else written, compiled, dialect)
    return compiled


def _parsed(text: str, table: Table, dialect: Dialect) -> exp.Expr:
    """`SELECT (text) FROM table`, parsed; the parentheses keep the text one expression."""
    try:
        alone = sqlglot.parse_one(f"SELECT ({text}\n)", read=dialect.name)
    except SqlglotError as error:
        raise InvalidSql(f"does not parse: {_first_line(error)}", ReasonCode.SYNTAX) from error
    if not isinstance(alone, exp.Select) or len(alone.expressions) != 1 or len(alone.args) - _empty(alone) != 1:
        raise InvalidSql("must be one expression", ReasonCode.SYNTAX)
    if isinstance(alone.expressions[0], exp.Tuple):
        raise InvalidSql("must be one expression, not a list of them", ReasonCode.SYNTAX)
    for node in alone.walk():
        if isinstance(node, _FORBIDDEN):
            raise InvalidSql(f"may only read ({type(node).__name__})", ReasonCode.CONSTRUCT)
    base = exp.Table(alias=exp.TableAlias(this=exp.to_identifier(ALIAS, quoted=True)))
    _name_in_full(base, table, dialect)
    alone.set("from_", exp.From(this=base))
    return alone


def _empty(select: exp.Select) -> int:
    return sum(1 for value in select.args.values() if not value)


def _name_in_full(node: exp.Table, table: Table, dialect: Dialect) -> None:
    catalog, schema, name = dialect.full_name(table.id)
    node.set("this", exp.to_identifier(name, quoted=True))
    node.set("db", exp.to_identifier(schema, quoted=True))
    node.set("catalog", exp.to_identifier(catalog, quoted=True) if catalog else None)


def _folded(identifier: exp.Expr | None, dialect: Dialect) -> str:
    """A name as the engine compares it; empty where there is none."""
    if identifier is None:
        return ""
    return dialect.names.fold(str(identifier.name), bool(identifier.args.get("quoted")))


def _own_names(tree: exp.Expr, table: Table, dialect: Dialect) -> None:
    """The table's own name before a column means the row at hand, unless a sub-query around it reads such a name."""
    own = dialect.names.fold(table.id.name, True)
    for column in list(tree.find_all(exp.Column)):
        before = _folded(column.args.get("table"), dialect)
        if before != own or column.args.get("db") is not None or _reads(column, own, tree, dialect):
            continue
        column.set("table", exp.to_identifier(ALIAS, quoted=True))


def _reads(node: exp.Expr, name: str, root: exp.Expr, dialect: Dialect) -> bool:
    """Whether a query between a node and the root has something of this name in its FROM."""
    query = node.find_ancestor(exp.Query)
    while query is not None and query is not root:
        if any(_called(source, dialect) == name for source in query.find_all(*_SOURCES)):
            return True
        query = query.find_ancestor(exp.Query)
    return False


def _called(source: exp.Expr, dialect: Dialect) -> str:
    """The name by which columns of something in FROM are called."""
    alias = source.args.get("alias")
    if alias is not None and alias.this is not None:
        return _folded(alias.this, dialect)
    return _folded(source.this, dialect) if isinstance(source.this, exp.Identifier) else ""


def _check_tables(tree: exp.Expr, table: Table, catalog: Catalog, dialect: Dialect) -> None:
    """Every table that a filter reads exists; CTEs are not needed in filters, and would be names to capture."""
    if tree.find(exp.CTE) is not None:
        raise InvalidSql("WITH is not supported in a filter: write a sub-query", ReasonCode.CONSTRUCT)
    for node in tree.find_all(exp.Table):
        if not isinstance(node.this, exp.Identifier):
            continue
        schema = _folded(node.args.get("db"), dialect) or dialect.names.fold(catalog.search_path[0], True)
        known = catalog.tables.get((schema, _folded(node.this, dialect)))
        warehouse = _folded(node.args.get("catalog"), dialect)
        if known is None or warehouse not in ("", dialect.names.fold(catalog.warehouse, True)):
            raise InvalidSql(f"there is no table {node.sql()}", ReasonCode.UNKNOWN_TABLE)
        if known.id != table.id or node.alias != ALIAS:
            _name_in_full(node, known, dialect)


def _check_qualified(expression: exp.Expr, dialect: Dialect) -> None:
    for column in expression.find_all(exp.Column):
        if not column.table:
            raise InvalidSql(f"the column {column.name} could not be resolved", ReasonCode.UNKNOWN_COLUMN)
    for node in expression.find_all(exp.Table):
        if isinstance(node.this, exp.Identifier) and not (node.db and bool(node.catalog) is dialect.names.catalogs):
            raise InvalidSql(f"the table {node.name} could not be resolved", ReasonCode.UNKNOWN_TABLE)


def _check_calls(expression: exp.Expr, dialect: Dialect) -> None:
    """The engine's own parser reads the compiled text, the engine has every function in it, and none needs a group."""
    if any(node.find_ancestor(exp.Query) is None for node in expression.find_all(exp.AggFunc, exp.Window)):
        raise InvalidSql("an aggregate or window function must stand in a sub-query", ReasonCode.CONSTRUCT)
    try:
        called = dialect.syntax(_unbound(expression, dialect)).functions
    except InvalidSql as error:
        raise InvalidSql("the engine's own parser does not read it", ReasonCode.SYNTAX) from error
    except Ungovernable:
        return  # the policy may use more of the engine than callers may
    unknown = sorted(called - dialect.functions.keys() - dialect.refused.keys())
    if unknown:
        raise InvalidSql(f"there is no function {unknown[0]}", ReasonCode.FUNCTION)


def _check_constants(text: str, compiled: exp.Expr, dialect: Dialect) -> None:
    """Every constant that the author wrote is in the compiled text, and no other: sqlglot drops some parts of what it
    does not know well (`interval '1 month 04:01'`, `data -> ''`, flags of regular expressions)."""
    if dialect.constants is None:
        return
    names = [t for t in pairwise(sqlglot.tokenize(text, read=dialect.name)) if t[0].text == ":" and _adjacent(*t)]
    for colon, name in reversed(names):
        text = f"{text[: colon.start]} NULL {text[name.end + 1 :]}"
    try:
        kept = list(dialect.constants(f"SELECT ({text}\n)")) == list(dialect.constants(_unbound(compiled, dialect)))
    except (InvalidSql, Ungovernable) as error:
        raise InvalidSql("the engine's own parser does not read it", ReasonCode.SYNTAX) from error
    if not kept:
        raise InvalidSql(
            "a constant in it would change its meaning: write it in a plainer form, such as INTERVAL '3 days'",
            ReasonCode.CONSTRUCT,
        )


def _adjacent(colon: Token, name: Token) -> bool:
    return colon.end + 1 == name.start and name.token_type in (TokenType.VAR, TokenType.IDENTIFIER)


def _unbound(expression: exp.Expr, dialect: Dialect) -> str:
    """An expression as a query of its own, with NULL for every bound value."""
    query = exp.Select(expressions=[expression.copy()])
    for placeholder in list(query.find_all(exp.Placeholder)):
        placeholder.replace(exp.Null())
    return query.sql(dialect.name, comments=False, identify=True)


def _schema(catalog: Catalog, dialect: Dialect) -> MappingSchema:
    """Every column of the catalog, names folded as the engine folds them."""
    fold = dialect.names.fold
    schemas: dict[str, dict[str, object]] = {}
    for table in catalog.tables.values():
        tables = schemas.setdefault(fold(table.id.schema, True), {})
        tables[fold(table.id.name, True)] = {fold(c.name, True): "text" for c in table.columns}
    mapping: dict[str, object] = dict(schemas)
    whole = {fold(catalog.warehouse, True): mapping} if dialect.names.catalogs else mapping
    return MappingSchema(dict(whole), dialect=dialect.name, normalize=False)


def _first_line(error: SqlglotError) -> str:
    return str(error).split("\n", 1)[0].split(". Line", 1)[0].rstrip(".")
