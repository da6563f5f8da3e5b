"""The `identity:` part of usher.yaml: whose tokens are trusted, and for what.

Rule kept here: everything a token is held against stands here and nothing is taken from the token itself; algorithms
are an allow-list of asymmetric ones; two issuers can never name the same person, group or app to the policy.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from proxy.identity.locations import check_url, discovery_url
from proxy.references import RelativePath

Algorithm = Literal["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]

_Items = TypeVar("_Items", bound=tuple[Any, ...])

OWN_NAMES = frozenset({"sub", "email", "issuer", "app"})
"""Names that filters may bind without a claim map; an attribute may not take them over."""


def _claim_path(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _jwks(value: str, info: ValidationInfo) -> str:
    if value.startswith("file:"):
        path = Path(value.removeprefix("file:"))
        if not path.name:
            raise ValueError("must name a file after file:")
        base = (info.context or {}).get("base")
        return f"file:{path if base is None or path.is_absolute() else Path(base) / path}"
    check_url(value)
    return value


def _attributes(value: dict[str, Any]) -> dict[str, Any]:
    for name in value:
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
            raise ValueError(f"{name!r} cannot be written as :name in a filter; use lower-case letters, digits and _")
        if name in OWN_NAMES:
            raise ValueError(f"{name!r} is always at hand and cannot be mapped; choose another name")
    return value


def _not_empty(value: _Items) -> _Items:
    # Not a length constraint: beside a mistake in an entry that one would claim that there are no entries.
    if not value:
        raise ValueError("must have at least one entry")
    return value


def _unique(value: tuple[str, ...]) -> tuple[str, ...]:
    _not_empty(value)
    if len(set(value)) != len(value):
        raise ValueError("names one of its entries twice")
    return value


Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
"""An issuer or audience: printable ASCII without spaces, compared exactly."""

ClaimPath = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=255)], ...],
    BeforeValidator(_claim_path),
    AfterValidator(_not_empty),
]
"""A claim's exact name, or a list of names that leads into nested claims, such as [realm_access, roles]."""


class Claims(BaseModel):
    """Which claim says what. A claim left out of a token leaves its value out; one of the wrong type is refused.

    An `email` that the token itself calls unverified (`email_verified`) counts as left out, wherever it is mapped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: ClaimPath = Field(
        default=("sub",), description="The claim that names the user; `sub` is demanded in any case."
    )
    groups: ClaimPath | None = Field(default=("groups",), description="The claim that lists the user's groups.")
    email: ClaimPath | None = Field(default=("email",), description="The claim with the user's e-mail address.")
    app: ClaimPath | None = Field(
        default=None,
        description="The claim that names the app. Left out: the current actor (`act.sub`), `azp`, `client_id`.",
    )
    attributes: Annotated[dict[str, ClaimPath], AfterValidator(_attributes)] = Field(
        default_factory=dict, description="Attributes for row filters (`:name`), each with the claim it comes from."
    )


class IssuerSettings(BaseModel):
    """One issuer whose tokens are accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Name = Field(description="The issuer's name, exactly as the claim `iss` spells it.")
    audience: Name = Field(description="What `aud` must be, or hold: the name of this gateway at the issuer.")
    namespace: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")] | None = Field(
        default=None,
        description="Put before subject, groups and app, as `NAMESPACE/NAME`. At most one issuer may do without.",
    )
    algorithms: Annotated[tuple[Algorithm, ...], AfterValidator(_unique)] = Field(
        default=("RS256", "ES256"), description="The signature algorithms that are accepted."
    )
    jwks: Annotated[str, AfterValidator(_jwks)] | None = Field(
        default=None, description="The issuer's keys: `https://..` or `file:PATH`. Left out: OpenID Connect discovery."
    )
    ca_file: RelativePath | None = Field(
        default=None,
        description="Certificates (PEM) to trust, instead of the public ones, when fetching this issuer's keys.",
    )
    claims: Claims = Field(default_factory=Claims, description="Which claim says what.")
    leeway_s: Annotated[int, Field(ge=0, le=60)] = Field(
        default=30, description="Seconds that the issuer's clock may be off."
    )
    max_lifetime_s: Annotated[int, Field(ge=60, le=31 * 86_400)] = Field(
        default=86_400, description="Seconds that a token may be valid for at most, from `iat` to `exp`."
    )
    jwks_ttl_s: Annotated[int, Field(ge=1, le=86_400)] = Field(
        default=300, description="Seconds that fetched keys are used without asking again."
    )
    refresh_interval_s: Annotated[int, Field(ge=1, le=300)] = Field(
        default=10, description="Seconds between two fetches at least, however many tokens name an unknown key."
    )
    outage_grace_s: Annotated[int, Field(ge=0, le=86_400)] = Field(
        default=3_600,
        description="Seconds beyond `jwks_ttl_s` that the last keys are used while none can be fetched; "
        "then tokens are refused.",
    )
    fetch_timeout_s: Annotated[float, Field(gt=0, le=30)] = Field(
        default=5.0, description="Seconds that fetching the keys may take."
    )

    @model_validator(mode="after")
    def _agrees(self) -> IssuerSettings:
        if self.jwks is None:
            try:
                check_url(discovery_url(self.issuer))
            except ValueError as error:
                raise ValueError(f"issuer {error}, because its keys are found by discovery; or set jwks") from None
        if self.refresh_interval_s > self.jwks_ttl_s:
            raise ValueError("refresh_interval_s must not be longer than jwks_ttl_s")
        return self


class Settings(BaseModel):
    """All trusted issuers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuers: Annotated[tuple[IssuerSettings, ...], AfterValidator(_not_empty)] = Field(
        description="The issuers whose tokens are accepted."
    )

    @model_validator(mode="after")
    def _distinct(self) -> Settings:
        names = [i.issuer for i in self.issuers]
        spaces = [i.namespace for i in self.issuers]
        problems = [f"issuer {n!r} is listed twice" for n in sorted({n for n in names if names.count(n) > 1})]
        problems += [f"namespace {s!r} is used twice" for s in sorted({s for s in spaces if s and spaces.count(s) > 1})]
        if spaces.count(None) > 1:
            without = ", ".join(i.issuer for i in self.issuers if i.namespace is None)
            problems.append(
                f"at most one issuer may leave out namespace, so that names stay unique; give one to: {without}"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def attribute_names(self) -> frozenset[str]:
        """The attributes that some issuer's claims supply, for the policy's load-time check."""
        return frozenset(name for issuer in self.issuers for name in issuer.claims.attributes)
