"""Where keys may be fetched from."""

from __future__ import annotations

import pytest

from proxy.identity.locations import check_discovered, check_url, discovery_url

SECURE = "https://login.example.com/.well-known/openid-configuration"
LOCAL = "http://127.0.0.1:8080/.well-known/openid-configuration"


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.com/keys",
        "https://login.example.com:8443/keys?v=2",
        "http://127.0.0.1:8080/keys",
        "http://127.8.9.1/keys",
        "http://localhost:8080/keys",
        "http://[::1]:8080/keys",
    ],
)
def test_good_addresses(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "keys.json",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://login.example.com/keys",
        "data:application/json,{}",
        "http://login.example.com/keys",
        "http://10.0.0.1/keys",
        "http://0.0.0.0/keys",
        "http://127.0.0.1.example.com/keys",
        "http://localhost.example.com/keys",
        "http://127.0.0.1@evil.example/keys",
        "http://evil.example\\@127.0.0.1/keys",
        "http://evil.example#@127.0.0.1/keys",
        "https://user:secret@login.example.com/keys",
        "https://login.example.com/keys#part",
        "https:///keys",
        "https://",
        "https:login.example.com",
        "https://login.example.com/ke ys",
        "https://login.example.com/ke\nys",
        "https://login.example.com:port/keys",
        "https://lögin.example.com/keys",
    ],
    ids=ascii,
)
def test_bad_addresses(url: str) -> None:
    with pytest.raises(ValueError, match="must"):
        check_url(url)


def test_what_was_discovered_is_held_to_the_same() -> None:
    check_discovered("https://keys.example.com/", SECURE)
    check_discovered("http://127.0.0.1:8080/keys", LOCAL)
    check_discovered("https://keys.example.com/", LOCAL)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/keys", "https://localhost/keys", "https://[::1]/keys", "http://10.0.0.1/"]
)
def test_an_issuer_elsewhere_does_not_lead_to_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="must"):
        check_discovered(url, SECURE)


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://login.example.com", SECURE),
        ("https://login.example.com/", SECURE),
        ("https://login.example.com/realms/a", "https://login.example.com/realms/a/.well-known/openid-configuration"),
    ],
)
def test_discovery_address(issuer: str, url: str) -> None:
    assert discovery_url(issuer) == url
