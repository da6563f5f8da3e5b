"""A gateway served by `usher serve` in a process of its own: over one table of many rows, or another warehouse."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import httpx
import pyarrow as pa
import yaml

from proxy.identity.issuer import LocalIssuer

_POLICY = {"grants.csv": "p, role:reader, shop, read, allow\ng, group:readers, role:reader\n"}
_START_S = 60.0
ARROW = "application/vnd.apache.arrow.stream"


class Served:
    """Starts and ends the server; asks it as a client would. `warehouse` (or several by name) and `policy` (files by
    path) are those that a benchmark brings; else it is one table of so many rows, without obligations. `more` are
    sections of the settings in place of those here, `pgwire` the port of the PostgreSQL door, where it is served."""

    def __init__(
        self,
        folder: Path,
        rows: int = 0,
        warehouse: Mapping[str, Any] | None = None,
        policy: Mapping[str, str] | None = None,
        warehouses: Mapping[str, Any] | None = None,
        more: Mapping[str, Any] | None = None,
        pgwire: int | None = None,
    ) -> None:
        self.database = folder / "shop.duckdb"
        if warehouse is None and warehouses is None:
            self._fill(rows)
        for name, text in {**_POLICY, **(policy or {})}.items():
            (folder / "policies" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "policies" / name).write_text(text)
        self._issuer = issuer = LocalIssuer(folder / "issuer")
        self._warehouses = dict(warehouses or {"shop": warehouse or {"kind": "duckdb", "path": str(self.database)}})
        self._more = dict(more or {})
        self.pgwire = pgwire
        self.token = self.token_of("bench")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = folder / "usher.yaml"
        self.config.write_text(yaml.safe_dump(self._settings(folder, issuer)))
        self.process: subprocess.Popen[bytes] | None = None

    def _fill(self, rows: int) -> None:
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(
                "CREATE TABLE big AS SELECT i AS id, 'name ' || i AS name, i % 97 AS k, i * 0.5 AS price, "
                "DATE '2020-01-01' + (i % 1000)::INTEGER AS day, i % 2 = 0 AS even, (i * 7)::DECIMAL(12,2) AS amount, "
                f"hash(i)::VARCHAR AS code FROM range({rows}) t(i)"
            )

    def token_of(self, subject: str) -> str:
        """A token of somebody who may read everything."""
        return self._issuer.mint(subject=subject, groups=["readers"])

    def _settings(self, folder: Path, issuer: LocalIssuer) -> dict[str, object]:
        trusted = {"issuer": issuer.issuer, "audience": "usher", "algorithms": ["ES256"]}
        return {
            "identity": {"issuers": [{**trusted, "jwks": f"file:{issuer.jwks_path}", "claims": {"groups": "groups"}}]},
            "warehouses": self._warehouses,
            "policies": str(folder / "policies"),
            "scan": {"mode": "off"},
            "audit": {"sinks": [{"kind": "file", "path": str(folder / "audit")}]},
            "limits": {"max_rows": 10**8, "max_bytes": 10**11, "statement_timeout_s": 600},
            "doors": self._doors(),
            **self._more,
        }

    def _doors(self) -> dict[str, object]:
        doors: dict[str, object] = {"http": {"listen": f"127.0.0.1:{self.port}"}}
        if self.pgwire is not None:
            doors["pgwire"] = {"listen": f"127.0.0.1:{self.pgwire}"}
        return doors

    def __enter__(self) -> Served:
        usher = Path(sys.executable).with_name("usher")
        self.process = subprocess.Popen([usher, "serve", "--config", self.config], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)
        raise SystemExit("the server did not become ready")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.Client:
        """A client with the token."""
        return httpx.Client(headers={"Authorization": f"Bearer {self.token}", "Accept": ARROW}, timeout=600)

    def arrow(self, sql: str) -> pa.Table:
        """A whole answer as Arrow."""
        with self.client() as client:
            answer = client.post(f"{self.url}/v1/query", json={"sql": sql})
            answer.raise_for_status()
            return pa.ipc.open_stream(answer.content).read_all()

    def children(self) -> int:
        """How many processes the server has started that run."""
        if self.process is None:
            return 0
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(len((task / "children").read_text().split()) for task in tasks.iterdir())

    def memory(self) -> int:
        """Resident bytes of the server's process."""
        if self.process is None:
            return 0
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
