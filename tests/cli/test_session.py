"""How commands reach a gateway: in this process or by an address, and what they say when none answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from proxy import settings
from proxy.audit import segments
from proxy.cli import output, session
from proxy.errors import ConfigError
from tests.cli.conftest import Usher


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that answers everything alike, as something that is no gateway would."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_commands_write_a_chain_of_their_own(usher: Usher, own_demo: Path) -> None:
    assert usher("query", "--as", "hr", "SELECT 1 AS one").code == output.OK
    assert segments.writers(own_demo / "audit") == [session.WRITER]


def test_a_command_works_beside_a_running_gateway(usher: Usher, own_demo: Path) -> None:
    from proxy.app import build

    async def beside() -> int:
        app = build(settings.load(own_demo / "usher.yaml"))
        await app.start()
        try:
            return (await asyncio.to_thread(usher, "query", "--as", "hr", "SELECT 1 AS one")).code
        finally:
            await app.close()

    assert asyncio.run(beside()) == output.OK
    assert segments.writers(own_demo / "audit") == ["cli", "usher"]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
def test_what_answers_is_no_gateway(usher: Usher, demo: Path, body: bytes) -> None:
    with answering(200, body) as url:
        ran = usher("query", "--url", url, "--as", "hr", "SELECT 1")
    assert ran.code != output.OK
    assert "Traceback" not in ran.err


def test_a_problem_document_is_told(usher: Usher, demo: Path) -> None:
    problem = b'{"code": "limit-exceeded", "title": "A limit was reached", "detail": "Wait.", "decision_id": "0190"}'
    with answering(429, problem) as url:
        ran = usher("query", "--url", url, "--as", "hr", "SELECT 1")
    assert ran.code == output.REFUSED
    assert "A limit was reached. Wait." in ran.err
    assert "0190" in ran.err


def test_the_token_may_come_from_the_environment(usher: Usher, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_TOKEN", session.demo_token(None, "hr", None, 60))
    ran = usher("query", "SELECT 1 AS one", "--json")
    assert ran.code == output.OK
    assert "app:helpbot" in ran.document["decision"]["subjects"]


def test_no_config_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("USHER_CONFIG", raising=False)
    with pytest.raises(ConfigError, match="no settings file"):
        session.config_path(None)
    assert session.config_path(Path("x.yaml")) == Path("x.yaml")
