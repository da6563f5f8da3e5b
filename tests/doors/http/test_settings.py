"""The door's own settings."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from proxy.doors.http.settings import Settings


def test_default_listens_on_loopback_and_trusts_nobody() -> None:
    settings = Settings()
    assert settings.address == ("127.0.0.1", 8080)
    assert (settings.hosts, settings.trusted_proxies) == ((), ())
    assert settings.max_body_bytes == 1024**2


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("localhost:0", ("localhost", 0)),
        ("usher.example.com:65535", ("usher.example.com", 65535)),
        ("[::1]:8080", ("::1", 8080)),
        ("[fe80::1%eth0]:8080", ("fe80::1%eth0", 8080)),
    ],
)
def test_addresses(listen: str, address: tuple[str, int]) -> None:
    assert Settings(listen=listen).address == address


@pytest.mark.parametrize(
    "listen",
    ["", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "a b:1", "http://a:1", "a:1\n"],
)
def test_what_is_no_address_is_refused(listen: str) -> None:
    with pytest.raises(ValidationError, match="HOST:PORT"):
        Settings(listen=listen)


@pytest.mark.parametrize("name", ["max_body_bytes", "body_timeout_s", "write_timeout_s", "stop_timeout_s"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), None])
def test_no_bound_can_be_switched_off(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings(**{name: value})


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(lisen="127.0.0.1:1")  # type: ignore[call-arg]


def test_host_names_are_compared_in_lower_case() -> None:
    assert Settings(hosts=("Usher.Example.com",)).hosts == ("usher.example.com",)
