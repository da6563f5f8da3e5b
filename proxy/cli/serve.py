"""`usher serve`: the gateway's doors, until it is told to end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable
from functools import partial

from rich.text import Text

from proxy import kinds, settings
from proxy.app import App, build
from proxy.cli import output, session
from proxy.errors import ConfigError

log = logging.getLogger("usher")
SWITCH_S = 0.0005
"""Threads that turn large answers into bytes give way to the event loop after so many seconds, not after 0.005."""
ENDING = (signal.SIGINT, signal.SIGTERM)


def serve(config: session.Config = None, as_json: output.Json = False) -> None:
    """Run the gateway on the doors of the settings file, until Ctrl-C or SIGTERM.

    Settings, policies, warehouses and the audit log are checked first; what is wrong is told all at once. SIGHUP reads
    the policies again: good ones are swapped in at once, bad ones are refused and the old ones stay.

    Examples:

        usher serve --config usher.yaml

        USHER_DOORS__HTTP__LISTEN=127.0.0.1:9090 usher serve

        kill -HUP $(pgrep -f "usher serve")
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    path = session.config_path(config)
    app = build(settings.load(path))
    output.run(run(app, as_json), _loop())


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop, where it is installed (it is not made for Windows): sockets, timers and callbacks cost it less."""
    try:
        import uvloop
    except ImportError:
        return None
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made


async def run(app: App, as_json: bool) -> None:
    """Start the gateway, serve every door of its settings, and end it. Raises `ConfigError` where a port is taken."""
    await app.start()
    gc.collect()
    gc.freeze()  # what was built to stay is not walked again with every collection
    sys.setswitchinterval(SWITCH_S)
    try:
        await serving(app, as_json)
    finally:
        await app.close()


async def serving(app: App, as_json: bool) -> None:
    """Serve every door of a started gateway until SIGINT or SIGTERM; SIGHUP reloads the policies meanwhile."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    reloads: asyncio.Queue[None] = asyncio.Queue()
    loop.add_signal_handler(signal.SIGHUP, reloads.put_nowait, None)
    for number in ENDING:
        loop.add_signal_handler(number, stop.set)
    try:
        async with asyncio.TaskGroup() as group:
            reloading = group.create_task(_reload(app, reloads))
            doors = [group.create_task(_serve(app, name, stop, as_json)) for name in app.settings.doors]
            await asyncio.wait(doors, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            await asyncio.wait(doors)
            reloading.cancel()
    except* ConfigError as errors:
        raise ConfigError([p for e in errors.exceptions if isinstance(e, ConfigError) for p in e.problems]) from errors
    finally:
        for number in (signal.SIGHUP, *ENDING):
            loop.remove_signal_handler(number)


async def _serve(app: App, name: str, stop: asyncio.Event, as_json: bool) -> None:
    ready = partial(announce, app, name, as_json)
    await kinds.load("doors", name).serve(app.gateway, app.settings.doors[name], stop=stop, ready=ready)


def announce(app: App, name: str, as_json: bool, address: str) -> None:
    """Say where a door listens and what is in force."""
    if as_json:
        output.emit(
            {"door": name, "address": address, "policy": app.policy.fingerprint, "warehouses": [*app.warehouses]}
        )
        return
    console = output.err()
    console.print(Text.assemble(("serving ", "bold green"), f"{name} on {address}, until Ctrl-C"))
    console.print(Text(f"policy {app.policy.fingerprint[:12]}, warehouses: {', '.join(app.warehouses)}", style="dim"))


async def _reload(app: App, asked: asyncio.Queue[None]) -> None:
    """Each SIGHUP reads the policies again."""
    while True:
        await asked.get()
        result = await app.reload()
        if result.swapped:
            log.warning("policies reloaded: %s", result.policy)
            continue
        log.error("policies refused, %s stays in force. To mend: %d", result.policy, len(result.problems))
        for problem in result.problems:
            log.error("  %s", problem)
