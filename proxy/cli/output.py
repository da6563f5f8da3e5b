"""What the commands print, and the codes they end with.

Rule kept here: people get tables on standard output and problems on standard error; `--json` puts one JSON document on
standard output and nothing else. Nobody gets a stack trace.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import orjson
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from proxy.errors import ConfigError, GatewayError
from proxy.values import Reason

OK = 0
REFUSED = 1
CONFIG = 2
UNAVAILABLE = 3
BROKEN = 70
INTERRUPTED = 130

EXIT_CODES = """Exit codes: 0 done; 1 refused, or a check failed; 2 wrong usage, settings or policies; 3 the gateway or
the warehouse cannot be reached, or a record could not be written; 70 a mistake in Usher; 130 interrupted."""

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def out() -> Console:
    """Standard output, made anew each time so that redirection (and tests) are seen."""
    return Console(highlight=False, soft_wrap=False)


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False)


def emit(document: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def run(work: Coroutine[Any, Any, T], loop: Callable[[], asyncio.AbstractEventLoop] | None = None) -> T:
    """Run a command's asynchronous part, on a loop of one's own making where one is named; Ctrl-C ends it cleanly, with
    everything it opened closed."""
    try:
        with asyncio.Runner(loop_factory=loop) as runner:
            return runner.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str | None = None) -> Table:
    """A table that reads well at 100 columns; cells are text as it is, never markup."""
    made = Table(
        title=title, title_justify="left", header_style="bold", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for name in columns:
        made.add_column(Text(name), overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else plain(cell) for cell in row))
    return made


def plain(value: Any) -> Text:
    """A value as a cell: NULL dimmed, control characters (which could drive a terminal) shown as escapes."""
    if value is None:
        return Text("NULL", style="dim")
    text = str(value)
    return Text("".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text))


# ---------------------------------------------------------------------------------------------------------- errors
class Refused(Exception):
    """What a gateway answered instead of rows: its problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or f"The gateway answered {status}."))
        self.status = status
        self.code = str(problem.get("code") or "internal")
        self.title = str(problem.get("title") or "Refused")
        self.reasons = tuple(_reason(r) for r in problem.get("reasons") or ())
        self.decision_id = problem.get("decision_id")


Told: TypeAlias = ConfigError | GatewayError | Refused
"""The errors that a person is told."""


def _reason(given: Any) -> tuple[str, str]:
    if isinstance(given, Reason):
        return given.code.value, given.about
    if isinstance(given, tuple):
        return given
    if isinstance(given, Mapping):
        return str(given.get("code", "")), str(given.get("about", ""))
    return str(given), ""


def exit_code(error: Told) -> int:
    """The code a command ends with."""
    if isinstance(error, ConfigError):
        return CONFIG
    status = error.status if isinstance(error, Refused) else error.http_status
    return UNAVAILABLE if status >= 500 and status != 504 else REFUSED


def document(error: Told) -> dict[str, Any]:
    """An error for `--json`."""
    if isinstance(error, ConfigError):
        return {"error": {"code": "config", "problems": list(error.problems)}}
    reasons = [{"code": code, "about": about} for code, about in map(_reason, error.reasons)]
    return {"error": {"code": error.code, "detail": str(error), "reasons": reasons, "decision_id": error.decision_id}}


def broken(error: Exception) -> str:
    """A mistake of Usher itself in one line: what and where, without any value."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " > ".join(f"{Path(f.filename).name}:{f.lineno}" for f in frames[-4:])
    return f"Usher failed: {type(error).__name__} at {places}. This is a mistake in Usher; please report this line."


def show(error: Told) -> None:
    """An error for people, on standard error."""
    console = err()
    if isinstance(error, ConfigError):
        count = len(error.problems)
        console.print(Text(f"{count} problem{'s' if count != 1 else ''} to mend:", style="bold red"))
        for problem in error.problems:
            console.print(Text.assemble(("  - ", "red"), problem), soft_wrap=True)
        return
    console.print(Text.assemble((f"{error.title}. ", "bold red"), str(error)), soft_wrap=True)
    if error.reasons:
        words = ", ".join(code + (f" ({about})" if about else "") for code, about in map(_reason, error.reasons))
        console.print(Text(f"  reasons:  {words}", style="dim"), soft_wrap=True)
    if error.decision_id:
        console.print(Text(f"  decision: {error.decision_id}", style="dim"))
