"""A run: worlds one after another, statements on each, counts, and the findings with their smallest case.

Rule kept here: a statement counts where it reached both databases; refusals are counted apart. Nothing that differed is
left out of the report: what is recognised (see verdicts.py) is counted by its name, with examples.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proxy.errors import GatewayError
from proxy.values import Plan
from tests.oracle.fuzz import schemas
from tests.oracle.fuzz.pairs import OnDuckdb, OnPostgres, ask
from tests.oracle.fuzz.shrink import shrunk
from tests.oracle.fuzz.statements import Statements
from tests.oracle.fuzz.verdicts import Judge, Verdict
from tests.oracle.fuzz.worlds import World
from tests.postgres import Server

WHOLE = 100
"""One statement in so many goes the whole way through both gateways, and is planned on both sides."""
EXAMPLES = 200
"""Of each recognised kind, so many statements are kept."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is a function of, and what it minds."""

    engine: str
    count: int
    seed: int
    world: int | None = None
    turn: int = 20_000
    """Statements on one world before the next is made."""
    pause: Path | None = None
    """The run stands still while this file exists."""
    schemas: tuple[str, ...] = ()
    """Schemas to fill; all of them where none is named."""
    until: float | None = None
    """When to end at the latest (seconds since the epoch)."""


@dataclass
class Report:
    """Counts of one run, and what it found."""

    version: str = ""
    reached: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    worlds: list[int] = field(default_factory=list)
    whole_way: int = 0
    seconds: float = 0.0
    distinct: set[bytes] = field(default_factory=set)
    findings: list[dict[str, Any]] = field(default_factory=list)
    examples: list[dict[str, str]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """The counts, for a file."""
        return {
            "version": self.version,
            "reached_both": self.reached,
            "distinct": len(self.distinct),
            "answered": self.outcomes["answered"],
            "failed_alike": dict((self.outcomes - Counter({"answered": self.outcomes["answered"]})).most_common()),
            "refused": dict(self.refused.most_common()),
            "verdicts": dict(self.verdicts),
            "sources": dict(self.sources),
            "worlds": self.worlds,
            "whole_way": self.whole_way,
            "seconds": round(self.seconds, 1),
            "findings": len(self.findings),
        }


class Run:
    """One process's part of a run."""

    def __init__(self, options: Options, server: Server | None, tell: Callable[[str], None]) -> None:
        self._options = options
        self._server = server
        self._tell = tell
        self._rng = random.Random(f"{options.engine} {options.seed}")
        self.report = Report()
        self.stop = False

    def go(self, noted: Callable[[Report], None] = lambda _: None) -> Report:
        """To the end of the count, or the first finding on each world. `noted` is called now and then."""
        number = self._options.world if self._options.world is not None else self._options.seed
        while not self._over():
            self.report.worlds.append(number)
            self._on(number, noted)
            number += 1 if self._options.world is None else 0
            noted(self.report)
        return self.report

    def _over(self) -> bool:
        late = self._options.until is not None and time.time() >= self._options.until
        return self.stop or late or self.report.reached >= self._options.count

    def _on(self, number: int, noted: Callable[[Report], None]) -> None:
        options = self._options
        names = options.schemas or tuple(schemas.tables())
        world = World(number, names, options.engine)
        pair = OnDuckdb(world) if self._server is None else OnPostgres(world, self._server)
        try:
            self.report.version = pair.version
            shown(pair, world)
            judge = Judge(pair, pair.planner, options.engine)
            stream = Statements(world, pair, self._rng, options.engine)
            turn = _Turn(self, pair, judge, stream, world)
            first, began, told = self.report.reached, time.monotonic(), time.monotonic()
            for source, sql in stream:
                if self._over() or self.report.reached - first >= options.turn or turn.found:
                    break
                while options.pause is not None and options.pause.exists():
                    time.sleep(1)
                turn.one(source, sql)
                if time.monotonic() - told > 20:
                    told = time.monotonic()
                    self.report.seconds += told - began
                    began = told
                    noted(self.report)
            self.report.seconds += time.monotonic() - began
        finally:
            pair.close()

    def found(self, sql: str, world: World, pair: OnDuckdb | OnPostgres, judge: Judge, how: str) -> None:
        """A finding: make it small, and say it."""
        least = shrunk(sql, self._options.engine, judge.differs) if judge.differs(sql) else sql
        told: tuple[object, object] = ("", "")
        if judge.differs(least):
            plan = pair.planner.plan(least)
            told = pair.both(plan)
        case = {
            "statement": least,
            "found": sql,
            "how": how,
            "world": world.number,
            "seed": self._options.seed,
            "engine": self.report.version,
            "one": str(told[0]),
            "two": str(told[1]),
        }
        self.report.findings.append(case)
        self._tell("FINDING\n" + json.dumps(case, indent=2, ensure_ascii=False))


class _Turn:
    """The statements on one world."""

    def __init__(self, run: Run, pair: OnDuckdb | OnPostgres, judge: Judge, stream: Statements, world: World) -> None:
        self._run = run
        self._pair = pair
        self._judge = judge
        self._stream = stream
        self._world = world
        self._asked = 0
        self.found = False

    def one(self, source: str, sql: str) -> None:
        """Ask one statement on both sides."""
        report = self._run.report
        try:
            plan = self._pair.planner.plan(sql)
        except GatewayError as error:
            reason = error.reasons[0].code.value if error.reasons else ""
            report.refused[f"{error.code} {reason}".strip()] += 1
            self._stream.refused()
            return
        one, two = self._pair.both(plan)
        report.reached += 1
        report.sources[source] += 1
        report.outcomes[one.outcome] += 1
        report.distinct.add(hashlib.blake2b(sql.encode(), digest_size=8).digest())
        verdict = Verdict.SAME if one.same(two) else self._judge.verdict(sql, one, two)
        report.verdicts[verdict.value] += 1
        if verdict is Verdict.FINDING:
            self.found = True
            self._run.found(sql, self._world, self._pair, self._judge, "the proven SQL on both sides")
        elif verdict is not Verdict.SAME and report.verdicts[verdict.value] <= EXAMPLES:
            told = [str(side)[:300] for side in (one, two)]
            report.examples.append(
                {"verdict": verdict.value, "world": str(self._world.number), "sql": sql, "one": told[0], "two": told[1]}
            )
        self._asked += 1
        if self._asked % WHOLE == 0 and verdict is Verdict.SAME:
            self._whole_way(plan)

    def _whole_way(self, plan: Plan) -> None:
        """Through both gateways, whole; and the other side's plan must be the same."""
        report, pair, sql = self._run.report, self._pair, plan.query.sql
        report.whole_way += 1
        assert pair.planner.plan(sql, 1).sql == plan.sql, sql
        told = [ask(harness, pair.planner.caller(side), plan) for side, harness in enumerate(pair.harnesses)]
        if not told[0].same(told[1]) and self._judge.verdict(sql, *told) is Verdict.FINDING:
            self.found = True
            self._run.found(sql, self._world, pair, self._judge, f"whole gateways: {told[0]} / {told[1]}")


def shown(pair: OnDuckdb | OnPostgres, world: World) -> None:
    """Both sides show the caller the same rows of every table, and as many as were made for them; else it is the fuzzer
    that is wrong. Raises `AssertionError`."""
    for one in world.governed:
        told = pair.both(pair.planner.plan(f"SELECT * FROM {one.table.full}"))
        assert told[0].table is not None, (one.table.full, str(told[0]))
        assert told[0].table.num_rows == world.rows, (one.table.full, one.filter)
        assert told[0].same(told[1]), (one.table.full, one.masks, str(told[0]), str(told[1]))
