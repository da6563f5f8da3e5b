"""`usher policy`: check, test and describe a policy folder, before anybody is served by it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from proxy import settings, suite
from proxy.app import App, build
from proxy.audit.settings import Settings as AuditSettings
from proxy.cli import output, session
from proxy.errors import ConfigError
from proxy.policy import bundle, model, schemas
from proxy.scan import rules

T = TypeVar("T")
Folder = Annotated[
    Path | None,
    typer.Argument(help="The policy folder. Default: the one of the settings file.", show_default=False),
]


def check(folder: Folder = None, config: session.Config = None, as_json: output.Json = False) -> None:
    """Check a policy folder: every file, every name, and every filter and mask against the real warehouse.

    Where there is no settings file the folder is checked by itself, without a warehouse, and the answer says so.

    Examples:

        usher policy check

        usher policy check policies/ --config usher.yaml --json
    """
    found = config or settings.default_config()
    if found is None and folder is None:
        session.config_path(None)
    document = alone(folder) if found is None and folder is not None else output.run(_checked(_settings(found, folder)))
    if as_json:
        output.emit(document)
        return
    against = ", ".join(document["warehouses"]) or "no warehouse: name a settings file by --config to check against one"
    console = output.out()
    console.print(
        Text.assemble(("good ", "bold green"), f"{document['folder']}, checked against {against}"), soft_wrap=True
    )
    console.print(Text(f"policy {document['policy'][:12]}, {document['tests']} tests", style="dim"))
    if document["closed_views"]:
        views = ", ".join(document["closed_views"])
        console.print(Text(f"closed to everybody, as the policy does not name them: {views}", "yellow"), soft_wrap=True)


def run_tests(folder: Folder = None, config: session.Config = None, as_json: output.Json = False) -> None:
    """Run the tests of a policy folder (tests/*.yaml) through the gateway's own path.

    Records go to a temporary audit log, not to the gateway's. Differences show the rows that came back, so whoever may
    run this sees what the gateway may see.

    Examples:

        usher policy test

        usher policy test policies/ --config usher.yaml --json
    """
    chosen = _settings(session.config_path(config), folder)
    trials = suite.load(chosen.policies)
    if not trials:
        raise ConfigError([f"{chosen.policies / 'tests'}: holds no test; see: usher policy schema tests"])
    with tempfile.TemporaryDirectory(prefix="usher-policy-test-") as place:
        verdicts = output.run(_tested(recorded_in(chosen, Path(place)), trials))
    failed = sum(not v.passed for v in verdicts)
    if as_json:
        told = [{**asdict(v), "passed": v.passed} for v in verdicts]
        output.emit({"passed": len(verdicts) - failed, "failed": failed, "tests": told})
    else:
        output.out().print(_report(verdicts, failed), soft_wrap=True)
    if failed:
        raise typer.Exit(output.REFUSED)


def schema(
    what: Annotated[str | None, typer.Argument(help="data, masks, pii or tests. Default: all of them.")] = None,
    show_model: Annotated[bool, typer.Option("--model", help="Print the built-in Casbin model instead.")] = False,
) -> None:
    """Print the JSON schemas of policy files, for editors; or the built-in Casbin model.

    Examples:

        usher policy schema data > .vscode/usher-data.schema.json

        usher policy schema --model > policies/model.conf
    """
    if show_model:
        sys.stdout.write(model.BUILT_IN)
        return
    known: dict[str, Any] = {**schemas.schemas(), "pii": rules.schema(), "tests": suite.schema()}
    if what is not None and what not in known:
        raise ConfigError([f"there is no schema {what!r}; there are: {', '.join(known)}"])
    output.emit(known if what is None else known[what])


# ----------------------------------------------------------------------------------------------------------- parts
def _settings(config: Path | None, folder: Path | None) -> settings.Settings:
    """The settings, with another policy folder where one is named."""
    loaded = settings.load(session.config_path(config))
    return loaded if folder is None else loaded.model_copy(update={"policies": folder})


def alone(folder: Path) -> dict[str, Any]:
    """Check a folder without a warehouse. Raises `ConfigError` with every problem."""
    problems: list[str] = []

    def read(load: Callable[[], T]) -> T | None:
        try:
            return load()
        except ConfigError as error:
            problems.extend(error.problems)
            return None

    loaded = read(lambda: bundle.load(folder))
    trials = read(lambda: suite.load(folder))
    if (folder / "pii.yaml").exists():
        read(lambda: rules.load(folder / "pii.yaml"))
    if problems or loaded is None or trials is None:
        raise ConfigError(list(dict.fromkeys(problems)))
    return {
        "folder": str(folder),
        "policy": loaded.fingerprint,
        "warehouses": [],
        "closed_views": [],
        "tests": len(trials),
    }


async def _checked(chosen: settings.Settings) -> dict[str, Any]:
    """Check a folder as a start of the gateway does, without one. Raises `ConfigError` with every problem."""
    document = alone(chosen.policies)
    with tempfile.TemporaryDirectory(prefix="usher-policy-check-") as place:
        app = build(recorded_in(chosen, Path(place)))
        closed = [view for catalog in await app.check() for view in app.policy.closed(catalog)]
    return {**document, "warehouses": list(app.warehouses), "closed_views": closed}


def recorded_in(chosen: settings.Settings, folder: Path) -> settings.Settings:
    """The settings with an audit log of their own."""
    audit = AuditSettings.model_validate({"sinks": [{"kind": "file", "path": folder / "audit"}]})
    return chosen.model_copy(update={"audit": audit})


async def _tested(chosen: settings.Settings, trials: Sequence[suite.Trial]) -> tuple[suite.Verdict, ...]:
    app: App = build(chosen)
    await app.start()
    try:
        return await suite.run(app.gateway, trials)
    finally:
        await app.close()


def _report(verdicts: Sequence[suite.Verdict], failed: int) -> RenderableType:
    lines: list[Text] = []
    for verdict in verdicts:
        mark = ("ok    ", "green") if verdict.passed else ("FAILED ", "bold red")
        lines.append(Text.assemble(mark, (f"{verdict.file}: ", "dim"), verdict.name))
        lines += [Text.assemble("         ", difference) for difference in verdict.differences]
    style = "bold red" if failed else "bold green"
    lines.append(Text(f"{len(verdicts) - failed} passed, {failed} failed", style=style))
    return Group(*lines)
