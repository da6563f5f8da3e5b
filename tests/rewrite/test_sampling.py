"""The statement of a sample: whole names, and so many rows."""

from __future__ import annotations

from proxy.rewrite.sampling import sample
from proxy.values import TableId
from proxy.warehouses.duckdb import DIALECT
from proxy.warehouses.postgres import DIALECT as SERVER


def test_every_name_is_quoted_and_whole() -> None:
    table = TableId("shop", "sales", 'odd"; DROP TABLE x; --')
    assert sample(table, ["id", "e mail"], 10, DIALECT) == (
        'SELECT "id", "e mail" FROM "shop"."sales"."odd""; DROP TABLE x; --" LIMIT 10'
    )


def test_engines_without_catalogs_have_names_of_two_parts() -> None:
    assert sample(TableId("shop", "sales", "t"), ["id"], 5, SERVER) == 'SELECT "id" FROM "sales"."t" LIMIT 5'
