"""Where the PostgreSQL door listens and what it allows one connection: the `doors.pgwire:` section of the settings.

Rule kept here: tokens travel as passwords, so whoever listens beyond loopback needs TLS; every wait and every length
has a bound.
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from proxy import listening
from proxy.references import RelativePath


class Login(StrEnum):
    """How a client hands its token over."""

    PASSWORD = "password"  # noqa: S105 - the name of a method
    OAUTHBEARER = "oauthbearer"


class Tls(BaseModel):
    """The door's certificate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cert: RelativePath = Field(description="File with the certificate and those that signed it, PEM.")
    key: RelativePath = Field(description="File with its private key, PEM, without a passphrase.")


class OAuth(BaseModel):
    """What clients that log in by OAUTHBEARER are told where they send no token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    discovery: str = Field(
        pattern=r"^https?://[^\s]+$",
        description="Address of the issuer's document, https://ISSUER/.well-known/openid-configuration.",
    )
    scope: str = Field(default="openid", max_length=500, description="Scopes that clients ask the issuer for.")


class Settings(BaseModel):
    """The PostgreSQL door's own settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    listen: str = Field(default="127.0.0.1:6432", description="Address and port, HOST:PORT or [IPV6]:PORT.")
    tls: Tls | None = Field(default=None, description="Needed wherever the address is not loopback.")
    login: Login = Field(
        default=Login.PASSWORD,
        description="`password`, the token as cleartext password; or `oauthbearer`, for clients with libpq 18. "
        "A client may ask for the other one by the start-up option usher.login.",
    )
    oauth: OAuth | None = Field(default=None, description="Where OAUTHBEARER clients get their tokens.")
    notices: bool = Field(
        default=True, description="Tell what was masked or withheld by NOTICE, unless a session sets usher.notices off."
    )
    max_connections: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description="Connections at a time, of those who logged in; as many more may be logging in.",
    )
    max_connections_per_caller: int = Field(
        default=100, ge=1, description="Connections of one caller at a time: of who logged in, whomever they act for."
    )
    max_message_bytes: int = Field(
        default=4 * 1024**2, ge=65_536, le=1024**3 - 1, description="Bytes of one message of a client that logged in."
    )
    max_statements: int = Field(default=1000, ge=1, description="Prepared statements of one connection.")
    max_statement_bytes: int = Field(
        default=8 * 1024**2, ge=1024, description="Bytes of all prepared statements and bound values of one connection."
    )
    max_portals: int = Field(default=64, ge=1, description="Portals and cursors of one connection.")
    login_timeout_s: float = Field(default=10, gt=0, allow_inf_nan=False, description="Seconds to log in.")
    idle_timeout_s: float = Field(
        default=1800,
        gt=0,
        allow_inf_nan=False,
        description="Seconds a client may leave its connection without a message.",
    )
    write_timeout_s: float = Field(
        default=60, gt=0, allow_inf_nan=False, description="Seconds a client may leave an answer unread."
    )
    stop_timeout_s: float = Field(
        default=10, gt=0, allow_inf_nan=False, description="Seconds that running answers get when the gateway stops."
    )

    @field_validator("listen")
    @classmethod
    def _an_address(cls, value: str) -> str:
        return listening.checked(value, "127.0.0.1:6432")

    @model_validator(mode="after")
    def _secure(self) -> Self:
        if self.tls is None and not self.loopback:
            raise ValueError("tls is missing: beyond loopback tokens may not travel unencrypted; name cert and key")
        if self.login is Login.OAUTHBEARER and self.oauth is None:
            raise ValueError("oauth is missing: clients that log in by oauthbearer must be told where tokens come from")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        return listening.address(self.listen)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        host, _ = self.address
        try:
            return ipaddress.ip_address(host.partition("%")[0]).is_loopback
        except ValueError:
            return host.lower() == "localhost"
