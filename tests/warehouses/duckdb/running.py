"""Runs a statement on the schema as it is now, as the gateway does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proxy.values import Result
from proxy.warehouses.duckdb.warehouse import DuckDb


async def run(warehouse: DuckDb, sql: str, parameters: Sequence[Any], timeout_s: float) -> Result:
    """The result of one statement."""
    version = (await warehouse.catalog()).version
    return await warehouse.execute(sql, parameters, timeout_s, version)
