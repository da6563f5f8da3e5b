"""A real HTTP server on the loopback interface that serves key documents, and can fail in every way."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.identity.forge import key_set

Answer = Callable[[BaseHTTPRequestHandler], None]


class KeyServer:
    """`routes` maps a path to bytes, or to a function that answers by itself. `requests` lists the paths asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.routes: dict[str, bytes | Answer] = {}
        self.requests: list[str] = []
        self.delay_s = 0.0
        self.status = 200

    def serve_keys(self, *keys: Any) -> str:
        """Serve a key set; answers its address."""
        self.routes["/keys"] = key_set(*keys)
        return f"{self.url}/keys"

    def serve_metadata(self, issuer: str, /, **changes: Any) -> None:
        """Serve the metadata of OpenID Connect discovery."""
        metadata = {"issuer": issuer, "jwks_uri": f"{self.url}/keys", **changes}
        self.routes["/.well-known/openid-configuration"] = json.dumps(metadata).encode()


@contextmanager
def running(certificate: Path | None = None) -> Iterator[KeyServer]:
    """A server for as long as the block lasts, with TLS where a certificate (and its key, in one PEM file) is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(self.path)
            if state.delay_s:
                time.sleep(state.delay_s)
            route = state.routes.get(self.path)
            if callable(route):
                route(self)
                return
            body = b"{}" if route is None else route
            self.send_response(404 if route is None else state.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # clients that hang up are part of the tests

    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    state = KeyServer(f"{'http' if certificate is None else 'https'}://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
