"""The door's settings: loopback without TLS, nothing else."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from proxy.doors.pgwire.settings import Settings

TLS = {"cert": "cert.pem", "key": "key.pem"}


def test_defaults_listen_on_loopback() -> None:
    assert Settings().loopback
    assert Settings().address == ("127.0.0.1", 6432)


@pytest.mark.parametrize("listen", ["127.8.0.1:1", "[::1]:1", "localhost:1"])
def test_loopback_needs_no_tls(listen: str) -> None:
    assert Settings(listen=listen).tls is None


@pytest.mark.parametrize("listen", ["0.0.0.0:6432", "[::]:6432", "db.example.com:6432", "10.0.0.1:6432"])
def test_beyond_loopback_tls_is_needed(listen: str) -> None:
    with pytest.raises(ValidationError, match="tls is missing"):
        Settings(listen=listen)
    assert Settings(listen=listen, tls=TLS).tls is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"listen": "6432"},
        {"listen": "127.0.0.1:65536"},
        {"login": "scram"},
        {"login": "oauthbearer"},
        {"max_message_bytes": 1},
        {"idle_timeout_s": 0},
        {"tls": {"cert": "cert.pem"}},
        {"oauth": {"discovery": "login.example.com"}},
        {"port": 6432},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)
