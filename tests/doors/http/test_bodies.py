"""What clients send: whole, in time, UTF-8 JSON of the right form, or refused with what to mend."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from tests.doors.http.conftest import Door, Open
from tests.fakes import SQL

JSON = {"Content-Type": "application/json"}
HEAD = b"POST /v1/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-ana\r\nContent-Type: application/json\r\n"
OTHER_TYPES = [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin-1",
    "multipart/form-data",
    "json",
]
SAME_TYPE = ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']


async def refused(door: Door, content: bytes, status: int, code: str, headers: dict[str, str] | None = None) -> str:
    response = await door.client.post("/v1/query", content=content, headers=JSON if headers is None else headers)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert door.fakes.warehouse.executed == []
    return str(response.json()["detail"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "not JSON"),
        (b"{", "line 1, column 2"),
        (b"SELECT 1", "not JSON"),
        (b"[]", "valid"),
        (b'"x"', "valid"),
        (b"null", "valid"),
        (b"{}", "sql: Field required"),
        (b'{"sql": 1}', "sql: Input should be a valid string"),
        (b'{"sql": null}', "sql"),
        (b'{"sql": "x", "extra": 1}', "extra: there is no such member"),
        (b'{"sql": "x", "sql": "y"}', "twice"),
        (b'{"sql": "x", "parameters": {"a": 1, "a": 2}}', "twice"),
        (b'{"sql": "x", "parameters": [[1]]}', "parameters"),
        (b'{"sql": "x", "parameters": [{"a": 1}]}', "parameters: must be a list or an object of text, numbers"),
        (b'{"sql": "x", "parameters": "x"}', "parameters"),
        (b'{"sql": "x", "parameters": [NaN]}', "NaN"),
        (b'{"sql": "x", "parameters": [-Infinity]}', "Infinity"),
        (b'{"sql": "x", "parameters": [' + b"9" * 39 + b"]}", "128 bits"),
        (b'{"sql": "x", "parameters": [' + b"9" * 100_000 + b"]}", "128 bits"),
        (b'{"sql": "x", "max_rows": -1}', "max_rows"),
        (b'{"sql": "x", "max_rows": 1.5}', "max_rows"),
        (b'{"sql": "x", "max_rows": true}', "max_rows"),
        (b'{"sql": "x", "max_rows": "5"}', "max_rows"),
        (b'{"sql": "x", "warehouse": 1}', "warehouse"),
        (b'{"sql": "\\ud800"}', "surrogate"),
        (b'{"sql": "x", "parameters": ["\\udfff"]}', "surrogate"),
        (b'{"sql": "x", "parameters": {"\\ud800": 1}}', "surrogate"),
        (b'{"sql": "caf\xe9"}', "UTF-8"),
        ('{"sql": "x"}'.encode("utf-16"), "UTF-8"),
        (b'\xef\xbb\xbf{"sql": "x"}', "JSON"),
        (b"[" * 200_000, "nested"),
        (b'{"sql": "x", "parameters": ' + b'{"a":' * 100_000, "nested"),
    ],
)
async def test_body_that_is_not_a_query_is_refused(door: Door, body: bytes, told: str) -> None:
    assert told in await refused(door, body, 400, "invalid-request")


async def test_refusal_quotes_no_value(door: Door) -> None:
    detail = await refused(door, b'{"sql": "x", "parameters": [["4711-secret"]]}', 400, "invalid-request")
    assert "4711" not in detail


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "multipart/form-data",
        "json",
    ],
)
async def test_body_of_another_type_is_refused(door: Door, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    detail = await refused(door, b'{"sql": "x"}', 415, "unsupported-media-type", headers)
    assert "Content-Type: application/json" in detail


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
async def test_json_is_told_in_several_ways(door: Door, content_type: str) -> None:
    body = json.dumps({"sql": SQL}).encode()
    assert (
        await door.client.post("/v1/query", content=body, headers={"Content-Type": content_type})
    ).status_code == 200


async def test_compressed_body_is_refused(door: Door) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert "Content-Encoding" in await refused(door, b"\x1f\x8b", 415, "unsupported-media-type", headers)


async def test_body_at_the_limit_is_read_and_one_byte_more_is_refused(opened: Open) -> None:
    body = json.dumps({"sql": SQL}).encode()
    door = await opened(max_body_bytes=len(body))
    assert (await door.client.post("/v1/query", content=body, headers=JSON)).status_code == 200
    door.fakes.warehouse.executed.clear()
    detail = await refused(door, body + b" ", 413, "request-too-large")
    assert f"{len(body)} bytes" in detail
    assert "doors.http.max_body_bytes" in detail


async def test_huge_body_is_refused_and_its_sender_reads_why(door: Door) -> None:
    await refused(door, b" " * 5_000_000, 413, "request-too-large")


async def test_huge_chunked_body_is_refused(door: Door) -> None:
    async def chunks():
        for _ in range(40):
            yield b" " * 65_536

    response = await door.client.post("/v1/query", content=chunks(), headers=JSON)
    assert response.status_code == 413


async def test_endless_body_is_not_read_to_its_end(door: Door) -> None:
    reader, writer = await door.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")

    async def send() -> None:
        try:
            while True:
                writer.write(b"10000\r\n" + b" " * 65_536 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            return

    sending = asyncio.create_task(send())
    with contextlib.suppress(ConnectionResetError):  # a client that goes on sending can lose the answer: RFC 9112, 9.6
        assert b" 413 " in await asyncio.wait_for(reader.readline(), 10)
    await asyncio.wait_for(sending, 10)


async def test_body_that_does_not_arrive_is_408(opened: Open) -> None:
    door = await opened(body_timeout_s=0.2)
    reader, writer = await door.raw(HEAD + b'Content-Length: 100\r\n\r\n{"sql"')
    answer = await asyncio.wait_for(reader.read(), 10)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"request-timeout" in answer
    writer.close()


async def test_client_that_leaves_while_sending_its_body_harms_nobody(door: Door, logged) -> None:
    _, writer = await door.raw(HEAD + b'Content-Length: 100\r\n\r\n{"sql"')
    await asyncio.sleep(0.1)
    writer.close()
    await asyncio.sleep(0.1)
    assert (await door.query()).status_code == 200
    assert "Traceback" not in logged.text
