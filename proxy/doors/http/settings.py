"""Where the HTTP door listens and what it allows one connection: the `doors.http:` section of the settings.

Rule kept here: the default listens on loopback only, trusts no proxy's headers, and bounds every wait.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from proxy import listening


class Settings(BaseModel):
    """The HTTP door's own settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    listen: str = Field(default="127.0.0.1:8080", description="Address and port, HOST:PORT or [IPV6]:PORT.")
    hosts: tuple[str, ...] = Field(
        default=(), description="Host names that requests may ask for, without port. Empty: any."
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="Addresses of proxies whose X-Forwarded-For names the client in audit records."
    )
    max_body_bytes: int = Field(default=1024**2, gt=0, description="Bytes of one request's body.")
    body_timeout_s: float = Field(default=10, gt=0, allow_inf_nan=False, description="Seconds to send a whole body.")
    write_timeout_s: float = Field(
        default=60, gt=0, allow_inf_nan=False, description="Seconds a client may leave an answer unread."
    )
    stop_timeout_s: float = Field(
        default=10, gt=0, allow_inf_nan=False, description="Seconds that running answers get when the gateway stops."
    )

    @field_validator("listen")
    @classmethod
    def _an_address(cls, value: str) -> str:
        return listening.checked(value, "127.0.0.1:8080")

    @field_validator("hosts")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(host.lower() for host in value)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        return listening.address(self.listen)
