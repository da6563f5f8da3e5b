"""Asking as an attacker does: every byte that leaves is kept, and looked through for canaries."""

from __future__ import annotations

import asyncio
import base64
import os
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson
import psycopg
import pyarrow as pa
from psycopg.pq import TransactionStatus

from proxy.doors import pgwire
from proxy.doors.http import Settings, serve
from proxy.errors import GatewayError
from proxy.gateway import Request
from tests.bypass import shop
from tests.oracle.harness import CONTEXT, Harness, as_rows

SAME = "same"
VIRTUAL = "virtual"
SESSION = "session"
"""What the PostgreSQL door says for itself of statements about the session, and of texts that it cannot part."""
HIDDEN_NAMES = ("vault", "salaries", "salary", "ssn", "tickets", "assigned_to", "secret_mood", "papers", "evil")
"""Names that stand in the warehouses, and that Ana may not learn."""
FORMS = ("application/json", "application/x-ndjson", "text/csv", "application/vnd.apache.arrow.stream")
PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ana": {"groups": ["analysts"], "attributes": {"region": "EU"}},
    "sam": {"groups": ["agents"]},
    "nobody": {"groups": []},
    "bea": {"groups": ["analysts"]},
    "bot": {"groups": ["analysts"], "attributes": {"region": "EU"}, "app": "bot"},
}

EVERY_DOOR = os.environ.get("USHER_EVERY_DOOR") == "1"
"""Every door on each PostgreSQL server, as .ci/run asks; else the PostgreSQL protocol on one server, and the gateway
itself on the other."""
CODES: Mapping[str, str] = {
    "0A": "ungovernable",
    "28": "unauthenticated",
    "3D": "invalid-sql",
    "42501": "denied",
    "42601": "invalid-sql",
    "4270": "invalid-sql",
    "42P": "invalid-sql",
    "08P01": "invalid-sql",
    "22021": "invalid-sql",
    "53": "limit-exceeded",
    "54": "too-large",
    "57014": "timeout",
}
"""SQLSTATEs by their beginning -> the code of the gateway's error."""


@dataclass(frozen=True)
class Seen:
    """What came of one question: rows, or a refusal; `left` is everything that left."""

    left: bytes
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    code: str = ""
    reasons: tuple[str, ...] = ()
    detail: str = ""
    span: Any = None

    @property
    def refused(self) -> bool:
        """Whether there was no answer."""
        return bool(self.code)

    def told(self) -> tuple[object, ...]:
        """All that tells one outcome from another."""
        rows = sorted(map(repr, self.rows))
        return self.code, self.reasons, self.detail, self.span, rows, self.names, self.types


class Door(Protocol):
    """One way to ask."""

    def ask(self, sql: str, parameters: Any = (), who: str = "ana") -> Seen:
        """Run a statement to its end."""

    def plan(self, sql: str, who: str = "ana") -> Seen:
        """Plan a statement; the rows are empty."""


def canaries_in(data: bytes) -> list[str]:
    """The canaries that stand in some bytes: as they are, reversed, as UTF-16, in hexadecimal."""
    found = []
    for canary in shop.CANARIES:
        forms = (canary.encode(), canary[::-1].encode(), canary.encode("utf-16-le"), canary.encode().hex().encode())
        if any(form.lower() in data.lower() for form in forms):
            found.append(canary)
    return found


def clean(seen: Seen) -> Seen:
    """What was seen, after a look for canaries."""
    assert not canaries_in(seen.left), (canaries_in(seen.left), seen.left[:2000])
    return seen


def spelt(value: Any) -> str:
    """A value so that it compares whether it came as Python's own or as JSON."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float | Decimal):
        return format(float(value), ".12g")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return str(sorted((spelt(k), spelt(v)) for k, v in value.items()))
    if isinstance(value, list) and value and all(isinstance(pair, tuple) and len(pair) == 2 for pair in value):
        return spelt(dict(value))  # a map, as Arrow gives it
    if isinstance(value, str) and value[:1] in ("{", "[", '"'):  # JSON, which one client takes for text and one reads
        with suppress(orjson.JSONDecodeError):
            return spelt(orjson.loads(value))
    if isinstance(value, list | tuple):
        return str([spelt(item) for item in value])
    return value.isoformat() if isinstance(value, date) else str(value)


def hold(served: Served, door: Door, sql: str, outcome: str) -> None:
    """Asks, and holds what came of it to `outcome`: SAME for the answer of a database with the caller's view alone,
    VIRTUAL for one of the virtual catalog, which names nothing that is hidden; else the first reason of the refusal."""
    seen = door.ask(sql)
    if outcome == VIRTUAL:
        hold_virtual(door, sql, seen)
    elif outcome == SAME:
        assert not seen.refused, seen.detail
        assert sorted(map(spelt, seen.rows)) == sorted(map(spelt, served.expected(sql)))
        door.plan(sql)
    else:
        assert seen.refused, seen.rows[:3]
        assert seen.reasons[0].split(":")[0] in (outcome, SESSION), seen.reasons


def hold_virtual(door: Door, sql: str, seen: Seen) -> None:
    """An answer of the virtual catalog: there is one, it holds no hidden name that the statement does not, and a plan
    says that no table of the warehouse is read."""
    assert not seen.refused, (seen.reasons, seen.detail)
    told = repr(seen.rows).lower()
    assert not [name for name in HIDDEN_NAMES if name in told and name not in sql.lower()]
    planned = door.plan(sql)
    assert not planned.refused
    assert b"shop.main." not in planned.left
    assert b"shop.public." not in planned.left


class Served:
    """The shop's gateway, with its HTTP door open."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "raw.duckdb"
        shop.build(self.database)
        policies = folder / "policies"
        for name, text in shop.POLICY.items():
            (policies / name).parent.mkdir(parents=True, exist_ok=True)
            (policies / name).write_text(text.lstrip("\n"))
        limits = {"statement_timeout_s": 10, "concurrent_per_caller": 4}
        self.harness = Harness(folder, self.database, policies, key=shop.KEY, attributes=["region"], limits=limits)
        self.callers = {name: self.harness.caller(name, **self._spelt(name)) for name in PEOPLE}
        self.tokens = {name: self.harness.issuer.mint(subject=name, **PEOPLE[name]) for name in PEOPLE}
        self.copy = shop.copied(self.database)
        self.url, self._stop, self._served = self._open()
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def _spelt(self, name: str) -> dict[str, Any]:
        person = dict(PEOPLE[name])
        return {"groups": person.pop("groups"), "attributes": person.pop("attributes", None), **person}

    def _open(self) -> tuple[str, asyncio.Event, Any]:
        stop, ready, urls = asyncio.Event(), threading.Event(), []

        def up(url: str) -> None:
            urls.append(url)
            ready.set()

        settings = Settings(listen="127.0.0.1:0", stop_timeout_s=1, body_timeout_s=2)
        served = self.harness.begin(serve(self.harness.app.gateway, settings, stop=stop, ready=up))
        assert ready.wait(30)
        return urls[0], stop, served

    @cached_property
    def pgwire(self) -> PgwireDoor:
        """The PostgreSQL door, opened when it is asked for first."""
        stop, ready, addresses = asyncio.Event(), threading.Event(), []

        def up(address: str) -> None:
            addresses.append(address)
            ready.set()

        settings = pgwire.Settings(listen="127.0.0.1:0", stop_timeout_s=1)
        serving = self.harness.begin(pgwire.serve(self.harness.app.gateway, settings, stop=stop, ready=up))
        assert ready.wait(30)
        return PgwireDoor(self, int(addresses[0].rpartition(":")[2]), stop, serving)

    def close_pgwire(self) -> None:
        """End the PostgreSQL door, if it was opened."""
        if "pgwire" in self.__dict__:
            self.pgwire.close()

    def close(self) -> None:
        """End the doors and the gateway."""
        self.close_pgwire()
        self.client.close()
        self.harness.call(self._stop.set)
        self._served.result(30)
        self.harness.close()
        self.copy.close()

    def expected(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """What a database with Ana's view alone answers."""
        rows: list[tuple[Any, ...]] = self.copy.execute(sql, parameters or None).fetchall()
        return rows


class GatewayDoor:
    """Asks the gateway itself."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def ask(self, sql: str, parameters: Any = (), who: str = "ana") -> Seen:
        """Run a statement to its end."""
        harness = self._served.harness

        async def run() -> Seen:
            answer = await harness.app.gateway.run(
                self._served.callers[who], Request(sql, parameters=parameters), CONTEXT
            )
            batches = [batch async for batch in answer.batches]
            rows = as_rows(pa.Table.from_batches(batches, schema=answer.schema))
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, answer.schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
            left = sink.getvalue().to_pybytes() + repr(rows).encode() + repr(batches).encode()
            return Seen(left, rows.rows, rows.names, rows.types)

        return clean(self._caught(run()))

    def plan(self, sql: str, who: str = "ana") -> Seen:
        """Plan a statement."""
        harness = self._served.harness

        async def run() -> Seen:
            planned = await harness.app.gateway.plan(self._served.callers[who], Request(sql), CONTEXT)
            return Seen(repr(planned).encode(), names=[planned.plan.sql])

        return clean(self._caught(run()))

    def _caught(self, work: Any) -> Seen:
        try:
            seen: Seen = self._served.harness.run(work)
            return seen
        except GatewayError as error:
            reasons = tuple(f"{r.code.value}:{r.about}" for r in error.reasons)
            span = None if error.span is None else (error.span.start, error.span.end)
            left = f"{error} {error.detail} {reasons} {error.statement}".encode()
            return Seen(left, code=error.code, reasons=reasons, detail=error.detail, span=span)


class HttpDoor:
    """Asks over HTTP, as JSON and in one of the other forms in turn."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def ask(self, sql: str, parameters: Any = (), who: str = "ana") -> Seen:
        """Run a statement, and again in another form where it is answered; what is told is that of the JSON form."""
        body: dict[str, Any] = {"sql": sql}
        if parameters:
            body["parameters"] = parameters
        answer = self._post("/v1/query", body, who, FORMS[0])
        left = _bytes_of(answer)
        if answer.status_code == 200:
            other = self._post("/v1/query", body, who, FORMS[1 + zlib.crc32(sql.encode()) % (len(FORMS) - 1)])
            assert other.status_code == 200
            left += _bytes_of(other)
        return clean(_seen(answer, left))

    def plan(self, sql: str, who: str = "ana") -> Seen:
        """Plan a statement."""
        answer = self._post("/v1/plan", {"sql": sql}, who, "application/json")
        seen = _seen(answer, _bytes_of(answer))
        return clean(seen)

    def _post(self, path: str, body: dict[str, Any], who: str, form: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._served.tokens[who]}", "Accept": form}
        return self._served.client.post(path, json=body, headers=headers)


class PgwireDoor:
    """Asks over the PostgreSQL protocol, each statement as one that is prepared, with text or binary values in turn;
    and again as a simple query (a quarter of them, where not every door is asked)."""

    def __init__(self, served: Served, port: int, stop: asyncio.Event, serving: Any) -> None:
        self._served, self.port, self._stop, self._serving = served, port, stop, serving
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        self._told: list[str] = []

    def close(self) -> None:
        """End the door."""
        for connection in self._connections.values():
            connection.close()
        self._served.harness.call(self._stop.set)
        self._serving.result(30)

    def ask(self, sql: str, parameters: Any = (), who: str = "ana") -> Seen:
        """Run a statement to its end; named parameters, which the protocol does not have, go over HTTP."""
        if isinstance(parameters, Mapping):
            return HttpDoor(self._served).ask(sql, parameters, who)
        seen = self._prepared(sql, parameters, who)
        if not parameters and (EVERY_DOOR or zlib.crc32(sql.encode("utf-8", "replace")) % 4 == 0):
            self._simply(sql, who, seen)
        return seen

    def _prepared(self, sql: str, parameters: Any, who: str) -> Seen:
        cursor = psycopg.RawCursor(self._fresh(who))
        binary = zlib.crc32(sql.encode("utf-8", "replace")) % 2 == 0
        try:
            cursor.execute(sql, list(parameters) or None, binary=binary, prepare=not binary)
            rows = cursor.fetchall() if cursor.description else []
            names = [c.name for c in cursor.description or ()]
            types = [str(c.type_code) for c in cursor.description or ()]
        except (psycopg.Error, UnicodeEncodeError) as error:
            return clean(self._refusal(error))
        left = repr((rows, names, types, self._told)).encode()
        answered = (cursor.statusmessage or "").split(" ")[0] in ("SELECT", "EXPLAIN")
        if not answered or names == ["set_config"]:
            return clean(Seen(left, code=SESSION, reasons=(SESSION,)))
        return clean(Seen(left, rows, names, types))

    def _simply(self, sql: str, who: str, prepared: Seen) -> None:
        """Ask the same as a simple query, which may be of several statements, and hold that nothing more comes of it
        than of the prepared one."""
        cursor = psycopg.RawCursor(self._fresh(who))
        left: list[Any] = []
        refused = ""
        try:
            cursor.execute(sql, prepare=False)
            more: bool | None = True
            while more:
                rows = cursor.fetchall() if cursor.description else []
                left.append((rows, [(c.name, c.type_code) for c in cursor.description or ()]))
                more = cursor.nextset()
        except (psycopg.Error, UnicodeEncodeError) as error:
            refused = clean(self._refusal(error)).code
        clean(Seen(repr((left, self._told)).encode()))
        if refused:
            assert prepared.refused, (sql, refused)
        elif prepared.refused:
            assert prepared.code == SESSION, (sql, prepared.reasons)
        else:
            assert len(left[0][0]) == len(prepared.rows), sql

    def _fresh(self, who: str) -> psycopg.Connection[Any]:
        """Somebody's connection, as it was in the beginning: an attack may have set what a session may set."""
        self._told.clear()
        connection = self._connection(who)
        if connection.info.transaction_status != TransactionStatus.IDLE:
            connection.execute("ROLLBACK", prepare=False)
        connection.execute("RESET ALL", prepare=False)
        return connection

    def plan(self, sql: str, who: str = "ana") -> Seen:
        """Plan a statement; the rows are what EXPLAIN POLICY tells of it, but for the ids."""
        seen = self.ask(f"EXPLAIN POLICY {sql}", who=who)
        rows = [row for row in seen.rows if row[0] not in ("decision", "sql")]
        return replace(seen, rows=rows, names=[str(row[2]) for row in seen.rows if row[0] == "sql"], types=[])

    def _connection(self, who: str) -> psycopg.Connection[Any]:
        known = self._connections.get(who)
        if known is None or known.closed:
            token = self._served.tokens[who]
            known = psycopg.connect(
                host="127.0.0.1", port=self.port, user="token", dbname="shop", password=token, autocommit=True
            )
            known.add_notice_handler(lambda notice: self._told.append(repr(vars(notice))))
            self._connections[who] = known
        return known

    def _refusal(self, error: Exception) -> Seen:
        if not isinstance(error, psycopg.Error):
            return Seen(b"", code="not-sent", reasons=("syntax:",))
        told = error.diag
        parts = [told.message_primary, told.message_detail, told.message_hint, told.sqlstate, *self._told]
        named, _, _ = (told.message_detail or "").removeprefix("Reasons: ").partition(". Decision")
        if not (told.message_detail or "").startswith("Reasons: "):
            return Seen(repr(parts).encode(), code=SESSION, reasons=(SESSION,))
        reasons = tuple(f"{word.partition(' ')[0]}:{word.partition('(')[2].rstrip(')')}" for word in named.split(", "))
        span = None if told.statement_position is None else (int(told.statement_position) - 1,)
        detail = f"{told.message_primary} {told.message_hint or ''}"
        code = next((code for state, code in CODES.items() if (told.sqlstate or "").startswith(state)), "query-failed")
        return Seen(repr(parts).encode(), code=code, reasons=reasons, detail=detail, span=span)


def _bytes_of(answer: httpx.Response) -> bytes:
    return answer.content + repr(answer.headers.raw).encode()


def _seen(answer: httpx.Response, left: bytes) -> Seen:
    document = orjson.loads(answer.content)
    assert answer.status_code < 500, document
    if answer.status_code == 200 and "rows" in document:
        columns = document["columns"]
        return Seen(
            left,
            [tuple(row) for row in document["rows"]],
            [c["name"] for c in columns],
            [c["type"] for c in columns],
        )
    if answer.status_code == 200:  # a plan: everything but the ids of the decision and of the statement's text
        document["decision"].pop("id")
        told = {key: value for key, value in document.items() if key not in ("sql", "fingerprint")}
        return Seen(left, [(orjson.dumps(told).decode(),)], [document["sql"]])
    span = document.get("span")
    return Seen(
        left,
        code=document["code"],
        reasons=tuple(f"{r['code']}:{r['about']}" for r in document["reasons"]),
        detail=document["detail"],
        span=None if span is None else (span["start"], span["end"]),
    )


def records_of(served: Served) -> Iterator[dict[str, Any]]:
    """Every audit record so far."""
    for path in sorted(served.harness.audit.glob("**/*")):
        if path.is_file():
            for line in path.read_bytes().splitlines():
                try:
                    yield orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue
