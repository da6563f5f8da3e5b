"""One client's session: each message answered in turn.

Rule kept here: messages are answered in order and one at a time; whatever fails is told once, and has the rest of its
group skipped. A query runs in a scope of its own, which a cancel request or the session's own timeout ends. Only what
ends the session leaves this file as an exception.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import anyio

from proxy.doors.pgwire import commands, messages, notices, reading, replies, tokens
from proxy.doors.pgwire.aside import aside
from proxy.doors.pgwire.asking import ask_of, position
from proxy.doors.pgwire.commands import Ask, Command
from proxy.doors.pgwire.connection import Connection, Gone, Idle
from proxy.doors.pgwire.describing import parameter_oids, tag_of
from proxy.doors.pgwire.identity import Expired
from proxy.doors.pgwire.login import Guest
from proxy.doors.pgwire.messages import Event
from proxy.doors.pgwire.parameters import LONG_VALUES, decoded, need_types
from proxy.doors.pgwire.performing import Done, Performing, StopOther
from proxy.doors.pgwire.portals import Portal, Prepared, Shelf
from proxy.doors.pgwire.refusals import Refused, fields_of
from proxy.doors.pgwire.replies import Fields
from proxy.doors.pgwire.rows import RowEncoder
from proxy.doors.pgwire.sending import Sending
from proxy.doors.pgwire.settings import Settings
from proxy.doors.pgwire.sources import Answered, Source
from proxy.doors.pgwire.types import of_field
from proxy.gateway import Description, Gateway, refusal_of
from proxy.traces import shape_of
from proxy.values import Caller

LOG = logging.getLogger(__name__)


class Dialogue:
    """The session of one client that logged in."""

    def __init__(
        self,
        gateway: Gateway,
        settings: Settings,
        connection: Connection,
        guest: Guest,
        process: int,
        key: bytes,
        stop: StopOther,
    ) -> None:
        self.key = key
        self._settings = settings
        self._connection = connection
        self._shelf = Shelf(settings)
        self._does = Performing(gateway, guest, self._shelf, process, self._warn, stop)
        self._sends = Sending(connection)
        self._process = process
        self._running: anyio.CancelScope | None = None
        self._asked_to_stop = False
        self._reported: dict[str, str] = {}
        self._revision = -1
        self._ask: Ask | None = None
        self._handlers: Mapping[type[Event], Callable[[Any], Awaitable[None]]] = {
            messages.Query: self._query,
            messages.Parse: self._parse,
            messages.Bind: self._bind,
            messages.Describe: self._describe,
            messages.Execute: self._execute,
            messages.Close: self._close,
            messages.Sync: self._sync,
            messages.Flush: self._flush,
            messages.CopyPart: self._ignored,
            messages.FunctionCall: self._function,
        }

    # ------------------------------------------------------------------------------------------------------ the loop
    async def run(self) -> None:
        """Answer until the client leaves. Raises `Gone`, `Idle`, `Stopping`, `Expired`, `Violation`."""
        try:
            self._report()
            self._connection.write(replies.key_data(self._process, self.key))
            await self._ready()
            while True:
                event = await self._event()
                if isinstance(event, messages.Terminate):
                    return
                await self._answer(event)
        finally:
            with anyio.CancelScope(shield=True):
                await self._shelf.close_all()

    async def _event(self) -> Event:
        try:
            return await self._connection.event(self._patience())
        except Idle:
            self._does.identity.current()
            raise

    @property
    def caller(self) -> Caller:
        """Who asks here."""
        return self._does.identity.caller

    def end(self) -> None:
        """Stop the query at work, and take nothing new."""
        self.cancel()
        self._connection.stop()

    def cancel(self) -> None:
        """Stop the query at work, if there is one."""
        if self._running is not None:
            self._asked_to_stop = True
            self._running.cancel()

    def _patience(self) -> float:
        """Seconds to wait for a message: to the end of the client's own patience, ours, or the token."""
        limits = [self._settings.idle_timeout_s]
        names = ["idle_session_timeout"]
        if self._does.transaction.block:
            names.append("idle_in_transaction_session_timeout")
        limits += [ms / 1000 for ms in map(self._does.variables.milliseconds, names) if ms]
        return max(0.0, min(*limits, self._does.identity.expires_at - time.time() + 0.001))

    async def _answer(self, event: Event) -> None:
        handler = self._handlers.get(type(event))
        if handler is None:
            raise messages.Violation("This message has no place here.")
        try:
            await self._timed(handler, event)
        except (Expired, Gone, messages.Violation):
            raise
        except Exception as error:
            await self._refuse(error)
        if isinstance(event, messages.Query):
            await self._end_group()

    async def _timed(self, handler: Callable[[Any], Awaitable[None]], event: Event) -> None:
        """Answer within the session's own statement timeout, unless asked to stop. Raises `Refused` at its end."""
        milliseconds = self._does.variables.milliseconds("statement_timeout")
        deadline = anyio.current_time() + milliseconds / 1000 if milliseconds else float("inf")
        with anyio.CancelScope(deadline=deadline) as self._running:
            await handler(event)
        scope, self._running = self._running, None
        asked, self._asked_to_stop = self._asked_to_stop, False
        if scope is not None and scope.cancelled_caught:
            why = "user request" if asked else "statement timeout"
            raise Refused("57014", f"canceling statement due to {why}")

    async def _refuse(self, error: Exception) -> None:
        """Tell what failed; a failed statement fails its transaction."""
        self._running, self._asked_to_stop = None, False
        self._does.transaction.implicit = False
        if isinstance(error, Refused):
            fields = error.fields
        else:
            refusal = refusal_of(error)
            if refusal is not error:
                LOG.error("an answer failed: decision %s: %s", refusal.decision_id, shape_of(error))
            fields = fields_of(refusal, place=partial(position, self._ask))
        self._connection.write(replies.error(fields))
        self._does.transaction.fail()
        self._connection.session.failed()
        if not self._does.transaction.block:
            await self._shelf.transaction_ended(committed=False)
        await self._connection.flush()

    async def _end_group(self) -> None:
        """A simple query, or a group up to Sync, is over."""
        self._does.transaction.implicit = False
        if not self._does.transaction.block:
            await self._shelf.transaction_ended(committed=True)
        self._report()
        await self._ready()

    async def _ready(self) -> None:
        self._connection.write(replies.READY[self._does.transaction.status])
        await self._connection.flush()

    def _report(self) -> None:
        """ParameterStatus of every setting that changed."""
        if self._revision == self._does.variables.revision:
            return
        self._revision = self._does.variables.revision
        for name, value in self._does.variables.reported().items():
            if self._reported.get(name) != value:
                self._reported[name] = value
                self._connection.write(replies.parameter(name, value))

    def _warn(self, fields: Fields) -> None:
        if notices.wanted(fields.severity, self._does.variables["client_min_messages"]):
            self._connection.write(replies.notice(fields))

    # -------------------------------------------------------------------------------------------------- simple query
    async def _query(self, event: messages.Query) -> None:
        self._ask = None
        await self._shelf.close("")
        read = await aside(len(event.sql) >= tokens.LONG, reading.statements, event.sql)
        if not read:
            self._connection.write(replies.EMPTY_QUERY)
        self._does.transaction.implicit = len(read) > 1
        for command in read:
            self._ask = ask_of(command)
            await self._finish(command, await self._does.perform(command, alone=len(read) == 1))
            self._report()
            await self._connection.pace()

    async def _finish(self, command: Command, done: Done) -> None:
        """Send all of a statement's rows, and its end."""
        if done.source is None:
            if isinstance(command, commands.Declare):
                self._notice_before(self._shelf.portal(command.name).source)
            self._connection.write(replies.complete(done.tag))
            return
        try:
            if isinstance(command, commands.CopyOut):
                count = await self._sends.copy(done.source, command.options)
            elif done.moved:
                count = await self._sends.dropped(done.source)
            else:
                encoder = RowEncoder(done.source.schema, self._formats(command))
                self._connection.write(replies.row_description(encoder.columns))
                self._notice_before(done.source)
                count, _ = await self._sends.rows(done.source, encoder, None)
            self._notice_after(done.source)
        except BaseException:
            await done.source.close()
            raise
        self._connection.write(replies.complete(f"{done.tag} {count}" if done.counted else done.tag))

    def _formats(self, command: Command) -> tuple[int, ...]:
        """FETCH of a binary cursor gives binary."""
        return self._shelf.portal(command.name).formats if isinstance(command, commands.Fetch) else ()

    def _notice_before(self, source: Source | None) -> None:
        if isinstance(source, Answered) and self._does.variables["usher.notices"] == "on":
            for fields in notices.withheld(source.answer.plan):
                self._warn(fields)

    def _notice_after(self, source: Source | None) -> None:
        if isinstance(source, Answered) and self._does.variables["usher.notices"] == "on":
            for fields in notices.found(source.answer.tally):
                self._warn(fields)

    # ------------------------------------------------------------------------------------------------ extended query
    async def _parse(self, event: messages.Parse) -> None:
        self._ask = None
        read = await aside(len(event.sql) >= tokens.LONG, reading.statements, event.sql)
        if len(read) > 1:
            raise Refused("42601", "cannot insert multiple commands into a prepared statement")
        command = read[0] if read else None
        size = len(event.sql) + len(event.name) + 4 * len(event.oids)
        self._shelf.keep(Prepared(event.name, size, command, event.oids))
        self._connection.write(replies.PARSE_COMPLETE)

    async def _bind(self, event: messages.Bind) -> None:
        prepared = self._shelf.statement(event.statement)
        oids = await self._oids(prepared, event)
        formats = event.formats * len(event.values) if len(event.formats) == 1 else event.formats
        size = sum(len(v) for v in event.values if v is not None)
        values = await aside(size + len(event.values) >= LONG_VALUES, decoded, event.values, oids, formats)
        portal = Portal(event.portal, prepared.command, values, event.results, prepared, size=size)
        await self._shelf.open(portal)
        self._connection.write(replies.BIND_COMPLETE)

    async def _oids(self, prepared: Prepared, event: messages.Bind) -> list[int]:
        """The types of the values: as the client named them, else as the statement was described."""
        count = len(event.values)
        named = [*prepared.oids[:count], *[0] * (count - len(prepared.oids))]
        if 0 in named and prepared.described is None and need_types(event.values, event.formats):
            await self._description(prepared)
        if prepared.described is None:
            return named
        known = [field if field is None else of_field(field).oid for field in prepared.described.parameters]
        return [oid or (known[place] if place < len(known) else None) or 0 for place, oid in enumerate(named)]

    async def _description(self, prepared: Prepared) -> Description | None:
        """What the gateway says of a statement, asked once; None for what is no query."""
        ask = ask_of(prepared.command)
        if ask is None:
            return None
        if prepared.described is None:
            self._ask = ask
            self._does.transaction.admit()
            prepared.described = await self._does.described(ask)
        return prepared.described

    async def _describe(self, event: messages.Describe) -> None:
        if event.portal:
            await self._describe_portal(self._shelf.portal(event.name))
            return
        prepared = self._shelf.statement(event.name)
        told = await self._description(prepared)
        self._connection.write(replies.parameter_description(parameter_oids(prepared, told)))
        schema = None
        if isinstance(prepared.command, Ask) and told is not None:
            schema = told.schema
        elif prepared.command is not None:
            schema = self._does.schema(prepared.command)
        described = replies.NO_DATA if schema is None else replies.row_description(RowEncoder(schema).columns)
        self._connection.write(described)

    async def _describe_portal(self, portal: Portal) -> None:
        if isinstance(portal.command, Ask) and not portal.ended:
            await self._start(portal)
        if portal.encoder is None and portal.command is not None and not portal.cursor:
            schema = self._does.schema(portal.command)
            portal.encoder = None if schema is None else RowEncoder(schema, portal.formats)
        elif portal.encoder is None and portal.source is not None:
            portal.encoder = RowEncoder(portal.source.schema, portal.formats)
        columns = None if portal.encoder is None else portal.encoder.columns
        self._connection.write(replies.NO_DATA if columns is None else replies.row_description(columns))

    async def _start(self, portal: Portal) -> Done | None:
        """Perform a portal's statement, once."""
        if portal.started or portal.command is None:
            return None
        self._ask = ask_of(portal.command)
        portal.started = True
        done = await self._does.perform(portal.command, portal.values)
        source = portal.source = done.source
        if source is None or isinstance(portal.command, commands.CopyOut) or done.moved:
            return done
        described = portal.prepared.described if portal.prepared else None
        try:
            if isinstance(portal.command, Ask) and described is not None:
                source = portal.source = self._sends.as_described(source, described.schema)
            portal.encoder = RowEncoder(source.schema, portal.formats)
        except BaseException:
            await portal.close()
            raise
        return Done(done.tag, source, done.counted, done.moved)

    async def _execute(self, event: messages.Execute) -> None:
        portal = self._shelf.portal(event.portal)
        if portal.command is None:
            self._connection.write(replies.EMPTY_QUERY)
            return
        done = await self._start(portal)
        source, encoder = portal.source, portal.encoder
        if done is not None and encoder is None:
            await self._finish(portal.command, done)
            portal.ended = True
        elif source is not None and encoder is not None:
            if done is None:
                await self._does.still(source)
            await self._rows(portal, source, encoder, event.most)
        elif portal.ended and encoder is not None:
            self._connection.write(replies.complete("SELECT 0"))
        else:
            raise Refused("55000", f'portal "{portal.name}" cannot be run')

    async def _rows(self, portal: Portal, source: Source, encoder: RowEncoder, most: int) -> None:
        """Send a portal's next rows, and its end where they are the last."""
        if not portal.told:
            portal.told = True
            self._notice_before(source)
        try:
            count, suspended = await self._sends.rows(source, encoder, most or None)
        except BaseException:
            await portal.close()
            raise
        if suspended:
            self._connection.write(replies.SUSPENDED)
            return
        self._notice_after(source)
        await portal.close()
        tag = tag_of(portal.command)
        self._connection.write(replies.complete(tag if tag in ("SHOW", "EXPLAIN") else f"{tag} {count}"))

    async def _close(self, event: messages.Close) -> None:
        if event.portal:
            await self._shelf.close(event.name)
        else:
            self._shelf.forget(event.name)
        self._connection.write(replies.CLOSE_COMPLETE)

    async def _sync(self, _: messages.Sync) -> None:
        await self._end_group()

    async def _flush(self, _: messages.Flush) -> None:
        await self._connection.flush()

    async def _ignored(self, _: messages.CopyPart) -> None:
        """Data of a COPY that was refused."""

    async def _function(self, _: messages.FunctionCall) -> None:
        raise Refused("0A000", "Function calls past SQL are not offered.", "Use SELECT.")
