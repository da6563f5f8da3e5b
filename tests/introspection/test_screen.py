"""The first test of a statement."""

from __future__ import annotations

import pytest

from proxy.introspection.screen import mentions
from tests.introspection import corpus


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT id, name FROM customers WHERE region = 'EU' ORDER BY 1",
        "SELECT current_date, now(), current_timestamp FROM orders",
        "SELECT count(*) FROM versions",
        "SELECT users.id FROM users",
    ],
)
def test_an_ordinary_statement_is_passed_by(sql: str) -> None:
    assert not mentions(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT version()",
        "select current_user",
        "SELECT user",
        "SELECT * FROM PG_CLASS",
        "SELECT * FROM Information_Schema.tables",
        "SELECT 'a'::regclass",
        "SELECT CAST('a' AS regtype)",
        "SELECT current_schemas(true)",
        "SELECT has_schema_privilege('a', 'usage')",
    ],
)
def test_a_statement_that_may_be_about_the_catalog_is_looked_at(sql: str) -> None:
    assert mentions(sql)


def test_no_captured_statement_is_passed_by() -> None:
    assert all(mentions(captured.sql) for captured in corpus.statements())
