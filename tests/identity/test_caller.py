"""The claim map, the chain of actors, and names between issuers."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from proxy.errors import Unauthenticated
from proxy.identity.caller import MAX_ACTORS, build, token_hash
from proxy.identity.claims import validity
from proxy.identity.settings import IssuerSettings
from proxy.values import Actor, Caller, ReasonCode
from tests.identity.forge import AUDIENCE, ISSUER, NOW, claims


def caller(
    namespace: str | None = None, used: frozenset[str] = frozenset(), claim_map: Any = None, **said: Any
) -> Caller:
    fields = {"issuer": ISSUER, "audience": AUDIENCE, "namespace": namespace, "claims": claim_map or {}}
    told = claims(**said)
    return build(told, IssuerSettings.model_validate(fields), used, validity(told), "hash")


def refused(*positional: Any, **said: Any) -> str:
    with pytest.raises(Unauthenticated) as caught:
        caller(*positional, **said)
    assert [r.code for r in caught.value.reasons] == [ReasonCode.TOKEN_CLAIMS]
    return caught.value.detail


# -------------------------------------------------------------------------------------------------------- the usual
def test_the_least_a_token_can_say() -> None:
    assert caller() == Caller(ISSUER, "ana@example.com", NOW + 3600, NOW, "hash")


def test_everything_a_token_can_say() -> None:
    found = caller(
        claim_map={"attributes": {"region": "region", "regions": ["org", "regions"], "level": "level", "temp": "temp"}},
        groups=["eu-analysts", "all"],
        email="ana@example.com",
        azp="dashboard",
        region="EU",
        org={"regions": ["EU", "UK"]},
        level=3,
        temp=True,
    )
    assert found.groups == {"eu-analysts", "all"}
    assert found.attributes == {"region": "EU", "regions": ("EU", "UK"), "level": 3, "temp": True}
    assert (found.email, found.app, found.act) == ("ana@example.com", "dashboard", ())


def test_fractions_of_seconds_end_early() -> None:
    found = caller(iat=NOW + 0.9, exp=NOW + 60.9)
    assert (found.issued_at, found.expires_at) == (NOW, NOW + 60)


# ------------------------------------------------------------------------------------------------------------ subject
@pytest.mark.parametrize("sub", [..., None, "", " ", 1, True, ["ana"], {"a": 1}, "a\nb", "a\0", "x" * 256, "\u202eana"])
def test_subject_that_is_no_name(sub: Any) -> None:
    assert "subject" in refused(sub=sub)


def test_subject_from_another_claim_still_needs_sub() -> None:
    by_name = {"subject": "preferred_username"}
    assert caller(claim_map=by_name, preferred_username="ana").subject == "ana"
    assert "subject" in refused(claim_map=by_name)
    assert "subject" in refused(claim_map=by_name, preferred_username="ana", sub=...)


# ------------------------------------------------------------------------------------------------------------- groups
@pytest.mark.parametrize(
    "groups", ["admin", "a,b", {"admin": True}, 1, None, True, [1], [None], [["a"]], [""], ["a\n"]]
)
def test_groups_of_the_wrong_type(groups: Any) -> None:
    assert "group" in refused(groups=groups)


def test_groups_may_be_missing_or_empty_or_unmapped() -> None:
    assert caller(groups=[]).groups == frozenset()
    assert caller(claim_map={"groups": None}, groups="anything").groups == frozenset()


def test_groups_from_nested_claims() -> None:
    nested = {"groups": ["realm_access", "roles"]}
    assert caller(claim_map=nested, realm_access={"roles": ["a"]}).groups == {"a"}
    assert caller(claim_map=nested, realm_access={}).groups == frozenset()
    assert caller(claim_map=nested, groups=["x"]).groups == frozenset()
    assert "shape" in refused(claim_map=nested, realm_access=["roles"])


def test_claim_names_with_dots_are_names_not_paths() -> None:
    spelt = {"groups": "https://example.com/groups", "attributes": {"r": "a.b"}}
    found = caller(claim_map=spelt, **{"https://example.com/groups": ["x"], "a.b": "EU", "a": {"b": "US"}})
    assert (found.groups, found.attributes) == ({"x"}, {"r": "EU"})


@pytest.mark.parametrize(
    "said",
    [{"_claim_names": {"groups": "src1"}}, {"_claim_names": "groups"}, {"hasgroups": True}, {"hasgroups": "true"}],
)
def test_groups_kept_elsewhere_are_not_no_groups(said: dict[str, Any]) -> None:
    assert "elsewhere" in refused(**said)


# --------------------------------------------------------------------------------------------------------- attributes
@pytest.mark.parametrize(
    "value",
    [None, {}, {"a": 1}, [None], [["EU"]], [{"a": 1}], "x" * 1025, "a\0b", 2**63, -(2**63) - 1, [2**63], ["a"] * 1001],
    ids=lambda v: repr(v)[:20],
)
def test_attributes_of_the_wrong_type(value: Any) -> None:
    detail = refused(claim_map={"attributes": {"region": "reg"}}, reg=value)
    assert "region" in detail


def test_attributes_may_be_missing() -> None:
    assert caller(claim_map={"attributes": {"region": "reg"}}).attributes == {}


def test_claims_that_are_not_mapped_are_no_attributes() -> None:
    assert caller(region="EU", attributes={"region": "EU"}).attributes == {}


@pytest.mark.parametrize("value", ["", "EU", 0, -(2**63), 2**63 - 1, 1.5, True, False])
def test_attributes_that_are_scalars(value: Any) -> None:
    found = caller(claim_map={"attributes": {"a": "a"}}, a=value).attributes["a"]
    assert found == value
    assert type(found) is type(value)
    assert caller(claim_map={"attributes": {"a": "a"}}, a=[value]).attributes["a"] == (value,)


# -------------------------------------------------------------------------------------------------------------- email
@pytest.mark.parametrize("email", [1, None, ["a@b"], "", "a\n@b"])
def test_email_of_the_wrong_type(email: Any) -> None:
    assert "e-mail" in refused(email=email)


@pytest.mark.parametrize("verified", [False, "false", None, 0, 1, "TRUE", []])
def test_email_that_is_not_verified_is_no_email(verified: Any) -> None:
    mapped = {"attributes": {"mail": "email"}}
    found = caller(claim_map=mapped, email="boss@example.com", email_verified=verified)
    assert (found.email, found.attributes) == (None, {})
    assert "subject" in refused(claim_map={"subject": "email"}, email="boss@example.com", email_verified=verified)


@pytest.mark.parametrize("verified", [True, "true", ...])
def test_email_that_is_verified(verified: Any) -> None:
    assert caller(email="ana@example.com", email_verified=verified).email == "ana@example.com"


# ------------------------------------------------------------------------------------------------------- app and actors
def test_app_is_who_acts_now_before_whom_the_token_was_issued_to() -> None:
    act = {"sub": "bot", "act": {"sub": "portal"}}
    assert caller(azp="a", client_id="b").app == "a"
    assert caller(client_id="b").app == "b"
    assert caller(azp="a", act=act).app == "bot"
    assert caller(claim_map={"app": "appid"}, appid="c", azp="a", act=act).app == "c"
    assert caller(claim_map={"app": "appid"}, azp="a", act=act).app == "bot"
    assert caller().app is None


@pytest.mark.parametrize("name", ["azp", "client_id", "appid"])
@pytest.mark.parametrize("value", [None, 1, "", ["a"], "a\n", {"a": 1}])
def test_app_of_the_wrong_type(name: str, value: Any) -> None:
    assert "app" in refused(claim_map={"app": "appid"} if name == "appid" else None, **{name: value})


def test_chain_of_actors_is_kept_current_first() -> None:
    found = caller(act={"sub": "bot", "iss": "https://a", "act": {"sub": "portal", "other": 1}})
    assert found.act == (Actor("bot", "https://a"), Actor("portal"))
    assert found.app == "bot"


@pytest.mark.parametrize(
    "act",
    [
        None,
        "bot",
        ["bot"],
        1,
        {},
        {"iss": "https://a"},
        {"sub": ""},
        {"sub": 1},
        {"sub": "bot\n"},
        {"sub": "bot", "iss": 1},
        {"sub": "bot", "iss": None},
        {"sub": "bot", "act": None},
        {"sub": "bot", "act": "portal"},
        {"sub": "bot", "act": {}},
        {"sub": "bot", "act": [{"sub": "portal"}]},
    ],
    ids=str,
)
def test_chain_of_actors_that_is_malformed(act: Any) -> None:
    assert "act" in refused(act=act)


def test_chain_of_actors_has_an_end() -> None:
    def chain(length: int) -> dict[str, Any]:
        link: dict[str, Any] = {"sub": f"app-{length}"}
        return link if length == 1 else {**link, "act": chain(length - 1)}

    assert len(caller(act=chain(MAX_ACTORS)).act) == MAX_ACTORS
    assert "longer than" in refused(act=chain(MAX_ACTORS + 1))


# ---------------------------------------------------------------------------------------------------------- namespaces
def test_namespace_goes_before_subject_groups_and_app() -> None:
    found = caller("partner", frozenset({"partner"}), sub="ana", groups=["g"], azp="bot", email="ana@example.com")
    assert (found.subject, found.groups, found.app) == ("partner/ana", {"partner/g"}, "partner/bot")
    assert (found.email, found.issuer) == ("ana@example.com", ISSUER)


def test_issuer_without_namespace_cannot_spell_names_of_one_with() -> None:
    used = frozenset({"partner"})
    assert "another issuer" in refused(None, used, sub="partner/ana")
    assert "another issuer" in refused(None, used, groups=["partner/admins"])
    assert "another issuer" in refused(None, used, azp="partner/bot")
    assert "another issuer" in refused(None, used, act={"sub": "partner/bot"})
    assert "another issuer" in refused(None, used, sub="partner/")


def test_slashes_that_cannot_be_mistaken_pass() -> None:
    used = frozenset({"partner"})
    assert caller(None, used, sub="team/ana", groups=["teams/partner/x", "partner"]).subject == "team/ana"
    assert caller("partner", frozenset({"partner", "other"}), sub="other/ana").subject == "partner/other/ana"


# ---------------------------------------------------------------------------------------------------------- token hash
def test_token_hash_is_of_the_id_or_else_of_the_token() -> None:
    assert token_hash("a.b.c", {"jti": "x"}) == hashlib.sha256(b"x").hexdigest()
    assert token_hash("a.b.c", {}) == hashlib.sha256(b"a.b.c").hexdigest()


@pytest.mark.parametrize("jti", [None, "", 1, ["x"], "x" * 1025, True])
def test_token_id_of_the_wrong_type(jti: Any) -> None:
    with pytest.raises(Unauthenticated):
        token_hash("a.b.c", {"jti": jti})


@pytest.mark.parametrize(
    "said",
    [
        {"sub": "secret-name\n"},
        {"groups": ["secret-name\n"]},
        {"azp": "secret-name\n"},
        {"act": {"sub": "secret-name\n"}},
    ],
)
def test_refusals_quote_no_claim(said: dict[str, Any]) -> None:
    assert "secret-name" not in refused(**said)
