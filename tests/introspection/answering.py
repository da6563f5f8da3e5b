"""Statements answered in this process, over the facts of two tables and a view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from proxy.introspection import worker
from proxy.introspection.facts import ColumnFact, Facts, TableFact
from proxy.introspection.numbers import Numbers
from proxy.introspection.translate import Translated

ID, NAME = ColumnFact("id", "int4", -1, True), ColumnFact("name", "varchar", 24, False, "masked: hash")
PRICE, TAGS = ColumnFact("price", "numeric", 10 * 65536 + 6, False), ColumnFact("tags", "_text", -1, False)
FACTS = Facts(
    "shop",
    ("main",),
    (
        TableFact("main", "orders", False, (ID, NAME, PRICE, TAGS), "row filters: own"),
        TableFact("main", "v", True, (ID,)),
        TableFact("Sales Data", "orders", False, (ID,)),
    ),
)
ORDERS = Numbers().of("table", "main", "orders")
OTHER = Numbers().of("table", "Sales Data", "orders")


def translated(sql: str) -> Translated:
    """The statement for the engine."""
    made = worker.read(sql, "shop")
    assert made is not None, "not taken for one about the catalog"
    return made


def answer(sql: str, *values: Any, settings: dict[str, str] | None = None) -> pa.Table:
    """The answer of a statement for Ana. Raises what a worker would."""
    made = translated(sql)
    run = worker.Run(made.sql, made.columns, made.parameters, values, "ana", 7, settings or {}, 10, 256)
    data = worker.run(run, ("shop", "1", "tests"), FACTS)
    assert data is not None
    return pa.ipc.open_stream(data).read_all()


def rows(sql: str, *values: Any, **more: Any) -> list[tuple[Any, ...]]:
    """The rows of an answer."""
    table = answer(sql, *values, **more)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_columns else []


def value(sql: str, *values: Any, **more: Any) -> Any:
    """The one value of an answer."""
    [[found]] = rows(sql, *values, **more)
    return found


def types(sql: str) -> Sequence[tuple[str, str]]:
    """The names and types of a statement's columns."""
    return translated(sql).columns
