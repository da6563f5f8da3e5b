"""Runs statements on the schema as it is now, as the gateway does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from proxy.values import Result
from proxy.warehouses.postgres.warehouse import Postgres


async def run(warehouse: Postgres, sql: str, parameters: Sequence[Any] = (), timeout_s: float = 30) -> Result:
    """The result of one statement."""
    version = (await warehouse.catalog()).version
    return await warehouse.execute(sql, parameters, timeout_s, version)


async def table(warehouse: Postgres, sql: str, *parameters: Any) -> pa.Table:
    """The whole answer."""
    result = await run(warehouse, sql, parameters)
    return pa.Table.from_batches([batch async for batch in result.batches], result.schema)


async def rows(warehouse: Postgres, sql: str, *parameters: Any) -> list[dict[str, Any]]:
    """The rows of the answer."""
    return (await table(warehouse, sql, *parameters)).to_pylist()
