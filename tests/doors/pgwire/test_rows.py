"""Rows are the server's own, byte by byte: the column's way, the few rows' way and PostgreSQL itself agree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doors.pgwire.server import Raw
from tests.doors.pgwire.values import CASES, Case, encoded, from_server
from tests.postgres import Database

MANY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def raw(postgres_shared: Database) -> Iterator[Raw]:
    with Raw(postgres_shared) as session:
        yield session


@pytest.mark.parametrize("form", [0, 1], ids=["text", "binary"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_values_are_the_servers_bytes(raw: Raw, case: Case, form: int) -> None:
    @MANY
    @given(st.lists(st.none() | case.draw, min_size=1, max_size=60))
    def check(values: list[object]) -> None:
        whole = [*values, *[None] * max(0, 21 - len(values))]
        theirs = from_server(raw, case, whole, form)
        assert encoded(case, whole, form) == theirs
        assert encoded(case, whole, form, rows=7) == theirs

    check()
