"""What a start-up packet asks for, read: names, options and versions.

Rule kept here: pure reading. What is not known is refused, but for protocol options of newer clients, which are
declined by negotiation as the protocol wants it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from proxy.doors.pgwire.identity import KEY, LOGIN, TOKEN
from proxy.doors.pgwire.messages import Startup
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.settings import Login

NEWEST_MINOR = 2
VERSION_3 = 3 << 16
SHORT_KEY, LONG_KEY = 4, 32
"""Bytes of a cancel key: as protocol 3.0 has it, and as 3.2 allows."""
_OPTION = re.compile(r"(?:\\.|\S)+", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w$.-]*\Z")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client wants. `settings` are by lower-case name; `unknown` are protocol options that are not spoken."""

    user: str
    database: str
    minor: int
    newer: bool
    unknown: tuple[str, ...]
    settings: Mapping[str, str]
    token: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    login: Login | None = None

    @property
    def key_bytes(self) -> int:
        """How long its cancel key is."""
        return LONG_KEY if self.minor >= NEWEST_MINOR else SHORT_KEY


def read(startup: Startup) -> Wanted:
    """A start-up packet, understood. Raises `Refused`."""
    given = dict(startup.parameters)
    user, database = given.pop("user", ""), given.pop("database", "")
    if not user:
        raise Refused("28000", "no user name specified in startup packet", "Name the token's subject, or `token`.")
    if given.pop("replication", "false").lower() not in ("false", "off", "no", "0"):
        raise Refused("0A000", "There is no replication here.", "Connect without `replication`.")
    unknown = tuple(name for name in given if name.startswith("_pq_."))
    options = _options(given.pop("options", ""))
    settings = {**{n.lower(): v for n, v in given.items() if n not in unknown}, **options}
    login = settings.pop(LOGIN, None)
    if login is not None and login not in tuple(Login):
        raise Refused("22023", f"{LOGIN} is none of: {', '.join(Login)}.", "Leave it out.")
    return Wanted(
        user=user,
        database="" if database == user else database,
        minor=min(startup.minor, NEWEST_MINOR) if startup.minor >= NEWEST_MINOR else 0,
        newer=startup.minor not in (0, NEWEST_MINOR),
        unknown=unknown,
        token=settings.pop(TOKEN, None),
        key=settings.pop(KEY, None),
        settings=settings,
        login=None if login is None else Login(login),
    )


def _options(text: str) -> dict[str, str]:
    """The settings of `options`: `-c name=value` and `--name=value`, with blanks behind a backslash."""
    found: dict[str, str] = {}
    words = [re.sub(r"\\(.)", r"\1", w[0], flags=re.DOTALL) for w in _OPTION.finditer(text)]
    while words:
        word = words.pop(0)
        if word == "-c":
            word = words.pop(0) if words else ""
        elif word.startswith("--"):
            word = word[2:].replace("-", "_") if "=" not in word else _underscored(word[2:])
        elif word.startswith("-c"):
            word = word[2:]
        else:
            word = ""
        name, mark, value = word.partition("=")
        if not mark or not _NAME.match(name):
            raise Refused("22023", "The start-up options cannot be read.", "Write them `-c name=value`.")
        found[name.lower()] = value
    return found


def _underscored(word: str) -> str:
    name, _, value = word.partition("=")
    return f"{name.replace('-', '_')}={value}"
