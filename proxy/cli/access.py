"""`usher can` and `usher who-can`: who sees what, asked of the policy engine that serves queries.

Rule kept here: the answer is the access view itself, never a second reading of the policy files.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from proxy.app import App
from proxy.cli import explain, output, session
from proxy.demo import folder
from proxy.demo.people import BOT, PEOPLE
from proxy.errors import ConfigError
from proxy.values import Always, Catalog, ColumnView, Condition, Never, TableView


def can(
    who: Annotated[
        list[str],
        typer.Argument(help="user:SUBJECT, group:NAME, role:NAME, app:NAME (all at once), or a person of the demo."),
    ],
    table: Annotated[str | None, typer.Option("--table", "-t", help="Only this table: schema.table.")] = None,
    warehouse: session.Warehouse = None,
    config: session.Config = None,
    as_json: output.Json = False,
) -> None:
    """Show every table and column that somebody may see, with masks and row filters.

    Examples:

        usher can support

        usher can user:ana group:eu-analysts app:helpbot --table sales.customers
    """
    document = output.run(_can(config, subjects(who, config), table, warehouse))
    if as_json:
        output.emit(document)
    else:
        output.out().print(_shown(document))


def who_can(
    what: Annotated[str, typer.Argument(help="warehouse.schema.table, with .column at the end or without.")],
    config: session.Config = None,
    as_json: output.Json = False,
) -> None:
    """List every user, group, role and app of the grants that can see a table or column, and how.

    Examples:

        usher who-can shop.sales.customers

        usher who-can shop.people.employees.salary --json
    """
    document = output.run(_who_can(config, what))
    if as_json:
        output.emit(document)
        return
    console = output.out()
    if not document["who"]:
        console.print(Text(f"Nobody can see {what}."))
        return
    shows = ["shows"] if document["column"] else []
    rows = [[w["subject"], w["rows"], *(w[s] for s in shows), "\n".join(w["via"])] for w in document["who"]]
    console.print(output.table(["who", "rows", *shows, "by"], rows, title=f"Who can see {what}"))
    console.print(Text("An app only narrows what the person using it sees.", style="dim"))


# ------------------------------------------------------------------------------------------------------------- can
def subjects(who: Sequence[str], config: Path | None) -> list[str]:
    """The subjects that are meant: as written, or those of a person of the demo with its bot."""
    if len(who) == 1 and who[0] in PEOPLE and (session.config_path(config).parent / folder.MARKER).exists():
        person = PEOPLE[who[0]]
        return [f"user:{person.name}", *(f"group:{g}" for g in person.groups), f"app:{BOT}"]
    return list(who)


async def _can(config: Path | None, who: Sequence[str], table: str | None, warehouse: str | None) -> dict[str, Any]:
    async with session.application(config) as app:
        name = warehouse or next(iter(app.warehouses))
        if name not in app.warehouses:
            raise ConfigError([f"--warehouse: there is no {name!r}; there are: {', '.join(app.warehouses)}"])
        try:
            view = app.policy.can(who, await app.warehouses[name].catalog())
        except LookupError as error:
            raise ConfigError([str(error)]) from error
        views = [view.tables[t] for t in sorted(view.tables)]
    chosen = [v for v in views if table in (None, v.table.name, _short(v), str(v.table))]
    if table is not None and not chosen:
        seen = ", ".join(map(_short, views)) or "none"
        raise ConfigError([f"--table: they see no table {table!r}; the tables they see: {seen}"])
    return {
        "who": list(who),
        "warehouse": name,
        "policy": app.policy.fingerprint,
        "tables": [_table(v) for v in chosen],
    }


def _short(view: TableView) -> str:
    return f"{view.table.schema}.{view.table.name}"


def _table(view: TableView) -> dict[str, Any]:
    columns = [{"name": c.column.name, "type": c.column.type, "shows": shows(c)} for c in view.columns]
    return {"name": str(view.table), "rows": condition(view.rows), "hidden": view.hidden, "columns": columns}


def condition(rows: Condition) -> str:
    """A row condition in words."""
    if isinstance(rows, Always):
        return "all"
    if isinstance(rows, Never):
        return "none"
    names = dict.fromkeys(f.id for f in explain.filters(rows))
    return f"filtered by {', '.join(names)}"


def shows(view: ColumnView) -> str:
    """Whether a column shows its value or a mask, in words."""
    masks = list(dict.fromkeys(cell.mask.kind for cell in view.cells if cell.mask is not None))
    if not masks:
        return "value"
    clear = any(cell.mask is None for cell in view.cells)
    return f"{'value in some rows, else ' if clear else ''}mask {' or '.join(masks)}"


def _shown(document: Mapping[str, Any]) -> RenderableType:
    who = " ".join(document["who"])
    if not document["tables"]:
        return Text(f"{who} can see nothing of {document['warehouse']}.")
    parts: list[RenderableType] = [Text(who, style="dim")]
    for table in document["tables"]:
        hidden = f", {table['hidden']} hidden" if table["hidden"] else ""
        parts.append(Text.assemble("\n", (table["name"], "bold"), f"  rows: {table['rows']}{hidden}"))
        parts += [_line(column) for column in table["columns"]]
    return Group(*parts)


def _line(column: Mapping[str, Any]) -> Text:
    style = "green" if column["shows"] == "value" else "yellow"
    return Text.assemble(f"  {column['name']:<20} ", (f"{column['type']:<16} ", "dim"), (column["shows"], style))


# --------------------------------------------------------------------------------------------------------- who can
async def _who_can(config: Path | None, what: str) -> dict[str, Any]:
    async with session.application(config) as app:
        catalog = _catalog(app, what, await app.catalogs())
        try:
            found = app.policy.who_can(what, catalog)
        except LookupError as error:
            raise ConfigError([str(error)]) from error
    column = any(what == f"{a.view.table}.{a.view.columns[0].column.name}" for a in found if a.view.columns)
    who = [
        {
            "subject": a.subject,
            "rows": condition(a.view.rows),
            "shows": shows(a.view.columns[0]) if column else None,
            "via": list(a.via),
            "until": None if a.until is None else datetime.datetime.fromtimestamp(a.until, datetime.UTC).isoformat(),
        }
        for a in found
    ]
    return {"what": what, "column": column, "policy": app.policy.fingerprint, "who": who}


def _catalog(app: App, what: str, catalogs: Sequence[Catalog]) -> Catalog:
    """The catalog of the warehouse that a name begins with. Raises `ConfigError`."""
    name = what.split(".", 1)[0]
    found = next((c for c in catalogs if c.warehouse == name), None)
    if found is None:
        known = ", ".join(app.warehouses)
        raise ConfigError([f"{what}: write warehouse.schema.table; there is no warehouse {name!r}, but: {known}"])
    return found
