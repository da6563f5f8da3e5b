"""Where a door listens: the address as settings spell it, the socket, and the signals that end it.

Rule kept here: a port that cannot be had is told before anything runs, with the setting that names it.
"""

from __future__ import annotations

import asyncio
import errno
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from proxy.errors import ConfigError

_LISTEN = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.%\w]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>\d{1,5})\Z")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ADVICE = {
    errno.EADDRINUSE: "is in use; end the program that has it, or listen on another port",
    errno.EACCES: "may not be used by this user; listen on a port above 1023",
    errno.EADDRNOTAVAIL: "is no address of this machine; listen on 127.0.0.1 or 0.0.0.0, or on one it has",
}


def checked(listen: str, example: str) -> str:
    """An address as it is spelt. Raises `ValueError`, with an example, where it is none."""
    match = _LISTEN.match(listen)
    if match is None or int(match["port"]) > 65535:
        raise ValueError(f"must be HOST:PORT or [IPV6]:PORT, such as {example}")
    return listen


def address(listen: str) -> tuple[str, int]:
    """Host and port."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


@contextmanager
def listening(setting: str, listen: str) -> Iterator[socket.socket]:
    """A bound socket for what a setting says; `setting` is its name, for the error. Raises `ConfigError`."""
    host, port = address(listen)
    try:
        family, kind, protocol, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unusable(setting, listen, error) from error
    with bound:
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(found)
            bound.listen()
        except OSError as error:
            raise _unusable(setting, listen, error) from error
        bound.setblocking(False)
        yield bound


@contextmanager
def signals(asked: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM ask to stop."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, asked.set)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def _unusable(setting: str, listen: str, error: OSError) -> ConfigError:
    if isinstance(error, socket.gaierror):
        why = "has a host name that does not resolve; write an address, such as 127.0.0.1"
    else:
        why = _ADVICE.get(
            error.errno or 0, f"cannot be listened on ({errno.errorcode.get(error.errno or 0, 'OSError')})"
        )
    return ConfigError([f"{setting}: {listen} {why}"])
