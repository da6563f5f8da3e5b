"""Every error a person can meet, as one tree.

Rule kept here: a class exists only where somebody reacts differently; *why* is a `ReasonCode`. `str(error)` is safe to
show to the caller: it says what happened and what to do and never quotes data; the cause is chained and only logged.

    GatewayError                    code             HTTP  SQLSTATE
      Unauthenticated               unauthenticated   401  28000
      InvalidSql                    invalid-sql       400  42601
      Ungovernable                  ungovernable      400  0A000
      Denied                        denied            403  42501
      LimitExceeded                 limit-exceeded    429  53400
      TooLarge                      too-large         413  54000
      QueryFailed                   query-failed      400  42000
      WarehouseUnavailable          unavailable       503  08006
      QueryTimeout                  timeout           504  57014
      PiiBlocked                    pii-blocked       403  42501
      ScanError                     scan              500  XX000
      AuditError                    audit             503  58030
    ConfigError                     start-up only
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Sequence
from typing import ClassVar

from proxy.values import Reason, ReasonCode, Span


class GatewayError(Exception):
    """A query ended without (all of) its rows. `detail` is for the person or model that must mend the query.

    `statement` is the refused SQL without its values, for the audit log alone, where it could be read that far. `span`
    points into the user's own text where that is known; `sqlstate` may be narrowed by the raiser to the engine's
    own class where that cannot quote data. `lingering` ends once the warehouse has let go of what it still works on."""

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "The gateway failed"
    http_status: ClassVar[int] = 500
    default_sqlstate: ClassVar[str] = "XX000"

    def __init__(
        self,
        detail: str,
        *reasons: Reason | ReasonCode,
        span: Span | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reasons = tuple(r if isinstance(r, Reason) else Reason(r) for r in reasons)
        self.span = span
        self.sqlstate = sqlstate or self.default_sqlstate
        self.decision_id: str | None = None
        self.statement: str | None = None
        self.lingering: Future[None] | None = None


class Unauthenticated(GatewayError):
    """There is no valid identity: sign in again."""

    code = "unauthenticated"
    title = "Not signed in"
    http_status = 401
    default_sqlstate = "28000"


class InvalidSql(GatewayError):
    """The statement is wrong: mend it."""

    code = "invalid-sql"
    title = "The statement is not valid"
    http_status = 400
    default_sqlstate = "42601"


class Ungovernable(GatewayError):
    """The statement was understood well enough to refuse it: write it another way."""

    code = "ungovernable"
    title = "The statement cannot be governed"
    http_status = 400
    default_sqlstate = "0A000"


class Denied(GatewayError):
    """Policy says no: ask the owner for access."""

    code = "denied"
    title = "Not allowed"
    http_status = 403
    default_sqlstate = "42501"


class LimitExceeded(GatewayError):
    """A limit on use was reached: wait and try again."""

    code = "limit-exceeded"
    title = "A limit was reached"
    http_status = 429
    default_sqlstate = "53400"


class TooLarge(GatewayError):
    """The request or its answer is larger than allowed: ask for less."""

    code = "too-large"
    title = "Too large"
    http_status = 413
    default_sqlstate = "54000"


class QueryFailed(GatewayError):
    """The warehouse could not compute the answer: mend the query."""

    code = "query-failed"
    title = "The query failed"
    http_status = 400
    default_sqlstate = "42000"


class WarehouseUnavailable(GatewayError):
    """The warehouse cannot be reached: try again later."""

    code = "unavailable"
    title = "The warehouse is not available"
    http_status = 503
    default_sqlstate = "08006"


class QueryTimeout(GatewayError):
    """The statement ran out of time: narrow it."""

    code = "timeout"
    title = "The query took too long"
    http_status = 504
    default_sqlstate = "57014"


class PiiBlocked(GatewayError):
    """The result held personal data that the policy blocks: leave the column out or ask for clearance."""

    code = "pii-blocked"
    title = "Personal data was found in the result"
    http_status = 403
    default_sqlstate = "42501"


class ScanError(GatewayError):
    """The result could not be scanned, so it was not released."""

    code = "scan"
    title = "The result could not be scanned"
    http_status = 500
    default_sqlstate = "XX000"


class AuditError(GatewayError):
    """The decision could not be recorded durably, so nothing was run."""

    code = "audit"
    title = "The decision could not be recorded"
    http_status = 503
    default_sqlstate = "58030"


class ConfigError(Exception):
    """Settings or policies cannot be used. `problems` lists every mistake, each with its place and what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)
