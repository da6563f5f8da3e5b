"""`usher audit`: read the log, and prove that it stands as it was written. Both work offline, on the files alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from proxy import settings
from proxy.audit import segments, tail, verify
from proxy.audit.record import spelling
from proxy.audit.sinks.file import Settings as FileSettings
from proxy.cli import output, session
from proxy.errors import ConfigError
from proxy.values import Record

Place = Annotated[
    Path | None,
    typer.Argument(help="The log's folder. Default: the one of the settings file.", show_default=False),
]


def tail_(
    place: Place = None,
    count: Annotated[int, typer.Option("--lines", "-n", min=1, max=10_000, help="How many records.")] = 20,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new records of one chain (--writer) until Ctrl-C.")
    ] = False,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help=f"NAME=VALUE; names: {', '.join(tail.FILTERS)}. Repeat it."),
    ] = None,
    writer: Annotated[str | None, typer.Option("--writer", help="One chain; default: all in the folder.")] = None,
    config: session.Config = None,
    as_json: output.Json = False,
) -> None:
    """Show the newest audit records: who asked, through what, what was decided and what left.

    With --json there is one record a line, as it is stored.

    Examples:

        usher audit tail -n 5

        usher audit tail --follow --where kind=outcome

        usher audit tail --where subject=analyst --json
    """
    folder = log_folder(place, config)
    filters = _filters(where)
    chains = _chains(folder, writer)
    for record in newest(folder, chains, count, filters):
        _print(record, as_json)
    if follow:
        chosen = writer or (chains[0] if len(chains) == 1 else "usher")
        output.run(_follow(folder, chosen, filters, as_json))


def verify_(
    place: Place = None,
    expect: Annotated[
        str | None,
        typer.Option("--expect", help="SEQUENCE:HASH of a record kept elsewhere, so that a cut end shows."),
    ] = None,
    config: session.Config = None,
    as_json: output.Json = False,
) -> None:
    """Check that no record was changed, removed, inserted or reordered; names the first bad one.

    It works on the bytes alone and needs no running gateway. What a chain alone cannot show is records cut off its
    end: keep the last hash elsewhere and give it by --expect.

    Examples:

        usher audit verify

        usher audit verify /var/lib/usher/audit --expect 1042:9f2c..e1 --json
    """
    folder = log_folder(place, config)
    try:
        found = verify.verify(folder, _position(expect))
    except OSError as error:
        raise ConfigError([f"{folder}: cannot be read: {error.strerror}"]) from error
    if as_json:
        output.emit(asdict(found))
    else:
        _report(found, folder)
    if not found.intact:
        raise typer.Exit(output.REFUSED)


# ------------------------------------------------------------------------------------------------------------ parts
def log_folder(place: Path | None, config: Path | None) -> Path:
    """The folder of the log: as named, or that of the settings' file sink. Raises `ConfigError`."""
    if place is not None:
        if not place.exists():
            raise ConfigError([f"{place}: there is no such folder"])
        return place
    sinks = settings.load(session.config_path(config)).audit.sinks
    found = next((s for s in sinks if isinstance(s, FileSettings)), None)
    if found is None:
        raise ConfigError(["audit.sinks: has no file sink; name the folder of the log"])
    return found.path


def _chains(folder: Path, writer: str | None) -> list[str]:
    try:
        known = segments.writers(folder)
    except OSError as error:
        raise ConfigError([f"{folder}: cannot be read: {error.strerror}"]) from error
    if writer is not None and writer not in known:
        raise ConfigError([f"--writer: there is no chain {writer!r}; there are: {', '.join(known) or 'none yet'}"])
    return [writer] if writer else known


def newest(folder: Path, chains: list[str], count: int, filters: Mapping[str, str]) -> list[Record]:
    """The newest records of several chains, oldest first."""
    found = [r for chain in chains for r in _last(folder, chain, count, filters)]
    return sorted(found, key=lambda r: r.time)[-count:]


def _last(folder: Path, chain: str, count: int, filters: Mapping[str, str]) -> Iterator[Record]:
    if not filters:
        yield from tail.read(folder, tail.last(folder, count, chain), count, filters, chain)
        return
    after = 0
    kept: list[Record] = []
    while page := tail.read(folder, after, tail.LARGEST_PAGE, filters, chain):
        kept = [*kept, *page][-count:]
        after = page[-1].sequence
    yield from kept


async def _follow(folder: Path, writer: str, filters: Mapping[str, str], as_json: bool) -> None:
    async for record in tail.follow(folder, filters, tail.last(folder, 0, writer), writer):
        _print(record, as_json)


def _filters(where: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in where or ()]
    wrong = [name for name, equals, _ in pairs if not equals or name not in tail.FILTERS]
    if wrong:
        names = ", ".join(tail.FILTERS)
        raise ConfigError([f"--where {name}: write NAME=VALUE, with one of: {names}" for name in wrong])
    return {name: value for name, _, value in pairs}


def _position(text: str | None) -> verify.Position | None:
    if text is None:
        return None
    sequence, _, digest = text.partition(":")
    if not sequence.isdigit() or not digest:
        raise ConfigError(["--expect: write SEQUENCE:HASH, as `usher audit verify` prints them"])
    return verify.Position(int(sequence), digest)


# ------------------------------------------------------------------------------------------------------- for people
def _print(record: Record, as_json: bool) -> None:
    if as_json:
        typer.echo(spelling(record).decode("ascii"))
        return
    output.out().print(line(record), soft_wrap=True)


def line(record: Record) -> Text:
    """One record on one line."""
    body = record.body
    style = {"refused": "red", "login-failed": "red", "decision": "cyan", "outcome": "green"}.get(record.kind, "dim")
    return Text.assemble(
        (f"{record.time[:19]}  ", "dim"), (f"{record.kind:<12} ", style), output.plain("  ".join(_words(body)))
    )


def _words(body: Mapping[str, Any]) -> Iterator[str]:
    actor, client = body.get("actor"), body.get("client")
    if isinstance(actor, Mapping):
        through = f" via {actor['app']}" if actor.get("app") else ""
        yield f"{actor.get('subject')}{through}"
    elif isinstance(body.get("subject"), str):
        yield str(body["subject"])
    if isinstance(client, Mapping) and client.get("door"):
        yield str(client["door"])
    for name in ("decision", "outcome", "loaded", "rows"):
        if body.get(name) is not None:
            yield f"{name}={body[name]}"
    if isinstance(body.get("policy"), str):
        yield f"policy={body['policy'][:12]}"
    for item in body.get("objects") or ():
        if isinstance(item, Mapping) and item.get("table"):
            yield str(item["table"])
    error = body.get("error")
    for reason in (error.get("reasons") if isinstance(error, Mapping) else body.get("reasons")) or ():
        yield str(reason.get("code") if isinstance(reason, Mapping) else reason)
    if body.get("decision_id"):
        yield str(body["decision_id"])


def _report(found: verify.Verification, folder: Path) -> None:
    console = output.out()
    for chain in found.chains:
        state = ("intact ", "bold green") if chain.problem is None else ("BROKEN ", "bold red")
        console.print(Text.assemble(state, f"{chain.name}: records {chain.first} to {chain.last}"))
        console.print(Text(f"       last {chain.last}:{chain.last_hash}", style="dim"), soft_wrap=True)
        if chain.open:
            console.print(Text(f"       {len(chain.open)} decisions without an outcome (still running, or killed)"))
        for unfinished in chain.unfinished:
            console.print(Text(f"       unfinished line, told of by the log itself: {unfinished}", style="yellow"))
    for problem in found.problems:
        place = f"{problem.file}:{problem.line}" if problem.line else problem.file
        console.print(
            Text.assemble((f"{problem.what}: ", "bold red"), f"{place}, record {problem.sequence}: {problem.detail}")
        )
    style = "bold green" if found.intact else "bold red"
    verdict = "The log stands as it was written" if found.intact else "The log does not stand as it was written"
    console.print(Text(f"{verdict}: {found.records} records in {folder}.", style=style))
