"""Settings of the virtual catalog: `introspection:` in usher.yaml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """The processes that answer statements about the catalog (pg_catalog, information_schema)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workers: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Processes that answer statements about the catalog, started with the first; a caller uses one at "
        "a time.",
    )
    timeout_s: float = Field(default=10, gt=0, le=600, description="Seconds after which such a statement is ended.")
    memory_mb: int = Field(default=256, ge=64, le=65536, description="Memory of the engine of one view, in MiB.")
