"""Settings of the identity stage: unknown keys, weak algorithms, unsafe addresses and colliding names are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from proxy.identity.settings import IssuerSettings, Settings
from tests.identity.forge import AUDIENCE, ISSUER, settings


def problems(**changes: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        settings(**changes)
    return [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in caught.value.errors()]


def test_the_least_an_issuer_needs() -> None:
    (issuer,) = settings().issuers
    assert (issuer.algorithms, issuer.jwks, issuer.namespace) == (("RS256", "ES256"), None, None)
    assert issuer.leeway_s <= 60
    assert (issuer.claims.subject, issuer.claims.groups, issuer.claims.attributes) == (("sub",), ("groups",), {})


def test_the_example_of_the_design() -> None:
    found = settings(
        algorithms=["RS256", "ES256"],
        jwks="https://login.example.com/keys",
        claims={"groups": "groups", "attributes": {"region": "region", "agent": "agent"}},
    )
    assert found.attribute_names() == {"region", "agent"}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"algorithms": []}, "algorithms"),
        ({"algorithms": "RS256"}, "algorithms"),
        ({"algorithms": ["HS256"]}, "algorithms"),
        ({"algorithms": ["none"]}, "algorithms"),
        ({"algorithms": ["RS256", "PS256"]}, "algorithms"),
        ({"algorithms": ["EdDSA"]}, "algorithms"),
        ({"algorithms": ["RS256", "RS256"]}, "algorithms"),
        ({"audience": ""}, "audience"),
        ({"audience": ["a", "b"]}, "audience"),
        ({"issuer": ""}, "issuer"),
        ({"issuer": "https://a b"}, "issuer"),
        ({"issuer": "a\n"}, "issuer"),
        ({"leeway_s": 61}, "leeway_s"),
        ({"leeway_s": -1}, "leeway_s"),
        ({"max_lifetime_s": 0}, "max_lifetime_s"),
        ({"max_lifetime_s": 32 * 86_400}, "max_lifetime_s"),
        ({"jwks_ttl_s": 0}, "jwks_ttl_s"),
        ({"outage_grace_s": -1}, "outage_grace_s"),
        ({"outage_grace_s": 86_401}, "outage_grace_s"),
        ({"refresh_interval_s": 0}, "refresh_interval_s"),
        ({"fetch_timeout_s": 0}, "fetch_timeout_s"),
        ({"fetch_timeout_s": 31}, "fetch_timeout_s"),
        ({"jwks": "http://login.example.com/keys"}, "jwks"),
        ({"jwks": "keys.json"}, "jwks"),
        ({"jwks": "file:"}, "jwks"),
        ({"jwks": "https://u:p@login.example.com/keys"}, "jwks"),
        ({"namespace": ""}, "namespace"),
        ({"namespace": "a/b"}, "namespace"),
        ({"namespace": "A"}, "namespace"),
        ({"namespace": "a\n"}, "namespace"),
        ({"verify": False}, "verify"),
        ({"claims": {"group": "groups"}}, "claims.group"),
        ({"claims": {"subject": []}}, "claims.subject"),
        ({"claims": {"subject": ""}}, "claims.subject"),
        ({"claims": {"subject": None}}, "claims.subject"),
        ({"claims": {"attributes": {"sub": "x"}}}, "claims.attributes"),
        ({"claims": {"attributes": {"email": "x"}}}, "claims.attributes"),
        ({"claims": {"attributes": {"issuer": "x"}}}, "claims.attributes"),
        ({"claims": {"attributes": {"app": "x"}}}, "claims.attributes"),
        ({"claims": {"attributes": {"Region": "x"}}}, "claims.attributes"),
        ({"claims": {"attributes": {"a b": "x"}}}, "claims.attributes"),
        ({"claims": {"attributes": {"1": "x"}}}, "claims.attributes"),
    ],
    ids=str,
)
def test_mistakes_are_refused_in_their_place(changes: dict[str, Any], place: str) -> None:
    assert [p for p in problems(**changes) if p.startswith(f"issuers.0.{place}")]


def test_all_mistakes_are_told_together() -> None:
    assert len(problems(leeway_s=61, algorithms=["none"], audiences="x", max_lifetime_s=1)) == 4


@pytest.mark.parametrize("issuer", ["usher-demo", "http://login.example.com", "https://login.example.com/?a=1#b"])
def test_discovery_needs_an_issuer_with_an_address(issuer: str) -> None:
    assert "discovery" in problems(issuer=issuer)[0]
    assert settings(issuer=issuer, jwks="file:keys.json")


def test_refresh_interval_fits_into_the_time_to_live() -> None:
    assert "jwks_ttl_s" in problems(jwks_ttl_s=5, refresh_interval_s=6)[0]


def test_there_must_be_an_issuer() -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"issuers": []})
    with pytest.raises(ValidationError):
        Settings.model_validate({})


def test_several_issuers_have_distinct_names_and_namespaces() -> None:
    second = {"issuer": "https://b.example.com"}
    assert settings({}, {**second, "namespace": "b"})
    assert settings({"namespace": "a"}, {**second, "namespace": "b"})
    for issuers, word in (
        (({}, second), "at most one issuer may leave out namespace"),
        (({}, {"namespace": "b"}), "listed twice"),
        (({"namespace": "b"}, {**second, "namespace": "b"}), "used twice"),
    ):
        with pytest.raises(ValidationError, match=word):
            settings(*issuers)


def test_paths_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    given = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": "file:keys/set.json", "ca_file": "ca.pem"}
    found = IssuerSettings.model_validate(given, context={"base": tmp_path})
    assert (found.jwks, found.ca_file) == (f"file:{tmp_path}/keys/set.json", tmp_path / "ca.pem")
    given["jwks"] = "file:/etc/keys.json"
    assert IssuerSettings.model_validate(given, context={"base": tmp_path}).jwks == "file:/etc/keys.json"


def test_settings_cannot_be_changed() -> None:
    (issuer,) = settings().issuers
    with pytest.raises(ValidationError, match="frozen"):
        issuer.leeway_s = 3600


def test_every_setting_says_what_it_means() -> None:
    for model in (Settings, IssuerSettings, type(settings().issuers[0].claims)):
        assert all(f.description for f in model.model_fields.values())
