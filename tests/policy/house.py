"""What the policy tests share: a small warehouse, policy folders written from text, fakes of the two compilers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from proxy.errors import InvalidSql
from proxy.policy import bundle
from proxy.policy.engine import Engine
from proxy.values import (
    AccessView,
    AllOf,
    Always,
    AnyOf,
    Attribute,
    Caller,
    Catalog,
    Column,
    ColumnUse,
    ColumnView,
    Condition,
    Mask,
    Never,
    Query,
    ReasonCode,
    Reference,
    RowFilter,
    Span,
    Table,
    TableId,
    TableView,
    TypeKind,
)

CUSTOMERS = TableId("shop", "sales", "customers")
ORDERS = TableId("shop", "sales", "orders")
EMPLOYEES = TableId("shop", "people", "employees")
PRODUCTS = TableId("shop", "public", "products")

COLUMNS = {
    CUSTOMERS: ("id", "name", "email", "ssn", "region", "deleted"),
    ORDERS: ("id", "customer_id", "total", "region"),
    EMPLOYEES: ("id", "email", "salary"),
    PRODUCTS: ("id", "title"),
}

MASKS = """
masks:
  pii: {mask: redact}
  pii.email: {mask: email_domain}
  pii.national_id: {mask: last_four}
"""

DATA = """
tables:
  shop.sales.customers:
    owner: sales@example.com
    columns:
      email: [pii.email]
      ssn: [pii.national_id]
"""


def table(name: TableId, columns: tuple[str, ...]) -> Table:
    return Table(name, tuple(Column(c, "VARCHAR", TypeKind.TEXT) for c in columns))


def shop(columns: Mapping[TableId, tuple[str, ...]] = COLUMNS, version: str = "1") -> Catalog:
    tables = {(t.schema, t.name): table(t, names) for t, names in columns.items()}
    return Catalog("shop", "fake", version, tables, ("public",))


CATALOG = shop()


def compile_filter(filter_id: str, where: str, of: Table, catalog: Catalog) -> RowFilter:
    """A filter is `COLUMN = :attribute`, `COLUMN = word` or `COLUMN IN (:attribute)`."""
    first = where.split()[0]
    if first not in [c.name for c in of.columns]:
        raise InvalidSql(f'there is no column "{first}"', ReasonCode.UNKNOWN_COLUMN)
    attributes = frozenset(re.findall(r":(\w+)", where))
    lists = frozenset(re.findall(r"IN \(:(\w+)\)", where))
    return RowFilter(filter_id, of.id, where, attributes, object(), lists)


def compile_mask(kind: str, options: Mapping[str, Any], tag: str, column: Column, of: Table, catalog: Catalog) -> Mask:
    if "wrong" in options:
        raise InvalidSql("there is no option wrong", ReasonCode.CONSTRUCT)
    return Mask(kind, tuple(sorted(options.items())), tag)


def folder(
    path: Path,
    grants: str = "p, role:all, shop, read, allow\n",
    *,
    data: str | None = DATA,
    masks: str | None = MASKS,
    pii: str | None = None,
    model: str | None = None,
) -> Path:
    """A policy folder with these files; None leaves one out."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "grants.csv").write_text(grants, encoding="utf-8")
    (path / "data").mkdir(exist_ok=True)
    for name, text in {"data/all.yaml": data, "masks.yaml": masks, "pii.yaml": pii, "model.conf": model}.items():
        if text is not None:
            (path / name).write_text(text, encoding="utf-8")
        else:
            (path / name).unlink(missing_ok=True)
    return path


def engine(
    path: Path,
    grants: str,
    *,
    data: str | None = None,
    masks: str | None = None,
    pii: str | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    catalog: Catalog = CATALOG,
) -> Engine:
    """An engine over a folder of these files, checked against the warehouse."""
    loaded = bundle.load(folder(path, grants, data=data, masks=masks, pii=pii))
    made = Engine(loaded, compile_filter, compile_mask, frozenset({"region", "regions"}), clock=clock)
    made.check([catalog])
    return made


def caller(
    subject: str = "ana",
    *groups: str,
    app: str | None = None,
    attributes: Mapping[str, Attribute] | None = None,
) -> Caller:
    return Caller("https://id", subject, 10**10, 0, "hash", frozenset(groups), attributes or {}, app=app)


def columns(view: AccessView, name: TableId = CUSTOMERS) -> tuple[str, ...]:
    """The columns of a table that a view shows; none where it does not show the table."""
    return tuple(c.column.name for c in view.tables[name].columns) if name in view.tables else ()


def column(view: AccessView | TableView, name: str, of: TableId = CUSTOMERS) -> ColumnView:
    shown = view if isinstance(view, TableView) else view.tables[of]
    return next(c for c in shown.columns if c.column.name == name)


def cells(shown: ColumnView) -> list[tuple[str, str | None]]:
    """Cells as text: condition, and kind of mask."""
    return [(say(cell.when), cell.mask.kind if cell.mask else None) for cell in shown.cells]


def say(condition: Condition) -> str:
    """A condition as text, filters by id."""
    if isinstance(condition, Always):
        return "always"
    if isinstance(condition, Never):
        return "never"
    if isinstance(condition, RowFilter):
        return condition.id
    word = " and " if isinstance(condition, AllOf) else " or "
    return "(" + word.join(say(part) for part in condition.parts) + ")"


def holds(condition: Condition, true: frozenset[str]) -> bool:
    """Whether a condition admits a row for which exactly the filters in `true` hold."""
    if isinstance(condition, RowFilter):
        return condition.id in true
    if isinstance(condition, AllOf):
        return all(holds(part, true) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(holds(part, true) for part in condition.parts)
    return isinstance(condition, Always)


def query(*tables: TableId, uses: tuple[str, ...] = (), certain: bool = True) -> Query:
    """A query that names these tables, and these columns of the first one."""
    sql = "SELECT " + ", ".join(uses) + " FROM " + ", ".join(t.name for t in tables)
    references = []
    for at in tables:
        start = sql.index(at.name, sql.index("FROM"))
        used = frozenset(uses) if at == tables[0] else frozenset()
        references.append(Reference(at, Span(start, start + len(at.name)), at.name, None, used))
    found = tuple(
        ColumnUse(name, Span(sql.index(name), sql.index(name) + len(name)), ((0, name),), certain) for name in uses
    )
    return Query(
        sql=sql,
        warehouse="shop",
        dialect="fake",
        catalog_version="1",
        references=tuple(references),
        columns=found,
        edits=(),
        cte_names={},
        prefixes={},
        parameters=(),
        outputs=None,
        kind="select",
        redacted=sql,
        fingerprint="f",
    )
