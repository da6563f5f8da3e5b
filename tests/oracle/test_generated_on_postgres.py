"""The oracle on PostgreSQL: a query through the gateway equals the same query on copies that were made by hand."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.errors import GatewayError
from proxy.values import Caller
from tests.oracle import postgres_world, world
from tests.oracle.generate import Draw, Relation
from tests.oracle.harness import Rows, as_rows
from tests.oracle.test_generated import hold
from tests.postgres import Server, new_database

EXAMPLES = int(os.environ.get("USHER_ORACLE_EXAMPLES", "50"))
TALLY: Counter[str] = Counter()


class OnPostgres(Draw):
    """The same queries where PostgreSQL says them otherwise."""

    def item(self, relations: list[Relation]) -> tuple[str, str]:
        text, kind = super().item(relations)
        return (text.replace("year(", "date_part('year', "), kind)


@st.composite
def statements(draw: st.DrawFn) -> str:
    """One statement."""
    return OnPostgres(draw).statement()


class Oracle:
    """The gateway on one side, every principal's copy on the other."""

    def __init__(self, server: Server, folder: Path) -> None:
        world.build_raw(folder / "raw.duckdb")
        self.databases = [new_database(server)]
        postgres_world.load(self.databases[0], folder / "raw.duckdb", folder / "raw")
        self.harness = postgres_world.harness(self.databases[0], folder)
        self.copies: dict[str, Any] = {}
        self.callers: dict[str, Caller] = {}
        for principal in world.PRINCIPALS:
            copy = postgres_world.copy_of(server, principal, folder / "raw.duckdb", folder)
            self.databases.append(copy)
            schemas = sorted({table.partition(".")[0] for table in principal.tables})
            copy.setup(schemas)
            self.copies[principal.name] = self.harness.run(self._opened(copy, schemas))
            self.callers[principal.name] = self.harness.caller(principal.name, principal.groups, principal.attributes)

    @staticmethod
    async def _opened(copy: Any, schemas: list[str]) -> Any:
        return copy.warehouse("shop", schemas=schemas)

    def expected(self, name: str, sql: str) -> Rows | None:
        """The answer on the copy, or None where it fails there."""
        try:
            return as_rows(self.harness.run(postgres_world.asked(self.copies[name], sql.replace("shop.", ""))))
        except GatewayError:
            return None

    def actual(self, name: str, sql: str) -> Rows | GatewayError:
        """The answer through the gateway, or its error."""
        try:
            return self.harness.ask(self.callers[name], sql)
        except GatewayError as error:
            return error

    async def _closed(self) -> None:
        await asyncio.gather(*(warehouse.close() for warehouse in self.copies.values()))

    def close(self) -> None:
        """Ends both sides."""
        self.harness.run(self._closed())
        self.harness.close()
        for database in self.databases:
            database.drop()


@pytest.fixture(scope="module")
def oracle(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    made = Oracle(postgres_server, tmp_path_factory.mktemp("oracle"))
    yield made
    made.close()
    print(f"oracle on PostgreSQL {postgres_server.major}: {dict(TALLY)}")


@pytest.mark.timeout(2400)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(sql=statements())
def test_generated_queries_equal_hand_made_copies(oracle: Oracle, sql: str) -> None:
    hold(oracle, sql, TALLY)
