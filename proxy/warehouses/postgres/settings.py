"""`warehouses.NAME` of usher.yaml where `kind: postgres`.

Rule kept here: unknown keys are refused, and the address, which holds the password, is a secret reference that no repr
and no message shows.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from proxy.references import Secret

Name = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[^\x00]+$")]


class PoolSettings(BaseModel):
    """How many connections there may be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max: int = Field(default=20, ge=1, le=1000)
    """Queries that run, or whose rows are still being taken, at one time, each on a connection of its own; more wait
    for a place. The catalog and the readiness check may need one connection more."""
    idle_s: float = Field(default=300.0, gt=0)
    """Seconds after which a connection that nothing ran on is not used again."""


class Settings(BaseModel):
    """`warehouses.<name>` of usher.yaml where `kind: postgres`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["postgres"] = "postgres"
    url: Secret
    """The address with the login, as env:NAME or file:PATH: `postgresql://usher:PASSWORD@host:5432/database`, and what
    the driver understands besides, such as `?sslmode=verify-full`. The server itself, not a pooler before it."""
    schemas: tuple[Name, ...] = Field(min_length=1)
    """The governed schemas, as the server spells them. No other table can be asked for."""
    search_path: tuple[Name, ...] = ()
    """Governed schemas in which unqualified table names are looked for, in order; `schemas` when left out."""
    pool: PoolSettings = PoolSettings()
    """Connections."""
    connect_timeout_s: float = Field(default=10.0, gt=0, le=300)
    """Seconds that a new connection may take."""
    statement_timeout_s: float = Field(default=600.0, gt=0)
    """Seconds after which the server itself ends a statement, whatever the gateway's own limits say."""
    lock_timeout_s: float = Field(default=5.0, gt=0)
    """Seconds that a statement waits for a table that is being changed."""
    idle_timeout_s: float = Field(default=300.0, gt=0)
    """Seconds after which a result that nobody takes rows from is given up."""
    batch_rows: int = Field(default=8192, ge=16, le=65536)
    """Rows in an Arrow batch, at most; fewer where rows are large."""
    refresh_s: float = Field(default=2.0, gt=0)
    """Seconds between looks at whether the schema changed."""

    @model_validator(mode="after")
    def _path(self) -> Self:
        strange = [s for s in self.search_path if s not in self.schemas]
        if strange:
            raise ValueError(f"search_path may name governed schemas only, not {', '.join(strange)}")
        if not self.search_path:
            object.__setattr__(self, "search_path", self.schemas)
        return self
