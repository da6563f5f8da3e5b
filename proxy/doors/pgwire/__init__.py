"""The PostgreSQL door: the protocol, version 3, that BI tools, drivers and notebooks speak.

Rule kept here: the door turns messages into the gateway's calls and answers into messages, and decides nothing. It
never holds more of an answer than the piece it is writing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from proxy.doors.pgwire.server import Server, certificate
from proxy.doors.pgwire.settings import Settings
from proxy.gateway import Gateway
from proxy.listening import listening

__all__ = ["Settings", "serve"]


async def serve(
    gateway: Gateway,
    settings: Settings,
    *,
    stop: asyncio.Event | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Listen and answer until `stop` is set, SIGINT or SIGTERM comes (only without `stop`), or the task is cancelled.

    Running answers get `stop_timeout_s` to end; what is left then is cut, and recorded as abandoned. `ready` is told
    the door's address once it listens. Raises `ConfigError` where it cannot."""
    tls = certificate(settings)
    with listening("doors.pgwire.listen", settings.listen) as bound:
        await Server(gateway, settings, tls).run(bound, stop, ready)
