"""DuckDB, the embedded warehouse: a database file, opened read-only and locked down.

Rule kept here: a kind of warehouse offers `DIALECT`, `Settings` and `connect`. The session is as small as the engine
allows: no files, no network, no extensions, no settings, and no name that is not fully qualified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from proxy.dialect import Dialect
from proxy.references import RelativePath
from proxy.warehouses.duckdb.conversions import CONVERSIONS
from proxy.warehouses.duckdb.expressions import EXPRESSIONS
from proxy.warehouses.duckdb.functions import FUNCTIONS, REFUSED
from proxy.warehouses.duckdb.nodes import NODES
from proxy.warehouses.duckdb.referee import referee
from proxy.warehouses.duckdb.syntax import syntax

if TYPE_CHECKING:
    from proxy.warehouses.duckdb.warehouse import DuckDb

DIALECT = Dialect(
    name="duckdb",
    nodes=NODES,
    functions=FUNCTIONS,
    syntax=syntax,
    referee=referee,
    expressions=EXPRESSIONS,
    refused=REFUSED,
    conversions=CONVERSIONS,
)

Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(\.[0-9]+)? ?([KMGT]i?B)$")]


class Settings(BaseModel):
    """`warehouses.<name>` of usher.yaml where `kind: duckdb`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["duckdb"] = "duckdb"
    path: RelativePath
    """The database file. It is opened read-only; replace it by renaming a new file over it."""
    search_path: tuple[str, ...] = Field(default=("main",), min_length=1)
    """Schemas in which unqualified table names are looked for, in order."""
    memory_limit: Size = "4GiB"
    """Memory for all queries together; a query that needs more fails, as spilling to disk needs the file system, which
    is locked."""
    threads: int | None = Field(default=None, ge=1, le=1024)
    """Threads for all queries together; the number of processors when left out."""
    concurrent_queries: int = Field(default=16, ge=1, le=1024)
    """Queries that run, or whose rows are still being taken, at one time; more wait for a place."""
    batch_rows: int = Field(default=32768, ge=1024, le=1048576)
    """Rows in an Arrow batch, about."""
    idle_timeout_s: float = Field(default=300.0, gt=0)
    """Seconds after which a result that nobody takes rows from is given up."""
    refresh_s: float = Field(default=2.0, gt=0)
    """Seconds between looks at whether the file was replaced."""


def connect(name: str, settings: Settings) -> DuckDb:
    """Open the warehouse `name`. Raises `ConfigError` for a file that is not there or is no DuckDB database."""
    from proxy.warehouses.duckdb.warehouse import DuckDb

    return DuckDb(name, settings, DIALECT)
