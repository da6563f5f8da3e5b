"""What a statement does: queries go to the gateway, the rest is done here.

Rule kept here: whoever asks is looked at again for each statement, and the gateway plans it anew. Nothing a statement
says changes who asks, but a signed token where one may be named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

import pyarrow as pa

from proxy.doors.pgwire import commands, explain, sources
from proxy.doors.pgwire.commands import Ask, Command
from proxy.doors.pgwire.identity import LOGIN, SECRETS, TOKEN, secret
from proxy.doors.pgwire.login import Guest
from proxy.doors.pgwire.portals import Portal, Shelf
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.replies import Fields
from proxy.doors.pgwire.sources import Answered, Fetched, Source
from proxy.doors.pgwire.transaction import Transaction
from proxy.doors.pgwire.variables import schemas
from proxy.gateway import Description, Gateway, Request
from proxy.values import Caller, Context, Session

StopOther = Callable[[Caller, int, bool], bool]
"""Stops what a connection (by its number) runs, and with True the connection, where it is the same caller's; answers
whether it was."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a statement came to: rows, or none; the tag of its end, to which `counted` adds the number of rows; and
    whether its rows are thrown away."""

    tag: str
    source: Source | None = None
    counted: bool = False
    moved: bool = False


class Performing:
    """Performs the statements of one connection. `warn` is told what clients are to be warned of."""

    def __init__(
        self,
        gateway: Gateway,
        guest: Guest,
        shelf: Shelf,
        process: int,
        warn: Callable[[Fields], None],
        stop: StopOther,
    ) -> None:
        self.transaction = Transaction()
        self.variables = guest.variables
        self.identity = guest.identity
        self._gateway = gateway
        self._warehouse = guest.warehouse
        self._base = guest.context
        self._shelf = shelf
        self._process = process
        self._warn = warn
        self._stop = stop
        self._name = guest.name
        self._own_path = guest.path
        self._relabel()

    # ------------------------------------------------------------------------------------------------- the gateway
    def caller(self) -> Caller:
        """Who asks, with a token that holds. Raises `Expired`."""
        return self.identity.current()

    async def answered(self, ask: Ask, values: Sequence[Any]) -> Answered:
        """A query's rows, on their way. Raises `GatewayError`."""
        self.identity.began = True
        request = self._request(ask, values)
        return Answered(request, await self._gateway.run(self.caller(), request, self._context))

    async def described(self, ask: Ask) -> Description:
        """What a query gives and takes. Raises `GatewayError`."""
        self.identity.began = True
        return await self._gateway.describe(self.caller(), self._request(ask), self._context)

    async def still(self, source: Source) -> None:
        """Rows that were begun go on only where the same would be answered now. Raises `Refused`, `GatewayError`."""
        caller, answered = self.caller(), source.answered
        if answered is not None and not await self._gateway.holds(caller, answered.request, answered.answer):
            raise Refused("40001", "What you may see has changed since these rows began.", "Run the query again.")

    # ---------------------------------------------------------------------------------------------- each statement
    async def perform(self, command: Command, values: Sequence[Any] = (), alone: bool = True) -> Done:
        """One statement; `alone` where the client sent no other with it. Raises `Refused`, `GatewayError`."""
        if not isinstance(command, commands.Commit | commands.Rollback | commands.RollbackTo):
            self.transaction.admit()
        match command:
            case Ask():
                return Done("SELECT", await self.answered(command, values), counted=True)
            case commands.CopyOut():
                return Done("COPY", await self.answered(command.ask, values), counted=True)
            case commands.ExplainPolicy():
                return Done("EXPLAIN", await self._explained(command.ask))
            case commands.Show():
                return Done("SHOW", self._shown(command))
            case commands.Call():
                return Done("SELECT", self._called(command), counted=True)
            case commands.Stop():
                return Done("SELECT", self._stopped(command), counted=True)
            case commands.Fetch():
                return await self._fetched(command)
            case commands.Declare():
                return await self._declared(command, values)
            case commands.Set() | commands.Reset() | commands.Modes() | commands.Discard() | commands.Nothing():
                return await self._of_session(command, alone)
            case commands.Deallocate() | commands.CloseCursor():
                return await self._forgotten(command)
            case _:
                return await self._of_transaction(command)

    def schema(self, command: Command) -> pa.Schema | None:
        """The columns of what is no query; None where it gives none. Raises `Refused`."""
        match command:
            case commands.Show():
                return self._shown(command).schema
            case commands.Call():
                return sources.text_schema([command.column])
            case commands.Stop():
                return pa.schema([pa.field(command.column, pa.bool_())])
            case commands.ExplainPolicy():
                return explain.SCHEMA
            case commands.Fetch() if not command.move:
                return self._cursor(command.name).schema
            case _:
                return None

    # ------------------------------------------------------------------------------------------------ transactions
    async def _of_transaction(self, command: Command) -> Done:
        transaction = self.transaction
        match command:
            case commands.Begin():
                warning, tag = transaction.begin(), command.tag
                if warning is None:
                    self.variables.begin()
                self._warned(warning, "25001")
            case commands.Commit():
                tag, warning = transaction.commit(command.chain)
                await self._ended(tag == "COMMIT", command.chain, warning)
            case commands.Rollback():
                tag, warning = "ROLLBACK", transaction.rollback(command.chain)
                await self._ended(False, command.chain, warning)
            case commands.Savepoint():
                tag = "SAVEPOINT"
                transaction.save(command.name)
            case commands.Release():
                tag = "RELEASE"
                transaction.release(command.name)
            case commands.RollbackTo():
                tag = "ROLLBACK"
                transaction.back_to(command.name)
            case _:
                raise Refused("0A000", "This statement is not offered.")
        return Done(tag)

    async def _ended(self, committed: bool, chain: bool, warning: str | None) -> None:
        self._warned(warning, "25P01")
        if warning is None:
            self.variables.end(committed)
            self._relabel()
            await self._shelf.transaction_ended(committed)
            if chain:
                self.variables.begin()

    def _warned(self, warning: str | None, sqlstate: str) -> None:
        if warning is not None:
            self._warn(Fields("WARNING", sqlstate, warning))

    # ---------------------------------------------------------------------------------------------------- settings
    async def _of_session(
        self,
        command: commands.Set | commands.Reset | commands.Modes | commands.Discard | commands.Nothing,
        alone: bool,
    ) -> Done:
        match command:
            case commands.Modes():
                return Done("SET")
            case commands.Nothing():
                return Done(command.tag)
            case commands.Set(name=name) if name == TOKEN:
                await self._act_for(command, alone)
                return Done("SET")
            case commands.Set():
                self._no_secret(command.name)
                self.variables.set(command.name, command.value, command.local, self.transaction.block)
                if command.local and not self.transaction.block:
                    self._warned("SET LOCAL can only be used in transaction blocks", "25P01")
                tag = "SET"
            case commands.Reset():
                self._no_secret(command.name)
                self.variables.reset(command.name)
                tag = "RESET"
            case commands.Discard():
                tag = f"DISCARD {command.what}"
                await self._discarded(command.what)
            case _:
                assert_never(command)
        self._relabel()
        return Done(tag)

    async def _act_for(self, command: commands.Set, alone: bool) -> None:
        """SET usher.token: the app that logged in names a user."""
        if not alone or self.transaction.block or command.local:
            raise Refused("25001", f"SET {TOKEN} must be sent alone, outside of a transaction.")
        if command.value is None:
            raise secret(TOKEN)
        token = self.identity.token_in(command.value)
        user = await self._gateway.act(self.identity.login, token, self._context)
        await self._shelf.close_all()
        self._shelf.undescribe()
        self.identity.act_for(user)
        self.variables.reset(None)  # what the one before set decides nothing for this one
        self._name = None
        self.variables.assign("session_authorization", user.subject)
        self._relabel()

    async def _discarded(self, what: str) -> None:
        if what != "ALL":
            return
        if self.transaction.block:
            raise Refused("25001", "DISCARD ALL cannot run inside a transaction block")
        self.variables.reset(None)
        self._shelf.forget_all()
        await self._shelf.close_all()

    @staticmethod
    def _no_secret(name: str | None) -> None:
        if name in SECRETS or name == LOGIN:
            raise secret(name)

    def _shown(self, command: commands.Show) -> Source:
        self._no_secret(command.name)
        if command.name == "all":
            rows = [(name, value, "") for name, value in self.variables.all()]
            return sources.texts(["name", "setting", "description"], rows)
        return sources.texts([command.column], [(self.variables.show(command.name),)])

    def _called(self, command: commands.Call) -> Source:
        return sources.texts([command.column], [(self._result(command),)])

    def _stopped(self, command: commands.Stop) -> Source:
        """Stop a query of another connection, if it is the same caller's; what it was is not told otherwise."""
        done = self._stop(self.caller(), command.process, command.ends)
        return sources.Fixed(pa.RecordBatch.from_pydict({command.column: [done]}))

    def _result(self, command: commands.Call) -> str:
        match command.function:
            case "pg_backend_pid":
                return str(self._process)
            case "pg_advisory_unlock_all":
                return ""
            case "current_setting":
                name = command.arguments[0].lower()
                self._no_secret(name)
                return self.variables.show(name)
            case "set_config":
                name, value, local = command.arguments
                self._no_secret(name.lower())
                self.variables.set(name.lower(), value, local.lower() in ("true", "t", "on"), self.transaction.block)
                self._relabel()
                return self.variables.show(name.lower())
            case _:
                raise Refused("42883", "There is no such function.")

    def _relabel(self) -> None:
        """What the session says of itself, as records and statements about the session tell it."""
        self._context: Context = replace(self._base, labels=self.variables.labels())
        self._session = Session(self._process, self._name, dict(self.variables.all()))
        path = self.variables["search_path"]
        self._path = None if path == self._own_path else schemas(path)

    def _request(self, ask: Ask, values: Sequence[Any] = ()) -> Request:
        return Request(ask.sql, self._warehouse, values, session=self._session, search_path=self._path)

    # ----------------------------------------------------------------------------------------------------- cursors
    async def _declared(self, command: commands.Declare, values: Sequence[Any]) -> Done:
        if not command.hold and not self.transaction.block:
            raise Refused("25P01", "DECLARE CURSOR can only be used in transaction blocks", "Send BEGIN first.")
        portal = Portal(
            command.name, command.ask, values, (1,) if command.binary else (), hold=command.hold, cursor=True
        )
        await self._shelf.open(portal)
        try:
            portal.source = await self.answered(command.ask, values)
        except BaseException:
            await self._shelf.close(command.name)
            raise
        portal.started = True
        return Done("DECLARE CURSOR")

    def _cursor(self, name: str) -> Source:
        source = self._shelf.portal(name).source
        if source is None:
            raise Refused("34000", f'cursor "{name}" does not exist')
        return source

    async def _fetched(self, command: commands.Fetch) -> Done:
        cursor = self._cursor(command.name)
        await self.still(cursor)
        return Done("MOVE" if command.move else "FETCH", Fetched(cursor, command.count), True, command.move)

    async def _forgotten(self, command: commands.Deallocate | commands.CloseCursor) -> Done:
        name = command.name
        if isinstance(command, commands.Deallocate):
            if name is None:
                self._shelf.forget_all()
                return Done("DEALLOCATE ALL")
            self._shelf.statement(name)
            self._shelf.forget(name)
            return Done("DEALLOCATE")
        if name is None:
            await self._shelf.close_all()
            return Done("CLOSE CURSOR ALL")
        self._shelf.portal(name)
        await self._shelf.close(name)
        return Done("CLOSE CURSOR")

    async def _explained(self, ask: Ask) -> Source:
        self.identity.began = True
        planned = await self._gateway.plan(self.caller(), self._request(ask), self._context)
        return explain.rows(planned)
