"""A whole gateway on real parts, asked from plain test functions: its event loop runs in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import yaml

import proxy.app
import proxy.settings
from proxy.errors import GatewayError
from proxy.gateway import Answer, Planned, Request
from proxy.identity.issuer import LocalIssuer
from proxy.values import Caller, Context

T = TypeVar("T")
CONTEXT = Context("test")
TIMEOUT_S = 60
PATIENT = {"timeout_s": 10}
"""Tests share the processors with each other; what the product's own time limit does is tested where it matters."""


@dataclass(frozen=True)
class Rows:
    """A whole answer: column names, Arrow types as text, and rows."""

    names: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]


class Harness:
    """Starts a gateway over one DuckDB file, or a warehouse of any settings, and a policy folder; answers or raises
    what the gateway would."""

    def __init__(
        self,
        folder: Path,
        database: Path | Mapping[str, Any],
        policies: Path,
        *,
        key: str,
        warehouse: str = "shop",
        search_path: Sequence[str] = ("main",),
        attributes: Sequence[str] = (),
        scan: Mapping[str, Any] | None = None,
        limits: Mapping[str, Any] | None = None,
        parser: Mapping[str, Any] | None = None,
    ) -> None:
        self.issuer = LocalIssuer(folder / "issuer")
        (folder / "key").write_text(key)
        opened = {"kind": "duckdb", "path": str(database), "search_path": list(search_path)}
        settings = {
            "identity": {
                "issuers": [
                    {
                        "issuer": self.issuer.issuer,
                        "audience": "usher",
                        "algorithms": ["ES256"],
                        "jwks": f"file:{self.issuer.jwks_path}",
                        "claims": {"groups": "groups", "attributes": {a: a for a in attributes}},
                    }
                ]
            },
            "warehouses": {warehouse: dict(database) if isinstance(database, Mapping) else opened},
            "policies": str(policies),
            "masks": {"key": f"file:{folder / 'key'}"},
            "scan": scan or {"mode": "off"},
            "audit": {"sinks": [{"kind": "file", "path": str(folder / "audit")}]},
            "limits": limits or {},
            "parser": PATIENT if parser is None else parser,
            "doors": {"http": {"listen": "127.0.0.1:0"}},
        }
        self.config = folder / "usher.yaml"
        self.config.write_text(yaml.safe_dump(settings))
        self.audit = folder / "audit"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.app = proxy.app.build(proxy.settings.load(self.config, {}))
        self.run(self.app.start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the gateway's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT_S)

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts a coroutine on the gateway's loop, and does not wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, function: Callable[[], object]) -> None:
        """Calls a function on the gateway's loop."""
        self._loop.call_soon_threadsafe(function)

    def close(self) -> None:
        """Ends the gateway and its thread."""
        self.run(self.app.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)
        self._loop.close()

    def caller(
        self, subject: str, groups: Sequence[str], attributes: Mapping[str, Any] | None = None, **more: Any
    ) -> Caller:
        """A caller by the way of a signed token."""
        token = self.issuer.mint(subject=subject, groups=groups, attributes=attributes or {}, **more)
        return self.run(self.app.gateway.authenticate(token, CONTEXT))

    def plan(self, caller: Caller, sql: str) -> Planned:
        """Decides without running."""
        return self.run(self.app.gateway.plan(caller, Request(sql), CONTEXT))

    def ask(self, caller: Caller, sql: str, parameters: Any = ()) -> Rows:
        """Runs a query to its end. Raises the gateway's errors."""
        return self.run(self._ask(caller, Request(sql, parameters=parameters)))

    async def _ask(self, caller: Caller, request: Request) -> Rows:
        answer: Answer = await self.app.gateway.run(caller, request, CONTEXT)
        batches = [batch async for batch in answer.batches]
        return as_rows(pa.Table.from_batches(batches, schema=answer.schema))

    def refusal(self, caller: Caller, sql: str) -> GatewayError:
        """The error that a query ends in. Fails where it is answered."""
        try:
            rows = self.ask(caller, sql)
        except GatewayError as error:
            return error
        raise AssertionError(f"answered with {len(rows.rows)} rows: {sql}")


def as_rows(table: pa.Table) -> Rows:
    """An Arrow table as plain values."""
    columns = [column.to_pylist() for column in table.columns]
    rows = list(zip(*columns, strict=True)) if columns else []
    return Rows(list(table.schema.names), [str(t) for t in table.schema.types], rows)
