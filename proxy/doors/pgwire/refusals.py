"""Every refusal as the fields of an ErrorResponse.

Rule kept here: SQLSTATE is the one that clients know for the case, the message says what happened and the hint what to
do, the position points into the user's own text, and the detail names the record of the decision. Nothing quotes data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from proxy.doors.pgwire.replies import Fields
from proxy.errors import GatewayError, InvalidSql
from proxy.values import Reason, ReasonCode

_STATES: Mapping[ReasonCode, str] = {
    ReasonCode.UNKNOWN_TABLE: "42P01",
    ReasonCode.UNKNOWN_COLUMN: "42703",
    ReasonCode.AMBIGUOUS_NAME: "42702",
    ReasonCode.UNKNOWN_WAREHOUSE: "3D000",
    ReasonCode.PARAMETERS: "08P01",
    ReasonCode.DIVISION_BY_ZERO: "22012",
    ReasonCode.CONVERSION: "22P02",
    ReasonCode.OUT_OF_RANGE: "22003",
    ReasonCode.TOO_DEEP: "54001",
    ReasonCode.CONCURRENCY: "53300",
}
"""SQLSTATEs (PostgreSQL documentation, appendix A) by reason, where the error itself says nothing narrower."""

_MISSING: Mapping[ReasonCode, tuple[str, str]] = {
    ReasonCode.UNKNOWN_TABLE: ("relation", "tables"),
    ReasonCode.UNKNOWN_COLUMN: ("column", "columns"),
}


class Refused(Exception):
    """The door itself says no, before the gateway is asked or instead of it."""

    def __init__(self, sqlstate: str, message: str, hint: str | None = None, position: int | None = None) -> None:
        super().__init__(message)
        self.fields = Fields("ERROR", sqlstate, message, None, hint, position)


def fields_of(error: GatewayError, severity: str = "ERROR", place: Callable[[int], int] = lambda at: at + 1) -> Fields:
    """What a query's end tells. `place` says where a place in the query stands in the client's own text, from 1."""
    message, hint = _missing(error) or _parted(error.detail)
    position = None if error.span is None else place(error.span.start)
    return Fields(severity, sqlstate_of(error), message, _detail(error), hint, position)


def sqlstate_of(error: GatewayError) -> str:
    """The SQLSTATE: the raiser's own, else the one of its first reason that has one, else that of its class."""
    if error.sqlstate != error.default_sqlstate:
        return error.sqlstate
    narrower = [_STATES[reason.code] for reason in error.reasons if reason.code in _STATES]
    if narrower and (isinstance(error, InvalidSql) or narrower[0] != "08P01"):
        return narrower[0]
    return error.sqlstate


def _missing(error: GatewayError) -> tuple[str, str] | None:
    """What clients know a missing table or column by: the server's own words. What is hidden does not exist."""
    for reason in error.reasons:
        if reason.about and reason.code in _MISSING:
            what, where = _MISSING[reason.code]
            return f'{what} "{reason.about}" does not exist', f"information_schema.{where} lists those you may read."
    return None


def _parted(detail: str) -> tuple[str, str | None]:
    """What happened, and what to do about it: the first sentence, and the rest."""
    head, found, rest = detail.partition(". ")
    if found and rest and head.count('"') % 2 == 0:
        return head + ".", rest
    return detail, None


def _detail(error: GatewayError) -> str | None:
    parts = []
    if error.reasons:
        parts.append("Reasons: " + ", ".join(dict.fromkeys(_told(reason) for reason in error.reasons)) + ".")
    if error.decision_id is not None:
        parts.append(f"Decision: {error.decision_id}.")
    return " ".join(parts) or None


def _told(reason: Reason) -> str:
    return f"{reason.code.value} ({reason.about})" if reason.about else reason.code.value
