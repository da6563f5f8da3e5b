"""Policy views: the derived table that stands for a base table, as a tree.

Rule kept here: a view lists the readable columns, masked ones masked, and applies the row filter; each of its names is
qualified by an alias no user can write. A guarded column is NULL in rows the filter does not admit, and hides what the
engine's statistics say of it, so that nothing computed on it, or left out, before the filter can tell of them.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from sqlglot import exp

from proxy import kinds
from proxy.dialect import Dialect
from proxy.rewrite.conditions import ALIAS
from proxy.rewrite.slots import Slots
from proxy.values import AllOf, Always, AnyOf, Cell, ColumnView, Condition, Mask, Never, RowFilter, TableId, TableView

CLEAR = (Cell(Always(), None),)
"""The cells of a column that shows its value in every row."""
_KEPT = 4096
_needing: dict[int, tuple[TableView, bool]] = {}
"""Table views by their objects, which are kept, so that an id is no other's, and whether each needs a policy view."""


def needs_view(view: TableView) -> bool:
    """Whether the caller has obligations on a table; without any the table can stay as it is."""
    known = _needing.get(id(view))
    if known is not None and known[0] is view:
        return known[1]
    clear = all(column.cells == CLEAR for column in view.columns)
    needed = not (clear and view.hidden == 0 and isinstance(view.rows, Always))
    if len(_needing) >= _KEPT:
        _needing.clear()
    _needing[id(view)] = view, needed
    return needed


def table_node(table: TableId, dialect: Dialect) -> exp.Table:
    """A base table by its full name."""
    catalog, schema, name = dialect.full_name(table)
    return exp.Table(
        this=exp.to_identifier(name, quoted=True),
        db=exp.to_identifier(schema, quoted=True),
        catalog=exp.to_identifier(catalog, quoted=True) if catalog else None,
    )


def view_select(
    view: TableView, guarded: Set[str], slots: Slots, dialect: Dialect, raises: bool = False, fenced: bool = False
) -> exp.Select:
    """The policy view of one reference; columns in `guarded` are NULL wherever the row filter does not hold. It is a
    fence where `fenced`, and where the statement `raises` and the filter has a sub-query, which the engine may compute
    last of all."""
    rows = None if isinstance(view.rows, Always) else condition(view.rows, slots)
    items = []
    for column in view.columns:
        value = cell_value(column, slots, dialect)
        if rows is not None and column.column.name in guarded:
            branch = exp.If(this=rows.copy(), true=_opaque(value, dialect))
            value = exp.Case(ifs=[branch], default=_otherwise(column, dialect))
        items.append(exp.alias_(value, column.column.name, quoted=True))
    table = table_node(view.table, dialect)
    table.set("alias", exp.TableAlias(this=exp.to_identifier(ALIAS, quoted=True)))
    select = exp.Select(expressions=items).from_(table)
    if rows is None:
        return select
    select = select.where(rows)
    return select.offset(0) if fenced or (raises and rows.find(exp.Query) is not None) else select


def _opaque(value: exp.Expr, dialect: Dialect) -> exp.Expr:
    """A column's cells without what the engine's statistics say of the raw columns, hidden rows included."""
    inside = value.walk(prune=lambda node: isinstance(node, exp.Query))
    columns = [node for node in inside if isinstance(node, exp.Column)]
    for column in columns:
        if column is value:
            return dialect.expressions.opaque(column)
        column.replace(dialect.expressions.opaque(column.copy()))
    return value


def outline(view: TableView, dialect: Dialect) -> exp.Select:
    """The policy view as its reader may see it: filters and masks stand as their names, for the policy's own text may
    name what the reader may not see."""
    columns = tuple(
        replace(c, cells=tuple(Cell(_named(cell.when), _called(cell.mask, c)) for cell in c.cells))
        for c in view.columns
    )
    return view_select(replace(view, columns=columns, rows=_named(view.rows)), frozenset(), Slots((), {}), dialect)


def _named(value: Condition) -> Condition:
    if isinstance(value, RowFilter):
        return replace(value, expression=exp.column(exp.to_identifier(value.id, quoted=True)))
    if isinstance(value, AllOf | AnyOf):
        return replace(value, parts=tuple(_named(part) for part in value.parts))
    return value


def _called(mask: Mask | None, column: ColumnView) -> Mask | None:
    """A mask as a call of its name on the column."""
    if mask is None:
        return None
    return replace(mask, expression=exp.Anonymous(this=mask.kind, expressions=[_raw(column)]))


def condition(value: Condition, slots: Slots) -> exp.Expr:
    """A condition as an expression over the view's own alias."""
    if isinstance(value, Always):
        return exp.true()
    if isinstance(value, Never):
        return exp.false()
    if isinstance(value, RowFilter):
        return exp.paren(slots.bound(value.expression), copy=False)
    parts = [condition(part, slots) for part in value.parts]
    return exp.paren(exp.and_(*parts, wrap=False) if isinstance(value, AllOf) else exp.or_(*parts, wrap=False))


def cell_value(column: ColumnView, slots: Slots, dialect: Dialect) -> exp.Expr:
    """What a column shows: its value, its mask, or by row one or the other."""
    null = _null(column, dialect)
    if not column.cells:
        return null
    if isinstance(column.cells[0].when, Always):
        return slots.bound(shown(column, column.cells[0].mask, dialect))
    branches = []
    default = None
    for cell in column.cells:
        value = slots.bound(shown(column, cell.mask, dialect))
        if isinstance(cell.when, Always):
            default = value
            break
        branches.append(exp.If(this=condition(cell.when, slots), true=value))
    return exp.Case(ifs=branches, default=default or _otherwise(column, dialect))


def shown(column: ColumnView, mask: Mask | None, dialect: Dialect) -> exp.Expr:
    """What a column shows in one cell: its value or a mask of the column's type, with names still for bound values."""
    value = _raw(column)
    if mask is None:
        return value
    if mask.expression is not None:
        expression: exp.Expr = mask.expression
        return expression
    module = kinds.load("masks", mask.kind)
    if column.column.kind not in module.KINDS:
        return _null(column, dialect)
    masked: exp.Expression = module.sql(value, column.column.kind, module.Settings(**dict(mask.options)), dialect)
    if isinstance(masked, exp.Null):
        return _null(column, dialect)
    if column.column.type == dialect.text:
        return masked
    converted: exp.Expr = dialect.expressions.converted(masked, dialect.data_type(column.column.type))
    return converted


def _raw(column: ColumnView) -> exp.Column:
    return exp.column(exp.to_identifier(column.column.name, quoted=True), table=exp.to_identifier(ALIAS, quoted=True))


def _otherwise(column: ColumnView, dialect: Dialect) -> exp.Expr | None:
    """What a CASE that admits no row shows, where the engine would take a looser type if it were left out."""
    return None if dialect.case_keeps_type else _null(column, dialect)


def _null(column: ColumnView, dialect: Dialect) -> exp.Expr:
    return exp.Cast(this=exp.Null(), to=dialect.data_type(column.column.type))
