"""The fuzzer on a small budget, on each engine; by hand it takes any: `python -m tests.oracle.fuzz --help`."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

import proxy.query.ledger
from tests.oracle.fuzz.pairs import OnDuckdb, OnPostgres
from tests.oracle.fuzz.results import collected
from tests.oracle.fuzz.run import HASH_BYTES, Options, Report, Run
from tests.oracle.fuzz.shrink import shrunk
from tests.oracle.fuzz.statements import Statements
from tests.oracle.fuzz.verdicts import Judge, determined, is_cut_at_the_end, whole
from tests.oracle.fuzz.worlds import World
from tests.postgres import Server

COUNT = int(os.environ.get("USHER_FUZZ_COUNT", "150"))
SEED = int(os.environ.get("USHER_FUZZ_SEED", "1"))
SCHEMAS = ("wide", "company", "tpch")
LEAKS = "SELECT count(*), max(q.v) FROM wide.{t} q WHERE q.i < 5000000000 AND 10 / q.i > -1 AND q.s > -9"
"""Raises on hidden rows with i = 0, which one side lacks, wherever the filter is a query: where nothing guards."""


def small(engine: str, server: Server | None) -> Run:
    """A run of the small budget, over a part of the schemas."""
    return Run(Options(engine, COUNT, SEED, schemas=SCHEMAS, sides=2), server, print)


@pytest.mark.timeout(3600)
def test_nothing_tells_the_two_apart_on_duckdb() -> None:
    report = small("duckdb", None).go()
    assert report.findings == []
    assert report.reached >= COUNT
    assert report.outcomes["answered"] > COUNT / 4


@pytest.mark.timeout(3600)
def test_nothing_tells_the_two_apart_on_postgres(postgres_server: Server) -> None:
    report = small("postgres", postgres_server).go()
    assert report.findings == []
    assert report.reached >= COUNT
    assert report.outcomes["answered"] > COUNT / 4


@pytest.fixture(scope="module")
def pair(postgres_server: Server) -> Iterator[tuple[World, OnPostgres]]:
    world = World(0, ("wide",), "postgres")
    made = OnPostgres(world, postgres_server, 2)
    yield world, made
    made.close()


def asked(world: World) -> list[str]:
    """The statement that would leak, of each table whose filter is a query, which comes after cheap conditions."""
    filtered = [g.table.name for g in world.governed if g.filter is not None and "SELECT" in g.filter.where]
    return [LEAKS.format(t=name) for name in filtered]


def test_without_guards_it_finds_and_shrinks_a_leak(
    pair: tuple[World, OnPostgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, sides = pair
    judge = Judge(sides, sides.planner, "postgres")
    assert not any(judge.differs(sql) for sql in asked(world))
    monkeypatch.setattr(proxy.query.ledger.Ledger, "guard", lambda *_: None)
    monkeypatch.setattr(proxy.query.ledger.Ledger, "fence", lambda *_: None)
    sql = next(sql for sql in asked(world) if judge.differs(sql))
    least = shrunk(sql, "postgres", judge.differs)
    assert judge.differs(least)
    assert len(least) < len(sql) / 2


def test_what_the_callers_own_rows_raise_is_known_from_what_hidden_ones_do(pair: tuple[World, OnPostgres]) -> None:
    world, sides = pair
    assert sides.raised("SELECT CAST(v AS INTEGER) FROM wide.t0", {}) == {"22P02"}
    assert [sides.raised(sql, {}) for sql in asked(world)] == [set()] * len(asked(world))


def test_the_two_sides_differ_in_what_is_hidden() -> None:
    world = World(0, ("wide",), "duckdb")
    sides = OnDuckdb(world, 2)
    try:
        raw = [session._connection for session in sides._sessions]
        counted = "SELECT count(*), max(i), min(v), max(secret_n) FROM shop.wide.t0"
        rows = [connection.execute(counted).fetchone() for connection in raw]
    finally:
        sides.close()
    assert rows[0] is not None
    assert rows[1] is not None
    assert rows[0][0] == rows[1][0]
    assert rows[0][1:] != rows[1][1:]


def test_a_run_is_a_function_of_its_seed() -> None:
    world = World(3, ("wide", "company", "tpch"), "duckdb")
    sides = OnDuckdb(world, 2)
    try:
        streams = [Statements(world, sides, random.Random(7), "duckdb") for _ in (1, 2)]
        one, two = (list(islice(stream, 60)) for stream in streams)
    finally:
        sides.close()
    assert one == two
    assert len({sql for _, sql in one}) > 40


def test_shrinking_keeps_only_what_the_case_needs() -> None:
    sql = (
        "SELECT a, b + 1 AS c, max(d) FROM t JOIN u ON t.x = u.x WHERE e LIKE 'a%' AND 1 / b = 2 GROUP BY a ORDER BY 2"
    )
    least = shrunk(sql, "duckdb", lambda text: "1 / b" in text)
    assert "1 / b" in least
    assert len(least) < 40


def test_what_leaves_an_answer_open_is_taken_away_and_nothing_else() -> None:
    assert determined("SELECT a FROM t WHERE b > 1 LIMIT 3", "duckdb") == "SELECT a FROM t WHERE b > 1"
    assert determined("SELECT max(a), b FROM t GROUP BY b ORDER BY b", "duckdb") is None
    assert determined("SELECT string_agg(a, ',') FROM t", "postgres") == "SELECT COUNT(a) FROM t"
    assert whole("SELECT a - lag(a) OVER (ORDER BY a) FROM t LIMIT 3", "duckdb") == (
        "SELECT a - LAG(a) OVER (ORDER BY a) FROM t"
    )
    assert whole("SELECT a - lag(a) OVER (ORDER BY a) FROM t", "duckdb") is None
    assert is_cut_at_the_end("SELECT a FROM t ORDER BY a LIMIT 3 OFFSET 1", "duckdb")
    assert not is_cut_at_the_end("SELECT a FROM (SELECT a FROM t LIMIT 3) ORDER BY a LIMIT 3", "duckdb")
    assert not is_cut_at_the_end("SELECT DISTINCT ON (a) b FROM t LIMIT 3", "duckdb")


def test_what_runs_kept_adds_up_and_counts_a_statement_once(tmp_path: Path) -> None:
    for seed, hashes in ((1, b"a" * HASH_BYTES), (2, b"a" * HASH_BYTES + b"b" * HASH_BYTES)):
        report = Report(version="engine 1", reached=5, comparisons=15, worlds=[seed])
        report.outcomes.update({"answered": 3, "22012": 2})
        report.distinct.update(hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES))
        (tmp_path / f"engine-{seed}.json").write_text(json.dumps(report.summary()))
        (tmp_path / f"engine-{seed}.hashes").write_bytes(b"".join(report.distinct))
    found = collected([tmp_path])["engines"]["engine 1"]
    assert (found["statements"], found["comparisons"], found["answered"]) == (10, 30, 6)
    assert (found["distinct"], found["failed_alike"], found["seeds"]) == (2, {"22012": 4}, [1, 2])
