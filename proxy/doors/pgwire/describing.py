"""What is told of statements before and behind their rows: the types of their parameters, and their tags.

Rule kept here: functions from values to values.
"""

from __future__ import annotations

from collections.abc import Sequence

from proxy.doors.pgwire import commands, messages
from proxy.doors.pgwire.commands import Command
from proxy.doors.pgwire.portals import Prepared
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.types import TEXT, of_field
from proxy.gateway import Description


def tag_of(command: Command | None) -> str:
    """The tag of what a portal sends rows for."""
    match command:
        case commands.Show():
            return "SHOW"
        case commands.ExplainPolicy():
            return "EXPLAIN"
        case commands.Fetch():
            return "FETCH"
        case _:
            return "SELECT"


def parameter_oids(prepared: Prepared, told: Description | None) -> Sequence[int]:
    """The types of a statement's parameters, in order: the client's own, else the engine's, else text. Raises
    `Refused`."""
    count = len(prepared.oids)
    known: dict[int, int] = {}
    for name, field in zip(told.plan.query.parameters, told.parameters, strict=True) if told else ():
        if not name.isdecimal() or not 1 <= int(name) <= messages.MOST_VALUES:
            raise Refused("42P02", f"The parameter ${name} has no number.", "Name parameters $1, $2, ..")
        count = max(count, int(name))
        known[int(name)] = TEXT.oid if field is None else of_field(field).oid
    given = [*prepared.oids, *[0] * (count - len(prepared.oids))]
    return [oid or known.get(place, TEXT.oid) for place, oid in enumerate(given, start=1)]
