"""How the demo looks at a terminal of 100 columns (and at narrower ones).

Rule kept here: only layout; every word of an answer comes from the answer.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, OverflowMethod, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from proxy.cli import output, words
from proxy.demo.people import BOT, PEOPLE
from proxy.demo.story import Asked, Question
from proxy.demo.warehouse import NAME

SIDE_BY_SIDE = 96
"""The least width at which two answers stand beside each other."""
LONG_TEXT = 40
"""A longer cell is folded, a shorter one cut."""


def opening(folder: Path, built: bool) -> RenderableType:
    """What was made, and where."""
    made = "made" if built else "found"
    return Group(
        Text.assemble(("Usher demo  ", "bold"), f"sample warehouse {made} in {folder}/"),
        Text(f"People: {', '.join(f'{p.name} ({p.title})' for p in PEOPLE.values())}.", style="dim"),
        Text(f"They all ask {BOT}, a chatbot that writes SQL.", style="dim"),
    )


def question(number: int, asked: Question) -> RenderableType:
    """A question in words and in SQL."""
    sql = Syntax(asked.sql, "sql", theme="ansi_dark", background_color="default", word_wrap=True)
    return Group(Text(""), Rule(Text(f"{number}. {asked.words}", style="bold"), align="left"), sql)


def before(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> RenderableType:
    """What the bot's own account gets from the warehouse."""
    title = Text.assemble(("BEFORE ", "bold red"), f"{BOT}'s own account, straight on the warehouse, whoever asks")
    return Panel(_rows(columns, rows), title=title, title_align="left", border_style="red", box=box.ROUNDED)


def after(asked: Asked, answer: Mapping[str, Any] | None, error: Mapping[str, Any] | None) -> RenderableType:
    """What one person gets through Usher."""
    through = f"through {asked.app}" if asked.app else "with their own tool"
    title = Text.assemble(("AFTER ", "bold green"), (asked.person, "bold"), f" {through}")
    body = _refused(error or {}) if answer is None else _answered(answer)
    return Panel(body, title=title, title_align="left", border_style="green", box=box.ROUNDED)


def side_by_side(panels: Sequence[RenderableType], width: int) -> RenderableType:
    """Panels beside each other where there is room, else below each other."""
    if width < SIDE_BY_SIDE:
        return Group(*panels)
    grid = Table.grid(expand=True, padding=0)
    for _ in panels:
        grid.add_column(ratio=1)
    grid.add_row(*panels)
    return grid


def audit(intact: bool, records: int) -> RenderableType:
    """What the verifier says of the log."""
    if intact:
        return Text.assemble(
            "\n", ("AUDIT ", "bold green"), f"{records} records, verified: none changed, none missing."
        )
    return Text("\nAUDIT the log does not stand as it was written; see: usher audit verify", style="bold red")


def next_steps(folder: Path, listen: str, wire: str | None, process: int | None) -> RenderableType:
    """What to type next; `listen` and `wire` are where the HTTP and the PostgreSQL door listen, `process` is the id of
    the gateway that serves now, None where none does."""
    config = folder / "usher.yaml"
    asked = "SELECT region, COUNT(*) FROM sales.customers GROUP BY region"
    body = f"-H 'Content-Type: application/json' -d '{{\"sql\": \"{asked}\"}}'"
    curl = f'curl -s http://{listen}/v1/query -H "Authorization: Bearer $(usher token --as analyst)" \\\n    {body}'
    opened = f"duckdb.connect('{folder}/shop.duckdb', read_only=True)"
    checked = "usher policy check\nusher policy test"
    compare = f"python -c \"import duckdb; print({opened}.sql('{asked}'))\""
    serve = () if process is not None else (("Serve, until Ctrl-C", "usher serve &"),)
    reload = f"kill -HUP {process if process is not None else '%1'}"
    steps = (
        *serve,
        ("Ask the running gateway", curl),
        *_psql(wire),
        ("See what a query becomes", 'usher explain --as support "SELECT email, phone FROM sales.customers"'),
        ("See who may see what", "usher can analyst\nusher who-can shop.people.employees.salary"),
        ("Read and verify the record", "usher audit tail -n 5 --where kind=decision\nusher audit verify"),
        ("Change the policies, check and test them", f"$EDITOR {folder}/policies/grants.csv\n{checked}"),
        ("Put them in force; what does not load is refused, and the old ones stay", reload),
        ("Compare with the raw data", compare),
    )
    lines: list[RenderableType] = [Text("\nWhat to type next (in another terminal)", style="bold")]
    if shutil.which("usher") is None:
        lines.append(Text(f'export PATH="{Path(sys.argv[0]).parent.resolve()}:$PATH"', style="cyan"))
    lines.append(Text(f"export USHER_CONFIG={config}", style="cyan"))
    for what, typed in steps:
        lines += [Text(f"# {what}", style="dim"), Text(typed, style="cyan")]
    return Group(*lines)


def _psql(wire: str | None) -> tuple[tuple[str, str], ...]:
    if wire is None:
        return ()
    host, _, port = wire.rpartition(":")
    typed = f"PGPASSWORD=$(usher token --as analyst --app none) psql -h {host.strip('[]')} -p {port} -U token {NAME}"
    return (("Ask with psql, or with any tool that speaks to PostgreSQL (the token is the password)", typed),)


def _answered(answer: Mapping[str, Any]) -> RenderableType:
    masked = {i for i, c in enumerate(answer["columns"]) if c["masked"]}
    lines: list[RenderableType] = [_rows([c["name"] for c in answer["columns"]], answer["rows"], masked)]
    told = words.withheld(answer["withheld"], NAME)
    lines += [Text.assemble(("withheld ", "yellow"), text) for text in told]
    scan = answer.get("scan") or {}
    lines += [Text.assemble(("scan ", "yellow"), words.finding(f)) for f in scan.get("findings", ())]
    lines.append(Text(f"decision {answer['decision']['id']}", style="dim"))
    return Group(*lines)


def _refused(error: Mapping[str, Any]) -> RenderableType:
    lines: list[RenderableType] = [Text.assemble(("refused ", "bold red"), str(error.get("detail", "")))]
    lines += [Text(f"reason {text}", style="yellow") for text in words.withheld(error.get("reasons", ()))]
    return Group(*lines, Text(f"decision {error.get('decision_id')}", style="dim"))


def _rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], masked: set[int] | None = None) -> RenderableType:
    if not rows:
        return Text("no rows", style="dim")
    made = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    widths = [max(len(name), *(len(str(row[i])) for row in rows)) for i, name in enumerate(columns)]
    for index, name in enumerate(columns):
        style = "yellow" if index in (masked or ()) else ""
        gives_way = widths[index] == max(widths)  # the other columns keep every digit
        overflow: OverflowMethod = "fold" if widths[index] > LONG_TEXT else "ellipsis"
        made.add_column(Text(name), style=style, no_wrap=not gives_way, overflow=overflow)
    for row in rows:
        made.add_row(*(output.plain(value) for value in row))
    return made
