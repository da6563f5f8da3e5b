"""A run: worlds one after another, statements on each, counts, and the findings with their smallest case.

Rule kept here: a statement counts where it reached every side; refusals are counted apart. Nothing that differed is
left out of the report: what is recognised (see verdicts.py) is counted by its name, with examples.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proxy.errors import GatewayError
from proxy.values import Plan
from tests.oracle.fuzz import schemas
from tests.oracle.fuzz.pairs import SIDES, VARIANTS, OnDuckdb, OnPostgres, Told, ask, given
from tests.oracle.fuzz.shrink import shrunk
from tests.oracle.fuzz.statements import Statements
from tests.oracle.fuzz.verdicts import Judge, Verdict
from tests.oracle.fuzz.worlds import World
from tests.postgres import Server

WHOLE = 100
"""One statement in so many goes the whole way through both gateways, and is planned on both sides."""
ALWAYS = ("wide", "company")
OTHERS = 4
"""Schemas of real statements in one world."""
HASH_BYTES = 8
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
    """Schemas to fill; where none is named, some in turn."""
    sides: int = SIDES
    """Databases of a world, from 2: the first is held against each other one."""
    in_turn: bool = False
    """Hold the first against one other for each statement, the next one each time: more statements in the time."""
    until: float | None = None
    """When to end at the latest (seconds since the epoch)."""


@dataclass
class Report:
    """Counts of one run, and what it found."""

    version: str = ""
    reached: int = 0
    comparisons: int = 0
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
            "statements": self.reached,
            "comparisons": self.comparisons,
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

    def _opened(self, world: World) -> OnDuckdb | OnPostgres:
        sides = self._options.sides
        return OnDuckdb(world, sides) if self._server is None else OnPostgres(world, self._server, sides)

    def _on(self, number: int, noted: Callable[[Report], None]) -> None:
        options = self._options
        world = World(number, options.schemas or in_turn(number), options.engine)
        pair = self._opened(world)
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
                try:
                    turn.one(source, sql)
                except Exception as error:
                    self.report.findings.append({"statement": sql, "world": number, "how": f"raised {error!r}"})
                    raise
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
        told = judge.case(least) or ("it did not differ when asked again", "")
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
        for variant in range(VARIANTS if plan.query.parameters else 1):
            self._asked_with(source, plan, variant)

    def _asked_with(self, source: str, plan: Plan, variant: int) -> None:
        report, sql, values = self._run.report, plan.query.sql, given(plan, variant)
        first, *others = self._pair.told(plan, variant, self._sides())
        report.reached += 1
        report.comparisons += len(others)
        report.sources[source] += 1
        report.outcomes[first.outcome] += 1
        report.distinct.add(hashlib.blake2b(repr((sql, values)).encode(), digest_size=HASH_BYTES).digest())
        verdicts = [self._verdict(sql, first, other, values) for other in others]
        report.verdicts.update(verdict.value for verdict in verdicts)
        if Verdict.FINDING in verdicts:
            self.found = True
            self._run.found(sql, self._world, self._pair, self._judge, "the proven SQL on two sides")
        self._asked += 1
        if self._asked % WHOLE == 0 and set(verdicts) == {Verdict.SAME}:
            self._whole_way(plan)

    def _sides(self) -> tuple[int, int] | None:
        """Which databases are asked; None for every one."""
        options = self._run._options
        return (0, 1 + self._asked % (options.sides - 1)) if options.in_turn else None

    def _verdict(self, sql: str, one: Told, two: Told, values: Mapping[str, Any]) -> Verdict:
        """What holds of one pair of sides; of what is recognised some examples are kept."""
        if one.same(two):
            return Verdict.SAME
        report, verdict = self._run.report, self._judge.verdict(sql, one, two, values)
        if verdict is not Verdict.FINDING and report.verdicts[verdict.value] <= EXAMPLES:
            told = {"one": str(one)[:300], "two": str(two)[:300]}
            report.examples.append({"verdict": verdict.value, "world": str(self._world.number), "sql": sql, **told})
        return verdict

    def _whole_way(self, plan: Plan) -> None:
        """Through both gateways, whole; and the other side's plan must be the same."""
        report, pair, sql = self._run.report, self._pair, plan.query.sql
        report.whole_way += 1
        assert pair.planner.plan(sql, 1).sql == plan.sql, sql
        told = [ask(harness, pair.planner.caller(side), plan) for side, harness in enumerate(pair.harnesses)]
        if not told[0].same(told[1]) and self._judge.verdict(sql, *told, given(plan)) is Verdict.FINDING:
            self.found = True
            self._run.found(sql, self._world, pair, self._judge, f"whole gateways: {told[0]} / {told[1]}")


def machine() -> str:
    """What a run's counts were taken on."""
    return f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def in_turn(number: int) -> tuple[str, ...]:
    """The schemas of a world: the two that every one has, and some of the others, each in its turn."""
    others = [name for name in schemas.tables() if name not in ALWAYS]
    return (*ALWAYS, *(others[(number * OTHERS + i) % len(others)] for i in range(OTHERS)))


def shown(pair: OnDuckdb | OnPostgres, world: World) -> None:
    """All sides show the caller the same rows of every table, and as many as were made for them; else it is the fuzzer
    that is wrong. Raises `AssertionError`."""
    for one in world.governed:
        first, *others = pair.told(pair.planner.plan(f"SELECT * FROM {one.table.full}"))
        assert first.table is not None, (one.table.full, str(first))
        assert first.table.num_rows == world.rows, (one.table.full, one.filter)
        for other in others:
            assert first.same(other), (one.table.full, one.masks, str(first), str(other))
