"""How a command reaches a gateway: in this process by a settings file, or a running one by its address.

Rule kept here: both ways speak to the same HTTP door, so that a command shows what every client gets. In-process means
without a socket, never without the gateway.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from proxy import kinds, settings
from proxy.app import App, build
from proxy.cli.output import Refused
from proxy.demo import folder
from proxy.demo.people import BOT, PEOPLE
from proxy.errors import ConfigError

TIMEOUT_S = 300.0
WRITER = "cli"
"""The audit chain of commands that run in their own process, beside that of a running gateway."""

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="The settings file. Default: $USHER_CONFIG, ./usher.yaml, then the demo's.",
        show_default=False,
    ),
]
Url = Annotated[
    str | None,
    typer.Option("--url", envvar=settings.URL_VARIABLE, help="A running gateway, such as http://127.0.0.1:8080."),
]
Token = Annotated[
    str | None,
    typer.Option("--token", envvar=settings.TOKEN_VARIABLE, help="The user's token (better given by the variable)."),
]
As = Annotated[
    str | None,
    typer.Option("--as", help=f"A person of the demo, with a token from its issuer: {', '.join(PEOPLE)}."),
]
ThroughApp = Annotated[
    str | None,
    typer.Option("--app", help=f"With --as: the app in between; 'none' for none. Default: {BOT}."),
]
Warehouse = Annotated[
    str | None, typer.Option("--warehouse", "-w", help="The warehouse. Default: the first of the settings.")
]


@dataclass(frozen=True, slots=True)
class Session:
    """A gateway's HTTP door, with a user's token at hand."""

    client: httpx.AsyncClient
    where: str

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the door answers to a JSON body. Raises `Refused`."""
        return self._answered(await self._asked("POST", path, json=dict(body)))

    async def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """What the door answers to a GET. Raises `Refused`."""
        return self._answered(await self._asked("GET", path, params=query))

    async def _asked(self, method: str, path: str, **how: Any) -> httpx.Response:
        try:
            return await self.client.request(method, path, headers={"Accept": "application/json"}, **how)
        except httpx.TimeoutException as error:
            raise unreachable(self.where, "it did not answer in time") from error
        except httpx.HTTPError as error:
            raise unreachable(self.where, "no gateway answers there; start one with: usher serve") from error

    def _answered(self, response: httpx.Response) -> dict[str, Any]:
        try:
            document = response.json()
        except ValueError as error:
            raise unreachable(self.where, "what answers there is no Usher gateway") from error
        if response.is_success and isinstance(document, dict):
            return document
        raise Refused(response.status_code, document if isinstance(document, dict) else {})


def unreachable(where: str, why: str) -> Refused:
    """The refusal of a gateway that does not answer."""
    return Refused(503, {"code": "unreachable", "title": "No answer", "detail": f"{where}: {why}."})


def config_path(config: Path | None) -> Path:
    """The settings file a command uses. Raises `ConfigError` where there is none."""
    path = config or settings.default_config()
    if path is None:
        raise ConfigError(["no settings file: name one by --config, write ./usher.yaml, or try: usher demo"])
    return path


@asynccontextmanager
async def application(config: Path | None) -> AsyncIterator[App]:
    """A gateway in this process, started and checked. It writes an audit chain of its own beside a running one's."""
    loaded = settings.load(config_path(config))
    app = build(loaded.model_copy(update={"audit": loaded.audit.model_copy(update={"writer": WRITER})}))
    await app.start()
    try:
        yield app
    finally:
        await app.close()


@asynccontextmanager
async def session(config: Path | None, url: str | None, token: str) -> AsyncIterator[Session]:
    """A gateway to ask, with the user's token."""
    if url is not None:
        headers = signed_in(token)
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_S) as client:
            yield Session(client, url)
        return
    async with application(config) as app, inside(app, token) as made:
        yield made


@asynccontextmanager
async def inside(app: App, token: str) -> AsyncIterator[Session]:
    """The HTTP door of a gateway in this process, without a socket."""
    door = kinds.load("doors", "http")
    given = app.settings.doors.get("http") or door.Settings()
    transport = httpx.ASGITransport(app=door.build(app.gateway, given))
    headers = signed_in(token)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield Session(client, "this process")


def signed_in(token: str) -> dict[str, str]:
    """The header fields of every request of this command line."""
    return {"Authorization": f"Bearer {token}", "User-Agent": f"usher/{version('sqlusher')}"}


def user_token(config: Path | None, token: str | None, name: str | None, app: str | None) -> str:
    """The token a command was given, or one of the demo's issuer. Raises `ConfigError`."""
    if token and name:
        raise ConfigError(["--token and --as: give one of them"])
    if token:
        return token
    if name:
        return demo_token(config, name, app, 3600)
    raise ConfigError([f"who asks? give --token (or ${settings.TOKEN_VARIABLE}), or --as NAME with the demo"])


def demo_token(config: Path | None, name: str, app: str | None, lifetime_s: int) -> str:
    """A token of the demo's issuer, which lies beside the settings file. Raises `ConfigError`."""
    place = config_path(config).parent
    if not (place / folder.MARKER).exists():
        raise ConfigError([f"{place}: has no issuer of its own; only the demo has. Give --token instead"])
    person = PEOPLE.get(name)
    if person is None:
        raise ConfigError([f"--as: the demo has nobody named {name!r}; there are: {', '.join(PEOPLE)}"])
    chosen = BOT if app is None else None if app == "none" else app
    return folder.token(place, person, chosen, lifetime_s)
