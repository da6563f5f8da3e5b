"""Which sub-queries may find several rows where one value is meant."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from proxy.query.scalars import may_be_several


def several(sql: str) -> bool:
    """The one sub-query of a statement."""
    tree = sqlglot.parse_one(f"SELECT {sql} FROM t", read="duckdb")
    found = next(node for node in tree.find_all(exp.Query) if node is not tree)
    return may_be_several(found)


@pytest.mark.parametrize(
    "sql",
    [
        "(SELECT max(j) FROM v)",
        "(SELECT coalesce(max(j), 0) + 1 FROM v)",
        "(SELECT CAST(sum(j) AS DOUBLE) / count(*) AS x FROM v)",
        "(SELECT j FROM v LIMIT 1)",
        "(SELECT j FROM v LIMIT 0)",
        "((SELECT min(j) FROM v))",
        "k IN (SELECT j FROM v)",
        "EXISTS (SELECT j FROM v)",
        "k = ANY (SELECT j FROM v)",
    ],
)
def test_one_row_at_most(sql: str) -> None:
    assert not several(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "(SELECT j FROM v)",
        "(SELECT 1 FROM v)",
        "(SELECT max(j) FROM v GROUP BY j)",
        "(SELECT max(j) OVER () FROM v)",
        "(SELECT unnest(list(j)) FROM v)",
        "(SELECT j FROM v LIMIT 2)",
        "(SELECT j FROM v LIMIT 1 + 1)",
        "(SELECT max(j) FROM v UNION ALL SELECT 1)",
        "(VALUES (1), (2))",
        "(SELECT j FROM v) IN (1, 2)",
    ],
)
def test_several_rows_perhaps(sql: str) -> None:
    assert several(sql)
