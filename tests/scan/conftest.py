"""What the tests of the scan share: plans, and scanning processes that are started once a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

import pytest

from proxy.scan.scanner import workers as make_workers
from proxy.scan.settings import Mode, Settings
from proxy.values import (
    Always,
    Column,
    ColumnView,
    Decision,
    Output,
    Plan,
    Query,
    Reference,
    ResultColumn,
    Span,
    TableId,
    TableView,
    TypeKind,
)
from proxy.workers import Workers

PEOPLE = TableId("shop", "main", "people")
PATTERNS = Settings(mode=Mode.PATTERNS, workers=1, timeout_s=60)

Plans = Callable[..., Plan]


def make_plan(
    columns: Sequence[str] = (),
    *,
    sql: str | None = None,
    subjects: tuple[str, ...] = (),
    results: tuple[ResultColumn, ...] | None = None,
    outputs: tuple[Output, ...] | None = None,
) -> Plan:
    """A plan over one table, `shop.main.people`, that has these columns."""
    reference = Reference(PEOPLE, Span(0, 0), "people", None, frozenset(columns))
    query = Query(
        sql=" ".join(columns) if sql is None else sql,
        warehouse="shop",
        dialect="any",
        catalog_version="1",
        references=(reference,),
        columns=(),
        edits=(),
        cte_names={},
        prefixes={},
        parameters=(),
        outputs=outputs,
        kind="select",
        redacted="",
        fingerprint="",
    )
    view = TableView(PEOPLE, tuple(ColumnView(Column(c, "text", TypeKind.TEXT), ()) for c in columns), Always())
    decision = Decision("view", "policy", None, subjects, (view,), ())
    return Plan("shop", "", (), query, decision, (), results, {}, ())


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for a whole file, to which its processes belong."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def patterns(runner: asyncio.Runner) -> Iterator[Workers]:
    """Started processes that scan by patterns."""
    yield from _started(runner, PATTERNS)


@pytest.fixture(scope="module")
def full(runner: asyncio.Runner) -> Iterator[Workers]:
    """Started processes that scan with the language model."""
    yield from _started(runner, Settings(mode=Mode.FULL, workers=1, timeout_s=60))


def _started(runner: asyncio.Runner, settings: Settings) -> Iterator[Workers]:
    made = make_workers(settings)
    assert made is not None
    runner.run(made.start())
    yield made
    runner.run(made.close())
