"""Registered claims: types, times to the second, audiences exactly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import Unauthenticated
from proxy.identity.claims import check_audience, check_times, checked_name, issuer_name, validity
from proxy.identity.settings import IssuerSettings
from proxy.values import ReasonCode
from tests.identity.forge import AUDIENCE, ISSUER, NOW, claims


def issuer(**changes: Any) -> IssuerSettings:
    usual = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": "file:k.json", "leeway_s": 0, "max_lifetime_s": 3600}
    return IssuerSettings.model_validate(usual | changes)


def outcome(given_claims: dict[str, Any], now: float, **changes: Any) -> ReasonCode | None:
    try:
        check_times(validity(given_claims), issuer(**changes), now)
    except Unauthenticated as error:
        return error.reasons[0].code
    return None


@pytest.mark.parametrize(
    ("now", "leeway", "expected"),
    [
        (NOW, 0, None),
        (NOW + 3599, 0, None),
        (NOW + 3599.999, 0, None),
        (NOW + 3600, 0, ReasonCode.TOKEN_EXPIRED),
        (NOW + 3600, 1, None),
        (NOW + 3659.999, 60, None),
        (NOW + 3660, 60, ReasonCode.TOKEN_EXPIRED),
        (NOW - 0.001, 0, ReasonCode.TOKEN_NOT_YET_VALID),
        (NOW - 60, 60, None),
        (NOW - 60.001, 60, ReasonCode.TOKEN_NOT_YET_VALID),
    ],
)
def test_edges_of_the_clock(now: float, leeway: int, expected: ReasonCode | None) -> None:
    assert outcome(claims(), now, leeway_s=leeway) is expected


@pytest.mark.parametrize(
    ("nbf", "now", "leeway", "expected"),
    [
        (NOW + 100, NOW + 100, 0, None),
        (NOW + 100, NOW + 99.999, 0, ReasonCode.TOKEN_NOT_YET_VALID),
        (NOW + 100, NOW + 70, 30, None),
        (NOW + 100, NOW + 69.999, 30, ReasonCode.TOKEN_NOT_YET_VALID),
        (NOW - 100, NOW, 0, None),
    ],
)
def test_edges_of_not_before(nbf: int, now: float, leeway: int, expected: ReasonCode | None) -> None:
    assert outcome(claims(nbf=nbf), now, leeway_s=leeway) is expected


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    "value",
    [str(NOW + 60), "", True, False, None, [], [NOW], {}, -1, -0.5, 10**39, 253_402_300_800, 1.5e300],
    ids=str,
)
def test_times_that_are_no_plain_numbers(name: str, value: Any) -> None:
    assert outcome(claims(**{name: value}), NOW) is ReasonCode.TOKEN_CLAIMS


@pytest.mark.parametrize("name", ["exp", "iat"])
def test_times_that_must_be_there(name: str) -> None:
    assert outcome(claims(**{name: ...}), NOW) is ReasonCode.TOKEN_CLAIMS


def test_fractions_of_seconds_are_numbers_too() -> None:
    assert outcome(claims(iat=NOW - 0.5, exp=NOW + 60.25), NOW + 60.2) is None
    assert outcome(claims(iat=NOW - 0.5, exp=NOW + 60.25), NOW + 60.25) is ReasonCode.TOKEN_EXPIRED


def test_lifetime_is_bounded_to_the_second_whatever_the_leeway() -> None:
    assert outcome(claims(exp=NOW + 3600), NOW) is None
    assert outcome(claims(exp=NOW + 3601), NOW, leeway_s=60) is ReasonCode.TOKEN_LIFETIME


def test_token_that_ends_before_it_begins() -> None:
    assert outcome(claims(iat=NOW + 30, exp=NOW + 20), NOW, leeway_s=60) is ReasonCode.TOKEN_CLAIMS
    assert outcome(claims(iat=NOW, exp=NOW), NOW, leeway_s=60) is ReasonCode.TOKEN_CLAIMS


@given(st.integers(-200, 200), st.integers(-100, 300), st.integers(0, 60), st.integers(-400, 400))
def test_a_token_that_passes_holds_now(iat: int, exp: int, leeway: int, now: int) -> None:
    if outcome(claims(iat=NOW + iat, exp=NOW + exp), NOW + now, leeway_s=leeway) is None:
        assert iat - leeway <= now < exp + leeway
        assert 0 < exp - iat <= 3600


@pytest.mark.parametrize("aud", ["usher", ["usher"], ["a", "usher"], ["usher", "usher"]])
def test_audience_exactly(aud: Any) -> None:
    check_audience(claims(aud=aud), "usher")


@pytest.mark.parametrize(
    "aud", ["", "ush", "usher2", "xusherx", "Usher", "usher ", "usher,other", ["ushers"], ["ush", "er"], "u"]
)
def test_audience_of_another(aud: Any) -> None:
    with pytest.raises(Unauthenticated) as caught:
        check_audience(claims(aud=aud), "usher")
    assert caught.value.reasons[0].code is ReasonCode.AUDIENCE_MISMATCH


@pytest.mark.parametrize("aud", [..., None, [], {}, {"usher": 1}, 1, True, ["usher", 1], [["usher"]], ["usher", None]])
def test_audience_of_the_wrong_type(aud: Any) -> None:
    with pytest.raises(Unauthenticated) as caught:
        check_audience(claims(aud=aud), "usher")
    assert caught.value.reasons[0].code is ReasonCode.TOKEN_CLAIMS


@pytest.mark.parametrize("iss", [..., None, 1, [ISSUER], {"a": ISSUER}, True])
def test_issuer_of_the_wrong_type(iss: Any) -> None:
    with pytest.raises(Unauthenticated) as caught:
        issuer_name(claims(iss=iss))
    assert caught.value.reasons[0].code is ReasonCode.TOKEN_CLAIMS


@pytest.mark.parametrize("name", ["ana", "ana@example.com", "José Müller", "auth0|42", "a/b", "x" * 255, "名前"])
def test_names_that_are_good(name: str) -> None:
    assert checked_name(name, "a name") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " ana",
        "ana ",
        "\tana",
        "a\nb",
        "a\0b",
        "a\x7fb",
        "a\u202eb",
        "a\u200bb",
        "a\u2028b",
        "a\u00a0b",
        "x" * 256,
    ],
    ids=ascii,
)
def test_names_that_deceive(name: str) -> None:
    with pytest.raises(Unauthenticated):
        checked_name(name, "a name")


@pytest.mark.parametrize("name", [None, 1, True, [], ["ana"], {"a": 1}, 1.5])
def test_names_that_are_no_text(name: Any) -> None:
    with pytest.raises(Unauthenticated):
        checked_name(name, "a name")
