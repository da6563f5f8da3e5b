"""How long hostile statements take to be refused over HTTP, and what somebody else's queries cost meanwhile.
How long large statements take that somebody could honestly send. In milliseconds, on each engine.

The gateway is a process of its own with the settings it has by default. A refusal is a 4xx answer with a reason of
`REASONS`, or 413; anything else ends the benchmark. `others` are queries that each differ in a literal, so that none is
in the cache, one after the other without a pause.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb
import httpx

from tests.bench.server import Served
from tests.bypass.hostile import STATEMENTS
from tests.postgres import Server, new_database, programs

ROUNDS = 3
SENDERS = 4
"""Hostile callers at a time, in the worst case that is measured."""
REASONS = {"too-long", "too-complex", "too-deep", "parse-aborted", "syntax", "construct", "unknown-column"}
FAIR = "SELECT region, count(*) FROM customers WHERE id > {0} GROUP BY region"
ALONE_S = 4.0
TIMEOUT_S = 60
SETTLE_S = 4.0
"""After which processes that were ended have been replaced."""
POLICY = {
    "data/shop.yaml": """
tables:
  shop.{0}.customers: {{rows: [{{id: europe, for: everyone, where: "region = 'EU'"}}]}}
  shop.{0}.wide: {{rows: [{{id: some, for: everyone, where: "c0 >= 0"}}]}}
"""
}
CUSTOMERS = """
CREATE TABLE customers AS SELECT i AS id, 'n' || i AS name, CASE WHEN i % 3 = 0 THEN 'US' ELSE 'EU' END AS region
FROM {0} t(i)
"""
COLUMNS = {"duckdb": 2_000, "postgres": 1_600}
"""As many as the engine has in one table."""


def run(folder: Path) -> dict[str, object]:
    """The figures of each engine."""
    taken: dict[str, object] = {}
    for name, opened in (("duckdb", _duckdb), ("postgres", _postgres)):
        (folder / name).mkdir()
        with opened(folder / name) as served:
            taken[name] = _figures(served, COLUMNS[name])
    return taken


@contextmanager
def _duckdb(folder: Path) -> Iterator[Served]:
    path = folder / "customers.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(CUSTOMERS.format("range(10000)"))
        connection.execute(_wide(COLUMNS["duckdb"]))
    warehouse = {"kind": "duckdb", "path": str(path)}
    with Served(folder, warehouse=warehouse, policy=_policy("main")) as served:
        yield served


@contextmanager
def _postgres(folder: Path) -> Iterator[Served]:
    found = programs("wheel")
    if found is None:
        raise SystemExit("there is no PostgreSQL: pip install -e '.[dev]'")
    server = Server("wheel", found)
    try:
        database = new_database(server)
        database.sql(CUSTOMERS.format("generate_series(1, 10000)") + ";" + _wide(COLUMNS["postgres"]) + "; ANALYZE;")
        database.setup()
        (folder / "url").write_text(database.url)
        warehouse = {"kind": "postgres", "url": f"file:{folder / 'url'}", "schemas": ["public"]}
        with Served(folder, warehouse=warehouse, policy=_policy("public")) as served:
            yield served
    finally:
        server.stop()


def _policy(schema: str) -> dict[str, str]:
    return {name: text.format(schema) for name, text in POLICY.items()}


def _wide(columns: int) -> str:
    return f"CREATE TABLE wide AS SELECT {', '.join(f'{i} AS c{i}' for i in range(columns))}"


def honest(columns: int) -> dict[str, str]:
    """Large statements that programs make, and people do not read. `{0}` makes each a new one."""
    count = "SELECT count(*) FROM customers"
    numbers, texts = range(15_000), (f"'n{i}'" for i in range(15_000))
    branches = " ".join(f"WHEN {i} THEN {i % 7}" for i in range(2_000))
    conditions = " AND ".join(f"id <> {i}" for i in range(200))
    joined = "".join(f" CROSS JOIN (SELECT max(id) AS m{i} FROM customers) q{i}" for i in range(40))
    return {
        "15,000 numbers in a list": f"{count} WHERE id IN ({', '.join(map(str, numbers))}, {{0}})",
        "15,000 texts in a list": f"{count} WHERE name IN ({', '.join(texts)}, '{{0}}')",
        f"{columns:,} select items": f"SELECT {', '.join(f'id + {i} AS c{i}' for i in range(columns))} FROM customers "
        "WHERE id = {0}",
        f"all of {columns:,} columns": "SELECT * FROM wide WHERE c1 < {0}",
        "2,000 branches of CASE": f"SELECT sum(CASE id {branches} END) FROM customers WHERE id > {{0}}",
        "200 KB of text": f"{count} WHERE name <> '{'x' * 200_000}{{0}}'",
        "200 conditions": f"{count} WHERE {conditions} AND id > {{0}}",
        "41 tables": f"{count}{joined} WHERE id > {{0}}",
    }


def _figures(served: Served, columns: int) -> dict[str, object]:
    eves = [Caller(served, f"eve{i}") for i in range(SENDERS)]
    bob = Caller(served, "bob")
    answered = {name: _honest(bob, text) for name, text in honest(columns).items()}
    with Others(bob) as alone:
        time.sleep(ALONE_S)
    workers = served.children()
    refused: dict[str, float] = {}
    with Others(bob) as beside:
        for name, sql in STATEMENTS.items():
            refused[name] = round(max(eves[0].refused(f"{sql} -- {i}") for i in range(ROUNDS)))
    time.sleep(SETTLE_S)
    with Others(bob) as storm, ThreadPoolExecutor(SENDERS) as pool:
        stormed = [ms for times in pool.map(_sends_all, eves) for ms in times]
    time.sleep(SETTLE_S)
    after = [ms for _ in range(20) for ms in [bob.answered(FAIR.format(time.monotonic_ns() % 10**9))]]
    return {
        "refused after, longest": max(refused.values()),
        "refused after, median": round(statistics.median(refused.values())),
        f"refused after, longest of {SENDERS} callers' at once": round(max(stormed)),
        "others alone": alone.told(),
        "others beside one": beside.told(),
        f"others beside {SENDERS}": storm.told(),
        "others afterwards, median": round(statistics.median(after), 1),
        "processes before and after": [workers, served.children()],
        "honest, answered after": answered,
        "refused after": refused,
    }


def _sends_all(eve: Caller) -> list[float]:
    return [eve.refused(f"{sql} -- {eve.name}") for sql in STATEMENTS.values()]


def _honest(bob: Caller, text: str) -> dict[str, float]:
    """New, and once more."""
    new = [bob.answered(text.format(i)) for i in range(10_001, 10_001 + ROUNDS)]
    return {"new": round(statistics.median(new)), "again": round(bob.answered(text.format(10_001)))}


class Caller:
    """Somebody with a token and a connection of their own. Times are milliseconds to the end of an answer."""

    def __init__(self, served: Served, name: str) -> None:
        self.name = name
        self._url = f"{served.url}/v1/query"
        headers = {"Authorization": f"Bearer {served.token_of(name)}", "Accept": "application/json"}
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT_S)

    def _post(self, sql: str) -> tuple[float, httpx.Response]:
        started = time.perf_counter()
        answer = self._client.post(self._url, json={"sql": sql})
        return (time.perf_counter() - started) * 1e3, answer

    def answered(self, sql: str) -> float:
        """The time of a query that has an answer."""
        taken, answer = self._post(sql)
        if answer.status_code != 200:
            raise SystemExit(f"not answered: {answer.text[:300]} to {sql[:100]}")
        return taken

    def refused(self, sql: str) -> float:
        """The time of a query that is refused for what is wrong with it."""
        taken, answer = self._post(sql)
        told = answer.json()
        reasons = {reason["code"] for reason in told["reasons"]}
        if not (answer.status_code == 413 or (400 <= answer.status_code < 500 and reasons & REASONS)):
            raise SystemExit(f"not refused, but {answer.text[:300]} to {sql[:100]}")
        return taken


class Others:
    """Somebody else's queries, one after the other while the block runs; each is a new one, and each is answered."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._taken: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Others:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            self._taken.append(self._caller.answered(FAIR.format(time.monotonic_ns() % 10**9)))

    def told(self) -> dict[str, float]:
        """The median, the 95th of 100, and the longest."""
        ordered = sorted(self._taken)
        return {
            "queries": len(ordered),
            "median": round(statistics.median(ordered), 1),
            "95th of 100": round(ordered[int(len(ordered) * 0.95)], 1),
            "longest": round(ordered[-1], 1),
        }
