"""The settings of the audit log.

Rule kept here: each kind of sink owns its own settings, found by its file name in `sinks/`; there is no list of kinds.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, ValidationError, ValidationInfo

from proxy import kinds
from proxy.errors import ConfigError

SINKS = "audit.sinks"


def _sink(value: Any, info: ValidationInfo) -> Any:
    """The settings object of one sink, by its `kind`."""
    if isinstance(value, BaseModel):
        return value
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise ValueError(f"must be a mapping with a kind; there are: {', '.join(kinds.names(SINKS))}")
    try:
        return kinds.load(SINKS, value["kind"]).Settings.model_validate(value, context=info.context)
    except ConfigError as error:
        raise ValueError("; ".join(error.problems)) from error
    except ValidationError as error:
        wrong = ((".".join(str(part) for part in e["loc"]), e["msg"]) for e in error.errors(include_input=False))
        raise ValueError("; ".join(f"{place}: {message}" for place, message in wrong)) from error


class Settings(BaseModel):
    """Where decisions are recorded, and how long a query waits for its record to be durable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sinks: tuple[Annotated[InstanceOf[BaseModel], BeforeValidator(_sink)], ...] = Field(
        min_length=1, max_length=1, description="Where records are kept: one sink, each with a `kind`."
    )
    writer: str = Field(
        "usher",
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
        description="The name of this gateway's chain. Gateways that share a folder need a name each.",
    )
    commit_timeout_s: float = Field(
        10.0, gt=0, le=300, description="Seconds a query waits for its record; then it is refused."
    )
    sync_interval_s: float = Field(
        1.0, gt=0, le=1, description="Seconds after which outcome records are durable at the latest."
    )
    probe_interval_s: float = Field(1.0, gt=0, le=60, description="Seconds between attempts to write after a failure.")
    queue: int = Field(10_000, ge=1, le=1_000_000, description="Records that may wait; more are refused.")
