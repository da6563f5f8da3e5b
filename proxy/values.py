"""What flows through a query's life: frozen values, and nothing that works.

Rule kept here: every class is immutable and has no behaviour, so that a stage can be read (and tested) as a function
from values to values. No foreign library is imported except Arrow, the form in which rows travel.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import pyarrow as pa

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Scalar: TypeAlias = str | int | float | bool
Attribute: TypeAlias = Scalar | tuple[Scalar, ...]


# ---------------------------------------------------------------------------------------------------------- reasons
class ReasonCode(StrEnum):
    """Why something was refused, hidden or changed: a closed list that clients and tests may rely on."""

    # identity
    TOKEN_MISSING = "token-missing"
    TOKEN_MALFORMED = "token-malformed"
    TOKEN_TOO_LARGE = "token-too-large"
    TOKEN_EXPIRED = "token-expired"
    TOKEN_NOT_YET_VALID = "token-not-yet-valid"
    TOKEN_LIFETIME = "token-lifetime"
    TOKEN_CLAIMS = "token-claims"
    ISSUER_UNKNOWN = "issuer-unknown"
    AUDIENCE_MISMATCH = "audience-mismatch"
    ALGORITHM_REFUSED = "algorithm-refused"
    KEY_UNKNOWN = "key-unknown"
    SIGNATURE_INVALID = "signature-invalid"
    KEYS_UNAVAILABLE = "keys-unavailable"
    # SQL
    EMPTY_SQL = "empty-sql"
    SYNTAX = "syntax"
    TOO_LONG = "too-long"
    TOO_DEEP = "too-deep"
    TOO_COMPLEX = "too-complex"
    MULTIPLE_STATEMENTS = "multiple-statements"
    STATEMENT_KIND = "statement-kind"
    CONSTRUCT = "construct"
    FUNCTION = "function"
    UNKNOWN_TABLE = "unknown-table"
    UNKNOWN_COLUMN = "unknown-column"
    UNKNOWN_WAREHOUSE = "unknown-warehouse"
    AMBIGUOUS_NAME = "ambiguous-name"
    PARAMETERS = "parameters"
    NOT_PROVEN = "not-proven"
    PARSE_ABORTED = "parse-aborted"
    # policy
    NO_GRANT = "no-grant"
    MISSING_ATTRIBUTE = "missing-attribute"
    ROW_FILTER = "row-filter"
    MASKED = "masked"
    COLUMN_HIDDEN = "column-hidden"
    APP_NARROWS = "app-narrows"
    # limits
    MAX_ROWS = "max-rows"
    MAX_BYTES = "max-bytes"
    NAMES_BUDGET = "names-budget"
    CONCURRENCY = "concurrency"
    STATEMENT_TIMEOUT = "statement-timeout"
    # result
    PII_FOUND = "pii-found"
    ENGINE_ERROR = "engine-error"
    DIVISION_BY_ZERO = "division-by-zero"
    CONVERSION = "conversion"
    OUT_OF_RANGE = "out-of-range"
    WAREHOUSE_DOWN = "warehouse-down"
    AUDIT_DOWN = "audit-down"
    SCANNER_DOWN = "scanner-down"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with the thing it is about (a table, column, filter or entity name; never data)."""

    code: ReasonCode
    about: str = ""


# ----------------------------------------------------------------------------------------------------------- callers
@dataclass(frozen=True, slots=True)
class Actor:
    """One link of the `act` chain (RFC 8693, section 4.1): who acts for the subject."""

    subject: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """The end user a verified token names. Identity is (issuer, subject); times are seconds since the epoch."""

    issuer: str
    subject: str
    expires_at: int
    issued_at: int
    token_hash: str
    groups: frozenset[str] = frozenset()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    email: str | None = None
    app: str | None = None
    act: tuple[Actor, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a door knows of a call beside token and SQL. `labels` are unsigned claims of the app, never trusted."""

    door: str
    address: str | None = None
    session: str | None = None
    trace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """What a door knows of a session that functions such as pg_backend_pid() and current_setting() may tell; `user` is
    the name that the client logged in by, where the door took it for the caller's."""

    pid: int = 0
    user: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


CATALOG_VERSION = "15.18"
"""The version of PostgreSQL whose catalog the virtual one is like, for version() and the settings of sessions."""


# ----------------------------------------------------------------------------------------------------------- catalog
class TypeKind(StrEnum):
    """What masks, guards and doors need to know of a column's type."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIME = "time"
    INTERVAL = "interval"
    BINARY = "binary"
    UUID = "uuid"
    NESTED = "nested"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the warehouse; `type` is the engine's own spelling. `own_collation`: it compares texts otherwise than
    its type does, so that comparing it with others can raise. `computed`: its value is made when it is read, as that of
    a view's column is, so that reading it can raise."""

    name: str
    type: str
    kind: TypeKind
    nullable: bool = True
    own_collation: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True, order=True)
class TableId:
    """`warehouse.schema.table`, spelt as the warehouse's catalog spells it."""

    warehouse: str
    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.warehouse}.{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Table:
    """A base table or view of the warehouse. `key` are the columns of its primary key, where the engine lets other
    columns follow from it; `parted` says that some of its rows are of children or partitions."""

    id: TableId
    columns: tuple[Column, ...]
    is_view: bool = False
    key: tuple[str, ...] = ()
    parted: bool = False


@dataclass(frozen=True, slots=True)
class Catalog:
    """A snapshot of one warehouse's schema. `tables` is keyed by (schema, name) folded as the dialect folds names;
    `version` changes whenever anything in the snapshot does; `search_path` lists schemas for unqualified names. `view`
    names the access view to whose tables and columns the snapshot was cut; it is empty for the whole."""

    warehouse: str
    dialect: str
    version: str
    tables: Mapping[tuple[str, str], Table]
    search_path: tuple[str, ...]
    view: str = ""


# ------------------------------------------------------------------------------------------------------------- query
@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of the user's own text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """One place in the text that names a base table. `name` is the last part of that name as the user spelt it, `alias`
    the alias as the user spelt it, quotes included, or None where the table's own name serves. `columns` are the
    columns (catalog spelling) that the statement may touch through this reference; `guarded` those of them that stand
    under an expression which can raise where the engine may evaluate it before a row filter (errors as oracles).
    `raises`: some such expression stands in a condition; `fenced`: it may raise though the guarded columns are NULL.
    `only`: it asks for the table without its children."""

    table: TableId
    span: Span
    name: str
    alias: str | None
    columns: frozenset[str]
    guarded: frozenset[str] = frozenset()
    raises: bool = False
    fenced: bool = False
    only: bool = False


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column name in the text, and every (reference index, column) it could denote. `certain` means that it can
    denote nothing else, so that the name is unknown where none of the candidates is readable."""

    name: str
    span: Span
    candidates: tuple[tuple[int, str], ...]
    certain: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of the user's text that does not depend on the caller (CTE names, placeholders, prefixes)."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Grouped:
    """A GROUP BY that holds the whole `key` of a reference, known there by a (folded) alias, and all of `held`:
    `columns` are the others that stand beside aggregates, `star` that all may; they can be added at the character
    `end`."""

    reference: int
    alias: str
    key: tuple[str, ...]
    held: frozenset[str]
    end: int
    columns: tuple[str, ...]
    star: bool


@dataclass(frozen=True, slots=True)
class Output:
    """Where a result column comes from: `plain` when it is exactly the column `source` of reference `reference`."""

    name: str | None
    sources: tuple[tuple[int, str], ...]
    plain: bool
    star: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One statement, completely understood: what `proxy.query` makes of the text, before anybody's rights are asked.

    `parameters` names what the client must bind, in order of $1, $2, .. ("1", "2", .. where it gave no names);
    `outputs` is None where the lineage of the result is not known.
    `edits` do not depend on the caller: `cte_names` maps the names that CTEs get to the user's, `prefixes` the places
    of column references that lose a schema prefix to the number of parts lost, `alone` are the places of tables' names
    that lose an ONLY.
    `redacted` is the SQL with literals replaced, `fingerprint` its hash: neither holds a value."""

    sql: str
    warehouse: str
    dialect: str
    catalog_version: str
    references: tuple[Reference, ...]
    columns: tuple[ColumnUse, ...]
    edits: tuple[Edit, ...]
    cte_names: Mapping[str, str]
    prefixes: Mapping[int, int]
    parameters: tuple[str, ...]
    outputs: tuple[Output, ...] | None
    kind: str
    redacted: str
    fingerprint: str
    groups: tuple[Grouped, ...] = ()
    alone: frozenset[int] = frozenset()


# ------------------------------------------------------------------------------------------------------------ policy
@dataclass(frozen=True, slots=True)
class Always:
    """A condition that admits every row."""


@dataclass(frozen=True, slots=True)
class Never:
    """A condition that admits no row."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A row filter of data/*.yaml, compiled. `expression` is the tree that the rewriter made of `where` at load time
    (opaque to everybody else); `attributes` are the caller's attributes it binds, `lists` those that may be lists,
    `names` every table and column in it."""

    id: str
    table: TableId
    where: str
    attributes: frozenset[str]
    expression: Any = field(compare=False, repr=False)
    lists: frozenset[str] = frozenset()
    names: frozenset[str] = field(default=frozenset(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """True where every part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where at least one part is."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Always | Never | RowFilter | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask in use: the kind (a file of `proxy/masks/`), its options, and the tag it stands for. `expression` is the
    compiled tree of a custom SQL mask."""

    kind: str
    options: tuple[tuple[str, Any], ...] = ()
    tag: str = ""
    expression: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """In rows that `when` admits, the column shows its value (`mask` None) or its mask."""

    when: Condition
    mask: Mask | None


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A readable column: the first cell whose condition holds decides; where none holds the value is NULL.
    `tags` are all tags of the column; `clear_tags` those whose PII the caller is cleared to see (by `unmask`)."""

    column: Column
    cells: tuple[Cell, ...]
    tags: tuple[str, ...] = ()
    clear_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableView:
    """A table's policy view: its readable columns in catalog order and the rows it shows. `hidden` counts the columns
    that are not there; `filters` names the row filters in `rows`, for explanations."""

    table: TableId
    columns: tuple[ColumnView, ...]
    rows: Condition
    hidden: int = 0
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessView:
    """All that one set of roles (with one app) may see of one catalog, attributes still symbolic. Shared by everybody
    with the same roles; `key` identifies it together with policy and catalog version."""

    key: str
    policy: str
    commit: str | None
    subjects: tuple[str, ...]
    tables: Mapping[TableId, TableView]
    attributes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says of one query: one `TableView` a reference, in order, with filters that lack an attribute
    already closed (`Never`). `shape` says of each attribute that filters use: None when missing, -1 for a single value,
    or the length of a list."""

    view: str
    policy: str
    commit: str | None
    subjects: tuple[str, ...]
    views: tuple[TableView, ...]
    reasons: tuple[Reason, ...]
    shape: tuple[tuple[str, int | None], ...] = ()


# -------------------------------------------------------------------------------------------------------------- plan
class SlotKind(StrEnum):
    """Where a bound value of a plan comes from."""

    CLIENT = "client"
    ATTRIBUTE = "attribute"
    SECRET = "secret"


@dataclass(frozen=True, slots=True)
class Slot:
    """One bound parameter of the SQL that runs, in order ($1, $2, ..). `item` picks an element of a list attribute."""

    kind: SlotKind
    name: str
    item: int | None = None


@dataclass(frozen=True, slots=True)
class PlanColumn:
    """A column that the statement touches: `usage` is "returned" or "used"; `masks` and `filters` by name."""

    table: TableId
    column: str
    usage: str
    tags: tuple[str, ...] = ()
    mask: str | None = None


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """What is known before execution of a result column: whether all of it is a mask, and which tags it carries. A mask
    that `leaves_text` shows free text of the value, which the scan must read."""

    masked: bool
    tags: tuple[str, ...]
    clear_tags: tuple[str, ...]
    leaves_text: bool = False


@dataclass(frozen=True, slots=True)
class Virtual:
    """That a plan is answered by the virtual catalog: the columns and parameters of its SQL with the names of their
    types there, and what a door tells of them."""

    columns: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, str], ...]
    described: Described


@dataclass(frozen=True, slots=True)
class Plan:
    """The SQL that may run, proven, and everything needed to explain and record it. It holds no caller's values, so
    that everybody with the same rights shares it. `renames` maps result names that would show policy text to the names
    the user's own text gives; `withheld` says in words what the policy view keeps back; `outline` is `sql` as the
    caller may read it, with filters and masks by their names. `virtual` is there where no warehouse is asked."""

    warehouse: str
    sql: str
    slots: tuple[Slot, ...]
    query: Query
    decision: Decision
    columns: tuple[PlanColumn, ...]
    results: tuple[ResultColumn, ...] | None
    renames: Mapping[str, str]
    withheld: tuple[Reason, ...]
    outline: str = ""
    virtual: Virtual | None = None


# ------------------------------------------------------------------------------------------------------------ result
@dataclass(frozen=True, slots=True)
class Result:
    """Rows on their way: the schema, and batches that are produced only as fast as they are taken."""

    schema: pa.Schema
    batches: AsyncIterator[pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class Described:
    """What a statement gives and takes, told without reading data: the schema of its rows, and a field for each bound
    parameter of its SQL, in order; None where the engine does not say which type it has."""

    schema: pa.Schema
    parameters: tuple[pa.Field[Any] | None, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """PII the policy did not foresee: how many cells of a result column held an entity, and what was done with them.
    `score` is the highest confidence (0 to 1). It never holds the value."""

    column: str
    entity: str
    cells: int
    action: str
    score: float


@dataclass(frozen=True, slots=True)
class ScanReport:
    """How much of a result the scan read. `cells_read` + `cells_skipped` is the number of all cells; skipped cells are
    counted by why (`masked`, `cleared`, `exempt`, `off`, `type`, `null`). `names_unread` counts the cells that were
    read, but not for names, by why (`sample`: a sample of their column holds few; `budget`: no more may be read)."""

    mode: str
    cells_read: int
    cells_skipped: Mapping[str, int]
    findings: tuple[Finding, ...]
    names_unread: Mapping[str, int] = field(default_factory=dict)


class Outcome(StrEnum):
    """How a query ended, for its outcome record."""

    COMPLETED = "completed"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Record:
    """One audit record as it is stored: `body` holds the fields of its kind, `previous` the hash of the one before."""

    event_id: str
    sequence: int
    time: str
    kind: str
    body: Mapping[str, Json]
    previous: str
    hash: str
