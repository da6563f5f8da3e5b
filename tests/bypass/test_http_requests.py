"""Requests that are not what a client sends: paths, methods, headers, bodies. Each is refused, or harmless."""

from __future__ import annotations

import socket
import time

import orjson
import pytest

from tests.bypass.asking import FORMS, Served, canaries_in

SQL = b'{"sql": "SELECT count(*) AS n FROM customers"}'
BODIES = {
    "not_json": (b"SELECT 1", 400),
    "empty": (b"", 400),
    "a_list": (b"[1]", 400),
    "a_number": (b"1", 400),
    "null": (b"null", 400),
    "sql_twice": (b'{"sql": "SELECT 1", "sql": "SELECT 2"}', 400),
    "escaped_name_twice": (b'{"sql": "SELECT 1", "s\\u0071l": "SELECT 2"}', 400),
    "parameter_twice": (b'{"sql": "SELECT $a", "parameters": {"a": 1, "a": 2}}', 400),
    "unknown_member": (b'{"sql": "SELECT 1", "user": "root"}', 400),
    "proto": (b'{"sql": "SELECT 1", "__proto__": {}}', 400),
    "sql_is_a_list": (b'{"sql": ["SELECT 1"]}', 400),
    "sql_is_a_number": (b'{"sql": 1}', 400),
    "sql_is_missing": (b"{}", 400),
    "nan": (b'{"sql": "SELECT $1", "parameters": [NaN]}', 400),
    "infinity": (b'{"sql": "SELECT $1", "parameters": [-Infinity]}', 400),
    "float_too_large": (b'{"sql": "SELECT $1 AS a", "parameters": [1e400]}', 400),
    "integer_too_large": (b'{"sql": "SELECT $1", "parameters": [' + b"9" * 5000 + b"]}", 400),
    "integer_of_129_bits": (b'{"sql": "SELECT $1", "parameters": [680564733841876926926749214863536422912]}', 400),
    "parameter_is_a_list": (b'{"sql": "SELECT $1", "parameters": [[1]]}', 400),
    "parameter_is_an_object": (b'{"sql": "SELECT $1", "parameters": [{"key": [1], "value": [2]}]}', 400),
    "deep": (b"[" * 100_000 + b"]" * 100_000, 400),
    "deep_parameters": (b'{"sql": "SELECT 1", "parameters": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", 400),
    "deep_objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
    "half_a_surrogate": (b'{"sql": "SELECT \'\\ud800\'"}', 400),
    "not_utf8": (b'{"sql": "SELECT \'\xff\'"}', 400),
    "utf16": ('{"sql": "SELECT 1"}'.encode("utf-16"), 400),
    "byte_order_mark": (b"\xef\xbb\xbf" + SQL, 400),
    "nul_in_sql": (b'{"sql": "SELECT 1\\u0000"}', 400),
    "trailing_data": (SQL + SQL, 400),
    "comment": (b'{"sql": "SELECT 1" /* x */}', 400),
    "max_rows_is_negative": (b'{"sql": "SELECT 1", "max_rows": -1}', 400),
    "max_rows_is_text": (b'{"sql": "SELECT 1", "max_rows": "1"}', 400),
    "max_rows_is_huge": (b'{"sql": "SELECT 1 AS a", "max_rows": 170141183460469231731687303715884105727}', 200),
    "warehouse_is_a_path": (b'{"sql": "SELECT 1", "warehouse": "../shop"}', 400),
    "warehouse_is_memory": (b'{"sql": "SELECT 1", "warehouse": "memory"}', 400),
    "too_large": (b'{"sql": "' + b"x" * 2_000_000 + b'"}', 413),
    "sql_too_long": (b'{"sql": "SELECT \'' + b"x" * 300_000 + b"'\"}", 413),
}
HEADS = {
    "no_token": (b"", 401),
    "two_tokens": (b"Authorization: Bearer {t}\r\nAuthorization: Bearer {t}\r\n", 401),
    "token_and_garbage": (b"Authorization: Bearer {t}\r\nAuthorization: Basic YQ==\r\n", 401),
    "two_tokens_in_one": (b"Authorization: Bearer {t}, Bearer {t}\r\n", 401),
    "basic": (b"Authorization: Basic YW5hOmFuYQ==\r\n", 401),
    "no_scheme": (b"Authorization: {t}\r\n", 401),
    "token_in_a_cookie": (b"Cookie: token={t}\r\n", 401),
    "forwarded_user": (b"X-Forwarded-User: ana\r\nX-Remote-User: ana\r\n", 401),
    "folded": (b"Authorization: Bearer\r\n {t}\r\n", 200),
    "unknown_accept": (b"Authorization: Bearer {t}\r\nAccept: image/png\r\n", 406),
    "odd_accept": (b"Authorization: Bearer {t}\r\nAccept: ,,;q=,*/*;q=9,text/*;q=nan\r\n", 406),
    "long_accept": (b"Authorization: Bearer {t}\r\nAccept: " + b"a/b," * 5000 + b"application/json\r\n", 200),
    "odd_trace": (b"Authorization: Bearer {t}\r\ntraceparent: 00-\xff\r\n", 200),
    "odd_agent": (b"Authorization: Bearer {t}\r\nUser-Agent: \x1b[2J\xff" + b"x" * 5000 + b"\r\n", 200),
    "odd_session": (b"Authorization: Bearer {t}\r\nUsher-Session: ../../x\r\n", 200),
    "method_override": (b"Authorization: Bearer {t}\r\nX-HTTP-Method-Override: DELETE\r\n", 200),
    "compressed": (b"Authorization: Bearer {t}\r\nContent-Encoding: gzip\r\n", 415),
    "origin": (b"Authorization: Bearer {t}\r\nOrigin: https://evil.example\r\n", 200),
    "expect": (b"Authorization: Bearer {t}\r\nExpect: 200-ok\r\n", 200),
}
PATHS = {
    "double_slash": "//v1/query",
    "dots": "/v1/../v1/query",
    "encoded": "/v1/%71uery",
    "encoded_slash": "/v1%2fquery",
    "trailing_slash": "/v1/query/",
    "semicolon": "/v1/query;a=b",
    "upper": "/V1/QUERY",
    "nul": "/v1/query%00",
    "long": "/" + "a" * 5000,
    "docs": "/docs",
    "policies": "/policies/grants.csv",
    "etc": "/../../../../etc/passwd",
    "encoded_etc": "/%2e%2e/%2e%2e/etc/passwd",
    "query_string": "/v1/query?sql=SELECT+1",
    "audit_of_another_form": "/v1/audit/",
}


def raw(served: Served, data: bytes, wait_s: float = 10.0) -> bytes:
    """What comes back for some bytes, until the server closes or nothing more comes."""
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=wait_s) as connection:
        connection.settimeout(wait_s)
        connection.sendall(data)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except (TimeoutError, ConnectionResetError):
            pass
    assert not canaries_in(received)
    return received


def post(served: Served, body: bytes, head: bytes, path: bytes = b"/v1/query") -> bytes:
    """A request in full, on a connection of its own."""
    start = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    return raw(served, start + head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def authorization(served: Served) -> bytes:
    return b"Authorization: Bearer " + served.tokens["ana"].encode() + b"\r\n"


@pytest.mark.parametrize("case", BODIES)
def test_bodies(served: Served, case: str) -> None:
    body, status = BODIES[case]
    answer = post(served, body, authorization(served))
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:500]


@pytest.mark.parametrize("case", HEADS)
def test_heads(served: Served, case: str) -> None:
    head, status = HEADS[case]
    answer = post(served, SQL, head.replace(b"{t}", served.tokens["ana"].encode()))
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:500]
    assert b"access-control" not in answer.lower()


@pytest.mark.parametrize("case", PATHS)
def test_paths(served: Served, case: str) -> None:
    for method in ("GET", "POST"):
        request = f"{method} {PATHS[case]} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        answer = raw(served, request.encode())
        assert answer.split(b" ")[1] in (b"400", b"401", b"404", b"405", b"415"), answer[:300]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "QUERY"])
def test_other_methods_run_nothing(served: Served, method: str) -> None:
    target = "x:80" if method == "CONNECT" else "/v1/query"
    head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode() + authorization(served)
    answer = raw(served, head + b"Content-Length: 0\r\n\r\n")
    assert answer.split(b" ")[1] in (b"400", b"404", b"405"), answer[:300]


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Content-Length : 5\r\n",
    ],
)
def test_no_second_request_hides_in_a_body(served: Served, framing: bytes) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST /v1/plan HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + authorization(served) + framing
    answer = raw(served, head + b"\r\n0\r\n\r\n" + hidden, wait_s=3)
    assert b'{"status":"ok"}' not in answer
    assert not answer or answer.split(b" ")[1] in (b"400", b"408", b"501"), answer[:300]


def test_a_body_that_does_not_come_does_not_hold_the_door(served: Served) -> None:
    began = time.monotonic()
    head = b"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + authorization(served)
    answer = raw(served, head + b"Content-Length: 100\r\n\r\n{", wait_s=10)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 8


def test_a_head_that_is_too_large_is_refused(served: Served) -> None:
    answer = post(served, SQL, authorization(served) + b"X-Long: " + b"a" * 200_000 + b"\r\n")
    assert not answer or answer.split(b" ")[1] in (b"400", b"431"), answer[:200]


def test_old_http_gets_no_form_that_can_be_cut_unseen(served: Served) -> None:
    for form in FORMS[2:]:
        head = b"POST /v1/query HTTP/1.0\r\nContent-Type: application/json\r\n" + authorization(served)
        data = head + b"Accept: %s\r\nContent-Length: %d\r\n\r\n" % (form.encode(), len(SQL)) + SQL
        assert raw(served, data).startswith(b"HTTP/1.1 426 ")


@pytest.mark.parametrize("path", ["/v1/catalog", "/v1/audit", "/v1/plan", "/v1/query"])
def test_nothing_is_told_without_a_token(served: Served, path: str) -> None:
    method = "POST" if path in ("/v1/plan", "/v1/query") else "GET"
    answer = served.client.request(method, path)
    assert answer.status_code == 401
    assert set(orjson.loads(answer.content)["reasons"][0]) == {"code", "about"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_open_paths_tell_nothing_of_data_or_policy(served: Served, path: str) -> None:
    content = served.client.get(path).content
    assert not canaries_in(content)
    assert [w for w in (b"vault", b"hr.salaries", b"raw.duckdb") if w in content] == []


def test_the_catalog_lists_only_what_the_caller_may_see(served: Served) -> None:
    for who, tables in (("ana", ["customers", "orders"]), ("sam", ["customers"]), ("bot", ["orders"]), ("nobody", [])):
        answer = served.client.get("/v1/catalog", headers={"Authorization": f"Bearer {served.tokens[who]}"})
        assert [t["table"] for t in answer.json()["tables"]] == tables
        assert not any(word in answer.content for word in (b"ssn", b"vault", b"salaries", b"hidden"))


def test_the_audit_log_is_not_for_everybody(served: Served) -> None:
    for who in ("ana", "sam", "bot", "nobody"):
        answer = served.client.get("/v1/audit", headers={"Authorization": f"Bearer {served.tokens[who]}"})
        assert answer.status_code == 403
