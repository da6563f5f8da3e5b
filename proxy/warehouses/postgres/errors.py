"""PostgreSQL's errors, told in our own words.

Rule kept here: no text of the server ever passes, because it quotes values and policy text. What is kept of an error is
its SQLSTATE, where that says nothing of data, and the name that stands in the user's part of the statement at the place
where the server found it. Every class of states (SQL standard, and PostgreSQL's appendix A) has its line.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import asyncpg  # type: ignore[import-untyped]

from proxy.errors import GatewayError, InvalidSql, LimitExceeded, QueryFailed, QueryTimeout, WarehouseUnavailable
from proxy.values import Reason, ReasonCode
from proxy.warehouses.postgres.syntax import one_statement

ENGINE = "The warehouse could not compute this statement. Simplify it, or try parts of it to find the one that fails."
CONVERSION = (
    "A value could not be converted to the type that the statement asks for. Compare columns with values of their own "
    "type, and test a text's form before you cast it."
)
RANGE = "A number, date or length in the statement's work is out of range. Cast to a wider type, such as numeric."
DIVISION = "The statement divides by zero. Write x / NULLIF(y, 0)."
CARDINALITY = "A subquery that stands for one value gave more than one row. Aggregate it, or write LIMIT 1."
SYNTAX = "The statement is not valid SQL for this warehouse."
BINDING = "The statement's expressions do not fit together: check the types and the arguments of functions."
GROUPING = "A column must stand in GROUP BY, also where it follows from a key, or in an aggregate function."
CHANGED = "The warehouse's tables do not fit the statement: the warehouse may have changed. Try again."
MEMORY = (
    "The statement needs more memory or disk than the warehouse gives. Select fewer columns, filter more rows, or "
    "aggregate before sorting and joining."
)
BUSY = "The warehouse has no connection left. Try again in a moment."
COMPLEX = "The statement is too complex for the warehouse. Simplify it."
LOCKED = "A table is being changed. Try again in a moment."
PATTERN = "A pattern of LIKE or a regular expression is not valid: look at its escape characters and brackets."
STOPPED = "The statement was stopped."
RIGHTS = "The gateway's login may not read what the statement needs. Tell whoever runs the gateway."
DOWN = "The warehouse cannot be reached at the moment. Try again; if it stays so, tell whoever runs the gateway."

Told: TypeAlias = tuple[type[GatewayError], ReasonCode, str]

_FAILED: Told = (QueryFailed, ReasonCode.ENGINE_ERROR, ENGINE)
_UNFIT: Told = (InvalidSql, ReasonCode.CONVERSION, BINDING)
_DOWN: Told = (WarehouseUnavailable, ReasonCode.WAREHOUSE_DOWN, DOWN)
_CHANGED: Told = (QueryFailed, ReasonCode.ENGINE_ERROR, CHANGED)
_MEMORY: Told = (QueryFailed, ReasonCode.ENGINE_ERROR, MEMORY)
_CONVERSION: Told = (QueryFailed, ReasonCode.CONVERSION, CONVERSION)
_RANGE: Told = (QueryFailed, ReasonCode.OUT_OF_RANGE, RANGE)

CLASSES: Mapping[str, Told] = {
    "00": _FAILED,
    "01": _FAILED,
    "02": _FAILED,
    "03": _DOWN,
    "08": _DOWN,
    "09": _FAILED,
    "0A": _FAILED,
    "0B": _FAILED,
    "0F": _FAILED,
    "0L": _FAILED,
    "0P": _FAILED,
    "0Z": _FAILED,
    "10": _FAILED,
    "20": _FAILED,
    "21": _FAILED,
    "22": _CONVERSION,
    "23": _FAILED,
    "24": _FAILED,
    "25": _FAILED,
    "26": _FAILED,
    "27": _FAILED,
    "28": _DOWN,
    "2B": _FAILED,
    "2D": _FAILED,
    "2F": _FAILED,
    "34": _FAILED,
    "38": _FAILED,
    "39": _FAILED,
    "3B": _FAILED,
    "3D": _DOWN,
    "3F": _CHANGED,
    "40": (QueryFailed, ReasonCode.ENGINE_ERROR, LOCKED),
    "42": (QueryFailed, ReasonCode.ENGINE_ERROR, BINDING),
    "44": _FAILED,
    "53": _MEMORY,
    "54": (QueryFailed, ReasonCode.ENGINE_ERROR, COMPLEX),
    "55": _FAILED,
    "57": _DOWN,
    "58": _DOWN,
    "72": _FAILED,
    "F0": _DOWN,
    "HV": _FAILED,
    "P0": _FAILED,
    "XX": _FAILED,
}
"""What a caller is told of a class of states: the first two characters."""

STATES: Mapping[str, Told] = {
    "21000": (QueryFailed, ReasonCode.ENGINE_ERROR, CARDINALITY),
    "22003": _RANGE,
    "22008": _RANGE,
    "22012": (QueryFailed, ReasonCode.DIVISION_BY_ZERO, DIVISION),
    "22015": _RANGE,
    "2201E": _RANGE,
    "2201F": _RANGE,
    "2201G": _RANGE,
    "2202E": _RANGE,
    "22019": (QueryFailed, ReasonCode.CONVERSION, PATTERN),
    "2201B": (QueryFailed, ReasonCode.CONVERSION, PATTERN),
    "22025": (QueryFailed, ReasonCode.CONVERSION, PATTERN),
    "22P03": _DOWN,
    "42501": (QueryFailed, ReasonCode.ENGINE_ERROR, RIGHTS),
    "42601": (InvalidSql, ReasonCode.SYNTAX, SYNTAX),
    "42602": (InvalidSql, ReasonCode.SYNTAX, SYNTAX),
    "42622": (InvalidSql, ReasonCode.SYNTAX, SYNTAX),
    "42803": (InvalidSql, ReasonCode.SYNTAX, GROUPING),
    "42804": _UNFIT,
    "42809": _UNFIT,
    "42846": _UNFIT,
    "42883": _UNFIT,
    "42725": _UNFIT,
    "42P18": (InvalidSql, ReasonCode.PARAMETERS, "The type of a parameter is not known: cast it, as in $1::text."),
    "42P01": _CHANGED,
    "53300": (LimitExceeded, ReasonCode.CONCURRENCY, BUSY),
    "55P03": (QueryFailed, ReasonCode.ENGINE_ERROR, LOCKED),
    "57014": (QueryTimeout, ReasonCode.STATEMENT_TIMEOUT, STOPPED),
    "25P03": (QueryTimeout, ReasonCode.STATEMENT_TIMEOUT, STOPPED),
    "25P04": (QueryTimeout, ReasonCode.STATEMENT_TIMEOUT, STOPPED),
    "55006": (QueryFailed, ReasonCode.ENGINE_ERROR, LOCKED),
}
"""States of which more can be told than of their class."""

SHOWN = frozenset(
    (
        *("21000", "22003", "22007", "22008", "22012", "22015", "22P02", "2201E", "2201F", "2201G", "2202E"),
        *("42601", "42702", "42703", "42803", "42804", "42846", "42883", "42725", "42P18", "53300", "57014"),
    )
)
"""States that pass as they are: they say what the statement does, never what a row holds beyond its class."""

_NAMED: Mapping[str, tuple[ReasonCode, str]] = {
    "42703": (ReasonCode.UNKNOWN_COLUMN, "There is no column {} here."),
    "42702": (ReasonCode.AMBIGUOUS_NAME, "The column {} is ambiguous: write table.column."),
    "42803": (
        ReasonCode.SYNTAX,
        "The column {} must stand in GROUP BY, also where it follows from a key, or in an aggregate function.",
    ),
    "42883": (
        ReasonCode.FUNCTION,
        "The function {} does not take arguments of these types: check their number, or cast them.",
    ),
}
_POLICYS = "__usher"
"""How the alias of a base table begins in every policy view; no user can write one."""
_NAME = re.compile(r'(?:[^\W\d]\w{0,62}|"[^"\n]{1,63}")(?:\.(?:[^\W\d]\w{0,62}|"[^"\n]{1,63}"))?')


def mapped(error: BaseException, sql: str = "") -> GatewayError:
    """What a caller is told of a driver's error in the statement `sql`; the original must be chained by the raiser, and
    is only logged."""
    state = getattr(error, "sqlstate", None)
    if not isinstance(error, asyncpg.PostgresError) or not isinstance(state, str):
        made, reason, text = _DOWN if isinstance(error, DISCONNECTED) else _FAILED
        return made(text, reason)
    if (told := _named(state, getattr(error, "position", None), sql)) is not None:
        return told
    made, reason, text = STATES.get(state) or CLASSES.get(state[:2], _FAILED)
    return made(text, reason, sqlstate=state if state in SHOWN else None)


def _named(state: str, position: object, sql: str) -> GatewayError | None:
    """The name that the server points at, as the user spells it; none where it points into the text of the policy."""
    if state not in _NAMED or not isinstance(position, str) or not position.isdecimal():
        return None
    found = _NAME.match(sql, int(position) - 1)
    if found is None or _in_a_view(sql, found.start()):
        return None
    name = found[0].rpartition(".")[2].strip('"')
    reason, text = _NAMED[state]
    return InvalidSql(text.format(name), Reason(reason, name), sqlstate=state)


def _in_a_view(sql: str, place: int) -> bool:
    """Whether a character of a rewritten text is one of a policy view's; True where the text cannot be read."""
    try:
        statement = one_statement(sql)
    except GatewayError:
        return True
    byte = len(sql[:place].encode())
    stack: list[Any] = [statement]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            select = item.get("SelectStmt", item)
            if any(_is_policys(source) for source in select.get("fromClause", ())):
                places = sorted(_places(select))
                if places and places[0] <= byte <= places[-1]:
                    return True
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return False


def _is_policys(source: dict[str, Any]) -> bool:
    alias = source.get("RangeVar", {}).get("alias", {})
    return str(alias.get("aliasname", "")).startswith(_POLICYS)


def _places(tree: Any) -> Iterator[int]:
    """Where the nodes of a tree start (bytes), as far as the parser says."""
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if item.get("location", 0) > 0:
                yield item["location"]
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


DISCONNECTED = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, EOFError)
"""What the driver raises when the connection is gone, or unusable."""

DRIVER = (asyncpg.PostgresError, *DISCONNECTED, UnicodeDecodeError, ValueError, OverflowError, BufferError)
"""Everything that a call of the driver may raise."""


def breaks(error: BaseException) -> bool:
    """Whether a connection is not to be used again after this error."""
    fatal = getattr(error, "severity_en", None) in ("FATAL", "PANIC")
    return fatal or not isinstance(error, asyncpg.PostgresError)


def start_problem(error: BaseException) -> str:
    """Why the server cannot be used, in our words and without anything of the address."""
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith("28"):
        return "the server refuses the login; mend its name or password, or pg_hba.conf"
    if state == "3D000":
        return "the server has no such database; mend the address"
    if state.startswith("53"):
        return "the server has no connection left; raise max_connections, or lower pool.max"
    if isinstance(error, ssl.SSLError):
        return "the server's certificate is not trusted, or it speaks no TLS; mend sslmode and sslrootcert"
    if isinstance(error, asyncpg.ClientConfigurationError | ValueError):
        return "it is no address that the driver understands; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    if isinstance(error, WarehouseUnavailable):
        return "the server changes settings that must be as Usher sets them; connect to it without a pooler between"
    if isinstance(error, OSError | TimeoutError):
        return "the server does not answer; start it, or mend host, port and network"
    return "the server cannot be used; it must be PostgreSQL 15 or later, without a pooler between"
