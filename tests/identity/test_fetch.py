"""Bringing key documents, from real files and a real server that misbehaves in every way."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from proxy.errors import ConfigError
from proxy.identity.fetch import MAX_DOCUMENT_BYTES, FetchFailed, Source, source
from tests.identity.forge import Signer, ec_key, key_set, settings
from tests.identity.key_server import KeyServer, running

SIGNER = Signer()
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
async def made() -> AsyncIterator[list[Source]]:
    """Sources to close at the end."""
    sources: list[Source] = []
    yield sources
    for one in sources:
        await one.close()


def fetching(made: list[Source], **changes: Any) -> Source:
    made.append(source(settings(**changes).issuers[0]))
    return made[-1]


async def failure(one: Source) -> str:
    with pytest.raises(FetchFailed) as caught:
        await one.fetch()
    return str(caught.value)


# ---------------------------------------------------------------------------------------------------------------- file
async def test_file_is_read_anew_each_time(tmp_path: Path, made: list[Source]) -> None:
    path = tmp_path / "keys.json"
    one = fetching(made, jwks=f"file:{path}")
    for content in (b"first", b"second"):
        path.write_bytes(content)
        assert await one.fetch() == content


async def test_file_that_cannot_be_read(tmp_path: Path, made: list[Source]) -> None:
    assert "No such file" in await failure(fetching(made, jwks=f"file:{tmp_path}/none.json"))
    assert "directory" in (await failure(fetching(made, jwks=f"file:{tmp_path}"))).lower()


async def test_file_that_is_too_large(tmp_path: Path, made: list[Source]) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b" " * (MAX_DOCUMENT_BYTES + 1))
    assert "too large" in await failure(fetching(made, jwks=f"file:{path}"))


async def test_named_pipe_does_not_hold_the_gateway(tmp_path: Path, made: list[Source]) -> None:
    path = tmp_path / "keys.json"
    os.mkfifo(path)
    assert "regular file" in await failure(fetching(made, jwks=f"file:{path}"))


# ---------------------------------------------------------------------------------------------------------------- http
async def test_keys_behind_an_address(key_server: KeyServer, made: list[Source]) -> None:
    url = key_server.serve_keys(SIGNER)
    assert await fetching(made, jwks=url).fetch() == key_set(SIGNER)
    assert key_server.requests == ["/keys"]


@pytest.mark.parametrize("status", [201, 203, 204, 206, 301, 302, 304, 307, 401, 404, 429, 500, 503])
async def test_any_other_status_is_a_failure(key_server: KeyServer, made: list[Source], status: int) -> None:
    url = key_server.serve_keys(SIGNER)
    key_server.status = status
    if status in (204, 304):
        key_server.routes["/keys"] = b""
    assert str(status) in await failure(fetching(made, jwks=url))


async def test_redirects_are_not_followed(key_server: KeyServer, made: list[Source]) -> None:
    def redirect(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", f"{key_server.url}/elsewhere")
        request.send_header("Content-Length", "0")
        request.end_headers()

    key_server.routes["/keys"] = redirect
    key_server.routes["/elsewhere"] = key_set(SIGNER)
    assert "redirects are not followed" in await failure(fetching(made, jwks=f"{key_server.url}/keys"))
    assert key_server.requests == ["/keys"]


@pytest.mark.parametrize("announced", [True, False])
async def test_document_that_is_too_large(key_server: KeyServer, made: list[Source], announced: bool) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        if announced:
            request.send_header("Content-Length", str(50 * MAX_DOCUMENT_BYTES))
        request.end_headers()
        for _ in range(50):
            request.wfile.write(b" " * MAX_DOCUMENT_BYTES)

    key_server.routes["/keys"] = endless
    assert "larger than" in await failure(fetching(made, jwks=f"{key_server.url}/keys"))


async def test_compressed_bomb_is_refused_unread(key_server: KeyServer, made: list[Source]) -> None:
    def bomb(request: BaseHTTPRequestHandler) -> None:
        body = gzip.compress(b" " * 20_000_000)
        request.send_response(200)
        request.send_header("Content-Encoding", "gzip")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    key_server.routes["/keys"] = bomb
    assert "compressed" in await failure(fetching(made, jwks=f"{key_server.url}/keys"))


async def test_server_that_is_slow(key_server: KeyServer, made: list[Source]) -> None:
    url = key_server.serve_keys(SIGNER)
    key_server.delay_s = 8
    began = time.perf_counter()
    assert await failure(fetching(made, jwks=url, fetch_timeout_s=0.2))
    assert time.perf_counter() - began < 6


async def test_server_that_drips(key_server: KeyServer, made: list[Source]) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        for _ in range(80):
            request.wfile.write(b" ")
            request.wfile.flush()
            time.sleep(0.1)

    key_server.routes["/keys"] = drip
    began = time.perf_counter()
    assert "did not arrive" in await failure(fetching(made, jwks=f"{key_server.url}/keys", fetch_timeout_s=0.4))
    assert time.perf_counter() - began < 6


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", b"garbage\r\n\r\n"])
async def test_server_that_speaks_badly(key_server: KeyServer, made: list[Source], answer: bytes) -> None:
    def bad(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(answer)
        request.close_connection = True

    key_server.routes["/keys"] = bad
    assert "cannot be reached" in await failure(fetching(made, jwks=f"{key_server.url}/keys"))


async def test_server_that_is_not_there(made: list[Source]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/keys"
        assert "cannot be reached" in await failure(fetching(made, jwks=url))


async def test_server_that_speaks_no_tls(key_server: KeyServer, made: list[Source]) -> None:
    key_server.serve_keys(SIGNER)
    url = key_server.url.replace("http://", "https://")
    assert "cannot be reached" in await failure(fetching(made, jwks=f"{url}/keys"))


def self_signed(path: Path, name: str) -> Path:
    """A certificate for 127.0.0.1, with its key, that signs itself."""
    key, subject = ec_key(name), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + key.private_bytes(*form))
    return path


async def test_only_the_stated_certificates_are_trusted(tmp_path: Path, made: list[Source]) -> None:
    own, other = self_signed(tmp_path / "own.pem", "own"), self_signed(tmp_path / "other.pem", "other")
    with running(own) as server:
        url = server.serve_keys(SIGNER)
        assert await fetching(made, jwks=url, ca_file=str(own)).fetch() == key_set(SIGNER)
        assert "cannot be reached" in await failure(fetching(made, jwks=url, ca_file=str(other)))
        assert "cannot be reached" in await failure(fetching(made, jwks=url))
        assert server.requests == ["/keys"]


def test_certificates_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("none.pem", "ca.pem"):
        with pytest.raises(ConfigError, match="ca_file"):
            source(settings(jwks="https://login.example.com/keys", ca_file=str(tmp_path / name)).issuers[0])


# ----------------------------------------------------------------------------------------------------------- discovery
async def test_discovery_leads_to_the_keys(key_server: KeyServer, made: list[Source]) -> None:
    key_server.serve_keys(SIGNER)
    for issuer in (key_server.url, f"{key_server.url}/"):
        key_server.serve_metadata(issuer)
        assert await fetching(made, issuer=issuer).fetch() == key_set(SIGNER)
    assert key_server.requests == [DISCOVERY, "/keys"] * 2


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"issuer": "https://evil.example"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"jwks_uri": None}, "no jwks_uri"),
        ({"jwks_uri": ["https://a"]}, "no jwks_uri"),
        ({"jwks_uri": "http://login.example.com/keys"}, "must be an https"),
        ({"jwks_uri": "file:///etc/passwd"}, "must be an https"),
        ({"jwks_uri": "https://u:p@login.example.com/"}, "credentials"),
        ({"jwks_uri": ""}, "must be an https"),
    ],
    ids=str,
)
async def test_metadata_that_misleads(key_server: KeyServer, made: list[Source], changes: Any, word: str) -> None:
    key_server.serve_keys(SIGNER)
    key_server.serve_metadata(key_server.url, **changes)
    assert word in await failure(fetching(made, issuer=key_server.url))
    assert key_server.requests == [DISCOVERY]


async def test_metadata_must_name_the_issuer_exactly(key_server: KeyServer, made: list[Source]) -> None:
    key_server.serve_keys(SIGNER)
    key_server.serve_metadata(f"{key_server.url}/")
    assert "another issuer" in await failure(fetching(made, issuer=key_server.url))


@pytest.mark.parametrize("document", [b"", b"<html>", b"[]", b'{"issuer": 1, "issuer": 2}'])
async def test_metadata_that_is_no_metadata(key_server: KeyServer, made: list[Source], document: bytes) -> None:
    key_server.routes[DISCOVERY] = document
    assert "metadata" in await failure(fetching(made, issuer=key_server.url))


async def test_metadata_that_is_missing(key_server: KeyServer, made: list[Source]) -> None:
    assert "404" in await failure(fetching(made, issuer=key_server.url))
