"""Logging in: versions, names, tokens, warehouses, TLS."""

from __future__ import annotations

import asyncio
import datetime
import json
import ssl
import struct
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.doors.pgwire.conftest import (
    SSL_REQUEST,
    Client,
    Door,
    Open,
    fields,
    framed,
    query,
    startup,
    text,
)
from tests.fakes import SQL

DISCOVERY = "https://login.example.com/.well-known/openid-configuration"


async def refused(door: Door, token: str = "token-ana", **more: str) -> dict[str, str]:
    client = await door.raw()
    told = await client.log_in(token, **more)
    told += [] if told[-1][0] == "" else await client.heard()
    (error,) = [fields(body) for kind, body in told if kind == "E"]
    assert told[-1] == ("", b"")
    assert error["S"] == "FATAL"
    return error


async def test_a_log_in_tells_the_session_and_its_settings(door: Door) -> None:
    client = await door.raw()
    told = await client.log_in(user="ana", database="shop", application_name="bot")
    assert [kind for kind, _ in told if kind != "S"] == ["R", "R", "K", "Z"]
    assert client.parameters["server_encoding"] == "UTF8"
    assert client.parameters["application_name"] == "bot"
    assert client.parameters["session_authorization"] == "ana"
    assert len(client.key) == 4


@pytest.mark.parametrize(("minor", "spoken"), [(1, 0), (3, 2), (9999, 2)])
async def test_other_versions_are_negotiated(door: Door, minor: int, spoken: int) -> None:
    client = await door.raw()
    told = await client.log_in(minor=minor)
    assert told[0] == ("v", struct.pack("!II", 3 << 16 | spoken, 0))
    assert len(client.key) == (32 if spoken else 4)


async def test_protocol_options_are_declined(door: Door) -> None:
    client = await door.raw()
    told = await client.log_in(minor=2, **{"_pq_.fast": "1"})
    assert told[0] == ("v", struct.pack("!II", 3 << 16 | 2, 1) + b"_pq_.fast\0")


async def test_wrong_tokens_are_refused_and_recorded(door: Door) -> None:
    assert (await refused(door, "forged"))["C"] == "28P01"
    assert (await refused(door, ""))["C"] == "28P01"
    assert [r["kind"] for r in door.fakes.audit.records] == ["login-failed", "login-failed"]


async def test_another_name_than_the_tokens_is_refused(door: Door) -> None:
    assert (await refused(door, user="bo"))["C"] == "28000"


async def test_an_unknown_warehouse_is_refused(door: Door) -> None:
    assert (await refused(door, database="nope"))["C"] == "3D000"


async def test_settings_that_cannot_be_had_are_refused(door: Door) -> None:
    assert (await refused(door, client_encoding="LATIN1"))["C"] == "22023"


async def test_nobody_waits_for_a_slow_log_in(opened: Open) -> None:
    door = await opened(login_timeout_s=0.05)
    client = await door.raw()
    kind, body = await client.one()
    assert (kind, fields(body)["C"]) == ("E", "08P01")
    client = await door.raw()
    await client.send(startup(user="ana"))
    assert [kind for kind, _ in await client.heard()] == ["R", "E", ""]


async def test_a_broken_start_is_told_and_cut(door: Door) -> None:
    client = await door.raw()
    await client.send(b"GET / HTTP/1.1\r\n\r\n")
    assert [kind for kind, _ in await client.heard()] == ["E", ""]


# ------------------------------------------------------------------------------------------------------- OAUTHBEARER
def initial(data: bytes) -> bytes:
    return framed("p", text("OAUTHBEARER"), struct.pack("!i", len(data)), data)


@pytest.fixture
async def bearers(opened: Open) -> Door:
    return await opened(login="oauthbearer", oauth={"discovery": DISCOVERY})


async def test_a_bearer_logs_in(bearers: Door) -> None:
    client = await bearers.raw()
    await client.send(startup(user="ana"))
    assert await client.one() == ("R", b"\0\0\0\x0aOAUTHBEARER\0\0")
    told = await client.ask(initial(b"n,,\x01auth=Bearer token-ana\x01\x01"))
    assert told[-1] == ("Z", b"I")
    assert len(await client.rows(SQL)) == 2


async def test_a_client_without_a_token_is_told_where_to_get_one(bearers: Door) -> None:
    client = await bearers.raw()
    await client.send(startup(user="ana"))
    await client.one()
    await client.send(initial(b"n,,\x01auth=\x01\x01"))
    kind, body = await client.one()
    assert (kind, body[:4]) == ("R", b"\0\0\0\x0b")
    assert json.loads(body[4:])["openid-configuration"] == DISCOVERY
    await client.send(framed("p", b"\x01"))
    assert [kind for kind, _ in await client.heard()] == ["E", ""]


async def test_a_client_may_ask_for_the_password_method(bearers: Door) -> None:
    client = await bearers.client(options="-c usher.login=password")
    assert len(await client.rows(SQL)) == 2


async def test_a_method_that_is_not_set_up_is_refused(door: Door) -> None:
    assert (await refused(door, options="-c usher.login=oauthbearer"))["C"] == "0A000"


# ---------------------------------------------------------------------------------------------------------------- TLS
@pytest.fixture
def pair(tmp_path: Path) -> dict[str, str]:
    """A certificate for localhost and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}


async def test_tls_takes_over_before_anything_is_said(opened: Open, pair: dict[str, str]) -> None:
    door = await opened(tls=pair)
    client = await door.raw()
    await client.send(SSL_REQUEST)
    assert await client.reader.readexactly(1) == b"S"
    context = ssl.create_default_context(cafile=pair["cert"])
    await client.writer.start_tls(context, server_hostname="localhost")
    assert (await client.log_in())[-1] == ("Z", b"I")
    assert len(await client.rows(SQL)) == 2


async def test_bytes_behind_the_request_for_tls_end_the_connection(opened: Open, pair: dict[str, str]) -> None:
    door = await opened(tls=pair)
    client = await door.raw()
    await client.send(SSL_REQUEST + startup(user="ana"))
    async with asyncio.timeout(10):
        assert not (await client.reader.read()).startswith(b"S")


async def test_without_a_certificate_tls_is_declined(door: Door) -> None:
    client = await door.raw()
    await client.send(SSL_REQUEST)
    assert await client.reader.readexactly(1) == b"N"
    assert (await client.log_in())[-1] == ("Z", b"I")


async def test_beyond_loopback_no_token_is_taken_unencrypted(opened: Open, pair: dict[str, str]) -> None:
    door = await opened(tls=pair, listen="0.0.0.0:0")
    client = await door.raw()
    await client.send(startup(user="ana"))
    told = await client.heard()
    assert [kind for kind, _ in told] == ["E", ""]
    assert fields(told[0][1])["C"] == "28000"


async def test_a_client_without_tls_may_ask_on_loopback(opened: Open, pair: dict[str, str]) -> None:
    client: Client = await (await opened(tls=pair)).client()
    assert len(await client.rows(SQL)) == 2
    assert (await client.ask(query("SHOW jit")))[-1][0] == "Z"
