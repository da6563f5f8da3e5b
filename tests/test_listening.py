"""A port that cannot be had is told with its setting; one that was had is given back."""

from __future__ import annotations

import socket

import pytest

from proxy.errors import ConfigError
from proxy.listening import address, checked, listening


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "[::1]:8080", "localhost:65535"])
def test_addresses(listen: str) -> None:
    assert checked(listen, "127.0.0.1:1") == listen
    host, port = address(listen)
    assert listen in (f"{host}:{port}", f"[{host}]:{port}")


@pytest.mark.parametrize("listen", ["", "8080", "127.0.0.1:65536", "::1:8080", "a b:1", "127.0.0.1:1\n"])
def test_what_is_no_address_is_told_with_an_example(listen: str) -> None:
    with pytest.raises(ValueError, match=r"such as 127\.0\.0\.1:1$"):
        checked(listen, "127.0.0.1:1")


@pytest.mark.parametrize(
    ("listen", "told"),
    [
        ("203.0.113.1:8080", "no address of this machine"),
        ("no-such-host.invalid:8080", "does not resolve"),
    ],
)
def test_address_that_cannot_be_had_is_told_with_its_setting(listen: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught, listening("doors.http.listen", listen):
        pass
    [problem] = caught.value.problems
    assert problem.startswith(f"doors.http.listen: {listen} ")
    assert told in problem


def test_socket_is_closed_again() -> None:
    with listening("doors.http.listen", "127.0.0.1:0") as bound:
        port = bound.getsockname()[1]
    assert bound.fileno() == -1
    with listening("doors.http.listen", f"127.0.0.1:{port}"):
        pass


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6_addresses_are_listened_on() -> None:
    with listening("doors.http.listen", "[::1]:0") as bound:
        assert bound.getsockname()[0] == "::1"


def test_a_port_is_bound_and_given_back() -> None:
    with listening("doors.pgwire.listen", "127.0.0.1:0") as bound:
        port = bound.getsockname()[1]
    with socket.socket() as again:
        again.bind(("127.0.0.1", port))
