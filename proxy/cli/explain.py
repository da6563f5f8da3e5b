"""`usher explain`: what a query becomes for one person, and which rule did what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from proxy.app import App
from proxy.cli import output, query, session, words
from proxy.doors.http.documents import plan_json
from proxy.gateway import Request
from proxy.values import AllOf, AnyOf, Condition, Context, RowFilter


def explain(
    sql: query.Sql = None,
    file: query.File = None,
    warehouse: session.Warehouse = None,
    name: session.As = None,
    app: session.ThroughApp = None,
    token: session.Token = None,
    config: session.Config = None,
    url: session.Url = None,
    as_json: output.Json = False,
) -> None:
    """Show the SQL that would run for a person, and which filter, mask or grant made it so. No data is read.

    In this process (without --url) it also shows what only the operator may know: the SQL that runs to the letter, with
    the filters' conditions, and how many columns are hidden.

    Examples:

        usher explain --as analyst "SELECT email FROM sales.customers"

        usher explain --as support --json "SELECT body FROM support.tickets"
    """
    text = query.statement(sql, file)
    made = output.run(_planned(config, url, session.user_token(config, token, name, app), text, warehouse))
    if as_json:
        output.emit(made)
    else:
        output.out().print(rendered(text, made))


async def _planned(config: Path | None, url: str | None, token: str, sql: str, warehouse: str | None) -> dict[str, Any]:
    if url is None:
        async with session.application(config) as app:
            return await _of_operator(app, token, Request(sql, warehouse))
    async with session.session(config, url, token) as gateway:
        return await gateway.post("/v1/plan", {"sql": sql} | ({"warehouse": warehouse} if warehouse else {}))


async def _of_operator(app: App, token: str, request: Request) -> dict[str, Any]:
    """What the door would answer, and beside it what only the operator may know."""
    context = Context(door="cli")
    caller = await app.gateway.authenticate(token, context)
    planned = await app.gateway.plan(caller, request, context)
    views = {str(view.table): view for view in planned.plan.decision.views}
    known = {
        table: {
            "filters": {f.id: f.where for f in filters(view.rows)},
            "hidden": view.hidden,
            "roles": list(view.roles),
        }
        for table, view in views.items()
    }
    return {**plan_json(planned), "sql": planned.plan.sql, "operator": known}


def filters(condition: Condition) -> Iterator[RowFilter]:
    """Every row filter inside a condition."""
    if isinstance(condition, RowFilter):
        yield condition
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from filters(part)


# ------------------------------------------------------------------------------------------------------- for people
def rendered(sql: str, plan: Mapping[str, Any]) -> RenderableType:
    """A plan for people."""
    parts: list[RenderableType] = [heading("Asked"), code(sql)]
    used = list(plan["columns"])
    for table in plan["tables"]:
        parts += _table(table, used, (plan.get("operator") or {}).get(table["name"], {}))
    parts += [heading("Runs"), code(plan["sql"])]
    told = words.withheld(plan["withheld"], plan["warehouse"])
    if told:
        parts += [heading("Withheld"), *(Text(f"  {text}") for text in told)]
    decision = plan["decision"]
    parts.append(Text(f"\ndecision {decision['id']}  policy {str(decision['policy'])[:12]}", style="dim"))
    parts.append(Text(f"as       {', '.join(decision['subjects'])}", style="dim"))
    return Group(*parts)


def heading(text: str) -> Text:
    """A line above a part."""
    return Text(f"\n{text}", style="bold")


def code(sql: str) -> RenderableType:
    """SQL, highlighted."""
    clean = output.plain(sql.strip()).plain
    return Padding(Syntax(clean, "sql", theme="ansi_dark", background_color="default", word_wrap=True), (0, 0, 0, 2))


def _table(
    table: Mapping[str, Any], used: list[Mapping[str, Any]], operators: Mapping[str, Any]
) -> list[RenderableType]:
    """One table's policy view, as far as the statement uses it."""
    where = operators.get("filters", {})
    grid = Table.grid(padding=(0, 2))
    for name in table["filters"]:
        grid.add_row("  rows", Text.assemble((name, "yellow"), f": {where[name]}" if name in where else ""))
    if table["rows"] in ("all", "none"):
        grid.add_row("  rows", Text(table["rows"], style="red" if table["rows"] == "none" else ""))
    for use in used:
        if use["table"] == table["name"]:
            grid.add_row("  column", _column(use))
    if operators.get("hidden"):
        count = operators["hidden"]
        grid.add_row("  hidden", Text(f"{count} column{'s' if count != 1 else ''} of this table"))
    if operators.get("roles"):
        grid.add_row("  through", Text(", ".join(operators["roles"])))
    return [heading(f"Sees of {table['name']}"), grid]


def _column(use: Mapping[str, Any]) -> Text:
    tags = f"  [{', '.join(use['tags'])}]" if use["tags"] else ""
    mask = (f"  masked by {use['mask']}", "yellow") if use["mask"] else ""
    return Text.assemble(use["column"], (f"  {use['usage']}", "dim"), (tags, "cyan"), mask)
