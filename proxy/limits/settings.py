"""How much one caller may use: the `limits:` section of the settings.

Rule kept here: there is always a limit. Every value is positive, and none can be switched off.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Limits of one query and one caller; rows and bytes are counted as they leave, after masking and scanning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_rows: int = Field(default=1_000_000, gt=0, description="Rows of one answer.")
    max_bytes: int = Field(default=1024**3, gt=0, description="Bytes of one answer, in Arrow's form in memory.")
    statement_timeout_s: float = Field(
        default=60, gt=0, allow_inf_nan=False, description="Seconds a statement may run in the warehouse."
    )
    concurrent_per_caller: int = Field(default=8, gt=0, description="Queries one caller may have running at a time.")
