"""Prepared statements and portals of one connection, by name.

Rule kept here: their number and their bytes are bounded; a name is taken once; cursors are portals and share their
names. Whatever ends a portal closes its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from proxy.doors.pgwire.commands import Command
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.rows import RowEncoder
from proxy.doors.pgwire.settings import Settings
from proxy.doors.pgwire.sources import Source
from proxy.gateway import Description


@dataclass(slots=True)
class Prepared:
    """A statement that was parsed; `command` is None for an empty one. `oids` are the parameter types that the client
    named. `described` is what the gateway said of it, for the person who asks now."""

    name: str
    size: int
    command: Command | None
    oids: tuple[int, ...]
    described: Description | None = None


@dataclass(slots=True)
class Portal:
    """A statement with its values, and the rows it has left. `hold`: it outlives its transaction, which `settled` says
    has been committed. `told`: the client knows what was withheld."""

    name: str
    command: Command | None
    values: Sequence[Any] = ()
    formats: tuple[int, ...] = ()
    prepared: Prepared | None = None
    hold: bool = False
    settled: bool = False
    cursor: bool = False
    size: int = 0
    source: Source | None = field(default=None, repr=False)
    encoder: RowEncoder | None = field(default=None, repr=False)
    started: bool = False
    told: bool = False
    ended: bool = False

    async def close(self) -> None:
        """Hang up on its rows."""
        self.ended = True
        source, self.source = self.source, None
        if source is not None:
            await source.close()


class Shelf:
    """All prepared statements and portals of a connection."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._statements: dict[str, Prepared] = {}
        self._portals: dict[str, Portal] = {}

    # ------------------------------------------------------------------------------------------------- statements
    def keep(self, statement: Prepared) -> None:
        """Keep a statement; the unnamed one takes the place of the one before. Raises `Refused`."""
        if statement.name:
            if statement.name in self._statements:
                raise Refused("42P05", f'prepared statement "{statement.name}" already exists')
            if len(self._statements.keys() - {""}) >= self._settings.max_statements:
                raise self._full("statements", self._settings.max_statements)
        else:
            self._statements.pop("", None)
        self._room(statement.size)
        self._statements[statement.name] = statement

    def statement(self, name: str) -> Prepared:
        """A kept statement. Raises `Refused`."""
        found = self._statements.get(name)
        if found is None:
            raise Refused("26000", f'prepared statement "{name}" does not exist')
        return found

    def forget(self, name: str) -> None:
        """Forget a statement, where there is one."""
        self._statements.pop(name, None)

    def forget_all(self) -> None:
        """Forget every statement."""
        self._statements.clear()

    def undescribe(self) -> None:
        """What was described was so for somebody else."""
        for statement in self._statements.values():
            statement.described = None

    # ---------------------------------------------------------------------------------------------------- portals
    async def open(self, portal: Portal) -> None:
        """Keep a portal; the unnamed one takes the place of the one before. Raises `Refused`."""
        if portal.name:
            if portal.name in self._portals:
                raise Refused("42P03", f'cursor "{portal.name}" already exists')
            if len(self._portals.keys() - {""}) >= self._settings.max_portals:
                raise self._full("portals", self._settings.max_portals)
        else:
            await self.close("")
        self._room(portal.size)
        self._portals[portal.name] = portal

    def portal(self, name: str) -> Portal:
        """An open portal. Raises `Refused`."""
        found = self._portals.get(name)
        if found is None:
            what = "cursor" if name else "portal"
            raise Refused("34000", f'{what} "{name}" does not exist')
        return found

    async def close(self, name: str) -> None:
        """Close a portal, where there is one."""
        portal = self._portals.pop(name, None)
        if portal is not None:
            await portal.close()

    async def close_all(self) -> None:
        """Close every portal."""
        for name in list(self._portals):
            await self.close(name)

    async def transaction_ended(self, committed: bool) -> None:
        """Close every portal but those that outlive the transaction: held cursors, once theirs was committed."""
        for name, portal in list(self._portals.items()):
            if portal.hold and committed:
                portal.settled = True
            elif not portal.settled:
                await self.close(name)

    def _room(self, size: int) -> None:
        used = sum(s.size for s in self._statements.values()) + sum(p.size for p in self._portals.values())
        if used + size > self._settings.max_statement_bytes:
            most = self._settings.max_statement_bytes
            raise Refused("53200", f"Statements and values take more than {most:,} bytes.", "Close some.")

    def _full(self, what: str, most: int) -> Refused:
        return Refused("53000", f"A connection has at most {most:,} {what}.", "Close some.")
