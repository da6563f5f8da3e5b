"""The statements that the door answers itself, about the session and about portals, as frozen values.

Rule kept here: a closed list, and nothing that works; `proxy/doors/pgwire/reading.py` makes them of text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Ask:
    """A query for the gateway: its text, and where it begins in what the client sent. `blanks` are the places in its
    text that the client's had no blank at."""

    sql: str
    offset: int
    blanks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Begin:
    """BEGIN, START TRANSACTION."""

    tag: str


@dataclass(frozen=True, slots=True)
class Commit:
    """COMMIT, END; `chain` begins another one at once."""

    chain: bool = False


@dataclass(frozen=True, slots=True)
class Rollback:
    """ROLLBACK, ABORT."""

    chain: bool = False


@dataclass(frozen=True, slots=True)
class Savepoint:
    """SAVEPOINT."""

    name: str


@dataclass(frozen=True, slots=True)
class Release:
    """RELEASE SAVEPOINT."""

    name: str


@dataclass(frozen=True, slots=True)
class RollbackTo:
    """ROLLBACK TO SAVEPOINT."""

    name: str


@dataclass(frozen=True, slots=True)
class Modes:
    """SET TRANSACTION and SET SESSION CHARACTERISTICS: both say only what already is so."""


@dataclass(frozen=True, slots=True)
class Set:
    """SET; a value of None is DEFAULT. `local` holds to the end of the transaction."""

    name: str
    value: str | None
    local: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """SHOW; `ALL` for every one. `column` is the name of the one column in the answer."""

    name: str
    column: str


@dataclass(frozen=True, slots=True)
class Reset:
    """RESET; None for all."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Discard:
    """DISCARD."""

    what: str


@dataclass(frozen=True, slots=True)
class Deallocate:
    """DEALLOCATE; None for all."""

    name: str | None


@dataclass(frozen=True, slots=True)
class CloseCursor:
    """CLOSE; None for all."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Declare:
    """DECLARE .. CURSOR FOR a query."""

    name: str
    binary: bool
    hold: bool
    ask: Ask


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH and MOVE, forward only; None for all that is left."""

    name: str
    count: int | None
    move: bool


@dataclass(frozen=True, slots=True)
class CopyOut:
    """COPY (query) TO STDOUT."""

    ask: Ask
    options: Mapping[str, str | list[str] | None]


@dataclass(frozen=True, slots=True)
class Nothing:
    """A command that has nothing to do here: LISTEN's counterpart, and the release of locks nobody holds."""

    tag: str


@dataclass(frozen=True, slots=True)
class Call:
    """SELECT of one function about the session, called with texts."""

    function: str
    arguments: tuple[str, ...]
    column: str


@dataclass(frozen=True, slots=True)
class Stop:
    """SELECT pg_cancel_backend(..) or pg_terminate_backend(..), which `ends` the session too."""

    process: int
    ends: bool
    column: str


@dataclass(frozen=True, slots=True)
class ExplainPolicy:
    """EXPLAIN POLICY of a query."""

    ask: Ask


Command: TypeAlias = (
    Ask
    | Begin
    | Commit
    | Rollback
    | Savepoint
    | Release
    | RollbackTo
    | Modes
    | Set
    | Show
    | Reset
    | Discard
    | Deallocate
    | CloseCursor
    | Declare
    | Fetch
    | CopyOut
    | Nothing
    | Call
    | Stop
    | ExplainPolicy
)
