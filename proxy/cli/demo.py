"""`usher demo`: one command from nothing to governed answers.

Rule kept here: what it shows is what happened: the answers come through the gateway's HTTP door, and the audit log is
verified on its files before the last line is printed.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from proxy import settings
from proxy.app import App, build
from proxy.audit import verify
from proxy.cli import output, serve, session
from proxy.cli.doctor import MODEL, taken
from proxy.cli.output import Refused
from proxy.demo import folder, show, warehouse
from proxy.demo.people import PEOPLE
from proxy.demo.story import QUESTIONS, Asked, Question
from proxy.errors import ConfigError

DEFAULT = Path(".usher/demo")
DEFAULT_PORT = 8080
WIRE = "pgwire"
TRIED = 20
"""Ports after the chosen one that the PostgreSQL door is offered, where that is taken."""


@dataclass(frozen=True, slots=True)
class After:
    """What one person got through Usher: an answer, or the error that refused it."""

    asked: Asked
    answer: dict[str, Any] | None
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A question with what it brought without Usher (names and rows), and with it."""

    question: Question
    before: tuple[list[str], list[tuple[Any, ...]]] | None
    after: tuple[After, ...]


def demo(
    place: Annotated[Path, typer.Option("--folder", help="Where the demo's files lie; made where missing.")] = DEFAULT,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Default: 8080.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the before and after, without serving.")] = False,
    as_json: output.Json = False,
) -> None:
    """Build a sample warehouse, ask a chatbot's questions without and with Usher, then serve on loopback.

    It makes a DuckDB warehouse of more than 200,000 rows, an issuer of tokens, four people and a bot, and a copy of the
    example policies to play with. It serves HTTP, and the PostgreSQL protocol on port 6432 (or the next that is free)
    for psql and BI tools. Nothing leaves this machine. Ctrl-C ends it.

    Examples:

        usher demo

        usher demo --once

        usher demo --folder /tmp/usher-demo --port 9090
    """
    if not once:
        _check_port(port or DEFAULT_PORT)
    mode = "full" if importlib.util.find_spec(MODEL) else "patterns"
    with output.err().status("Building the sample warehouse .."):
        prepared = folder.prepare(place, port or DEFAULT_PORT, mode)
    before = [warehouse.raw(prepared.warehouse, q.sql) if q.before else None for q in QUESTIONS]
    chosen = listening(settings.load(prepared.settings), port)
    if not once:
        chosen = with_wire(chosen)
    output.run(_shown(prepared, build(chosen), before, once, as_json))


def _check_port(port: int) -> None:
    """Raise `ConfigError` where the port is taken, before anything is built."""
    if taken("127.0.0.1", port):
        raise ConfigError([f"--port: {port} is in use; end what has it, or try: usher demo --port {port + 1}"])


def listening(loaded: settings.Settings, port: int | None) -> settings.Settings:
    """The settings with the HTTP door on another port of loopback."""
    if port is None:
        return loaded
    door = loaded.doors["http"].model_copy(update={"listen": f"127.0.0.1:{port}"})
    return loaded.model_copy(update={"doors": {**loaded.doors, "http": door}})


def with_wire(loaded: settings.Settings) -> settings.Settings:
    """The settings with the PostgreSQL door on a port that is free: its own, else the next one, which is told. Without
    the door where none is free: the demo does not need it."""
    door = loaded.doors.get(WIRE)
    address: tuple[str, int] | None = getattr(door, "address", None)
    if door is None or address is None:
        return loaded
    host, port = address
    if not taken(host, port):
        return loaded
    free = next((p for p in range(port + 1, min(port + TRIED, 65535) + 1) if not taken(host, p)), None)
    others = {name: kept for name, kept in loaded.doors.items() if name != WIRE}
    if free is None:
        output.err().print(Text(f"port {port} is in use, and those after it: no PostgreSQL door", style="yellow"))
        return loaded.model_copy(update={"doors": others})
    output.err().print(Text(f"port {port} is in use: the PostgreSQL door listens on {free}", style="yellow"))
    moved = door.model_copy(update={"listen": f"{host}:{free}"})
    return loaded.model_copy(update={"doors": {**others, WIRE: moved}})


async def _shown(prepared: folder.Folder, app: App, before: list[Any], once: bool, as_json: bool) -> None:
    with output.err().status("Starting the gateway .."):
        await app.start()
    try:
        shown = [await _asked(prepared, app, q, b) for q, b in zip(QUESTIONS, before, strict=True)]
        _print(prepared, app, shown, None if once else os.getpid(), as_json)
        if not once:
            await serve.serving(app, as_json)
    finally:
        await app.close()


async def _asked(prepared: folder.Folder, app: App, question: Question, before: Any) -> Shown:
    after = []
    for asked in question.asked:
        token = folder.token(prepared.path, PEOPLE[asked.person], asked.app)
        async with session.inside(app, token) as gateway:
            try:
                after.append(After(asked, await gateway.post("/v1/query", {"sql": question.sql}), None))
            except Refused as error:
                after.append(After(asked, None, output.document(error)["error"]))
    return Shown(question, before, tuple(after))


def _print(prepared: folder.Folder, app: App, shown: list[Shown], process: int | None, as_json: bool) -> None:
    found = verify.verify(prepared.path / "audit")
    if as_json:
        output.emit({"folder": str(prepared.path), "questions": [_document(s) for s in shown], "audit": asdict(found)})
        return
    console = output.out()
    console.print(show.opening(prepared.path, prepared.built))
    for number, one in enumerate(shown, start=1):
        console.print(show.question(number, one.question))
        if one.before is not None:
            console.print(show.before(*one.before))
        console.print(show.side_by_side([show.after(a.asked, a.answer, a.error) for a in one.after], console.width))
    console.print(show.audit(found.intact, found.records))
    listen = {name: str(getattr(door, "listen", "")) for name, door in app.settings.doors.items()}
    console.print(show.next_steps(prepared.path, listen["http"], listen.get(WIRE), process), soft_wrap=True)


def _document(one: Shown) -> dict[str, Any]:
    before = None if one.before is None else {"columns": one.before[0], "rows": one.before[1]}
    after = [{"person": a.asked.person, "app": a.asked.app, "answer": a.answer, "error": a.error} for a in one.after]
    return {"words": one.question.words, "sql": one.question.sql, "before": before, "after": after}
