"""`usher classify`: which columns hold personal data that no policy knows of, as a patch of the policy folder.

Rule kept here: names and counts are printed, never a value; the folder changes only where --write says so.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from proxy import settings
from proxy.app import App, build, load_policies, load_scan_rules
from proxy.classify import proposal
from proxy.classify.evidence import MOST_ROWS, Sampled, Sampler, asking
from proxy.classify.judgement import DRIFT, Judged, Measure, State, judge
from proxy.classify.proposal import Change
from proxy.cli import output, session
from proxy.errors import ConfigError
from proxy.scan.scanner import workers as scan_workers
from proxy.scan.settings import Mode
from proxy.values import Catalog, Table

Tables = Annotated[
    list[str] | None,
    typer.Argument(help="Tables as warehouse.schema.table, with * in any part. Default: all.", show_default=False),
]
Rows = Annotated[int, typer.Option("--rows", min=1, max=MOST_ROWS, help="Rows to read of each table, its first ones.")]
HowHard = Annotated[
    Mode | None,
    typer.Option("--mode", help="patterns, full or exact. Default: scan.mode of the settings.", show_default=False),
]
AtLeast = Annotated[
    float, typer.Option("--at-least", min=0, max=1, help="The share of a column's cells from which a finding counts.")
]
EveryColumn = Annotated[
    bool,
    typer.Option("--every-column", help="Also list columns in which nothing was found, so that later ones are new."),
]
Write = Annotated[bool, typer.Option("--write", help="Change the files of the policy folder.")]
Diff = Annotated[bool, typer.Option("--diff", help="Print the patch alone.")]
SHOWN = (State.PROPOSED, State.CHANGED, State.UNCONFIRMED, State.AGREES)
"""The states that people are shown column by column."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked for."""

    mode: Mode
    rows: int
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What a run saw: the samples, and views that are closed to everybody and so were left alone."""

    samples: tuple[Sampled, ...]
    closed: tuple[str, ...]
    rules: Sampler


def classify(
    tables: Tables = None,
    rows: Rows = 1000,
    mode: HowHard = None,
    at_least: AtLeast = 0.01,
    every_column: EveryColumn = False,
    write: Write = False,
    diff: Diff = False,
    config: session.Config = None,
    as_json: output.Json = False,
) -> None:
    """Read samples of all tables, and propose tags for columns with personal data as a patch of data/*.yaml.

    It is the operator's command: it reads tables as they are, with the rights of the warehouse logins in the settings
    and without any policy, which the audit log records. It prints names and counts, never a value. Columns that
    data/*.yaml lists are not proposed again; where their cells speak against their tags that is told as drift.

    Exits with 0 where there is nothing new, 1 where there are proposals or drift, 2 for wrong settings or policies, 3
    where a table or warehouse could not be read.

    Examples:

        usher classify

        usher classify 'shop.sales.*' --rows 5000 --write

        usher classify --diff > tags.patch
    """
    chosen = settings.load(session.config_path(config))
    asked = Asked(mode or _usual(chosen.scan.mode), rows, tuple(tables or ()))
    known = load_policies(chosen).tables
    read = output.run(_read(chosen, asked, quiet=as_json or diff))
    by = Measure(read.rules.rules, at_least, every_column)
    judged = [one for sampled in read.samples for one in judge(sampled, known, by)]
    made = proposal.changes(chosen.policies, judged, known)
    problems = proposal.problems(chosen.policies, made)
    if write and problems:
        raise ConfigError(["nothing was written, as the policies would not load:", *problems])
    if write:
        proposal.write(chosen.policies, made)
    patch = proposal.patch(made, _prefix(chosen.policies))
    if as_json:
        output.emit(_document(asked, read, judged, made if write else (), problems, patch))
    elif diff:
        typer.echo(patch, nl=False)
    else:
        output.out().print(_report(asked, read, judged, problems), soft_wrap=True)
        _tell(made, patch, write=write)
    _end(read, judged)


def _end(read: Read, judged: Sequence[Judged]) -> None:
    if any(sampled.failed for sampled in read.samples):
        raise typer.Exit(output.UNAVAILABLE)
    if any(one.state in DRIFT for one in judged):
        raise typer.Exit(output.REFUSED)


def _usual(mode: Mode) -> Mode:
    return Mode.PATTERNS if mode is Mode.OFF else mode


# ---------------------------------------------------------------------------------------------------------- reading
async def _read(chosen: settings.Settings, asked: Asked, *, quiet: bool) -> Read:
    """Samples of the tables asked for. Raises `ConfigError`, `GatewayError`."""
    scan = chosen.scan.model_copy(update={"mode": asked.mode})
    rules = load_scan_rules(chosen)
    workers = scan_workers(scan)
    if workers is None:
        raise ConfigError(["--mode: must be patterns, full or exact"])
    async with _opened(chosen) as app:
        catalogs = await app.catalogs()
        closed = {name for catalog in catalogs for name in app.policy.closed(catalog)}
        chosen_tables = {catalog.warehouse: _tables(catalog, asked.tables, closed) for catalog in catalogs}
        names = [str(table.id) for tables in chosen_tables.values() for table in tables]
        if asked.tables and not names:
            raise ConfigError([f"no table is named {', '.join(asked.tables)}; write warehouse.schema.table"])
        await app.audit.event("classify", {"tables": [*names], "rows": asked.rows, "mode": asked.mode.value})
        await workers.start()
        try:
            sampler = Sampler(asking(workers), rules, asked.mode, asked.rows, chosen.limits.statement_timeout_s)
            samples = []
            with _progress(quiet=quiet) as bar:
                task = bar.add_task("reading", total=len(names))
                for catalog in catalogs:
                    tables = chosen_tables[catalog.warehouse]
                    async for sampled in sampler.read(app.warehouses[catalog.warehouse], catalog, tables):
                        samples.append(sampled)
                        bar.update(task, advance=1, description=str(sampled.table))
        finally:
            await workers.close()
    return Read(tuple(samples), tuple(sorted(closed)), sampler)


@asynccontextmanager
async def _opened(chosen: settings.Settings) -> AsyncIterator[App]:
    """The gateway's parts, with an audit chain beside a running one's; the scan of results is not needed."""
    audit = chosen.audit.model_copy(update={"writer": session.WRITER})
    app = build(chosen.model_copy(update={"audit": audit, "scan": chosen.scan.model_copy(update={"mode": Mode.OFF})}))
    await app.start()
    try:
        yield app
    finally:
        await app.close()


def _tables(catalog: Catalog, wanted: Sequence[str], closed: set[str]) -> list[Table]:
    """The tables asked for; views that the policy does not name stay closed: to list one would open it."""
    found = [table for table in catalog.tables.values() if str(table.id) not in closed]
    if wanted:
        found = [table for table in found if any(fnmatchcase(str(table.id), pattern) for pattern in wanted)]
    return sorted(found, key=lambda table: table.id)


def _progress(*, quiet: bool) -> Progress:
    console = output.err()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )


def _prefix(folder: Path) -> str:
    """Where the policy folder lies from here, for the names in a patch; empty where it lies elsewhere."""
    relative = Path(os.path.relpath(folder))
    return "" if relative.parts[:1] in (("..",), ()) else f"{relative.as_posix()}/"


# ------------------------------------------------------------------------------------------------------- for people
def _report(asked: Asked, read: Read, judged: Sequence[Judged], problems: Sequence[str]) -> RenderableType:
    rows = [
        (f"{one.table}.{one.evidence.column}", one.state.value, _said(one), proposal.counted(one.evidence))
        for state in SHOWN
        for one in judged
        if one.state is state
    ]
    parts: list[RenderableType] = [output.table(("column", "state", "tags", "evidence"), rows)] if rows else []
    counts = Counter(one.state for one in judged)
    summed = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    parts.append(Text(f"{len(judged)} columns of {len(read.samples)} tables: {summed}"))
    how = f"the first {asked.rows} rows of each table at most, read in mode {asked.mode.value}"
    parts.append(Text(f"{how}; counts are of cells of that sample", style="dim"))
    parts += [Text(f"closed to everybody, so not read: {', '.join(read.closed)}", "yellow")] if read.closed else []
    parts += [Text(f"not read: {s.table}: {s.failed}", "bold red") for s in read.samples if s.failed]
    parts += [Text(f"to mend with the patch: {problem}", "yellow") for problem in problems]
    return Group(*parts)


def _said(one: Judged) -> str:
    if one.state is State.PROPOSED:
        return f"[{', '.join(one.proposed)}]"
    return one.detail or ", ".join(one.tags or ())


def _tell(made: Sequence[Change], patch: str, *, write: bool) -> None:
    if write:
        output.out().print(Text(f"written: {', '.join(change.path for change in made) or 'nothing'}", style="bold"))
    elif patch:
        typer.echo(f"\n{patch}", nl=False)


def _document(
    asked: Asked,
    read: Read,
    judged: Sequence[Judged],
    written: Sequence[Change],
    problems: Sequence[str],
    patch: str,
) -> dict[str, Any]:
    return {
        "new": any(one.state in DRIFT for one in judged),
        "mode": asked.mode.value,
        "rows": asked.rows,
        "columns": [_column(one) for one in judged],
        "closed": list(read.closed),
        "failed": [{"table": str(s.table), "detail": s.failed} for s in read.samples if s.failed],
        "problems": list(problems),
        "diff": patch,
        "written": [change.path for change in written],
    }


def _column(one: Judged) -> dict[str, Any]:
    evidence = one.evidence
    return {
        "table": str(one.table),
        "column": evidence.column,
        "state": one.state.value,
        "tags": None if one.tags is None else list(one.tags),
        "proposed": list(one.proposed),
        "cells": evidence.cells,
        "read": evidence.read,
        "found": {
            name: {"cells": cells, "share": round(evidence.share(name), 4)}
            for name, cells in sorted(evidence.hits.items())
        },
        "detail": one.detail,
    }
