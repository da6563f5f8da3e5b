"""The form of every answer, for /openapi.json.

Rule kept here: these classes describe and do not produce. The answers themselves are written by `documents`, `formats`
and `problems`; a test holds each against its class, with unknown members refused.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReasonModel(_Model):
    """Why something was refused, hidden or changed: a code of the closed list, and the name it is about."""

    code: str
    about: str


class SpanModel(_Model):
    """Characters [start, end) of the `sql` sent."""

    start: int
    end: int


class ProblemModel(_Model):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    code: str = Field(description="A code of a closed list, for programs.")
    detail: str = Field(description="What happened and how to mend it, for a person or a model.")
    reasons: list[ReasonModel]
    decision_id: str | None = Field(description="The audit record of this refusal, where there is one.")
    span: SpanModel | None = None


class DecisionModel(_Model):
    """Under which policy, and as whom, a statement was decided."""

    id: str
    policy: str = Field(description="Fingerprint of the policies in force.")
    commit: str | None
    subjects: list[str] = Field(description="What the caller counts as: user, groups, roles, app.")
    reasons: list[ReasonModel]


class ResultColumnModel(_Model):
    """A column of the result."""

    name: str
    type: str
    masked: bool | None = Field(description="Whether all of it is a mask; null where its origin is not known.")


class FindingModel(_Model):
    """Personal data that the scan found in a column, never the data itself."""

    column: str
    entity: str
    cells: int
    action: str
    score: float


class ScanModel(_Model):
    """How much of the answer was scanned, and what was found."""

    mode: str
    cells_read: int
    cells_skipped: dict[str, int]
    names_unread: dict[str, int]
    findings: list[FindingModel]


class QueryModel(_Model):
    """An answer. Members after `rows` are known, and sent, last: without them the answer was cut."""

    columns: list[ResultColumnModel]
    decision: DecisionModel
    withheld: list[ReasonModel]
    rows: list[list[Any]]
    row_count: int
    truncated: bool = Field(description="Whether `max_rows` cut it.")
    scan: ScanModel | None


class ColumnModel(_Model):
    """A column as the caller sees it."""

    name: str
    type: str = Field(description="The engine's own spelling.")
    kind: str
    nullable: bool
    tags: list[str]
    masked: Literal["never", "sometimes", "always"]
    masks: list[str]


class TableModel(_Model):
    """A table as the caller sees it."""

    name: str = Field(description="warehouse.schema.table")
    schema_: str = Field(alias="schema")
    table: str
    rows: Literal["all", "filtered", "none"]
    filters: list[str] = Field(description="Names of the row filters that apply.")
    columns: list[ColumnModel]


class UseModel(_Model):
    """A column that a statement touches."""

    table: str
    column: str
    usage: str = Field(description="`returned` or `used`.")
    tags: list[str]
    mask: str | None


class PlanModel(_Model):
    """A decision without a run."""

    decision: DecisionModel
    warehouse: str
    kind: str
    fingerprint: str
    tables: list[TableModel]
    columns: list[UseModel]
    parameters: list[str]
    withheld: list[ReasonModel]
    sql: str = Field(description="The SQL that would run, with the policy's filters and masks as names.")


class CatalogModel(_Model):
    """What the caller may see of one warehouse."""

    warehouse: str
    tables: list[TableModel]


class RecordModel(_Model):
    """An audit record as it is stored."""

    event_id: str
    sequence: int
    time: str
    kind: str
    body: dict[str, Any]
    previous: str
    hash: str


class AuditModel(_Model):
    """Audit records, oldest first."""

    records: list[RecordModel]
    next: int | None = Field(description="`after` of the next page; null on the last one.")


class HealthModel(_Model):
    """The process answers."""

    status: Literal["ok"]


class ReadyModel(_Model):
    """Which parts are ready."""

    ready: bool
    parts: dict[str, bool]
